//! Headers of a delivery: who sends what, signed in the ways that receivers of Gitea, Gogs, Forgejo and GitHub check, and in that of
//! Standard Webhooks (<https://www.standardwebhooks.com>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use hardie_domain::webhook::ContentType;
use hardie_store::webhooks::MessageRow;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::signing::hmac_sha1;

/// What a secret begins with whose rest is the key in base64.
const STANDARD_KEY: &str = "whsec_";

/// The body as it is sent.
pub fn written(content: ContentType, json: &[u8]) -> Vec<u8> {
    match content {
        ContentType::Json => json.to_vec(),
        ContentType::Form => format!("payload={}", hardie_domain::percent::encode_segment(json)).into_bytes(),
    }
}

/// All headers but `Authorization`. `number` counts the attempts of the delivery, `body` is what is sent.
pub fn headers(
    message: &MessageRow,
    content: ContentType,
    body: &[u8],
    number: u64,
    now: Timestamp,
    key: Option<&Secret>,
) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
    add(
        "Content-Type",
        match content {
            ContentType::Json => "application/json".to_owned(),
            ContentType::Form => "application/x-www-form-urlencoded".to_owned(),
        },
    );
    for family in ["Gitea", "Forgejo", "Gogs", "GitHub"] {
        add(&format!("X-{family}-Delivery"), message.uuid.clone());
        add(&format!("X-{family}-Event"), message.event.clone());
        add(&format!("X-{family}-Event-Type"), message.event.clone());
    }
    add("X-Hardie-Attempt", number.to_string());
    add("webhook-id", message.uuid.clone());
    let seconds = now.seconds().to_string();
    add("webhook-timestamp", seconds.clone());
    let Some(key) = key else { return headers };
    let json = hmac256(key.expose().as_bytes(), &[&message.body]);
    for family in ["Gitea", "Forgejo", "Gogs"] {
        add(&format!("X-{family}-Signature"), hex::encode(&json));
    }
    add("X-Hub-Signature", format!("sha1={}", hex::encode(hmac_sha1(key.expose().as_bytes(), &message.body))));
    add("X-Hub-Signature-256", format!("sha256={}", hex::encode(&json)));
    let signed = hmac256(&standard_key(key), &[message.uuid.as_bytes(), b".", seconds.as_bytes(), b".", body]);
    add("webhook-signature", format!("v1,{}", STANDARD.encode(signed)));
    headers
}

fn standard_key(key: &Secret) -> Zeroizing<Vec<u8>> {
    let coded = key.expose().strip_prefix(STANDARD_KEY).and_then(|rest| STANDARD.decode(rest).ok());
    Zeroizing::new(coded.unwrap_or_else(|| key.expose().as_bytes().to_vec()))
}

fn hmac256(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // A key of any length will do, so this makes one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> MessageRow {
        MessageRow { uuid: "u-1".to_owned(), event: "push".to_owned(), body: body.as_bytes().to_vec() }
    }

    fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
        headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// RFC 4231, test case 2, and RFC 2202, test case 2.
    #[test]
    fn signatures_are_those_of_the_rfcs() {
        let (message, key) = (message("what do ya want for nothing?"), Secret::new("Jefe"));
        let all = headers(&message, ContentType::Json, &message.body, 3, Timestamp(7000), Some(&key));
        let sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        for name in ["X-Gitea-Signature", "X-Forgejo-Signature", "X-Gogs-Signature"] {
            assert_eq!(value(&all, name), Some(sha256));
        }
        assert_eq!(value(&all, "X-Hub-Signature-256").unwrap(), format!("sha256={sha256}"));
        assert_eq!(value(&all, "X-Hub-Signature"), Some("sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
        assert_eq!((value(&all, "webhook-timestamp"), value(&all, "X-Hardie-Attempt")), (Some("7"), Some("3")));
    }

    #[test]
    fn a_form_is_signed_over_its_json_and_as_it_is_sent() {
        let (message, key) = (message("{\"a\":\"ü &\"}"), Secret::new("Jefe"));
        let body = written(ContentType::Form, &message.body);
        assert_eq!(body, b"payload=%7B%22a%22%3A%22%C3%BC%20%26%22%7D");
        let sign = |content, body: &[u8]| headers(&message, content, body, 1, Timestamp(0), Some(&key));
        let (form, json) = (sign(ContentType::Form, &body), sign(ContentType::Json, &message.body));
        assert_eq!(value(&form, "X-Gitea-Signature"), value(&json, "X-Gitea-Signature"));
        assert_ne!(value(&form, "webhook-signature"), value(&json, "webhook-signature"));
        assert_eq!(value(&form, "Content-Type"), Some("application/x-www-form-urlencoded"));
    }

    #[test]
    fn nothing_is_signed_without_a_secret_and_a_standard_one_is_decoded() {
        let message = message("{}");
        let all = headers(&message, ContentType::Json, b"{}", 1, Timestamp(0), None);
        assert!(all.iter().all(|(name, _)| !name.to_ascii_lowercase().contains("signature")), "{all:?}");
        let coded = Secret::new(format!("{STANDARD_KEY}{}", STANDARD.encode("Jefe")));
        assert_eq!(*standard_key(&coded), b"Jefe");
        assert_eq!(*standard_key(&Secret::new(format!("{STANDARD_KEY}?"))), format!("{STANDARD_KEY}?").into_bytes());
    }
}
