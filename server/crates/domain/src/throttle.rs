//! How long somebody waits after failed sign-ins. The rows are counted elsewhere; this is the rule.
//!
//! Only passwords are throttled: a token or a key cannot be guessed, and whoever works through one is not locked out while
//! a stranger tries passwords on their name.

use crate::time::Timestamp;

/// A bound on failed sign-ins of one kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Failures that cost no wait.
    pub free: u32,
    /// The first wait in seconds; each further failure doubles it.
    pub first_wait: u32,
    /// The longest wait in seconds.
    pub longest_wait: u32,
    /// Seconds after the last failure when all is forgotten.
    pub forget_after: u32,
}

/// For one account, from wherever the attempts come.
pub const ACCOUNT: Throttle = Throttle { free: 5, first_wait: 2, longest_wait: 300, forget_after: 6 * 3600 };
/// For one client address, whatever accounts it tries: many people may share one, so more is free.
pub const ADDRESS: Throttle = Throttle { free: 20, first_wait: 2, longest_wait: 900, forget_after: 6 * 3600 };

impl Throttle {
    /// Seconds still to wait, `None` if an attempt may be made now.
    pub fn wait(&self, failures: u32, last_failure: Timestamp, now: Timestamp) -> Option<u64> {
        if self.is_forgotten(last_failure, now) || failures < self.free {
            return None;
        }
        let doublings = (failures - self.free).min(20);
        let wait = (u64::from(self.first_wait) << doublings).min(u64::from(self.longest_wait));
        let until = last_failure.0.saturating_add(i64::try_from(wait.saturating_mul(1000)).unwrap_or(i64::MAX));
        let left = u64::try_from(until.saturating_sub(now.0)).ok().filter(|ms| *ms > 0)?;
        Some(left.div_ceil(1000))
    }

    /// Whether failures so old no longer count.
    pub fn is_forgotten(&self, last_failure: Timestamp, now: Timestamp) -> bool {
        now.0.saturating_sub(last_failure.0) >= i64::from(self.forget_after).saturating_mul(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::{ACCOUNT, ADDRESS};
    use crate::time::Timestamp;

    const THEN: Timestamp = Timestamp(1_000_000_000);

    #[test]
    fn the_first_failures_are_free_and_then_the_wait_doubles_to_its_bound() {
        assert_eq!(ACCOUNT.wait(4, THEN, THEN), None);
        let waits: Vec<_> = (5..15).map(|n| ACCOUNT.wait(n, THEN, THEN).unwrap()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(ACCOUNT.wait(u32::MAX, THEN, THEN), Some(300));
        assert_eq!(ADDRESS.wait(19, THEN, THEN), None);
    }

    #[test]
    fn the_wait_ends_and_old_failures_are_forgotten() {
        assert_eq!(ACCOUNT.wait(5, THEN, Timestamp(THEN.0 + 1)), Some(2));
        assert_eq!(ACCOUNT.wait(5, THEN, THEN.plus_seconds(2)), None);
        assert_eq!(ACCOUNT.wait(500, THEN, THEN.plus_seconds(i64::from(ACCOUNT.forget_after))), None);
    }

    #[test]
    fn a_clock_that_goes_back_never_locks_for_longer_than_the_jump_and_the_bound() {
        assert_eq!(ACCOUNT.wait(500, THEN, THEN.plus_seconds(-10)), Some(310));
    }
}
