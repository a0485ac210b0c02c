//! Token buckets in a table that does not grow beyond its bound, whoever asks.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Parts of the table, each with a lock of its own.
const SHARDS: usize = 64;
/// Buckets in one part.
const MOST: usize = 1024;
/// A point in the unit in which it is counted.
const POINT: u64 = 1_000_000;
/// A full part is swept at most so often, in milliseconds.
const SWEEP_EVERY: u64 = 1000;

/// One bucket for each that asks: it holds a minute's worth and fills evenly.
pub struct Buckets<K> {
    rate: u32,
    began: Instant,
    hasher: RandomState,
    shards: Vec<Mutex<Shard<K>>>,
}

struct Shard<K> {
    buckets: HashMap<K, Bucket>,
    /// What those share for whom there is no room.
    others: Bucket,
    swept: u64,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: u64,
    at: u64,
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whether there was enough.
    pub allowed: bool,
    /// Points a minute.
    pub limit: u32,
    /// Points that are left.
    pub left: u64,
    /// Seconds until the bucket is full again.
    pub reset: u64,
    /// Seconds until there is enough; at least one where there is not.
    pub wait: u64,
}

impl<K: Eq + Hash> Buckets<K> {
    /// So many points a minute; `None` for 0, which is no bound.
    pub fn new(rate: u32) -> Option<Buckets<K>> {
        let full = Bucket { left: u64::from(rate) * POINT, at: 0 };
        let shard = || Mutex::new(Shard { buckets: HashMap::new(), others: full, swept: 0 });
        // Of a clock that never goes back and that nobody sets.
        let began = Instant::now();
        (rate > 0).then(|| Buckets { rate, began, hasher: RandomState::new(), shards: (0..SHARDS).map(|_| shard()).collect() })
    }

    /// Takes so many points, if they are there.
    pub fn take(&self, key: K, cost: u32) -> Taken {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.take_at(key, cost, now)
    }

    fn take_at(&self, key: K, cost: u32, now: u64) -> Taken {
        let full = Bucket { left: self.full(), at: now };
        let hash = usize::try_from(self.hasher.hash_one(&key) % SHARDS as u64).unwrap_or_default();
        let Some(shard) = self.shards.get(hash) else { return self.taken(true, full.left, 0) };
        // Points cannot be left half taken by a panic.
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.buckets.len() >= MOST && !shard.buckets.contains_key(&key) && now.saturating_sub(shard.swept) >= SWEEP_EVERY {
            shard.swept = now;
            // A full bucket is as good as none.
            shard.buckets.retain(|_, bucket| self.filled(*bucket, now).left < full.left);
        }
        let has_room = shard.buckets.len() < MOST || shard.buckets.contains_key(&key);
        let Shard { buckets, others, .. } = &mut *shard;
        let bucket = if has_room { buckets.entry(key).or_insert(full) } else { others };
        *bucket = self.filled(*bucket, now);
        // What costs more than a minute's worth would never be answered.
        let cost = (u64::from(cost) * POINT).min(full.left);
        match bucket.left.checked_sub(cost) {
            Some(left) => {
                bucket.left = left;
                self.taken(true, left, 0)
            }
            None => self.taken(false, bucket.left, cost.saturating_sub(bucket.left)),
        }
    }

    fn full(&self) -> u64 {
        u64::from(self.rate) * POINT
    }

    /// The bucket as it is now.
    fn filled(&self, bucket: Bucket, now: u64) -> Bucket {
        let since = now.saturating_sub(bucket.at);
        let more = since.saturating_mul(self.full()) / 60_000;
        Bucket { left: bucket.left.saturating_add(more).min(self.full()), at: now.max(bucket.at) }
    }

    fn taken(&self, allowed: bool, left: u64, lacking: u64) -> Taken {
        let seconds = |amount: u64| amount.saturating_mul(60).div_ceil(self.full());
        let wait = if allowed { 0 } else { seconds(lacking).max(1) };
        Taken { allowed, limit: self.rate, left: left / POINT, reset: seconds(self.full().saturating_sub(left)), wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(rate: u32) -> Buckets<u32> {
        Buckets::new(rate).unwrap()
    }

    #[test]
    fn a_minutes_worth_at_once_and_then_as_much_as_flows_in() {
        let buckets = buckets(60);
        for left in (0..60).rev() {
            let taken = buckets.take_at(1, 1, 0);
            assert!(taken.allowed && taken.left == left, "{taken:?}");
        }
        let refused = buckets.take_at(1, 1, 0);
        assert_eq!(refused, Taken { allowed: false, limit: 60, left: 0, reset: 60, wait: 1 });
        assert!(!buckets.take_at(1, 1, 999).allowed);
        assert!(buckets.take_at(1, 1, 1000).allowed && !buckets.take_at(1, 1, 1000).allowed);
        assert!(buckets.take_at(2, 1, 1000).allowed, "another is not hit");
        assert_eq!(buckets.take_at(1, 1, 3_600_000).left, 59, "no more than a minute's worth is kept");
    }

    #[test]
    fn what_costs_more_waits_for_longer_and_never_for_ever() {
        let buckets = buckets(60);
        assert!(buckets.take_at(1, 55, 0).allowed);
        assert_eq!(buckets.take_at(1, 10, 0).wait, 5);
        assert!(buckets.take_at(1, 10, 5000).allowed);
        assert!(buckets.take_at(2, 1000, 0).allowed, "what is dearer than the whole bucket takes the whole");
        assert!(!buckets.take_at(2, 1000, 59_999).allowed && buckets.take_at(2, 1000, 60_000).allowed);
    }

    #[test]
    fn time_that_goes_back_gives_nothing_and_takes_nothing() {
        let buckets = buckets(60);
        assert!(buckets.take_at(1, 60, 10_000).allowed);
        assert!(!buckets.take_at(1, 1, 0).allowed && !buckets.take_at(1, 1, 10_000).allowed);
        assert!(buckets.take_at(1, 1, 11_000).allowed);
        assert_eq!(buckets.take_at(1, 1, u64::MAX).left, 59);
    }

    #[test]
    fn many_addresses_neither_grow_the_table_nor_free_those_who_are_in_it() {
        let buckets = buckets(60);
        assert!(buckets.take_at(0, 60, 0).allowed);
        for key in 1..200_000 {
            buckets.take_at(key, 1, 0);
        }
        let size: usize = buckets.shards.iter().map(|shard| shard.lock().unwrap().buckets.len()).sum();
        assert!(size <= SHARDS * MOST, "{size}");
        assert!(!buckets.take_at(0, 1, 0).allowed, "a crowd does not wash away what somebody used");
        let newcomers = (200_000..201_000).filter(|key| buckets.take_at(*key, 1, 0).allowed).count();
        assert!(newcomers < 1000, "those for whom there is no room share what there is: {newcomers}");
        // A minute later all of them are forgotten.
        assert!(buckets.take_at(300_000, 1, 120_000).allowed);
    }

    #[test]
    fn nothing_is_no_bound() {
        assert!(Buckets::<u32>::new(0).is_none());
    }
}
