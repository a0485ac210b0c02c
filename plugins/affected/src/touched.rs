//! Which projects differ between two commits, and which others need those.

use std::collections::BTreeSet;

use hardie_plugin::glob::Glob;
use hardie_plugin::{Error, Oid, Repository, info};

use crate::Config;
use crate::projects::Projects;

/// Changed files that are looked at.
const CHANGES: usize = 5_000;

/// What was found, by the names of projects.
pub struct Touched {
    /// Those with changed files.
    pub names: BTreeSet<String>,
    /// Those that need them, themselves or by others.
    pub others: BTreeSet<String>,
    /// Whether there is more than was looked at.
    pub more: bool,
}

impl Touched {
    /// Compares two commits; projects are those of the newer. `steps` is what is left of [`Projects::steps`].
    pub fn between(config: &Config, repository: &Repository<'_>, (old, new): (&Oid, &Oid), steps: &mut usize) -> Result<Touched, Error> {
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
        info!("{new}: {count} files, touched {names:?}, dependents {others:?}");
        Ok(Touched { names, others, more: projects.more || count >= CHANGES })
    }
}
