//! A policy over ownership: on chosen branches a file is changed by those alone whom CODEOWNERS names for it. The file is read as it was
//! before the push, so that no push makes its author an owner. What counts is what differs between the branch before and after:
//! how it came about, by one commit or by a merge, is all the same.

mod config;
mod file;
mod index;
mod owners;
mod pattern;

use std::collections::BTreeMap;

use hardie_plugin::glob::Glob;
use hardie_plugin::{Error, FieldError, Oid, Policy, Push, RefUpdate, Repository, Verdicts, reject};

pub use config::Config;

use config::Actor;
use file::{FILE, File, Files, Read};
use owners::Owner;

/// The policy.
pub struct CodeOwners;

/// Changed files of one push that are judged.
const CHANGES: usize = 20_000;
/// Steps of one push, each some tens of instructions; beyond, a run would come near its bound.
const STEPS: usize = 10_000_000;
/// Steps that it takes to ask who an owner is.
const ASKED: usize = 30;
/// Files named for one group of owners.
const NAMED: usize = 5;

/// Commits of a new branch that are gone back over to where it left the default branch.
const BACK: usize = 300;

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
        let default_tip = repository.read_ref(format!("refs/heads/{default}").as_bytes())?;
        let (mut files, mut left) = (Files::default(), Left { changes: CHANGES, steps: STEPS, back: BACK });
        for update in push.updates() {
            let Some(name) = update.name.strip_prefix(b"refs/heads/") else { continue };
            let chosen = if guarded.is_empty() { name == default.as_bytes() } else { guarded.iter().any(|glob| glob.matches(name)) };
            let Some(before) = update.old.as_ref().or(default_tip.as_ref()).filter(|_| chosen) else { continue };
            // An old branch may be older than the file.
            let mut file = files.of(config, repository, before)?;
            if matches!(*file, File::None(_))
                && let Some(tip) = default_tip.as_ref().filter(|tip| *tip != before)
            {
                file = files.of(config, repository, tip)?;
            }
            file.notes().iter().take(5).for_each(|note| verdicts.warn(&update, note));
            if matches!(*file, File::None(_)) {
                continue;
            }
            let Some(new) = &update.new else {
                deletion(&mut verdicts, &update, &actor);
                continue;
            };
            let base = if update.old.is_some() { Some(before.clone()) } else { left_at(repository, before, new, &mut left)? };
            // A new branch at a place that the default branch had changes nothing.
            let Some(base) = base.filter(|base| base != new) else { continue };
            match &*file {
                File::Read(read) => {
                    judge(config, &actor, read, repository, (&base, new), &mut left)?.say(&mut verdicts, &update, &read.place)
                }
                File::TooLarge(path) => too_large(config, repository, &mut verdicts, &update, (&base, new, path), &actor)?,
                File::None(_) => {}
            }
        }
        Ok(verdicts)
    }
}

/// What may still be done for one push.
struct Left {
    changes: usize,
    steps: usize,
    back: usize,
}

/// Where a new branch left the default branch, by first parents; if that is too far back, the default branch's tip.
fn left_at(repository: &Repository<'_>, tip: &Oid, new: &Oid, left: &mut Left) -> Result<Option<Oid>, Error> {
    let mut at = new.clone();
    loop {
        if repository.is_ancestor(&at, tip)? {
            return Ok(Some(at));
        }
        left.back = left.back.saturating_sub(1);
        match repository.commit(&at)?.parents().into_iter().next() {
            Some(parent) if left.back > 0 => at = parent,
            _ => return Ok(Some(tip.clone())),
        }
    }
}

/// To delete a guarded branch and make it anew elsewhere would be to change its files.
fn deletion(verdicts: &mut Verdicts, update: &RefUpdate, actor: &Actor) {
    if actor.role != "admin" {
        reject!(verdicts, update, "guarded-branch",
            "{} is guarded by CODEOWNERS, and only who administers the repository deletes it", update.short_name();
            "  ask them to, or have it taken out of the branches of this policy");
    }
}

/// Who could not be asked for cannot be an owner; there must be a way to mend that.
fn too_large(
    config: &Config,
    repository: &Repository<'_>,
    verdicts: &mut Verdicts,
    update: &RefUpdate,
    (old, new, path): (&Oid, &Oid, &str),
    actor: &Actor,
) -> Result<(), Error> {
    let what = format!("{path} has more than {} KiB and is not read", FILE >> 10);
    let mut only_files = true;
    for change in repository.changes(Some(old), Some(new)).take(config.files.len() + 1) {
        only_files &= config.is_file(&change?.path);
    }
    if only_files && actor.role == "admin" {
        verdicts.warn(update, what);
    } else {
        reject!(verdicts, update, "owners-too-large", "{}, so that nobody knows who may change {}", what, update.short_name();
            "  who administers the repository can make it smaller, with a push that changes nothing else");
    }
    Ok(())
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

/// Which owners the pusher is, each asked for once.
struct Who<'a> {
    config: &'a Config,
    actor: &'a Actor,
    known: BTreeMap<&'a Owner, Option<bool>>,
}

impl<'a> Who<'a> {
    fn is(&mut self, owner: &'a Owner) -> Option<bool> {
        *self.known.entry(owner).or_insert_with(|| self.config.is(self.actor, owner))
    }
}

fn judge(
    config: &Config,
    actor: &Actor,
    file: &Read,
    repository: &Repository<'_>,
    (old, new): (&Oid, &Oid),
    left: &mut Left,
) -> Result<Judged, Error> {
    let mut judged = Judged::default();
    let mut who = Who { config, actor, known: BTreeMap::new() };
    let mut anybody: Option<(Vec<Owner>, bool)> = None;
    for change in repository.changes(Some(old), Some(new)) {
        let change = change?;
        if left.changes == 0 || left.steps == 0 {
            judged.too_much = true;
            break;
        }
        left.changes -= 1;
        // A file at any place where one is looked for may stand in front of the one that counts.
        let rules = config.is_file(&change.path);
        let (mut paths, mut owned, mut steps) = (vec![change.path.as_slice()], false, 0);
        if rules && change.path != file.path.as_bytes() {
            paths.push(file.path.as_bytes());
        }
        for (at, path) in paths.iter().enumerate() {
            for section in file.owners.sections.iter().filter(|section| !section.optional) {
                let mine = section.owners(path, &mut steps);
                steps += ASKED * mine.len();
                let whole = || String::from_utf8_lossy(&change.path).into_owned();
                let (mut known, mut is_mine) = (Vec::new(), false);
                for owner in mine {
                    match who.is(owner) {
                        Some(is) => {
                            known.push(owner);
                            is_mine |= is;
                        }
                        None => drop(judged.unknown.entry(owner.clone()).or_insert_with(whole)),
                    }
                }
                owned |= at + 1 == paths.len() && !known.is_empty();
                if !known.is_empty() && !is_mine {
                    judged.add(&section.name, known.into_iter().cloned().collect(), whole());
                }
            }
        }
        // Nobody owns the rules: they are for those whom they name, and for who administers the repository.
        if rules && !owned && actor.role != "admin" {
            let (whose, is_mine) = anybody.get_or_insert_with(|| {
                let known: Vec<(&Owner, bool)> = file.owners.all().into_iter().filter_map(|owner| Some((owner, who.is(owner)?))).collect();
                let admins = Owner::Role("maintainer".to_owned());
                (known.iter().map(|(owner, _)| (*owner).clone()).chain([admins]).collect(), known.iter().any(|(_, is)| *is))
            });
            steps += ASKED * whose.len();
            if !*is_mine {
                judged.add("", whose.clone(), String::from_utf8_lossy(&change.path).into_owned());
            }
        }
        left.steps = left.steps.saturating_sub(steps);
    }
    Ok(judged)
}

impl Judged {
    fn add(&mut self, section: &str, whose: Vec<Owner>, path: String) {
        let (files, first) = self.others.entry((section.to_owned(), whose)).or_default();
        *files += 1;
        if first.len() < NAMED {
            first.push(path);
        }
    }

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
            reject!(
                verdicts,
                update,
                "not-the-owner",
                "{}{} own{}: {}{}",
                owners.join(" "),
                section,
                if owners.len() == 1 { "s" } else { "" },
                first.join(", "),
                more
            );
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
