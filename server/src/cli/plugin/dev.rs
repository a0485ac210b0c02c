//! `hardie plugin dev`: build, test and swap a plugin whenever its project changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};

use super::install::{Wish, install, read_config};
use super::manage::find_editable;
use super::project::Project;
use super::remote::{Remote, Scope};
use super::source::Signed;
use super::versions::swap;
use super::{build, test};
use crate::cli::{print_line, runtime};

/// The project is looked at this often. Polling sees every editor, every file system and every container alike.
const LOOK: Duration = Duration::from_millis(300);
/// Most files of a project that are watched.
const FILES: usize = 20_000;
/// Folders in which builds work, beside those whose name begins with a dot.
const NOT_SOURCES: [&str; 4] = ["target", "node_modules", "__pycache__", "venv"];

/// Arguments of `hardie plugin dev`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin dev\n  hardie plugin dev plugins/no-wip --repo alice/demo\n  hardie plugin dev --repo alice/demo --mode enforce --once"
)]
pub struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    remote: Remote,
    /// How it works there when it is new; afterwards as it was set there
    #[arg(long, default_value = "monitor", value_parser = ["enforce", "monitor", "off"])]
    mode: String,
    /// Its configuration there, JSON or TOML [default: as it is, or the component's own when it is new]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Swap although the newer component may do more than the one before
    #[arg(long)]
    accept_new_permissions: bool,
    /// Do it once and end, failing if anything does
    #[arg(long)]
    once: bool,
}

/// Where what passes its tests is installed; nowhere if none is given.
#[derive(Clone, Debug, clap::Args)]
#[group(required = false, multiple = false)]
struct Place {
    /// Install it for one repository whenever its scenarios pass
    #[arg(long, value_name = "OWNER/REPO")]
    repo: Option<String>,
    /// The same for every repository of an organisation
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
}

/// Each file that a build may read, and how it looks from outside.
type Sources = BTreeMap<PathBuf, (SystemTime, u64)>;

/// Works until it is interrupted.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let project = Project::find(&args.folder)?;
    if args.once {
        return round(args, &project);
    }
    let pause = runtime()?;
    let mut seen = Sources::new();
    loop {
        let sources = sources(&project.folder)?;
        if sources == seen {
            pause.block_on(tokio::time::sleep(LOOK));
            continue;
        }
        if !seen.is_empty() {
            print_line(&format!("\n{} changed", changed(&seen, &sources, &project.folder)))?;
        }
        // What is saved while this works is another change.
        seen = sources;
        if let Err(error) = round(args, &project) {
            print_line(&format!("error: {error:#}"))?;
        }
        print_line("waiting for a change; Ctrl-C ends it")?;
    }
}

/// From the sources to the server.
fn round(args: &Args, project: &Project) -> anyhow::Result<()> {
    let built = build::build(project)?;
    test::report(&built, &project.folder.join("tests"), false)?;
    let Some(scope) = Scope::of(args.place.repo.as_deref(), args.place.org.as_deref()) else { return Ok(()) };
    let config = args.config.as_deref().map(read_config).transpose()?;
    let (client, component) = (args.remote.client()?, Signed::by_nobody(built.component.clone()));
    let changed = runtime()?.block_on(async {
        match find_editable(&client, &scope, &project.name).await? {
            Some(found) => swap(&client, &scope, &found, component, config, args.accept_new_permissions).await,
            None => {
                let wish = Wish { name: project.name.clone(), mode: args.mode.clone(), config, ..Wish::default() };
                install(&client, &scope, component, wish).await
            }
        }
    })?;
    print_line(&format!(
        "{} {} now works in {} (id {}, {})",
        changed.name,
        changed.component.version,
        scope.describe(),
        changed.id,
        changed.mode
    ))
}

/// Everything below a folder that a build may read.
fn sources(folder: &Path) -> anyhow::Result<Sources> {
    let (mut found, mut folders) = (Sources::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            // A file that is gone by now is a change of its folder the next time.
            let Ok(about) = entry.metadata() else { continue };
            let hidden = name.as_encoded_bytes().starts_with(b".");
            match about.is_dir() {
                true if !hidden && !NOT_SOURCES.iter().any(|not| name == *not) => folders.push(path),
                false if path.extension().is_none_or(|extension| extension != "wasm") => {
                    found.insert(path, (about.modified().unwrap_or(SystemTime::UNIX_EPOCH), about.len()));
                }
                _ => {}
            }
        }
        if found.len() > FILES {
            bail!("{} has more than {FILES} files; name the plugin's own folder", folder.display());
        }
    }
    Ok(found)
}

/// One of the files that are not as they were.
fn changed(before: &Sources, after: &Sources, folder: &Path) -> String {
    let newer = after.iter().find(|(path, look)| before.get(*path) != Some(look)).map(|(path, _)| path);
    let path = newer.or_else(|| before.keys().find(|path| !after.contains_key(*path)));
    path.map(|path| path.strip_prefix(folder).unwrap_or(path).display().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_watched_and_what_builds_leave_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("src/lib.rs", "one");
        write("tests/a.toml", "one");
        let before = sources(dir.path()).unwrap();
        assert_eq!(before.len(), 2);
        for built in ["target/release/x.d", "no-wip.wasm", ".git/index", "node_modules/a/b.js"] {
            write(built, "x");
        }
        assert_eq!(sources(dir.path()).unwrap(), before);
        write("src/lib.rs", "more than one");
        let after = sources(dir.path()).unwrap();
        assert_eq!(changed(&before, &after, dir.path()), "src/lib.rs");
        assert_eq!(changed(&after, &before, dir.path()), "src/lib.rs");
        std::fs::remove_file(dir.path().join("tests/a.toml")).unwrap();
        assert_eq!(changed(&after, &sources(dir.path()).unwrap(), dir.path()), "tests/a.toml");
    }
}
