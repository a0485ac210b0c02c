//! Authenticator data (WebAuthn Level 2, section 6.1) and the attestation object around it (section 6.5.4).

use super::MAX_BYTES;
use super::cbor::{Item, Reader};
use super::key::PasskeyKey;

/// Bytes of a credential's id, at most (section 5.8.3).
pub const MAX_CREDENTIAL_ID: usize = 1023;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

/// What an authenticator signs, together with the hash of what the browser says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorData<'a> {
    /// sha256 of the id of the site for which it was made.
    pub rp_id_hash: [u8; 32],
    /// Somebody was there.
    pub user_present: bool,
    /// Who was there proved to be its owner: by a finger, a face, a number.
    pub user_verified: bool,
    /// The passkey can be in several devices.
    pub backup_eligible: bool,
    /// It is.
    pub backed_up: bool,
    /// Signatures so far; 0 if the authenticator does not count.
    pub count: u32,
    /// The passkey that was made just now.
    pub attested: Option<Attested<'a>>,
}

/// A passkey that was made just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested<'a> {
    /// Its id.
    pub id: &'a [u8],
    /// Its public key as it came.
    pub cose: &'a [u8],
    /// The same, read.
    pub key: PasskeyKey,
}

impl<'a> AuthenticatorData<'a> {
    /// Reads it; `None` if anything is missing, too much, or cannot be.
    pub fn parse(bytes: &'a [u8]) -> Option<AuthenticatorData<'a>> {
        if bytes.len() > MAX_BYTES {
            return None;
        }
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>()?;
        let (&flags, rest) = rest.split_first()?;
        let (count, mut rest) = rest.split_first_chunk::<4>()?;
        let is = |flag: u8| flags & flag != 0;
        let mut attested = None;
        if is(ATTESTED) {
            let (one, after) = read_attested(rest)?;
            (attested, rest) = (Some(one), after);
        }
        if is(EXTENSIONS) {
            let mut reader = Reader::new(rest);
            let Item::Map(_) = Reader::new(rest).item()? else { return None };
            reader.skip()?;
            rest = reader.rest();
        }
        // What cannot be copied is not copied (section 6.1.3 of Level 3).
        if !rest.is_empty() || (is(BACKED_UP) && !is(BACKUP_ELIGIBLE)) {
            return None;
        }
        Some(AuthenticatorData {
            rp_id_hash: *rp_id_hash,
            user_present: is(USER_PRESENT),
            user_verified: is(USER_VERIFIED),
            backup_eligible: is(BACKUP_ELIGIBLE),
            backed_up: is(BACKED_UP),
            count: u32::from_be_bytes(*count),
            attested,
        })
    }
}

/// After the 16 bytes that name the authenticator's model, which nobody asked for.
fn read_attested(bytes: &[u8]) -> Option<(Attested<'_>, &[u8])> {
    let (_, rest) = bytes.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (id, rest) = rest.split_at_checked(length).filter(|_| (1..=MAX_CREDENTIAL_ID).contains(&length))?;
    let mut reader = Reader::new(rest);
    let key = PasskeyKey::read(&mut reader)?;
    let cose = rest.get(..rest.len().checked_sub(reader.rest().len())?)?;
    Some((Attested { id, cose, key }, reader.rest()))
}

/// The authenticator data within an attestation object. Nobody is asked to attest, so the statement is passed over: nothing rests on it.
pub fn attested_data(object: &[u8]) -> Option<&[u8]> {
    if object.len() > MAX_BYTES {
        return None;
    }
    let mut reader = Reader::new(object);
    let Item::Map(count @ 1..=8) = reader.item()? else { return None };
    let mut found = None;
    for _ in 0..count {
        let Item::Text(name) = reader.item()? else { return None };
        match name {
            "authData" => match reader.item()? {
                Item::Bytes(bytes) if found.is_none() => found = Some(bytes),
                _ => return None,
            },
            _ => reader.skip()?,
        }
    }
    found.filter(|_| reader.rest().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(flags: u8, rest: &[u8]) -> Vec<u8> {
        [&[3; 32][..], &[flags, 0, 0, 1, 2], rest].concat()
    }

    fn passkey(id: &[u8]) -> Vec<u8> {
        let length = u16::try_from(id.len()).unwrap().to_be_bytes();
        let key = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], &[9; 32]].concat();
        [&[0; 16][..], &length, id, &key].concat()
    }

    #[test]
    fn flags_count_and_passkey_are_read() {
        let bytes = data(0x5d, &passkey(b"id"));
        let read = AuthenticatorData::parse(&bytes).unwrap();
        assert!(read.user_present && read.user_verified && read.backup_eligible && read.backed_up);
        assert_eq!((read.rp_id_hash, read.count), ([3; 32], 258));
        let attested = read.attested.unwrap();
        assert_eq!((attested.id, attested.key), (&b"id"[..], PasskeyKey::Ed25519([9; 32])));
        assert_eq!(PasskeyKey::parse(attested.cose), Some(PasskeyKey::Ed25519([9; 32])));
        let bare = data(0, b"");
        let bare = AuthenticatorData::parse(&bare).unwrap();
        assert!(!bare.user_present && !bare.user_verified && bare.attested.is_none());
        assert!(AuthenticatorData::parse(&data(0x81, &[0xa1, 0x61, 0x61, 0xf5])).is_some(), "an extension");
    }

    #[test]
    fn what_is_short_long_or_contradicts_itself_is_refused() {
        let whole = data(0x41, &passkey(b"id"));
        for end in 0..whole.len() {
            assert_eq!(AuthenticatorData::parse(&whole[..end]), None, "{end}");
        }
        assert_eq!(AuthenticatorData::parse(&[whole, vec![0]].concat()), None, "more than there is");
        assert_eq!(AuthenticatorData::parse(&data(0x11, b"")), None, "backed up and cannot be");
        assert_eq!(AuthenticatorData::parse(&data(0x81, &[0x01])), None, "an extension that is no map");
        assert_eq!(AuthenticatorData::parse(&data(0x41, &passkey(b""))), None, "no id");
        assert_eq!(AuthenticatorData::parse(&data(0x41, &passkey(&[1; 1024]))), None, "a longer id than there may be");
        assert_eq!(AuthenticatorData::parse(&data(1, &vec![0; MAX_BYTES])), None);
    }

    #[test]
    fn the_statement_is_passed_over_however_it_is_made() {
        let text = |text: &str| [&[0x60 | u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let fields = |count: u8, parts: &[Vec<u8>]| [&[0xa0 | count][..], &parts.concat()].concat();
        let auth = [text("authData"), vec![0x42, 1, 2]].concat();
        let none = [text("fmt"), text("none"), text("attStmt"), vec![0xa0]].concat();
        assert_eq!(attested_data(&fields(3, &[none.clone(), auth.clone()])), Some(&[1, 2][..]));
        assert_eq!(attested_data(&fields(1, &[none])), None);
        assert_eq!(attested_data(&fields(2, &[auth.clone(), auth.clone()])), None, "which of the two?");
        let deep = [text("attStmt"), vec![0x81; 10_000], vec![0]].concat();
        assert_eq!(attested_data(&fields(2, &[auth.clone(), deep])), Some(&[1, 2][..]));
        assert_eq!(attested_data(&fields(2, &[auth, [text("attStmt"), vec![0x81; MAX_BYTES]].concat()])), None, "a giant");
    }
}
