//! The objects of a pack by their ids.

use hardie_domain::oid::Oid;

/// How many beginnings of ids are told apart at once.
const BEGINNINGS: usize = 1 << 16;

/// Their ids in order, each with the place of its entry.
pub(super) struct Sorted {
    all: Vec<(Oid, u32)>,
    /// Those that begin with `n` are `all[first[n]..first[n + 1]]`.
    first: Vec<u32>,
}

impl Sorted {
    /// `ids` are in the order of the entries.
    pub(super) fn of(ids: &[Oid]) -> Sorted {
        let mut all: Vec<(Oid, u32)> = ids.iter().copied().zip(0..).collect();
        all.sort_unstable();
        let mut first = vec![0; BEGINNINGS + 1];
        for (id, _) in &all {
            if let Some(slot) = first.get_mut(beginning(id) + 1) {
                *slot += 1;
            }
        }
        let mut sum = 0u32;
        for slot in &mut first {
            sum += *slot;
            *slot = sum;
        }
        Sorted { all, first }
    }

    /// Where an object's entry is.
    pub(super) fn place(&self, id: &Oid) -> Option<u32> {
        let bound = |at: usize| self.first.get(at).map(|bound| *bound as usize);
        let near = self.all.get(bound(beginning(id))?..bound(beginning(id) + 1)?)?;
        let at = near.binary_search_by_key(&id, |(id, _)| id).ok()?;
        near.get(at).map(|(_, place)| *place)
    }

    /// Whether an object is there twice.
    pub(super) fn has_twins(&self) -> bool {
        self.all.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b))
    }

    /// In order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Oid, u32)> {
        self.all.iter().copied()
    }
}

fn beginning(id: &Oid) -> usize {
    id.0.first_chunk().map_or(0, |bytes| usize::from(u16::from_be_bytes(*bytes)))
}

#[cfg(test)]
mod tests {
    use hardie_domain::oid::Oid;

    use super::Sorted;

    #[test]
    fn each_is_found_and_no_other() {
        let id = |first: u8, second: u8, last: u8| Oid([[first, second].as_slice(), &[last; 18]].concat().try_into().unwrap());
        let ids = [id(255, 255, 1), id(0, 0, 7), id(9, 1, 3), id(9, 1, 2), id(0, 0, 8), id(9, 2, 2)];
        let sorted = Sorted::of(&ids);
        let places: Vec<Option<u32>> = ids.iter().map(|id| sorted.place(id)).collect();
        assert_eq!(places, (0..6).map(Some).collect::<Vec<_>>());
        for other in [id(9, 1, 1), id(9, 3, 2), id(0, 0, 0), id(255, 255, 255), Oid::ZERO] {
            assert_eq!(sorted.place(&other), None);
        }
        assert!(!sorted.has_twins() && Sorted::of(&[ids[2], ids[0], ids[2]]).has_twins());
        assert!(sorted.iter().map(|(id, _)| id).is_sorted() && Sorted::of(&[]).place(&ids[0]).is_none());
    }
}
