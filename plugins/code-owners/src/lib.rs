//! A policy over ownership: on chosen branches a file is changed by those alone whom CODEOWNERS names for it. The file is read as it was
//! before the push, so that no push makes its author an owner. What counts is what differs between the branch before and after:
//! how it came about, by one commit or by a merge, is all the same.

mod config;
mod index;
mod owners;
mod pattern;

use std::collections::BTreeMap;

use hardie_plugin::glob::Glob;
use hardie_plugin::{Error, FieldError, Oid, Policy, Push, RefUpdate, Repository, Verdicts, reject};

pub use config::Config;

use config::Actor;
use owners::{Owner, Owners};

/// The policy.
pub struct CodeOwners;

/// The largest CODEOWNERS.
const FILE: u64 = 512 << 10;
/// Changed files of one push that are judged.
const CHANGES: usize = 20_000;
/// Steps of one push, each some tens of instructions; beyond, a run would come near its bound.
const STEPS: usize = 10_000_000;
/// Files named for one group of owners.
const NAMED: usize = 5;

impl Policy for CodeOwners {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        config.validate()
    }

    fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
        let mut verdicts = Verdicts::accept(push);
        let actor = Actor { name: push.actor_name(), role: push.actor_role() };
        if config.admins_pass && actor.role == "admin" {
            return Ok(verdicts);
        }
        let default = push.default_branch();
        let guarded: Vec<Glob> = config.branches.iter().map(|pattern| Glob::whole(pattern)).collect();
        for update in push.updates() {
            let (Some(name), Some(new)) = (update.name.strip_prefix(b"refs/heads/"), &update.new) else { continue };
            let chosen = if guarded.is_empty() { name == default.as_bytes() } else { guarded.iter().any(|glob| glob.matches(name)) };
            let base = match &update.old {
                Some(old) => Some(old.clone()),
                None => repository.read_ref(format!("refs/heads/{default}").as_bytes())?,
            };
            let (true, Some(base)) = (chosen, base) else { continue };
            // A new branch at a place that the default branch had changes nothing.
            if update.old.is_none() && repository.is_ancestor(new, &base)? {
                continue;
            }
            let Some((path, owners)) = read(config, repository, &base)? else { continue };
            owners.notes.iter().take(5).for_each(|note| verdicts.warn(&update, format!("{path} {note}")));
            let judged = judge(config, &actor, &owners, repository, &base, new)?;
            judged.say(&mut verdicts, &update, &format!("{path} in {}", base.short()));
        }
        Ok(verdicts)
    }
}

/// The file as a commit has it, with its path.
fn read<'a>(config: &'a Config, repository: &Repository<'_>, commit: &Oid) -> Result<Option<(&'a str, Owners)>, Error> {
    for path in &config.files {
        let Some(entry) = repository.entry(commit, path.as_bytes())? else { continue };
        let Ok(size) = repository.blob_size(&entry.id) else { continue };
        if size > FILE {
            return Err(Error::new(format!("{path} has {size} bytes, and {FILE} are read")));
        }
        let text = repository.blob_range(&entry.id, 0, u32::try_from(size).unwrap_or(u32::MAX))?;
        return Ok(Some((path, Owners::parse(&String::from_utf8_lossy(&text)))));
    }
    Ok(None)
}

/// What a push changes that belongs to somebody else.
#[derive(Default)]
struct Judged {
    /// By section and owners: how many files, and the first of them.
    others: BTreeMap<(String, Vec<Owner>), (usize, Vec<String>)>,
    /// Owners whom nobody knows.
    unknown: BTreeMap<Owner, String>,
    too_much: bool,
}

fn judge(config: &Config, actor: &Actor, owners: &Owners, repository: &Repository<'_>, old: &Oid, new: &Oid) -> Result<Judged, Error> {
    let mut judged = Judged::default();
    let mut steps = 0;
    for (count, change) in repository.changes(Some(old), Some(new)).enumerate() {
        let change = change?;
        if count >= CHANGES || steps > STEPS {
            judged.too_much = true;
            break;
        }
        for section in owners.sections.iter().filter(|section| !section.optional) {
            let mine = section.owners(&change.path, &mut steps);
            let known: Vec<(bool, &Owner)> = mine.iter().filter_map(|owner| Some((config.is(actor, owner)?, owner))).collect();
            let path = || String::from_utf8_lossy(&change.path).into_owned();
            for owner in mine.iter().filter(|_| known.len() < mine.len()).filter(|owner| config.is(actor, owner).is_none()) {
                judged.unknown.entry(owner.clone()).or_insert_with(path);
            }
            if !known.is_empty() && !known.iter().any(|(is_mine, _)| *is_mine) {
                let whose: Vec<Owner> = known.iter().map(|(_, owner)| (*owner).clone()).collect();
                let (files, first) = judged.others.entry((section.name.clone(), whose)).or_default();
                *files += 1;
                if first.len() < NAMED {
                    first.push(path());
                }
            }
        }
    }
    Ok(judged)
}

impl Judged {
    fn say(&self, verdicts: &mut Verdicts, update: &RefUpdate, file: &str) {
        for (owner, path) in self.unknown.iter().take(10) {
            verdicts
                .warn(update, format!("{owner} does not count as an owner of {path}: the settings of this policy do not say who that is"));
        }
        let branch = update.short_name();
        if !self.others.is_empty() {
            reject!(verdicts, update, "not-the-owner",
                "{} would get changes to files that belong to others ({})", branch, file;
                "  push to another branch and ask the owners to bring it to {}: git push origin HEAD:refs/heads/<name>", branch);
        }
        for ((section, owners), (count, first)) in &self.others {
            let owners: Vec<String> = owners.iter().take(10).map(ToString::to_string).collect();
            let section = if section.is_empty() { String::new() } else { format!(" [{section}]") };
            let more = count - first.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let belong = if *count == 1 { "belongs" } else { "belong" };
            reject!(verdicts, update, "not-the-owner", "{}{} {} to {}{}", first.join(", "), more, belong, owners.join(" "), section);
        }
        if self.too_much {
            reject!(verdicts, update, "too-many-changes",
                "{} would get more changes at once than can be held against its owners", branch;
                "  push in steps: git push origin <older commit>:refs/heads/{}", branch);
        }
    }
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(CodeOwners);

#[cfg(test)]
mod tests;
