//! A status of the pushed commit for each project that it touches: its context is the project's name.

use std::collections::BTreeSet;

use hardie_plugin::status::{self, State};
use hardie_plugin::{Failure, Oid, RefUpdate, Repository, payload, warn};

use crate::projects::Projects;
use crate::touched::Touched;
use crate::{Config, UPDATES};

/// Statuses that one call may set.
const MOST: usize = 100;
/// Characters of a context: the plugin's name has room before it.
const CONTEXT: usize = 150;
/// New commits of a new branch among which its beginning is looked for.
const NEW: usize = 1_000;

/// Sets them. The same event sets the same ones again.
pub fn set(config: &Config, push: &payload::Push, repository: &Repository<'_>) -> Result<(), Failure> {
    let state = if config.state == "pending" { State::Pending } else { State::Success };
    let (mut steps, mut room) = (Projects::steps(), MOST);
    // Two branches at the same commit have the same statuses.
    let mut seen: BTreeSet<Oid> = BTreeSet::new();
    for update in push.updates().iter().take(UPDATES).filter(|update| config.wants(update)) {
        let Some(new) = update.new.as_ref().filter(|new| seen.insert((*new).clone())) else { continue };
        // With nothing to compare with everything would be touched.
        let Some(old) = before(update, new, repository)? else { continue };
        let touched = match Touched::between(config, repository, (&old, new), &mut steps) {
            Ok(touched) => touched,
            // What a forced push dropped may be collected by now, and another attempt would find it no more.
            Err(error) => {
                warn!("{}: {error}", update.short_name());
                continue;
            }
        };
        room -= mark(new, state, &touched, room)?;
    }
    Ok(())
}

/// Writes down what was found, as far as there is room; how many statuses that took.
fn mark(commit: &Oid, state: State, touched: &Touched, room: usize) -> Result<usize, Failure> {
    let changed = touched.names.iter().map(|name| (name, "has changes"));
    let needing = touched.others.difference(&touched.names).map(|name| (name, "needs what has changes"));
    let all: Vec<(&String, &str)> = changed.chain(needing).collect();
    let named = if all.len() > room { room.saturating_sub(1) } else { all.len() };
    for (name, why) in all.iter().take(named) {
        status::set(commit, state, &context(name), why, "")?;
    }
    let left_out = all.len() - named;
    if room > 0 && (left_out > 0 || touched.more && named < room) {
        let why =
            if left_out > 0 { format!("{left_out} projects more") } else { "perhaps more: not all of the push was looked at".to_owned() };
        status::set(commit, State::Warning, "…", &why, "")?;
        return Ok(named + 1);
    }
    Ok(named)
}

/// A project's name as a context.
fn context(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(CONTEXT).collect()
}

/// What a branch was before. A new one began at the first commit, by first parents, that the push did not bring.
fn before(update: &RefUpdate, new: &Oid, repository: &Repository<'_>) -> Result<Option<Oid>, Failure> {
    if update.old.is_some() {
        return Ok(update.old.clone());
    }
    let mut brought = BTreeSet::new();
    for commit in repository.new_commits(update).take(NEW) {
        brought.insert(commit?.id());
    }
    let mut at = new.clone();
    for _ in 0..=NEW {
        if !brought.contains(&at) {
            return Ok(Some(at));
        }
        match repository.commit(&at)?.parents().into_iter().next() {
            Some(parent) => at = parent,
            None => return Ok(None),
        }
    }
    Ok(None)
}
