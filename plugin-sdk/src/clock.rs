//! The time of day.

/// Milliseconds since 1970-01-01 UTC. In tests it stands still.
pub fn now() -> i64 {
    crate::backend::now()
}
