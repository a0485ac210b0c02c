//! The worlds of components, as far as they tell what a component is called for.

/// Judges pushes, by the push alone.
pub const POLICY: &str = "policy";
/// Judges pushes, and asks others while a push waits.
pub const POLICY_ONLINE: &str = "policy-online";
/// Handles events.
pub const EVENTS: &str = "events";

/// Answers web requests.
pub const WEB: &str = "web";

/// Whether a component of these worlds judges pushes, in whichever way.
pub fn judges(worlds: &[String]) -> bool {
    has(worlds, POLICY) || has(worlds, POLICY_ONLINE)
}

/// Whether it may ask others while it judges.
pub fn judges_online(worlds: &[String]) -> bool {
    has(worlds, POLICY_ONLINE)
}

/// Whether it handles events.
pub fn handles(worlds: &[String]) -> bool {
    has(worlds, EVENTS)
}

/// Whether it answers web requests.
pub fn answers(worlds: &[String]) -> bool {
    has(worlds, WEB)
}

fn has(worlds: &[String], wanted: &str) -> bool {
    worlds.iter().any(|world| world == wanted)
}
