//! A policy over files: how large they may be, where they may lie, what they may not be, and who may change them. Content is judged wherever in the new
//! history it appears, since what was pushed once stays; paths and kinds also as they are at the tip, since a rename brings no
//! new content.

mod config;
mod locks;
mod rules;

use std::collections::BTreeSet;

use hardie_plugin::{Error, FieldError, NewObject, Oid, Places, Policy, Push, RefUpdate, Repository, Verdicts, reject};

pub use config::{Config, Lock};

use rules::{Broken, File, Rules};

/// The policy.
pub struct FileLimits;

/// Violations looked at; the pusher sees fewer.
const MOST: usize = 100;
/// Objects under allowed paths that are looked for at other paths.
const ASIDE: usize = 20_000;

impl Policy for FileLimits {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        config.validate()
    }

    fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
        let mut verdicts = Verdicts::accept(push);
        let updates: Vec<RefUpdate> = push.updates().into_iter().filter(|update| update.new.is_some()).collect();
        let mut said: BTreeSet<(u32, Vec<u8>, &'static str)> = BTreeSet::new();
        let rules = Rules::new(config);
        let (bad, stopped_early) = if updates.is_empty() { Default::default() } else { bad_objects(&rules, repository, &updates)? };
        for (update, object, broken) in &bad {
            if said.insert((update.index, object.path.clone(), broken.rule)) {
                let commit = object.commit.as_ref().map_or("the tag".to_owned(), |id| format!("commit {}", id.short()));
                say(&mut verdicts, update, broken, &object.path, &commit);
            }
        }
        for update in &updates {
            for (path, broken) in bad_paths(&rules, push, repository, update)? {
                if said.insert((update.index, path.clone(), broken.rule)) {
                    let place = format!("{} after this push", update.short_name());
                    say(&mut verdicts, update, &broken, &path, &place);
                }
            }
        }
        locks::check(config, push, repository, &mut verdicts)?;
        if stopped_early {
            updates.iter().for_each(|update| stopped(&mut verdicts, update));
        }
        Ok(verdicts)
    }
}

/// An update, what it brings, and what is wrong with that.
type Bad<'a> = (&'a RefUpdate, NewObject, Broken);

/// What the new objects break, and for whom; and whether the search ended before all were judged. An object is listed once, and may be on several branches and at several paths.
fn bad_objects<'a>(rules: &Rules<'_>, repository: &Repository<'_>, updates: &'a [RefUpdate]) -> Result<(Vec<Bad<'a>>, bool), Error> {
    let judge = |object: &NewObject| {
        let file = File { path: &object.path, mode: object.mode, size: Some(object.size) };
        rules.check(&file, || rules::is_lfs_pointer(repository, &object.id, object.size))
    };
    let (mut found, mut aside) = (Vec::new(), Vec::new());
    for object in repository.new_blobs() {
        let object = object?;
        if rules.allow(&object.path) {
            if rules.may_matter(object.size) && aside.len() < ASIDE {
                aside.push(object);
            }
            continue;
        }
        found.extend(judge(&object)?.into_iter().map(|broken| (object.clone(), broken)));
        if found.len() >= MOST {
            break;
        }
    }
    let wanted = found.iter().map(|(object, _)| object).filter(|_| updates.len() > 1).chain(&aside);
    let wanted: BTreeSet<Oid> = wanted.map(|object| object.id.clone()).collect();
    let places = if wanted.is_empty() { None } else { Some(Places::search(repository, updates, &wanted)?) };
    for object in &aside {
        let elsewhere = places.iter().flat_map(|places| places.paths(&object.id)).filter(|(path, _)| !rules.allow(path));
        for (path, mode) in elsewhere.take(MOST.saturating_sub(found.len())) {
            let object = NewObject { path: path.to_vec(), mode, ..object.clone() };
            found.extend(judge(&object)?.into_iter().map(|broken| (object.clone(), broken)));
        }
    }
    let brings =
        |update: &&RefUpdate, object: &NewObject| updates.len() == 1 || places.as_ref().is_none_or(|places| places.brings(update, object));
    let each = found.iter().flat_map(|(object, broken)| {
        updates.iter().filter(move |update| brings(update, object)).map(move |update| (update, object.clone(), broken.clone()))
    });
    Ok((each.collect(), found.len() >= MOST))
}

/// What the tip differs in from what it was before, or from the default branch if it is new.
fn bad_paths(rules: &Rules<'_>, push: &Push<'_>, repository: &Repository<'_>, update: &RefUpdate) -> Result<Vec<(Vec<u8>, Broken)>, Error> {
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
        let broken = rules.check(&file, || Ok(true))?;
        found.extend(broken.into_iter().map(|broken| (change.path.clone(), broken)));
        if found.len() >= MOST {
            break;
        }
    }
    Ok(found)
}

/// Refuses what may hold more of the kind: the search ended before all of it was judged.
fn stopped(verdicts: &mut Verdicts, update: &RefUpdate) {
    if verdicts.code(update.index as usize).is_none() {
        let name = update.short_name();
        reject!(verdicts, update, "too-many-violations",
            "this push breaks rules {} times or more, and the search ended there: {} was not judged to its end", MOST, name;
            "  push {} alone", name);
    }
}

fn say(verdicts: &mut Verdicts, update: &RefUpdate, broken: &Broken, path: &[u8], place: &str) {
    let path = String::from_utf8_lossy(path);
    reject!(verdicts, update, broken.rule, "{}: {} (in {})", path, broken.what, place; "  {}", broken.mend);
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(FileLimits);

#[cfg(test)]
mod tests;
