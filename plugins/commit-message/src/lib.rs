//! A policy over commit messages. Each new commit of a pushed branch is held to the rules of [`Config`]; what is broken is
//! named together with the commit and the way to mend it.

mod config;
mod conventional;
mod issues;
mod rules;
mod sign_off;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use hardie_plugin::glob::{self, Glob};
use hardie_plugin::teams::same_name;
use hardie_plugin::{Commit, Error, FieldError, Oid, Policy, Push, RefUpdate, Repository, Verdicts, reject};

pub use config::{Case, Config};

use rules::{Broken, Rules};

/// Commits that several branches of a push bring; each time takes a call to the server.
const AGAIN: usize = 500;

/// The policy.
pub struct CommitMessage;

impl Policy for CommitMessage {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        config.compile().map(|_| ())
    }

    fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
        let rules = config.compile()?;
        let mut verdicts = Verdicts::accept(push);
        let actor = push.actor_name();
        if config.exempt_users.iter().any(|user| same_name(user, &actor)) {
            return Ok(verdicts);
        }
        let most = config.most();
        let branches: Vec<Glob> = config.branches.iter().map(|pattern| branch(pattern)).collect();
        // What was found in commits that another branch of the push brings too.
        let mut known: BTreeMap<Oid, Vec<Told>> = BTreeMap::new();
        let mut again = 0;
        for update in push.updates().iter().filter(|update| is_checked(&branches, update)) {
            for commit in repository.new_commits(update) {
                let commit = commit?;
                if (most > 0 && known.len() >= most) || again >= AGAIN {
                    too_many(&mut verdicts, update, most);
                    break;
                }
                let id = commit.id();
                let told = match known.entry(id) {
                    Entry::Occupied(told) => {
                        again += 1;
                        told.into_mut()
                    }
                    Entry::Vacant(slot) => {
                        let told = judge(config, &rules, &commit, &slot.key().short());
                        slot.insert(told)
                    }
                };
                told.iter().for_each(|(rule, lines)| verdicts.reject(update, rule, lines.clone()));
            }
        }
        Ok(verdicts)
    }
}

/// A broken rule, and what is said of it.
type Told = (&'static str, [String; 2]);

fn judge(config: &Config, rules: &Rules<'_>, commit: &Commit, id: &str) -> Vec<Told> {
    if config.skip_merges && commit.parents().len() > 1 {
        return Vec::new();
    }
    let author = config.asks_authors().then(|| commit.author());
    if author.as_ref().is_some_and(|author| config.exempt_authors.iter().any(|pattern| glob::matches(pattern, &author.email))) {
        return Vec::new();
    }
    let message = commit.message();
    if config.skip_reverts && is_revert(&message) {
        return Vec::new();
    }
    let subject = shown(message.lines().next().unwrap_or_default());
    let told = |broken: Broken| (broken.rule, [format!("commit {id} \"{subject}\": {}", broken.what), broken.mend(id)]);
    rules.check(&message, author.as_ref()).into_iter().map(told).collect()
}

/// A pattern for whole names; one that ends in a slash is for all below it.
fn branch(pattern: &str) -> Glob {
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
    Glob::whole(&if pattern.ends_with('/') { format!("{pattern}**") } else { pattern.to_owned() })
}

fn is_checked(branches: &[Glob], update: &RefUpdate) -> bool {
    let name = update.name.strip_prefix(b"refs/heads/");
    update.new.is_some() && name.is_some_and(|name| branches.is_empty() || branches.iter().any(|glob| glob.matches(name)))
}

fn too_many(verdicts: &mut Verdicts, update: &RefUpdate, most: usize) {
    reject!(verdicts, update, "too-many-commits",
        "with {} this push has more than {} new commits, or too many that several branches share, to be checked", update.short_name(), most;
        "push in steps: git push origin <older commit>:{}", String::from_utf8_lossy(&update.name));
}

/// What `git revert` writes.
fn is_revert(message: &str) -> bool {
    message.starts_with("Revert \"") && message.lines().any(|line| line.starts_with("This reverts commit "))
}

/// A subject short enough to leave room for what is wrong with it.
fn shown(subject: &str) -> String {
    match subject.char_indices().nth(50) {
        Some((at, _)) => format!("{}…", subject.get(..at).unwrap_or(subject)),
        None => subject.to_owned(),
    }
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(CommitMessage);

#[cfg(test)]
mod tests;
