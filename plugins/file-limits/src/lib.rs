//! A policy over files: how large they may be, where they may lie, what they may not be, and who may change them. Content is judged wherever in the new
//! history it appears, since what was pushed once stays; paths and kinds also as they are at the tip, since a rename brings no
//! new content.

mod config;
mod locks;
mod rules;

use std::collections::BTreeSet;

use hardie_plugin::{Error, FieldError, NewObject, Policy, Push, RefUpdate, Repository, Verdicts, reject};

pub use config::{Config, Lock};

use rules::{Broken, File};

/// The policy.
pub struct FileLimits;

/// Violations looked at; the pusher sees fewer.
const MOST: usize = 100;

impl Policy for FileLimits {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        config.validate()
    }

    fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
        let mut verdicts = Verdicts::accept(push);
        let updates: Vec<RefUpdate> = push.updates().into_iter().filter(|update| update.new.is_some()).collect();
        let mut said: BTreeSet<(u32, Vec<u8>, &'static str)> = BTreeSet::new();
        if !updates.is_empty() {
            for (object, broken) in bad_objects(config, repository)? {
                for update in updates.iter().filter(|update| repository.brings(update, &object)) {
                    if said.insert((update.index, object.path.clone(), broken.rule)) {
                        let commit = object.commit.as_ref().map_or("the tag".to_owned(), |id| format!("commit {}", id.short()));
                        say(&mut verdicts, update, &broken, &object.path, &commit);
                    }
                }
            }
        }
        for update in &updates {
            for (path, broken) in bad_paths(config, push, repository, update)? {
                if said.insert((update.index, path.clone(), broken.rule)) {
                    let place = format!("{} after this push", update.short_name());
                    say(&mut verdicts, update, &broken, &path, &place);
                }
            }
        }
        locks::check(config, push, repository, &mut verdicts)?;
        Ok(verdicts)
    }
}

fn bad_objects(config: &Config, repository: &Repository<'_>) -> Result<Vec<(NewObject, Broken)>, Error> {
    let mut found = Vec::new();
    for object in repository.new_blobs() {
        let object = object?;
        let file = File { path: &object.path, mode: object.mode, size: Some(object.size) };
        let pointer = || rules::is_lfs_pointer(repository, &object.id, object.size);
        found.extend(rules::check(config, &file, pointer)?.into_iter().map(|broken| (object.clone(), broken)));
        if found.len() >= MOST {
            break;
        }
    }
    Ok(found)
}

/// What the tip differs in from what it was before, or from the default branch if it is new.
fn bad_paths(config: &Config, push: &Push<'_>, repository: &Repository<'_>, update: &RefUpdate) -> Result<Vec<(Vec<u8>, Broken)>, Error> {
    if !update.is_branch() {
        return Ok(Vec::new());
    }
    let base = match &update.old {
        Some(old) => Some(old.clone()),
        None => repository.read_ref(format!("refs/heads/{}", push.default_branch()).as_bytes())?,
    };
    let mut found = Vec::new();
    for change in repository.changes(base.as_ref(), update.new.as_ref()) {
        let change = change?;
        let Some(side) = &change.new else { continue };
        let same_kind = change.old.as_ref().is_some_and(|old| old.mode == side.mode);
        if same_kind {
            // New content at an old path was seen among the new objects.
            continue;
        }
        let file = File { path: &change.path, mode: side.mode, size: None };
        let broken = rules::check(config, &file, || Ok(true))?;
        found.extend(broken.into_iter().map(|broken| (change.path.clone(), broken)));
        if found.len() >= MOST {
            break;
        }
    }
    Ok(found)
}

fn say(verdicts: &mut Verdicts, update: &RefUpdate, broken: &Broken, path: &[u8], place: &str) {
    let path = String::from_utf8_lossy(path);
    reject!(verdicts, update, broken.rule, "{}: {} (in {})", path, broken.what, place; "  {}", broken.mend);
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(FileLimits);

#[cfg(test)]
mod tests;
