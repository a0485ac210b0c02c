//! A policy over content: passwords, tokens and private keys in any new version of any file, wherever in the new history. What a
//! push brings stays readable, so a later commit that takes a secret away again mends nothing.

mod assigned;
mod config;
mod doubt;
mod formats;
mod found;
mod keys;
mod older;
mod reader;
mod scan;
mod shown;
mod urls;

use std::collections::BTreeSet;

use hardie_plugin::glob::Glob;
use hardie_plugin::{Error, FieldError, NewObject, Policy, Push, RefUpdate, Repository, Verdicts, reject};

pub use config::Config;

use found::Effort;
use older::Older;
use reader::{Reader, Text};
use scan::Scanner;
use shown::Shown;

/// The policy.
pub struct SecretScan;

/// Findings that are looked at; the pusher sees fewer.
const MOST: usize = 100;
/// Of a push, so that no text can use up the instructions of a run.
const EFFORT: u32 = 200_000;
/// Objects that are listed.
const OBJECTS: usize = 100_000;
/// Questions which update brings a finding; past them every one does.
const QUESTIONS: usize = 1000;

struct Finding {
    object: NewObject,
    rule: &'static str,
    shown: Shown,
}

/// What was not read, for the pusher.
#[derive(Default)]
struct Unread {
    in_part: Vec<String>,
    more: bool,
}

impl Policy for SecretScan {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        config.validate()
    }

    fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
        let mut verdicts = Verdicts::accept(push);
        let updates: Vec<RefUpdate> = push.updates().into_iter().filter(|update| update.new.is_some()).collect();
        if updates.is_empty() {
            return Ok(verdicts);
        }
        let mut unread = Unread::default();
        let findings = search(config, push, repository, &mut unread)?;
        let mut questions = 0;
        for update in &updates {
            let mine: Vec<&Finding> = findings
                .iter()
                .filter(|finding| {
                    questions += 1;
                    updates.len() == 1 || questions > QUESTIONS || repository.brings(update, &finding.object)
                })
                .collect();
            say(&mut verdicts, update, &mine);
            unread.say(config, &mut verdicts, update);
        }
        Ok(verdicts)
    }
}

fn search(config: &Config, push: &Push<'_>, repository: &Repository<'_>, unread: &mut Unread) -> Result<Vec<Finding>, Error> {
    let allowed: Vec<Glob> = config.allow_paths.iter().map(|pattern| Glob::new(pattern)).collect();
    let (scanner, mut effort) = (Scanner::new(config.measure()), Effort::new(EFFORT));
    let mut reader = Reader::new(config.max_file);
    let mut older: Option<Older> = None;
    let mut said: BTreeSet<(Vec<u8>, String)> = BTreeSet::new();
    let mut findings = Vec::new();
    for (count, object) in repository.new_blobs().enumerate() {
        let object = object?;
        if findings.len() >= MOST {
            break;
        }
        if allowed.iter().any(|glob| glob.matches(&object.path)) {
            continue;
        }
        let text = match reader.read(repository, &object.id, object.size)? {
            Text::Some(text) => text,
            Text::Binary => continue,
            Text::Spent => Vec::new(),
        };
        let found = if count < OBJECTS && (object.size == 0 || !text.is_empty()) {
            scanner.scan(&text, is_bare(&object.path), &mut effort)
        } else {
            None
        };
        let Some(found) = found else {
            unread.more = true;
            break;
        };
        if (text.len() as u64) < object.size {
            unread.in_part.push(String::from_utf8_lossy(&object.path).into_owned());
        }
        for hit in found.iter().filter(|hit| !config.allow_rules.iter().any(|rule| rule == hit.rule)) {
            let Some(shown) = shown::shown(&text, hit) else { continue };
            let secret = text.get(hit.from..hit.to).unwrap_or_default();
            let known = config.allow_fingerprints.iter().any(|print| print.eq_ignore_ascii_case(&shown.fingerprint));
            if known || said.contains(&(object.path.clone(), shown.fingerprint.clone())) {
                continue;
            }
            if older.is_none() {
                older = Some(Older::new(push, repository)?);
            }
            if let Some(older) = &mut older
                && older.had(repository, &mut reader, &object.path, secret)?
            {
                continue;
            }
            said.insert((object.path.clone(), shown.fingerprint.clone()));
            findings.push(Finding { object: object.clone(), rule: hit.rule, shown });
        }
    }
    Ok(findings)
}

/// Whether values need no quotes in such a file.
fn is_bare(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path).to_ascii_lowercase();
    let endings = [
        ".env",
        ".ini",
        ".properties",
        ".conf",
        ".cfg",
        ".cnf",
        ".yml",
        ".yaml",
        ".tfvars",
        ".xml",
        ".plist",
        ".sh",
        ".bash",
        ".zsh",
        ".envrc",
    ];
    let names = ["dockerfile", "credentials", ".netrc", ".npmrc", ".pypirc", ".pgpass", ".my.cnf"];
    endings.iter().any(|ending| name.ends_with(ending.as_bytes()))
        || name.starts_with(b".env")
        || names.iter().any(|known| name == known.as_bytes())
}

fn say(verdicts: &mut Verdicts, update: &RefUpdate, findings: &[&Finding]) {
    let Some(first) = findings.first() else { return };
    let count = if findings.len() == 1 { "a secret".to_owned() } else { format!("{} secrets", findings.len()) };
    reject!(verdicts, update, first.rule,
        "{} would get {}, and whoever reads this repository would have it", update.short_name(), count;
        "  take it out of every commit that has it: git commit --amend for the last one, git rebase -i for older ones; then push again";
        "  change the secret where it was issued if anybody else may have seen it: a later commit that removes it does not help";
        "  if it is none: write hardie:allow-secret in a comment on its line, or have its fingerprint allowed by whoever set up this policy");
    for finding in findings {
        let path = String::from_utf8_lossy(&finding.object.path);
        let commit = finding.object.commit.as_ref().map_or("the tag".to_owned(), |id| format!("commit {}", id.short()));
        reject!(verdicts, update, first.rule,
            "{}:{}: {} [{}, {}]", path, finding.shown.line, finding.shown.text, finding.rule, commit;
            "  fingerprint {}", finding.shown.fingerprint);
    }
}

impl Unread {
    fn say(&self, config: &Config, verdicts: &mut Verdicts, update: &RefUpdate) {
        if let Some(first) = self.in_part.first() {
            let others = self.in_part.len() - 1;
            let others = if others == 0 { String::new() } else { format!(" and {others} more") };
            verdicts.warn(update, format!("only the first {} of {first}{others} was searched for secrets", config.max_file));
        }
        if self.more {
            let what = "this push has more text than is searched for secrets at once";
            match config.refuse_unread {
                true => {
                    reject!(verdicts, update, "too-much-text", "{}", what; "  push in steps: git push origin <older commit>:{}", String::from_utf8_lossy(&update.name))
                }
                false => verdicts.warn(update, format!("{what}; the rest was not: push in smaller steps to have all of it searched")),
            }
        }
    }
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(SecretScan);

#[cfg(test)]
mod tests;
