//! A policy over refs themselves: how new branches and tags are called, which tags stay where they are, and what is not deleted. A branch
//! that exists keeps working whatever its name.

mod config;

use std::collections::BTreeSet;

use hardie_plugin::glob::Glob;
use hardie_plugin::teams::same_name;
use hardie_plugin::{Error, FieldError, Oid, Policy, Push, RefUpdate, Repository, UpdateKind, Verdicts, reject};

pub use config::Config;

/// The policy.
pub struct RefNames;

impl Policy for RefNames {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        config.validate()
    }

    fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
        let mut verdicts = Verdicts::accept(push);
        let actor = push.actor_name();
        if config.exempt.iter().any(|name| same_name(name, &actor)) {
            return Ok(verdicts);
        }
        let (branches, tag_names) = (Names::branches(config), Names::tags(config));
        let mut tags = Tags::default();
        for update in push.updates() {
            let Some((names, name)) =
                [&branches, &tag_names].into_iter().find_map(|names| Some((names, update.name.strip_prefix(names.prefix)?)))
            else {
                continue;
            };
            match (update.kind, &update.new) {
                (UpdateKind::Delete, _) | (_, None) => names.deletion(config, &mut verdicts, &update, name),
                (UpdateKind::Create, _) => names.creation(config, &mut verdicts, &update, name),
                _ if update.is_tag() && config.fixed_tags => moved(&mut verdicts, &update),
                _ => {}
            }
            if let (true, true, Some(new)) = (config.annotated_tags, update.is_tag(), &update.new) {
                tags.judge(repository, &mut verdicts, &update, new)?;
            }
        }
        Ok(verdicts)
    }
}

/// The rules for one kind of ref.
struct Names {
    kind: &'static str,
    prefix: &'static [u8],
    allowed: Vec<Glob>,
    forbidden: Vec<(String, Glob)>,
    kept: Vec<(String, Glob)>,
    shown: String,
}

impl Names {
    fn branches(config: &Config) -> Names {
        Names::new("branch", b"refs/heads/", &config.branches, &config.forbid_branches, &config.keep_branches)
    }

    fn tags(config: &Config) -> Names {
        Names::new("tag", b"refs/tags/", &config.tags, &config.forbid_tags, &config.keep_tags)
    }

    fn new(kind: &'static str, prefix: &'static [u8], allowed: &[String], forbidden: &[String], kept: &[String]) -> Names {
        let named = |patterns: &[String]| patterns.iter().map(|pattern| (pattern.clone(), Glob::whole(pattern))).collect();
        let globs = allowed.iter().map(|pattern| Glob::whole(pattern)).collect();
        Names { kind, prefix, allowed: globs, forbidden: named(forbidden), kept: named(kept), shown: shown(allowed) }
    }

    fn creation(&self, config: &Config, verdicts: &mut Verdicts, update: &RefUpdate, name: &[u8]) {
        let text = update.short_name();
        let hint = if config.hint.is_empty() { String::new() } else { format!(" ({})", config.hint) };
        let rename = |to: &str| match self.kind {
            "tag" => format!("  call it otherwise: git tag {to} {text}^{{}}, git tag -d {text}, and push {to}"),
            _ => format!("  call it otherwise: git branch -m {text} {to}, and push {to}"),
        };
        let (kind, rule) = (self.kind, if self.kind == "tag" { "tag-name" } else { "branch-name" });
        if let Some((pattern, _)) = self.forbidden.iter().find(|(_, glob)| glob.matches(name)) {
            reject!(verdicts, update, rule,
                "no {} may be called {}: names like {} are not allowed{}", kind, text, pattern, hint; "{}", rename("<name>"));
        } else if !self.allowed.is_empty() && !self.allowed.iter().any(|glob| glob.matches(name)) {
            reject!(verdicts, update, rule,
                "the {} {} is not called like {}{}", kind, text, self.shown, hint; "{}", rename("<name>"));
        }
        let length = text.chars().count();
        if config.max_length > 0 && length > config.max_length {
            reject!(verdicts, update, "name-too-long",
                "the {} {} has a name of {} characters, {} are allowed", kind, text, length, config.max_length; "{}", rename("<shorter name>"));
        }
        if config.lower_case && text.chars().any(char::is_uppercase) {
            reject!(verdicts, update, "name-not-lower-case",
                "the {} {} has capital letters: on some systems it and {} are one file", kind, text, text.to_lowercase();
                "{}", rename(&text.to_lowercase()));
        }
    }

    fn deletion(&self, config: &Config, verdicts: &mut Verdicts, update: &RefUpdate, name: &[u8]) {
        if let Some((pattern, _)) = self.kept.iter().find(|(_, glob)| glob.matches(name)) {
            reject!(verdicts, update, "kept",
                "the {} {} cannot be deleted: those like {} are kept", self.kind, update.short_name(), pattern;
                "  whoever set up this policy can take it out of keep-branches or keep-tags, or exempt you");
        } else if config.fixed_tags && update.is_tag() {
            // Deleted and pushed again it would have moved.
            reject!(verdicts, update, "tag-deleted",
                "the tag {} stays what it is, so it cannot be deleted", update.short_name();
                "  whoever set up this policy can turn fixed-tags off, or exempt you");
        }
    }
}

fn shown(patterns: &[String]) -> String {
    let first: Vec<&str> = patterns.iter().take(8).map(String::as_str).collect();
    let more = if patterns.len() > first.len() { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}

fn moved(verdicts: &mut Verdicts, update: &RefUpdate) {
    let name = update.short_name();
    reject!(verdicts, update, "tag-moved",
        "the tag {} exists and stays what it is: who has fetched it would not notice that it moved", name;
        "  give the new one a new name; to have the old one back: git tag -d {}, git fetch origin tag {}", name, name);
}

/// Which ids are tag objects.
#[derive(Default)]
struct Tags {
    /// Those that the push brings: nearly all of them, and told by one list.
    new: Option<BTreeSet<Oid>>,
    asked: usize,
}

/// Ids that are asked about one by one; each takes up to three calls of 10,000.
const QUESTIONS: usize = 2000;

impl Tags {
    fn judge(&mut self, repository: &Repository<'_>, verdicts: &mut Verdicts, update: &RefUpdate, id: &Oid) -> Result<(), Error> {
        if self.new.is_none() {
            let new: Result<_, Error> = repository.new_objects("tag").map(|object| Ok(object?.id)).collect();
            self.new = Some(new?);
        }
        if self.new.as_ref().is_some_and(|new| new.contains(id)) {
            return Ok(());
        }
        let name = update.short_name();
        self.asked += 1;
        if self.asked > QUESTIONS {
            reject!(verdicts, update, "too-many-tags", "the tag {} is one too many to look at in one push", name; "  push fewer tags at a time");
        } else if !is_tag_object(repository, id)? {
            reject!(verdicts, update, "tag-not-annotated",
                "the tag {} is only a name: it says neither who made it, nor when, nor why", name;
                "  make it anew with a message: git tag -f -a {} {}^{{}}, and push again", name, name);
        }
        Ok(())
    }
}

/// Whether an id is a tag object's. What is no commit may also be a tree or a blob, with a tag as bare as on a commit.
fn is_tag_object(repository: &Repository<'_>, id: &Oid) -> Result<bool, Error> {
    match repository.commit(id) {
        Ok(_) => Ok(false),
        Err(error) if error.code() != "wrong-kind" => Err(error),
        Err(_) => Ok(repository.blob_size(id).is_err() && repository.tree(id).next().is_some_and(|entry| entry.is_err())),
    }
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(RefNames);

#[cfg(test)]
mod tests;
