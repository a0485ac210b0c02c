//! What authenticators say: whatever it is, it is read or refused, and what was read can be read again.

use hardie_domain::webauthn::{AuthenticatorData, PasskeyKey, attested_data};

/// Reads the bytes as each of the three things that come from outside.
pub fn run(data: &[u8]) {
    let _ = PasskeyKey::parse(data);
    for data in [Some(data), attested_data(data)].into_iter().flatten() {
        let Some(read) = AuthenticatorData::parse(data) else { continue };
        if let Some(made) = read.attested {
            assert_eq!(PasskeyKey::parse(made.cose), Some(made.key), "a key that was kept is another than the one that came");
        }
    }
}

/// An attestation of a new passkey, and the parts of it.
pub fn seeds() -> Vec<Vec<u8>> {
    let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], &[7; 32], &[0x22, 0x58, 32], &[8; 32]].concat();
    let data = [&[3; 32][..], &[0xc5, 0, 0, 0, 1], &[0; 16], &[0, 2], b"id", &key, &[0xa1, 0x61, 0x61, 0xf5]].concat();
    let size = u8::try_from(data.len()).unwrap_or(u8::MAX);
    let object = [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"[..], &[size], &data].concat();
    vec![key, data, object]
}
