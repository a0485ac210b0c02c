//! Filters of changed paths: of a path that a commit changes they say "perhaps", of most others "no".
//!
//! A Bloom filter for each commit, of all files that differ from its first parent and of the folders above them. Renames count as what
//! they are to a tree, one path removed and one added; modes count in git's five forms; an empty folder counts for nothing.

use std::ops::Range;

/// Seeds of the two hashes from which all others are made.
const SEEDS: [u32; 2] = [0x293a_e76f, 0x7e64_6e2c];
/// Hashes of a path at most: git uses 7.
const MOST_HASHES: u32 = 64;
/// Version, hashes of a path, bits for a path; four bytes each.
const HEAD: usize = 12;

/// Where the filters of all commits are.
#[derive(Clone, Debug)]
pub(super) struct Filters {
    index: Range<usize>,
    data: Range<usize>,
    /// How many hashes a path has.
    hashes: u32,
    /// Whether bytes above 127 were hashed as git did until 2.46, which depends on the machine.
    old: bool,
}

/// The two hashes of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u32; 2]);

/// The filter of one commit.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    bits: &'a [u8],
    hashes: u32,
}

impl Filters {
    /// `None` if they are of a form that is not known.
    pub(super) fn read(body: &[u8], index: Range<usize>, data: Range<usize>) -> Option<Filters> {
        let head = body.get(data.clone())?.get(..HEAD)?.as_chunks::<4>().0;
        let [version, hashes, _] = *head else { return None };
        let (version, hashes) = (u32::from_be_bytes(version), u32::from_be_bytes(hashes));
        let known = (1..=2).contains(&version) && (1..=MOST_HASHES).contains(&hashes);
        known.then(|| Filters { index, data: data.start + HEAD..data.end, hashes, old: version == 1 })
    }

    pub(super) fn key(&self, path: &[u8]) -> Option<Key> {
        if path.is_empty() || (self.old && !path.is_ascii()) {
            return None;
        }
        Some(Key(SEEDS.map(|seed| murmur3(seed, path))))
    }

    pub(super) fn of<'a>(&self, bytes: &'a [u8], at: u32) -> Option<Filter<'a>> {
        let ends = bytes.get(self.index.clone())?.as_chunks::<4>().0;
        let end = |at: usize| ends.get(at).map(|end| u32::from_be_bytes(*end) as usize);
        let at = at as usize;
        let start = if at == 0 { 0 } else { end(at - 1)? };
        let bits = bytes.get(self.data.clone())?.get(start..end(at)?)?;
        // None was made. One that is too large for its number of bits to be told is none of git's.
        let made = !bits.is_empty() && bits.len() <= (u32::MAX / 8) as usize;
        made.then_some(Filter { bits, hashes: self.hashes })
    }
}

impl Filter<'_> {
    /// Whether the commit may have changed this path; `false` is certain.
    pub fn may_hold(&self, key: &Key) -> bool {
        let Key([first, second]) = *key;
        let size = (self.bits.len() as u32).saturating_mul(8);
        (0..self.hashes).all(|n| {
            let bit = first.wrapping_add(n.wrapping_mul(second)) % size.max(1);
            self.bits.get((bit / 8) as usize).is_none_or(|byte| byte & 1 << (bit % 8) != 0)
        })
    }
}

/// MurmurHash3 of 32 bits.
fn murmur3(seed: u32, data: &[u8]) -> u32 {
    let mix = |block: u32| block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let (blocks, tail) = data.as_chunks::<4>();
    let mut hash = seed;
    for block in blocks {
        hash = (hash ^ mix(u32::from_le_bytes(*block))).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    if !tail.is_empty() {
        hash ^= mix(tail.iter().rev().fold(0, |block, byte| block << 8 | u32::from(*byte)));
    }
    // Only the low 32 bits of the length count.
    hash ^= data.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

#[cfg(test)]
mod tests {
    use super::{Filter, Key, murmur3};

    #[test]
    fn hashes_are_those_of_the_published_algorithm() {
        assert_eq!(murmur3(0, b""), 0);
        assert_eq!(murmur3(0, b"Hello world!"), 0x627b_0c2c);
        assert_eq!(murmur3(0, b"The quick brown fox jumps over the lazy dog"), 0x2e4f_f723);
        assert_eq!(murmur3(0x9747_b28c, b"aaa"), 0x283e_0130);
    }

    #[test]
    fn a_filter_of_ones_knows_nothing_and_one_of_zeros_everything() {
        let key = Key([7, 0x8000_0001]);
        assert!(Filter { bits: &[0xff], hashes: 7 }.may_hold(&key));
        assert!(!Filter { bits: &[0], hashes: 7 }.may_hold(&key));
    }
}
