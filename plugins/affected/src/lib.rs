//! A policy that refuses nothing: it tells which projects of a repository with many a push touches, and which others need those. What a
//! project is, its manifest says: Cargo, npm, Nx, Go, Python.

mod manifest;
mod projects;

use std::collections::{BTreeMap, BTreeSet};

use hardie_plugin::glob::Glob;
use hardie_plugin::{Error, FieldError, Oid, Policy, Push, RefUpdate, Repository, Verdicts, info, warn};
use serde::{Deserialize, Serialize};

use projects::Projects;

/// The policy.
pub struct Affected;

/// Changed files that are looked at.
const CHANGES: usize = 5_000;
/// Updates that are looked at; each walks the whole tree.
const UPDATES: usize = 2;
/// Names in one line.
const NAMED: usize = 12;

/// Where to look.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// Branches, as patterns over their whole names; all if empty.
    pub branches: Vec<String>,
    /// Projects that have no manifest, by name, with the paths that belong to them: `{ "handbook": ["docs/**"] }`.
    pub projects: BTreeMap<String, Vec<String>>,
    /// Names of folders that hold no projects of this repository.
    pub skip: Vec<String>,
    /// Whether projects that need what is touched are told too.
    pub dependents: bool,
}

impl Default for Config {
    fn default() -> Self {
        let skip = ["node_modules", "vendor", "third_party", "target", "dist", "testdata", "fixtures"];
        Config { branches: Vec::new(), projects: BTreeMap::new(), skip: skip.map(ToOwned::to_owned).to_vec(), dependents: true }
    }
}

impl Policy for Affected {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let patterns = config.projects.values().flatten().chain(&config.branches).chain(&config.skip);
        if let Some(bad) = patterns.clone().find(|pattern| pattern.is_empty() || pattern.len() > 200) {
            errors.push(FieldError::new("", format!("the pattern {bad:?} does not have 1 to 200 characters")));
        }
        if patterns.count() > 200 {
            errors.push(FieldError::new("", "has more than 200 patterns"));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
        let mut verdicts = Verdicts::accept(push);
        let chosen: Vec<Glob> = config.branches.iter().map(|pattern| Glob::whole(pattern)).collect();
        let default = repository.read_ref(format!("refs/heads/{}", push.default_branch()).as_bytes())?;
        let mut steps = Projects::steps();
        for update in push.updates().iter().take(UPDATES) {
            let (Some(name), Some(new)) = (update.name.strip_prefix(b"refs/heads/"), &update.new) else { continue };
            if !chosen.is_empty() && !chosen.iter().any(|glob| glob.matches(name)) {
                continue;
            }
            // With nothing to compare with everything would be touched.
            let Some(old) = update.old.clone().or_else(|| default.clone()) else { continue };
            if let Err(error) = tell(config, repository, &mut verdicts, update, (&old, new), &mut steps) {
                // What only tells must not stop a push.
                warn!("{}: {error}", update.short_name());
            }
        }
        Ok(verdicts)
    }
}

fn tell(
    config: &Config,
    repository: &Repository<'_>,
    verdicts: &mut Verdicts,
    update: &RefUpdate,
    (old, new): (&Oid, &Oid),
    steps: &mut usize,
) -> Result<(), Error> {
    let projects = Projects::find(repository, new, &config.skip, steps)?;
    let own: Vec<(&String, Vec<Glob>)> =
        config.projects.iter().map(|(name, paths)| (name, paths.iter().map(|path| Glob::new(path)).collect())).collect();
    let (mut touched, mut by_name): (BTreeSet<&[u8]>, BTreeSet<&String>) = Default::default();
    let mut count = 0;
    for change in repository.changes(Some(old), Some(new)).take(CHANGES) {
        let change = change?;
        count += 1;
        let mine = own.iter().filter(|(_, globs)| globs.iter().any(|glob| glob.matches(&change.path)));
        let before = by_name.len();
        by_name.extend(mine.map(|(name, _)| *name));
        if by_name.len() == before {
            touched.extend(projects.of(&change.path));
        }
    }
    let dependents = if config.dependents { projects.dependents(&touched) } else { BTreeSet::new() };
    let names: BTreeSet<String> = touched.iter().map(|folder| projects.name(folder)).chain(by_name.into_iter().cloned()).collect();
    let others: BTreeSet<String> = dependents.iter().map(|folder| projects.name(folder)).collect();
    if names.is_empty() {
        return Ok(());
    }
    let branch = update.short_name();
    let more = if projects.more || count >= CHANGES { "; there is more than was looked at" } else { "" };
    verdicts.warn(update, format!("{branch}: touches {}{more}", listed(&names)));
    if !others.is_empty() {
        verdicts.warn(update, format!("{branch}: which {} need{}", listed(&others), if others.len() == 1 { "s" } else { "" }));
    }
    info!("{branch} {new}: {count} files, touched {names:?}, dependents {others:?}");
    Ok(())
}

fn listed(names: &BTreeSet<String>) -> String {
    let first: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match names.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(Affected);

#[cfg(test)]
mod tests;
