//! A policy over commit messages. Each new commit of a pushed branch is held to the rules of [`Config`]; what is broken is
//! named together with the commit and the way to mend it.

mod config;
mod conventional;
mod issues;
mod rules;
mod sign_off;

use hardie_plugin::teams::same_name;
use hardie_plugin::{Error, FieldError, Policy, Push, RefUpdate, Repository, Verdicts, glob, reject};

pub use config::{Case, Config};

/// The policy.
pub struct CommitMessage;

impl Policy for CommitMessage {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        config.compile().map(|_| ())
    }

    fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
        let rules = config.compile().map_err(|errors| {
            let texts: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
            Error::new(format!("configuration: {}", texts.join("; ")))
        })?;
        let mut verdicts = Verdicts::accept(push);
        let actor = push.actor_name();
        if config.exempt_users.iter().any(|user| same_name(user, &actor)) {
            return Ok(verdicts);
        }
        let most = config.most();
        for update in push.updates().iter().filter(|update| is_checked(config, update)) {
            let mut checked = 0;
            for commit in repository.new_commits(update) {
                let commit = commit?;
                checked += 1;
                if most > 0 && checked > most {
                    too_many(&mut verdicts, update, most);
                    break;
                }
                if config.skip_merges && commit.parents().len() > 1 {
                    continue;
                }
                let author = config.asks_authors().then(|| commit.author());
                if author.as_ref().is_some_and(|author| config.exempt_authors.iter().any(|pattern| glob::matches(pattern, &author.email))) {
                    continue;
                }
                let message = commit.message();
                if config.skip_reverts && is_revert(&message) {
                    continue;
                }
                for broken in rules.check(&message, author.as_ref()) {
                    let subject = message.lines().next().unwrap_or_default();
                    let id = commit.id().short();
                    reject!(verdicts, update, broken.rule, "commit {} \"{}\": {}", id, shown(subject), broken.what; "{}", broken.mend(&id));
                }
            }
        }
        Ok(verdicts)
    }
}

fn is_checked(config: &Config, update: &RefUpdate) -> bool {
    let name = update.name.strip_prefix(b"refs/heads/");
    let chosen = |name: &[u8]| config.branches.is_empty() || config.branches.iter().any(|pattern| glob::matches(pattern, name));
    update.new.is_some() && name.is_some_and(chosen)
}

fn too_many(verdicts: &mut Verdicts, update: &RefUpdate, most: usize) {
    reject!(verdicts, update, "too-many-commits",
        "{} gets more than {} new commits at once, which is more than are checked", update.short_name(), most;
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
