//! Public keys of passkeys (COSE, RFC 9052 and 9053): of the three sorts that every browser offers, and no others.

use super::cbor::{Item, Reader};

/// Algorithms by their numbers at IANA, in the order in which they are asked for.
const EDDSA: i64 = -8;
const ES256: i64 = -7;
const RS256: i64 = -257;

/// Bytes of an RSA modulus: 2048 to 4096 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
/// Fields of a key, at most.
const MAX_FIELDS: usize = 8;

/// A public key. What it signs with follows from what it is: nothing that comes with a signature says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasskeyKey {
    /// ECDSA on P-256 with SHA-256: the point, uncompressed.
    Es256([u8; 65]),
    /// Ed25519.
    Ed25519([u8; 32]),
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256 {
        /// The modulus, big-endian.
        n: Vec<u8>,
        /// The exponent, big-endian.
        e: Vec<u8>,
    },
}

impl PasskeyKey {
    /// The numbers of the algorithms that are taken.
    pub const ALGORITHMS: [i64; 3] = [EDDSA, ES256, RS256];

    /// Reads a key that is all of `bytes`.
    pub fn parse(bytes: &[u8]) -> Option<PasskeyKey> {
        let mut reader = Reader::new(bytes);
        PasskeyKey::read(&mut reader).filter(|_| reader.rest().is_empty())
    }

    /// Reads a key. One with a field twice, or whose parts do not fit its algorithm, is none.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<PasskeyKey> {
        let Item::Map(count @ 0..=MAX_FIELDS) = reader.item()? else { return None };
        let mut fields: Vec<(i64, Item<'_>)> = Vec::with_capacity(count);
        for _ in 0..count {
            let Item::Int(label) = reader.item()? else { return None };
            let value = reader.item()?;
            if fields.iter().any(|(known, _)| *known == label) || matches!(value, Item::Array(_) | Item::Map(_)) {
                return None;
            }
            fields.push((label, value));
        }
        let of = |label: i64| fields.iter().find(|(known, _)| *known == label).map(|(_, value)| *value);
        let number = |label: i64| match of(label) {
            Some(Item::Int(value)) => Some(value),
            _ => None,
        };
        let bytes = |label: i64| match of(label) {
            Some(Item::Bytes(value)) => Some(value),
            _ => None,
        };
        // Type, algorithm and curve (RFC 9053, tables 17 to 19; RFC 8230 for RSA).
        match (number(1)?, number(3)?) {
            (2, ES256) if number(-1)? == 1 => {
                let (x, y): ([u8; 32], [u8; 32]) = (bytes(-2)?.try_into().ok()?, bytes(-3)?.try_into().ok()?);
                let mut point = [4u8; 65];
                point.iter_mut().skip(1).zip(x.into_iter().chain(y)).for_each(|(to, from)| *to = from);
                Some(PasskeyKey::Es256(point))
            }
            (1, EDDSA) if number(-1)? == 6 => Some(PasskeyKey::Ed25519(bytes(-2)?.try_into().ok()?)),
            (3, RS256) => {
                let (n, e) = (bytes(-1)?, bytes(-2)?);
                let fits = RSA_BYTES.contains(&n.len()) && n.first() != Some(&0) && (1..=4).contains(&e.len());
                fits.then(|| PasskeyKey::Rs256 { n: n.to_vec(), e: e.to_vec() })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn es256(algorithm: u8, curve: u8) -> Vec<u8> {
        let coordinate = |label: u8, byte: u8| [&[label, 0x58, 32][..], &[byte; 32]].concat();
        [&[0xa5, 1, 2, 3, algorithm, 0x20, curve][..], &coordinate(0x21, 7), &coordinate(0x22, 8)].concat()
    }

    #[test]
    fn each_sort_is_read_and_nothing_follows_it() {
        let key = es256(0x26, 1);
        let mut point = vec![4];
        point.extend([[7; 32], [8; 32]].concat());
        assert_eq!(PasskeyKey::parse(&key), Some(PasskeyKey::Es256(point.try_into().unwrap())));
        assert_eq!(PasskeyKey::parse(&[key, vec![0]].concat()), None);
        let okp = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], &[9; 32]].concat();
        assert_eq!(PasskeyKey::parse(&okp), Some(PasskeyKey::Ed25519([9; 32])));
        let rsa = |n: &[u8]| [&[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0][..], n, &[0x21, 0x43, 1, 0, 1]].concat();
        assert_eq!(PasskeyKey::parse(&rsa(&[5; 256])), Some(PasskeyKey::Rs256 { n: vec![5; 256], e: vec![1, 0, 1] }));
        assert_eq!(PasskeyKey::parse(&rsa(&[[0; 128], [5; 128]].concat())), None, "a short modulus with zeros before it");
    }

    #[test]
    fn a_key_that_names_another_algorithm_than_its_own_is_none() {
        // EdDSA over a point of P-256, the curve P-384, and an algorithm of HMAC.
        for key in [es256(0x27, 1), es256(0x26, 2), es256(5, 1)] {
            assert_eq!(PasskeyKey::parse(&key), None, "{key:?}");
        }
        let mut twice = es256(0x26, 1);
        twice[0] = 0xa6;
        twice.extend([3, 0x27]);
        assert_eq!(PasskeyKey::parse(&twice), None, "the algorithm stands there twice");
    }
}
