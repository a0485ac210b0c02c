//! CBOR as authenticators write it (RFC 8949 in CTAP2's canonical form): lengths are told beforehand and there are no tags. It borrows, it does not recurse, and
//! nothing is set aside by a length that somebody merely claims.

/// One item, or the head of one that holds others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A whole number from -2^63 to 2^63-1.
    Int(i64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text.
    Text(&'a str),
    /// So many items follow.
    Array(usize),
    /// So many pairs of items follow.
    Map(usize),
    /// True, false, null or a number that is not whole.
    Other,
}

/// What is left to be read.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// From the first byte on.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// Bytes that were not read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next item; `None` if there is none, or none that may be there.
    pub fn item(&mut self) -> Option<Item<'a>> {
        let first = *self.take(1)?.first()?;
        let (major, short) = (first >> 5, first & 31);
        let width = match short {
            0..=23 => 0,
            24..=27 => 1usize << (short - 24),
            // 28 to 30 are reserved, and 31 says that the length comes later.
            _ => return None,
        };
        let argument = match width {
            0 => u64::from(short),
            _ => self.take(width)?.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte)),
        };
        let length = usize::try_from(argument).ok();
        Some(match major {
            0 => Item::Int(i64::try_from(argument).ok()?),
            1 => Item::Int(-1 - i64::try_from(argument).ok()?),
            2 => Item::Bytes(self.take(length?)?),
            3 => Item::Text(std::str::from_utf8(self.take(length?)?).ok()?),
            // Each item takes a byte at least.
            4 => Item::Array(length.filter(|count| *count <= self.rest.len())?),
            5 => Item::Map(length.filter(|count| *count <= self.rest.len() / 2)?),
            7 => Item::Other,
            _ => return None,
        })
    }

    /// Passes over one item with all that it holds.
    pub fn skip(&mut self) -> Option<()> {
        let mut wanted = 1usize;
        while wanted > 0 {
            wanted -= 1;
            match self.item()? {
                Item::Array(count) => wanted = wanted.checked_add(count)?,
                Item::Map(count) => wanted = wanted.checked_add(count.checked_mul(2)?)?,
                _ => {}
            }
        }
        Some(())
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(bytes: &[u8]) -> Option<Item<'_>> {
        Reader::new(bytes).item()
    }

    /// RFC 8949, appendix A.
    #[test]
    fn items_are_those_of_the_rfc() {
        assert_eq!(first(&[0x18, 0x64]), Some(Item::Int(100)));
        assert_eq!(first(&[0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Some(Item::Int(i64::MIN)));
        assert_eq!(first(&[0x39, 0x03, 0xe7]), Some(Item::Int(-1000)));
        assert_eq!(first(&[0x44, 1, 2, 3, 4]), Some(Item::Bytes(&[1, 2, 3, 4])));
        assert_eq!(first(&[0x62, 0xc3, 0xbc]), Some(Item::Text("ü")));
        assert_eq!(first(&[0x63, 0xc3, 0xbc]), None, "cut short");
        assert_eq!(first(&[0x61, 0xc3, 0xbc]), None, "half a letter");
        assert_eq!(first(&[0x63, 0xe6, 0xb0, 0xb4]), Some(Item::Text("水")));
        assert_eq!((first(&[0xf5]), first(&[0xfb, 0, 0, 0, 0, 0, 0, 0, 0])), (Some(Item::Other), Some(Item::Other)));
    }

    #[test]
    fn what_has_no_length_a_tag_or_more_than_is_there_is_none() {
        for bytes in [
            &[0x5f, 0x41, 0, 0xff][..],
            &[0x9f, 0xff],
            &[0xbf, 0xff],
            &[0xc1, 0],
            &[0x1c],
            &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(first(bytes), None, "{bytes:?}");
        }
        assert_eq!(first(&[0x9a, 0x7f, 0xff, 0xff, 0xff, 0]), None, "an array of two thousand million");
        assert_eq!(first(&[0xba, 0x7f, 0xff, 0xff, 0xff, 0, 0]), None, "a map of as many");
        assert_eq!(first(&[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), None, "no number of ours");
    }

    #[test]
    fn what_is_nested_however_deep_is_passed_over_without_a_stack() {
        let mut deep = vec![0x81; 100_000];
        deep.extend([0x00, 0x07]);
        let mut reader = Reader::new(&deep);
        assert_eq!((reader.skip(), reader.rest()), (Some(()), &[7][..]));
        let mut cut = Reader::new(&deep[..100_000]);
        assert_eq!(cut.skip(), None);
        let mut map = Reader::new(&[0xa2, 0x01, 0x81, 0x02, 0x61, 0x61, 0xa0, 0x09]);
        assert_eq!((map.skip(), map.rest()), (Some(()), &[9][..]));
    }
}
