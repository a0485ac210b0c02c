//! Public keys as JSON (RFC 7517, 7518, 8037), and signatures by them. A key is good for one algorithm, whatever a token names: so none of `none`, and no
//! public key taken for a shared secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::{Value, json};

/// What signatures are checked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    Ed25519(Vec<u8>),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl PublicKey {
    /// Reads one; `None` of a sort that is not known here, or not for signatures.
    pub(super) fn from_jwk(jwk: &Value) -> Option<PublicKey> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| text(name).and_then(|value| URL_SAFE_NO_PAD.decode(value).ok());
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        let key = match (text("kty")?, text("crv")) {
            ("OKP", Some("Ed25519")) => PublicKey::Ed25519(bytes("x")?),
            ("RSA", None) => PublicKey::Rsa { n: bytes("n")?, e: bytes("e")? },
            _ => return None,
        };
        text("alg").is_none_or(|alg| alg == key.algorithm()).then_some(key)
    }

    /// The same as JSON, without a name.
    pub(super) fn to_jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            PublicKey::Ed25519(x) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(x), "alg": "EdDSA", "use": "sig" }),
            PublicKey::Rsa { n, e } => json!({ "kty": "RSA", "n": text(n), "e": text(e), "alg": "RS256", "use": "sig" }),
        }
    }

    /// The one algorithm that it is for (RFC 7518, section 3.1; RFC 8037).
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            PublicKey::Ed25519(_) => "EdDSA",
            PublicKey::Rsa { .. } => "RS256",
        }
    }

    /// Whether whoever has the private key signed this by the algorithm that is named.
    pub(super) fn proves(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> bool {
        if algorithm != self.algorithm() {
            return false;
        }
        match self {
            PublicKey::Ed25519(x) => UnparsedPublicKey::new(&ED25519, x).verify(signed, signature).is_ok(),
            PublicKey::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A.4.
    #[test]
    fn a_signature_of_the_standard_is_believed_by_its_algorithm_alone() {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        let key = PublicKey::from_jwk(&jwk).unwrap();
        let signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature =
            URL_SAFE_NO_PAD.decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg").unwrap();
        assert!(key.proves("EdDSA", signed, &signature));
        for algorithm in ["none", "HS256", "RS256", "eddsa", ""] {
            assert!(!key.proves(algorithm, signed, &signature), "{algorithm}");
        }
        assert!(!key.proves("EdDSA", &signed[1..], &signature) && !key.proves("EdDSA", signed, &[]));
        assert_eq!(PublicKey::from_jwk(&key.to_jwk()), Some(key));
    }

    #[test]
    fn a_key_for_something_else_is_none() {
        for jwk in [
            json!({ "kty": "oct", "k": "AAAA" }),
            json!({ "kty": "OKP", "crv": "X25519", "x": "AAAA" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA", "use": "enc" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA", "alg": "HS256" }),
            json!({ "kty": "RSA", "n": "AAAA" }),
            json!({ "kty": "RSA", "n": 7, "e": "AQAB" }),
            json!("RSA"),
        ] {
            assert_eq!(PublicKey::from_jwk(&jwk), None, "{jwk}");
        }
    }
}
