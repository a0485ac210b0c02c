//! Signatures of authenticators, by the algorithm that the stored key is of and no other.

use hardie_domain::webauthn::PasskeyKey;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};

/// Whether this key signed it.
pub(super) fn is_of(key: &PasskeyKey, message: &[u8], signature: &[u8]) -> bool {
    let verified = match key {
        PasskeyKey::Es256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature),
        PasskeyKey::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
        PasskeyKey::Rs256 { n, e } => RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
    };
    verified.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by OpenSSL, with a key that was thrown away.
    const MODULUS: &str = "a3ba46d97f3867e7565f29a456b5d946f6b64d6f1c648a444061310c27ead8a39875d0ee720a47a568a15c20b12723710e60b589a478d06f1e667cde8fb2d542\
        b44ba207f56ee0805277efe1916ec43a4b76973643883ba40c3a9e67e8e1818435f85bb92bbee40aaf5188964e52181b21036b0edbdb4a8fb70a53f56e4eae97\
        fa567ddcdb2f6e9776c356a9973ccfaa89b7db9e3abb29b5c04aa64054e4403314d1594c7687fbc501d2363e1dcc90d7ae30af036936d428f02156e74d46fc09\
        8ef4222fda62e358b18c80032f2d82f192ef475445497879071cdae7ea6946e6eae68c97aca820ec6768240fcf4dc9ea466f8ff360fcaa935729fcdd8f3da067";
    const SIGNED: &str = "3178f007954592eab78cd710ccba215e70c2aedbd32511b18285b3226515460a279f600ee1dd6d3a4cc20586ad20686009a35a1bdb2aa7972f979cb35399b4ab\
        5853798541bc6e62629737b1c881683782157ed5fdfcb2ccf16137cb8117a1971af624338f0b102312309658b5b2ea514f200a82e732c42c0fc2d68fbdf2bbf5\
        4f2bcc49cc6d44b2cb9ecfaf3bd30c5067ee297f59464c76d5a1ab6069622b8a959568a8d76a7f7d91bc7e323bc1515de4308aae100ba5c45ceea7e2b381557e\
        d6a22bfb2d34c1b4319da468552d4e3a45d0efaf164676c70d50000282ec15ab4078cdded062150371ac6a675867da53e37bbbdb14daac6860668e35a6d80019";

    #[test]
    fn rsa_signs_by_sha256_and_pkcs1_and_for_its_own_message_and_key() {
        let (n, signature) = (hex::decode(MODULUS).unwrap(), hex::decode(SIGNED).unwrap());
        let key = PasskeyKey::Rs256 { n: n.clone(), e: vec![1, 0, 1] };
        assert!(is_of(&key, b"what is signed", &signature));
        assert!(
            !is_of(&key, b"what is not", &signature) && !is_of(&key, b"what is signed", &[0; 256]) && !is_of(&key, b"what is signed", b"")
        );
        assert!(!is_of(&PasskeyKey::Rs256 { n, e: vec![3] }, b"what is signed", &signature));
        assert!(!is_of(&PasskeyKey::Ed25519([1; 32]), b"what is signed", &signature), "another sort of key");
    }
}
