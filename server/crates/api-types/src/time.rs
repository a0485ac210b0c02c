//! Moments in answers: RFC 3339 text, as Gitea's clients expect.

use hardie_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment as RFC 3339 text, such as `2026-01-31T08:15:00Z`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = DateTime))]
#[serde(transparent)]
pub struct Time(pub String);

impl Default for Time {
    fn default() -> Time {
        Time::never()
    }
}

impl Time {
    /// What Gitea sends for "never" where a field must hold a time (Go's zero time).
    pub fn never() -> Time {
        Time("0001-01-01T00:00:00Z".to_owned())
    }

    /// A moment that git recorded, shown in the zone of the person who made it. Times outside of what RFC 3339 can say
    /// are clamped.
    pub fn with_offset(seconds: i64, offset_minutes: i32) -> Time {
        let stamp = clamp(seconds.saturating_mul(1000));
        let offset = jiff::tz::Offset::from_seconds(offset_minutes.saturating_mul(60)).unwrap_or(jiff::tz::Offset::UTC);
        Time(stamp.display_with_offset(offset).to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment, `None` for [`Time::never`] and for text that is not RFC 3339.
    pub fn timestamp(&self) -> Option<Timestamp> {
        if *self == Time::never() {
            return None;
        }
        self.0.parse::<jiff::Timestamp>().ok().map(|t| Timestamp(t.as_millisecond()))
    }

    /// The minutes by which its zone is ahead of UTC; 0 where it says none.
    pub fn offset_minutes(&self) -> i32 {
        let pieces = jiff::fmt::temporal::Pieces::parse(&self.0).ok();
        pieces.and_then(|pieces| pieces.to_numeric_offset()).map_or(0, |offset| offset.seconds() / 60)
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Time {
        Time(clamp(at.seconds().saturating_mul(1000)).to_string())
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn clamp(milliseconds: i64) -> jiff::Timestamp {
    let end = if milliseconds < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_round_trip_to_the_second() {
        let time = Time::from(Timestamp(1_700_000_000_123));
        assert_eq!(time.as_str(), "2023-11-14T22:13:20Z");
        assert_eq!(time.timestamp(), Some(Timestamp(1_700_000_000_000)));
        assert_eq!(Time::never().timestamp(), None);
        assert_eq!(Time("yesterday".into()).timestamp(), None);
    }

    #[test]
    fn the_zone_of_a_commit_is_kept() {
        let time = Time::with_offset(1_700_000_000, -90);
        assert_eq!(time.as_str(), "2023-11-14T20:43:20-01:30");
        assert_eq!((time.timestamp(), time.offset_minutes()), (Some(Timestamp(1_700_000_000_000)), -90));
        let offsets = ["2023-11-14T20:43:20Z", "2023-11-14T20:43:20+05:45", "x"].map(|text| Time(text.to_owned()).offset_minutes());
        assert_eq!(offsets, [0, 345, 0]);
    }

    #[test]
    fn absurd_moments_of_commits_do_not_fail() {
        for (seconds, offset) in [(i64::MAX, i32::MAX), (i64::MIN, i32::MIN), (0, 14 * 60 * 100)] {
            assert!(!Time::with_offset(seconds, offset).as_str().is_empty());
        }
    }
}
