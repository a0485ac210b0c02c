//! Sets of objects as rows of bits, and how git compresses them (gitformat-bitmap(5), "Serialization format for an EWAH bitmap").

use std::ops::Range;

const WORD: u32 = u64::BITS;

/// A set of numbers below a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    len: u32,
}

impl Bits {
    /// An empty set of numbers below `len`.
    pub fn new(len: u32) -> Bits {
        Bits { words: vec![0; len.div_ceil(WORD) as usize], len }
    }

    /// Whether a number is in it.
    pub fn has(&self, bit: u32) -> bool {
        self.words.get((bit / WORD) as usize).is_some_and(|word| word >> (bit % WORD) & 1 == 1)
    }

    /// Adds a number; whether it was not there. One beyond the bound is left out.
    pub fn add(&mut self, bit: u32) -> bool {
        let is_new = bit < self.len && !self.has(bit);
        if let Some(word) = self.words.get_mut((bit / WORD) as usize).filter(|_| is_new) {
            *word |= 1 << (bit % WORD);
        }
        is_new
    }

    /// Adds all of another set.
    pub fn add_all(&mut self, other: &Bits) {
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    /// Removes all of another set.
    pub fn remove_all(&mut self, other: &Bits) {
        for (word, less) in self.words.iter_mut().zip(&other.words) {
            *word &= !less;
        }
    }

    /// Removes a number.
    pub fn remove(&mut self, bit: u32) {
        if let Some(word) = self.words.get_mut((bit / WORD) as usize) {
            *word &= !(1 << (bit % WORD));
        }
    }

    /// Its numbers in a range.
    pub fn within(&self, range: Range<u32>) -> impl Iterator<Item = u32> {
        range.filter(|bit| self.has(*bit))
    }

    /// Adds what a compressed row has and the set has not, and removes what both have. `None` if it is damaged or too long.
    pub(super) fn flip(&mut self, row: &Ewah<'_>) -> Option<()> {
        let mut words = row.words.iter().map(|word| u64::from_be_bytes(*word));
        let mut at = 0usize;
        while let Some(marker) = words.next() {
            let run = usize::try_from(marker >> 1 & 0xffff_ffff).ok()?;
            let literals = usize::try_from(marker >> 33).ok()?;
            let end = at.checked_add(run)?;
            let same = self.words.get_mut(at..end)?;
            if marker & 1 == 1 {
                same.iter_mut().for_each(|word| *word = !*word);
            }
            for slot in self.words.get_mut(end..end.checked_add(literals)?)? {
                *slot ^= words.next()?;
            }
            at = end + literals;
        }
        // A run of ones may end behind the last number.
        if let Some(last) = self.words.last_mut().filter(|_| !self.len.is_multiple_of(WORD)) {
            *last &= (1 << (self.len % WORD)) - 1;
        }
        Some(())
    }
}

/// A compressed row of bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ewah<'a> {
    words: &'a [[u8; 8]],
}

impl<'a> Ewah<'a> {
    /// Takes one off the front of `data`: how many bits, how many words, the words, and where its writer was.
    pub(super) fn take(data: &mut &'a [u8]) -> Option<Ewah<'a>> {
        let (_, rest) = data.split_first_chunk::<4>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let bytes = usize::try_from(u32::from_be_bytes(*count)).ok()?.checked_mul(8)?;
        let (words, rest) = rest.split_at_checked(bytes)?;
        let (_, rest) = rest.split_first_chunk::<4>()?;
        *data = rest;
        Some(Ewah { words: words.as_chunks().0 })
    }
}

#[cfg(test)]
mod tests {
    use super::{Bits, Ewah};

    fn row(words: &[u64]) -> Vec<u8> {
        let count = u32::try_from(words.len()).unwrap();
        let mut row = [0u32.to_be_bytes(), count.to_be_bytes()].concat();
        words.iter().for_each(|word| row.extend_from_slice(&word.to_be_bytes()));
        row.extend_from_slice(&[0; 4]);
        row
    }

    fn flipped(len: u32, words: &[u64]) -> Option<Vec<u32>> {
        let row = row(words);
        let (mut bits, mut data) = (Bits::new(len), row.as_slice());
        bits.flip(&Ewah::take(&mut data).unwrap())?;
        assert!(data.is_empty());
        Some(bits.within(0..len + 64).collect())
    }

    #[test]
    fn runs_and_literals_are_read() {
        // One word of zeros, one literal; two words of ones, of which the last is cut.
        assert_eq!(flipped(200, &[1 << 1 | 1 << 33, 0b101]).unwrap(), [64, 66]);
        assert_eq!(flipped(100, &[1 | 2 << 1]).unwrap(), (0..100).collect::<Vec<_>>());
        assert_eq!(flipped(64, &[0, 1 << 33, 1 << 63]).unwrap(), [63]);
    }

    #[test]
    fn damaged_rows_are_refused() {
        assert_eq!(flipped(64, &[2 << 1]), None, "beyond the end");
        assert_eq!(flipped(64, &[2 << 33, 1]), None, "a literal is missing");
        assert_eq!(flipped(64, &[u64::MAX]), None);
        let whole = row(&[1 << 33, 1]);
        assert!((0..whole.len()).all(|cut| Ewah::take(&mut &whole[..cut]).is_none()));
    }

    #[test]
    fn a_set_is_a_set() {
        let mut bits = Bits::new(70);
        assert!(bits.add(69) && !bits.add(69) && !bits.add(70) && !bits.has(70) && !bits.has(5));
        let mut other = Bits::new(70);
        other.add(5);
        bits.add_all(&other);
        assert_eq!((bits.within(0..70).collect::<Vec<_>>(), bits.within(6..69).count()), (vec![5, 69], 0));
        bits.remove_all(&other);
        assert_eq!(bits.within(0..70).collect::<Vec<_>>(), [69]);
        bits.remove(69);
        bits.remove(700);
        assert_eq!(bits, Bits::new(70));
    }
}
