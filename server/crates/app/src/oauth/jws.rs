//! Signed tokens in their short form (RFC 7515, section 7.1). Which algorithm is believed is the key's alone, never what the token says of itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longer ones are none of ours.
const MAX_BYTES: usize = 16 << 10;

/// What stands in front.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// How it says it is signed.
    pub(super) alg: String,
    /// What it is for.
    #[serde(default)]
    pub(super) typ: String,
    /// By which key.
    #[serde(default)]
    pub(super) kid: String,
    /// What whoever reads it must know; we know nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<Value>,
}

impl Header {
    pub(super) fn new(alg: &str, typ: &str, kid: &str) -> Header {
        Header { alg: alg.to_owned(), typ: typ.to_owned(), kid: kid.to_owned(), crit: None }
    }
}

/// A token taken apart, of which nothing is proven.
#[derive(Debug)]
pub(super) struct Unproven<'a> {
    pub(super) header: Header,
    /// What the signature is over.
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
    payload: Vec<u8>,
}

impl Unproven<'_> {
    /// What it says; for whoever has looked at the signature.
    pub(super) fn claims<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.payload).ok()
    }
}

/// What is to be signed: head and claims.
pub(super) fn to_sign(header: &Header, claims: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(serde_json::to_vec(header)?), URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?)))
}

/// The whole token.
pub(super) fn joined(signed: &str, signature: &[u8]) -> String {
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Takes a token apart; `None` if it is none.
pub(super) fn parse(text: &str) -> Option<Unproven<'_>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
    if header.crit.is_some() {
        return None;
    }
    Some(Unproven { header, signed: signed.as_bytes(), signature: decode(signature)?, payload: decode(payload)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_three_parts_and_nothing_else() {
        let signed = to_sign(&Header::new("EdDSA", "at+jwt", "k"), &serde_json::json!({ "iss": "here" })).unwrap();
        let token = joined(&signed, b"seal");
        let read = parse(&token).unwrap();
        assert_eq!((read.header.alg.as_str(), read.header.typ.as_str(), read.header.kid.as_str()), ("EdDSA", "at+jwt", "k"));
        assert_eq!((read.signed, read.signature.as_slice()), (signed.as_bytes(), b"seal".as_slice()));
        assert_eq!(read.claims::<Value>().unwrap(), serde_json::json!({ "iss": "here" }));
        let with = |header: Value| format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header.to_string()));
        for bad in [
            String::new(),
            "a.b".to_owned(),
            "...".to_owned(),
            format!("{token}="),
            format!("{token}.more"),
            format!("x{token}"),
            with(serde_json::json!({ "alg": "EdDSA", "crit": ["b64"], "b64": false })),
            with(serde_json::json!({ "alg": 7 })),
            with(serde_json::json!([])),
            "a".repeat(MAX_BYTES + 1),
        ] {
            assert!(parse(&bad).is_none(), "{bad}");
        }
    }
}
