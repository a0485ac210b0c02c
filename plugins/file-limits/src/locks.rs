//! Paths that only some may change. Judged commit by commit: who merges or rebases brings what others pushed before, and that is no
//! change of his. Dropping commits again (`git push --force`) is for protected branches to refuse.

use std::collections::{BTreeMap, BTreeSet};

use hardie_plugin::glob::Glob;
use hardie_plugin::{Commit, Error, Oid, Push, RefUpdate, Repository, Verdicts, reject};

use crate::config::{Config, Lock};

/// New commits of one push that are looked at; each takes four or more of the 10,000 calls of a run.
const COMMITS: usize = 1500;
/// Commits that another update of the push brings too and that take one call.
const AGAIN: usize = 1500;
/// Parents of one merge; each is held against each other one.
const PARENTS: usize = 8;
/// Changed paths that are looked at.
const CHANGES: usize = 10_000;
/// Violations told.
const MOST: usize = 100;

/// Refuses updates that change what is locked for the pusher.
pub fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>, verdicts: &mut Verdicts) -> Result<(), Error> {
    let actor = push.actor_name();
    let closed = |lock: &&Lock| !config.teams.include(&lock.users, &lock.teams, &actor);
    let locks: Vec<(&Lock, Vec<Glob>)> =
        config.locks.iter().filter(closed).map(|lock| (lock, lock.paths.iter().map(|path| Glob::new(path)).collect())).collect();
    if locks.is_empty() {
        return Ok(());
    }
    let mut judge = Judge { locks, known: BTreeMap::new(), again: 0, changes: 0, found: 0 };
    for update in push.updates().iter().filter(|update| update.new.is_some()) {
        let mut said: BTreeSet<Vec<u8>> = BTreeSet::new();
        for commit in repository.new_commits(update) {
            let commit = commit?;
            if judge.found >= MOST || judge.known.len() >= COMMITS || judge.again >= AGAIN {
                too_much(verdicts, update);
                break;
            }
            let id = commit.id();
            for (path, lock) in judge.locked(repository, &id, &commit)? {
                if said.insert(path.clone()) {
                    say(verdicts, update, &path, lock, &id);
                }
            }
            if judge.changes >= CHANGES {
                too_much(verdicts, update);
                break;
            }
        }
    }
    Ok(())
}

struct Judge<'a> {
    /// Those that are closed to the pusher.
    locks: Vec<(&'a Lock, Vec<Glob>)>,
    /// What was found in commits that another update brings too.
    known: BTreeMap<Oid, Vec<(Vec<u8>, &'a Lock)>>,
    again: usize,
    changes: usize,
    found: usize,
}

impl<'a> Judge<'a> {
    /// Locked paths that a commit changes: those in which it differs from each of its parents. A parent that is an ancestor of another one
    /// does not count: who takes a path from it undoes what came after.
    fn locked(&mut self, repository: &Repository<'_>, id: &Oid, commit: &Commit) -> Result<Vec<(Vec<u8>, &'a Lock)>, Error> {
        if let Some(known) = self.known.get(id) {
            self.again += 1;
            return Ok(known.clone());
        }
        let mut parents = commit.parents();
        if parents.len() > PARENTS {
            self.changes = CHANGES;
            return Ok(Vec::new());
        }
        let all = parents.clone();
        let is_older = |parent: &Oid| all.iter().any(|other| other != parent && repository.is_ancestor(parent, other).unwrap_or(false));
        parents.retain(|parent| all.len() == 1 || !is_older(parent));
        let (first, others) = parents.split_first().map_or((None, &[][..]), |(first, others)| (Some(first), others));
        let mut paths = self.changed(repository, first, id)?;
        for parent in others {
            if paths.is_empty() {
                break;
            }
            let differs: BTreeSet<Vec<u8>> = self.changed(repository, Some(parent), id)?.into_iter().map(|(path, _)| path).collect();
            paths.retain(|(path, _)| differs.contains(path));
        }
        self.found += paths.len();
        self.known.insert(id.clone(), paths.clone());
        Ok(paths)
    }

    fn changed(&mut self, repository: &Repository<'_>, old: Option<&Oid>, new: &Oid) -> Result<Vec<(Vec<u8>, &'a Lock)>, Error> {
        let mut paths = Vec::new();
        for change in repository.changes(old, Some(new)).take(CHANGES.saturating_sub(self.changes)) {
            let change = change?;
            self.changes += 1;
            let lock = self.locks.iter().find(|(_, globs)| globs.iter().any(|glob| glob.matches(&change.path)));
            paths.extend(lock.map(|(lock, _)| (change.path, *lock)));
        }
        Ok(paths)
    }
}

fn say(verdicts: &mut Verdicts, update: &RefUpdate, path: &[u8], lock: &Lock, commit: &Oid) {
    let users = lock.users.iter().map(|user| user.trim_start_matches('@').to_owned());
    let teams = lock.teams.iter().map(|team| format!("team {}", team.trim_start_matches('@')));
    let mut names: Vec<String> = users.chain(teams).take(10).collect();
    if names.is_empty() {
        names.push("nobody".to_owned());
    }
    reject!(verdicts, update, "locked-path",
        "{}: may be changed by {} alone (in commit {})", String::from_utf8_lossy(path), names.join(", "), commit.short();
        "  take the change out of the commit (git commit --amend, or git rebase -i {}~), or have it pushed by one of them", commit.short());
}

fn too_much(verdicts: &mut Verdicts, update: &RefUpdate) {
    reject!(verdicts, update, "too-many-commits",
        "{} gets more commits or changed files at once than are held against the locks on paths", update.short_name();
        "  push in steps: git push origin <older commit>:{}", String::from_utf8_lossy(&update.name));
}
