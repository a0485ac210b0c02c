//! A policy that refuses nothing: it tells which projects of a repository with many a push touches, and which others need those. What a
//! project is, its manifest says: Cargo, npm, Nx, Go, Python. As a handler of events it says the same by a status for each of them.

mod manifest;
mod projects;
mod statuses;
mod touched;

use std::collections::{BTreeMap, BTreeSet};

use hardie_plugin::glob::Glob;
use hardie_plugin::{Error, Event, Failure, FieldError, Handler, Policy, Push, RefUpdate, Repository, Verdicts, warn};
use serde::{Deserialize, Serialize};

use projects::Projects;
use touched::Touched;

/// The policy, and the handler.
pub struct Affected;

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
    /// Whether the pusher is told.
    pub warnings: bool,
    /// Whether the pushed commit gets a status for each project, once the push is in.
    pub statuses: bool,
    /// The state of these: `success`, which only tells, or `pending` for a build that ends each.
    pub state: String,
}

impl Default for Config {
    fn default() -> Self {
        let skip = ["node_modules", "vendor", "third_party", "target", "dist", "testdata", "fixtures"];
        Config {
            branches: Vec::new(),
            projects: BTreeMap::new(),
            skip: skip.map(ToOwned::to_owned).to_vec(),
            dependents: true,
            warnings: true,
            statuses: true,
            state: "success".into(),
        }
    }
}

impl Config {
    fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let patterns = self.projects.values().flatten().chain(&self.branches).chain(&self.skip);
        if let Some(bad) = patterns.clone().find(|pattern| pattern.is_empty() || pattern.len() > 200) {
            errors.push(FieldError::new("", format!("the pattern {bad:?} does not have 1 to 200 characters")));
        }
        if patterns.count() > 200 {
            errors.push(FieldError::new("", "has more than 200 patterns"));
        }
        if !["success", "pending"].contains(&self.state.as_str()) {
            errors.push(FieldError::new("state", format!("{:?} is neither success nor pending", self.state)));
        }
        errors
    }

    /// Whether a ref is a branch that is looked at.
    fn wants(&self, update: &RefUpdate) -> bool {
        let Some(name) = update.name.strip_prefix(b"refs/heads/") else { return false };
        self.branches.is_empty() || self.branches.iter().any(|pattern| Glob::whole(pattern).matches(name))
    }
}

impl Policy for Affected {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        FieldError::all(config.errors())
    }

    fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
        let mut verdicts = Verdicts::accept(push);
        if !config.warnings {
            return Ok(verdicts);
        }
        let default = repository.read_ref(format!("refs/heads/{}", push.default_branch()).as_bytes())?;
        let mut steps = Projects::steps();
        for update in push.updates().iter().take(UPDATES).filter(|update| config.wants(update)) {
            let Some(new) = &update.new else { continue };
            // With nothing to compare with everything would be touched.
            let Some(old) = update.old.clone().or_else(|| default.clone()) else { continue };
            match Touched::between(config, repository, (&old, new), &mut steps) {
                Ok(touched) => tell(&mut verdicts, update, &touched),
                // What only tells must not stop a push.
                Err(error) => warn!("{}: {error}", update.short_name()),
            }
        }
        Ok(verdicts)
    }
}

impl Handler for Affected {
    type Config = Config;

    fn handle(config: &Config, event: &Event<'_>, repository: Option<&Repository<'_>>) -> Result<(), Failure> {
        match (event.push()?, repository) {
            (Some(push), Some(repository)) if config.statuses => statuses::set(config, &push, repository),
            _ => Ok(()),
        }
    }
}

fn tell(verdicts: &mut Verdicts, update: &RefUpdate, touched: &Touched) {
    let Touched { names, others, more, .. } = touched;
    if names.is_empty() {
        return;
    }
    let branch = update.short_name();
    let more = if *more { "; there is more than was looked at" } else { "" };
    verdicts.warn(update, format!("{branch}: touches {}{more}", listed(names)));
    if !others.is_empty() {
        verdicts.warn(update, format!("{branch}: which {} need{}", listed(others), if others.len() == 1 { "s" } else { "" }));
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    let first: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match names.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(policy: Affected, events: Affected);

#[cfg(test)]
mod tests;
