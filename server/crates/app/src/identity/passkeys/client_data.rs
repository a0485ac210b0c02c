//! What the browser says of the page that asked (WebAuthn Level 2, section 5.8.1). It is signed with the rest, by its hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Bytes of it, at most: an origin and a challenge are short.
const MAX_BYTES: usize = 4 << 10;

/// A field that stands there twice is refused by the reader; others than these may be there.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

/// Checks it, and gives what is signed of it. `kind` is `webauthn.create` or `webauthn.get`.
pub(super) fn check(json: &[u8], kind: &str, challenge: &[u8; 32], origin: &str) -> Result<[u8; 32], &'static str> {
    let read: Option<ClientData> = (json.len() <= MAX_BYTES).then(|| serde_json::from_slice(json).ok()).flatten();
    let data = read.ok_or("what the browser says of the page cannot be read")?;
    if data.kind != kind {
        return Err("it answers another sort of question");
    }
    if data.origin != origin || data.cross_origin {
        return Err("it was signed for a page of another address than this server's public one");
    }
    let answered = URL_SAFE_NO_PAD.decode(data.challenge).unwrap_or_default();
    match bool::from(answered.ct_eq(challenge)) {
        true => Ok(Sha256::digest(json).into()),
        false => Err("it answers another challenge"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://git.example.org";

    fn said(kind: &str, challenge: &[u8], origin: &str, more: &str) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        format!("{{\"type\":\"{kind}\",\"challenge\":\"{challenge}\",\"origin\":\"{origin}\"{more}}}").into_bytes()
    }

    #[test]
    fn the_page_the_question_and_the_challenge_must_be_those_that_were_asked() {
        let is_taken = |json: &[u8]| check(json, "webauthn.get", &[5; 32], ORIGIN).is_ok();
        assert!(is_taken(&said("webauthn.get", &[5; 32], ORIGIN, ",\"crossOrigin\":false,\"other\":1")));
        for (kind, challenge, origin, more) in [
            ("webauthn.create", &[5; 32][..], ORIGIN, ""),
            ("webauthn.get", &[6; 32], ORIGIN, ""),
            ("webauthn.get", &[5; 31], ORIGIN, ""),
            ("webauthn.get", &[], ORIGIN, ""),
            ("webauthn.get", &[5; 32], "https://git.example.org.evil.example", ""),
            ("webauthn.get", &[5; 32], "http://git.example.org", ""),
            ("webauthn.get", &[5; 32], "https://git.example.org:444", ""),
            ("webauthn.get", &[5; 32], ORIGIN, ",\"crossOrigin\":true"),
            ("webauthn.get", &[5; 32], ORIGIN, ",\"origin\":\"https://evil.example\""),
        ] {
            assert!(!is_taken(&said(kind, challenge, origin, more)), "{kind} {origin} {more}");
        }
        let long = format!(",\"other\":\"{}\"", "x".repeat(MAX_BYTES));
        assert!(!is_taken(&said("webauthn.get", &[5; 32], ORIGIN, &long)));
        assert!(!is_taken(b"[]") && !is_taken(b""));
    }
}
