//! When a delivery is tried again, when it is given up, and when an installation that keeps failing is left alone for a while.

use std::time::Duration;

/// A delivery is given up after so many tries.
pub const MOST_TRIES: u32 = 8;
/// The longest pause that a handler may ask for.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// Faults in a row after which an installation rests, if they came within [`FAULT_WINDOW`].
pub const MOST_FAULTS: u32 = 5;
/// See [`MOST_FAULTS`].
pub const FAULT_WINDOW: Duration = Duration::from_secs(10 * 60);
/// Events that handlers cause are delivered up to this depth: a push is at 0, a status that a handler of it writes at 1.
pub const MOST_DEPTH: u32 = 3;
/// Events that handlers cause, each of another's, of one thing that somebody did: handlers are told of so many, whatever their depth.
pub const MOST_CAUSED: u32 = 200;
/// Tries of a handler that used up its instructions. The second is for what may have changed meanwhile, its state or the repository.
pub const MOST_OUT_OF_FUEL: u32 = 2;

/// How long an installation rests first; twice as long after each try that fails again.
pub const FIRST_REST: Duration = Duration::from_secs(10 * 60);

/// The pause before the second try and before each after it; the last holds for all that follow.
const PAUSES: [u64; 6] = [10, 60, 5 * 60, 30 * 60, 2 * 3600, 6 * 3600];
/// How long an installation that could not run waits first; twice as long each time that it still cannot.
const FIRST_WAIT: u64 = 10;
const LONGEST_WAIT: u64 = 5 * 60;
/// The longest rest.
const LONGEST_REST: u64 = 6 * 3600;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It was not tried yet.
    Pending,
    /// It is being tried; if its lease runs out, it is tried again.
    Running,
    /// The handler took it.
    Done,
    /// A try failed and another will follow.
    Failed,
    /// It was given up.
    Dead,
    /// Nobody wants it any more; it was not tried, or not to the end.
    Skipped,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [DeliveryState; 6] = [
        DeliveryState::Pending,
        DeliveryState::Running,
        DeliveryState::Done,
        DeliveryState::Failed,
        DeliveryState::Dead,
        DeliveryState::Skipped,
    ];

    /// The word in rows, in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Pending => "pending",
            DeliveryState::Running => "running",
            DeliveryState::Done => "done",
            DeliveryState::Failed => "failed",
            DeliveryState::Dead => "dead",
            DeliveryState::Skipped => "skipped",
        }
    }

    /// The reverse of [`DeliveryState::as_str`].
    pub fn parse(word: &str) -> Option<DeliveryState> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// The pause after the try of this number (from 1) failed; `None` if it was the last. `wish` is what the handler asked for. `chance`
/// makes the host's own pauses up to a fifth longer, so that what failed together is not tried again together.
pub fn pause_after(attempt: u32, wish: Option<Duration>, chance: u8) -> Option<Duration> {
    if attempt >= MOST_TRIES {
        return None;
    }
    if let Some(wish) = wish {
        return Some(wish.min(LONGEST_PAUSE));
    }
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    let pause = Duration::from_secs(PAUSES.get(place).copied().unwrap_or(LONGEST_REST));
    Some(pause + pause * u32::from(chance) / (5 * 255))
}

/// How long an installation rests, if it does. `faults` came in a row within [`FAULT_WINDOW`], the newest included; `before` is the rest
/// after which this try was allowed, zero if it was an ordinary one.
pub fn rest_after(faults: u32, before: Duration) -> Option<Duration> {
    match (before.is_zero(), faults >= MOST_FAULTS) {
        (false, _) => Some(Duration::from_secs(before.as_secs().saturating_mul(2).min(LONGEST_REST))),
        (true, true) => Some(FIRST_REST),
        (true, false) => None,
    }
}

/// How long an installation waits that could not run, which was not its doing. `before` is how long it waited or rested until this try,
/// zero if it did not.
pub fn wait_after(before: Duration) -> Duration {
    Duration::from_secs(before.as_secs().saturating_mul(2).clamp(FIRST_WAIT, LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_run_waits_longer_each_time_and_not_for_long() {
        let seconds = |before| wait_after(Duration::from_secs(before)).as_secs();
        assert_eq!([0, 10, 20, 320, 600, 21_600].map(seconds), [10, 20, 40, 300, 300, 300]);
    }

    #[test]
    fn pauses_grow_and_end_with_the_eighth_try() {
        let seconds = |chance| (1..=9).map_while(|n| pause_after(n, None, chance)).map(|pause| pause.as_secs()).collect::<Vec<_>>();
        assert_eq!(seconds(0), [10, 60, 300, 1800, 7200, 21_600, 21_600]);
        assert_eq!(seconds(255), [12, 72, 360, 2160, 8640, 25_920, 25_920]);
    }

    #[test]
    fn a_handler_s_own_pause_holds_within_a_day() {
        let wish = |seconds| pause_after(2, Some(Duration::from_secs(seconds)), 255).unwrap().as_secs();
        assert_eq!((wish(0), wish(7), wish(u64::MAX)), (0, 7, 86_400));
        assert_eq!(pause_after(MOST_TRIES, Some(Duration::ZERO), 0), None, "it buys no further try");
    }

    #[test]
    fn who_keeps_failing_rests_longer_each_time() {
        assert_eq!(rest_after(4, Duration::ZERO), None);
        let mut rest = rest_after(5, Duration::ZERO).unwrap();
        let mut rests = vec![rest.as_secs() / 60];
        for _ in 0..6 {
            rest = rest_after(1, rest).unwrap();
            rests.push(rest.as_secs() / 60);
        }
        assert_eq!(rests, [10, 20, 40, 80, 160, 320, 360]);
    }

    #[test]
    fn words_come_back() {
        assert!(DeliveryState::ALL.into_iter().all(|state| DeliveryState::parse(state.as_str()) == Some(state)));
        assert_eq!(DeliveryState::parse("lost"), None);
    }
}
