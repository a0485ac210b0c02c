//! Built-in rules about one ref update: what no protection can allow. What protections forbid is in `guard`.

use hardie_domain::hidden::HiddenRefs;
use hardie_domain::oid::Oid;
use hardie_domain::push::{RefUpdate, UpdateKind};
use hardie_domain::refname::{RefName, directory_conflict};

/// What the rules need to know about the repository and this update.
pub struct Facts<'a> {
    /// Existing refs, sorted bytewise, as of the judged snapshot.
    pub existing: &'a [RefName],
    /// Which of them nobody is told of.
    pub hidden: &'a HiddenRefs,
    /// The ref that HEAD names.
    pub default_branch: &'a RefName,
    /// What the ref is now, null if it does not exist.
    pub current: Oid,
    /// Whether the new id is a commit (refs/heads/ may hold nothing else).
    pub new_is_commit: bool,
}

/// The reason to refuse, one line that follows `ng <ref>`; `None` to go on.
pub fn refusal(update: &RefUpdate, facts: &Facts<'_>) -> Option<String> {
    let name = &update.name;
    if !name.is_writable_by_clients() {
        return Some("this namespace is kept by the server".to_owned());
    }
    if update.old != facts.current {
        return Some(stale(update, facts.current));
    }
    match update.kind() {
        UpdateKind::Delete => deletion(update, facts),
        UpdateKind::Create | UpdateKind::Update => movement(update, facts),
    }
}

/// The text for a ref that is not what the client believed.
pub fn stale(update: &RefUpdate, current: Oid) -> String {
    match (update.old.is_zero(), current.is_zero()) {
        (true, _) => "fetch first: the ref already exists".to_owned(),
        (false, true) => "the ref no longer exists".to_owned(),
        (false, false) => format!("fetch first: the ref is now at {}", current.short()),
    }
}

/// The text for a ref of which another would be a folder, or that would be a folder of it.
pub fn conflict(other: &RefName, hidden: &HiddenRefs) -> String {
    match hidden.hides(other.as_bytes()) {
        true => "conflicts with a hidden ref".to_owned(),
        false => format!("conflicts with the existing ref {other}"),
    }
}

fn deletion(update: &RefUpdate, facts: &Facts<'_>) -> Option<String> {
    if facts.current.is_zero() {
        return Some("there is no such ref to delete".to_owned());
    }
    if update.name == *facts.default_branch {
        return Some("the default branch cannot be deleted: choose another default first".to_owned());
    }
    None
}

fn movement(update: &RefUpdate, facts: &Facts<'_>) -> Option<String> {
    if let Some(reason) = update.name.reason_against() {
        return Some(reason.to_owned());
    }
    if update.name.is_branch() && !facts.new_is_commit {
        return Some("a branch must point at a commit".to_owned());
    }
    if facts.current.is_zero()
        && let Some(other) = directory_conflict(&update.name, facts.existing)
    {
        return Some(conflict(other, facts.hidden));
    }
    None
}
