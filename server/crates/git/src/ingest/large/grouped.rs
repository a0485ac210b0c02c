//! Numbers by other numbers, one group behind the other.

/// Those of `key` are `values[first[key]..first[key + 1]]`, in the order in which they came.
pub(super) struct Grouped {
    first: Vec<u32>,
    values: Vec<u32>,
}

impl Grouped {
    /// From pairs of key and value. A pair with a key of `keys` or above is left out.
    pub(super) fn of(pairs: impl Iterator<Item = (u32, u32)> + Clone, keys: usize) -> Grouped {
        let mut first = vec![0u32; keys + 2];
        for (key, _) in pairs.clone() {
            // Counted two places on: while they are put in place below, each start moves to where its last one ends.
            if let Some(count) = first.get_mut(key as usize + 2) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut first {
            sum += *count;
            *count = sum;
        }
        let mut values = vec![0; sum as usize];
        for (key, value) in pairs.filter(|(key, _)| (*key as usize) < keys) {
            if let Some(start) = first.get_mut(key as usize + 1) {
                if let Some(slot) = values.get_mut(*start as usize) {
                    *slot = value;
                }
                *start += 1;
            }
        }
        Grouped { first, values }
    }

    /// The values of a key.
    pub(super) fn of_key(&self, key: u32) -> &[u32] {
        let bound = |at: usize| self.first.get(at).map_or(0, |bound| *bound as usize);
        self.values.get(bound(key as usize)..bound(key as usize + 1)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Grouped;

    #[test]
    fn values_are_found_by_their_keys() {
        let pairs = [(2, 7), (0, 1), (2, 3), (4, 9), (2, 7), (5, 8)];
        let grouped = Grouped::of(pairs.into_iter(), 5);
        let groups: Vec<&[u32]> = (0..7).map(|key| grouped.of_key(key)).collect();
        assert_eq!(groups, [&[1][..], &[], &[7, 3, 7], &[], &[9], &[], &[]]);
        assert!(Grouped::of(std::iter::empty(), 0).of_key(0).is_empty());
    }
}
