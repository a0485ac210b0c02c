//! What is dear to find and, for one key, always the same. The half that was used least recently makes room.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// A bounded set of answers.
pub(crate) struct Known<K, V> {
    most: usize,
    entries: Mutex<Entries<K, V>>,
}

struct Entries<K, V> {
    tick: u64,
    /// With the tick at which each was last used.
    by_key: HashMap<K, (u64, V)>,
}

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    /// Holds so many.
    pub fn new(most: usize) -> Known<K, V> {
        Known { most, entries: Mutex::new(Entries { tick: 0, by_key: HashMap::new() }) }
    }

    /// The answer, if it is known.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.tick += 1;
        let tick = entries.tick;
        let (used, found) = entries.by_key.get_mut(key)?;
        *used = tick;
        Some(found.clone())
    }

    /// All answers whose keys match.
    pub fn matching(&self, matches: impl Fn(&K) -> bool) -> Vec<(K, V)>
    where
        K: Clone,
    {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.by_key.iter().filter(|(key, _)| matches(key)).map(|(key, (_, value))| (key.clone(), value.clone())).collect()
    }

    /// Keeps an answer.
    pub fn put(&self, key: K, value: V) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.by_key.len() >= self.most {
            // A half at once, so that this is done seldom.
            let mut ticks: Vec<u64> = entries.by_key.values().map(|(used, _)| *used).collect();
            ticks.sort_unstable();
            let middle = ticks.get(ticks.len() / 2).copied().unwrap_or(u64::MAX);
            entries.by_key.retain(|_, (used, _)| *used >= middle);
        }
        entries.tick += 1;
        let tick = entries.tick;
        entries.by_key.insert(key, (tick, value));
    }
}

#[cfg(test)]
mod tests {
    use super::Known;

    #[test]
    fn matching_answers_are_found() {
        let known = Known::new(4);
        (0..4).for_each(|n| known.put(n, n * 10));
        let mut found = known.matching(|key| key % 2 == 1);
        found.sort_unstable();
        assert_eq!(found, [(1, 10), (3, 30)]);
    }

    #[test]
    fn what_was_used_least_recently_makes_room() {
        let known = Known::new(4);
        (0..4).for_each(|n| known.put(n, n * 10));
        assert_eq!((known.get(&0), known.get(&1)), (Some(0), Some(10)));
        known.put(9, 90);
        assert_eq!((known.get(&0), known.get(&1), known.get(&2), known.get(&3), known.get(&9)), (Some(0), Some(10), None, None, Some(90)));
    }
}
