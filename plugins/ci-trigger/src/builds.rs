//! Which of the refs that moved are to be built.

use hardie_plugin::glob::Glob;
use hardie_plugin::payload::Push;
use hardie_plugin::{Error, Oid, RefUpdate, Repository};

use crate::config::Config;

/// Builds of one push: as many requests as a call may send.
pub const MOST: usize = 20;
/// Changed paths that are looked at; where more changed, something that counts is taken to be among them.
const CHANGES: usize = 5_000;
/// The push option that asks for no build.
const OPTION: &str = "ci.skip";
/// Marks in the last commit's message that do.
const MARKS: [&str; 2] = ["[skip ci]", "[ci skip]"];

/// One ref that is to be built.
pub struct Build {
    /// The full name of the ref.
    pub name: String,
    /// Its place in the push.
    pub index: usize,
    /// What it is now.
    pub id: Oid,
    /// The commit; `None` for an annotated tag.
    pub commit: Option<Oid>,
}

/// All of a push.
pub struct Builds {
    /// Those that there is room for.
    pub all: Vec<Build>,
    /// How many there are besides.
    pub more: usize,
}

/// What a push asks to be built, in its order.
pub fn wanted(config: &Config, push: &Push, repository: &Repository<'_>) -> Result<Builds, Error> {
    let mut builds = Builds { all: Vec::new(), more: 0 };
    if config.skip && push.options.iter().any(|option| option == OPTION) {
        return Ok(builds);
    }
    let globs = |patterns: &[String]| patterns.iter().map(|pattern| Glob::whole(pattern)).collect::<Vec<_>>();
    let (branches, tags) = (globs(&config.branches), globs(&config.tags));
    let paths: Vec<Glob> = config.paths.iter().map(|pattern| Glob::new(pattern)).collect();
    for (update, index) in push.updates().into_iter().zip(0..) {
        let Some(id) = update.new.clone() else { continue };
        let chosen = match (update.name.strip_prefix(b"refs/heads/"), update.name.strip_prefix(b"refs/tags/")) {
            (Some(branch), _) => branches.is_empty() || branches.iter().any(|glob| glob.matches(branch)),
            (_, Some(tag)) => tags.iter().any(|glob| glob.matches(tag)),
            _ => false,
        };
        if !chosen {
            continue;
        }
        if builds.all.len() == MOST {
            builds.more += 1;
            continue;
        }
        let commit = repository.commit(&id).ok();
        let marked = |message: String| MARKS.iter().any(|mark| message.contains(mark));
        if config.skip && commit.as_ref().is_some_and(|commit| marked(commit.message())) || !touches(&paths, &update, repository)? {
            continue;
        }
        let name = String::from_utf8_lossy(&update.name).into_owned();
        builds.all.push(Build { name, index, commit: commit.map(|_| id.clone()), id });
    }
    Ok(builds)
}

/// Whether one of these paths differs between before and after. A new branch has no before, and of a tag the whole is meant.
fn touches(paths: &[Glob], update: &RefUpdate, repository: &Repository<'_>) -> Result<bool, Error> {
    let (Some(old), true, false) = (&update.old, update.is_branch(), paths.is_empty()) else { return Ok(true) };
    let mut count = 0;
    for change in repository.changes(Some(old), update.new.as_ref()) {
        let change = match change {
            Ok(change) => change,
            // What a forced push dropped may be collected by now.
            Err(error) if error.code() == "not-found" => return Ok(true),
            Err(error) => return Err(error),
        };
        count += 1;
        if count > CHANGES || paths.iter().any(|glob| glob.matches(&change.path)) {
            return Ok(true);
        }
    }
    Ok(false)
}
