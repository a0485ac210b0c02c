//! `hardie plugin new`: a project with a working plugin, its tests, and everything that it builds against.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::vendor;
use crate::cli::print_line;

/// Arguments of `hardie plugin new`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin new no-wip\n  hardie plugin new team-rules --dir plugins/team-rules\n  hardie plugin new teller --world events"
)]
pub struct Args {
    /// The plugin's name: a-z, 0-9 and -, beginning with a letter
    name: String,
    /// What it is: a policy judges pushes, a handler of events is told what happened
    #[arg(long, value_enum, default_value = "policy")]
    world: World,
    /// The language; only rust in this version
    #[arg(long, default_value = "rust")]
    lang: String,
    /// The folder to make [default: the name]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// The kinds of plugin that there are templates for.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum World {
    Policy,
    Events,
}

impl World {
    /// Description, source and scenarios.
    fn template(self) -> (&'static str, &'static str, &'static [(&'static str, &'static str)]) {
        match self {
            World::Policy => (
                "Refuses commits that are marked as work in progress.",
                include_str!("template/lib.rs.in"),
                &[
                    ("tests/accepts.toml", include_str!("template/accepts.toml")),
                    ("tests/rejects.toml", include_str!("template/rejects.toml")),
                ],
            ),
            World::Events => (
                "Sets a status that tells how many new commits a push brought.",
                include_str!("template/events.rs.in"),
                &[("tests/counts.toml", include_str!("template/counts.toml"))],
            ),
        }
    }
}

/// Writes the project.
pub fn run(args: &Args) -> anyhow::Result<()> {
    match args.lang.as_str() {
        "rust" => {}
        "js" | "python" => bail!("--lang {}: this version makes Rust projects; components of other languages can be installed", args.lang),
        other => bail!("--lang {other}: the languages are rust, and later js and python"),
    }
    check_name(&args.name)?;
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    if dir.exists() {
        bail!("{} is there already; nothing was written", dir.display());
    }
    write_project(&args.name, args.world, &dir)?;
    print_line(&format!("{} is ready. Next:", dir.display()))?;
    print_line(&format!("  cd {}\n  hardie plugin build\n  hardie plugin test", dir.display()))
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let fits = (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    // Cargo's own refusals would come later and explain less.
    let reserved = ["test", "core", "std", "alloc", "proc-macro", "hardie-plugin", "serde", "self", "super", "crate"];
    if !fits || name.ends_with('-') || reserved.contains(&name) {
        bail!("{name:?} cannot be a plugin's name: use a-z, 0-9 and -, beginning with a letter, and no word that Rust keeps for itself");
    }
    Ok(())
}

fn write_project(name: &str, world: World, dir: &Path) -> anyhow::Result<()> {
    let (description, source, scenarios) = world.template();
    let fill = |template: &str| template.replace("@NAME@", name).replace("@DESCRIPTION@", description);
    write(&dir.join("Cargo.toml"), &fill(include_str!("template/Cargo.toml.in")))?;
    write(&dir.join("src/lib.rs"), &fill(source))?;
    write(&dir.join("README.md"), &fill(include_str!("template/README.md.in")))?;
    for (path, text) in scenarios {
        write(&dir.join(path), text)?;
    }
    write(&dir.join(".gitignore"), "/target\n/*.wasm\n")?;
    let carried = dir.join(".hardie");
    write(&carried.join("plugin-sdk/Cargo.toml"), vendor::SDK_MANIFEST)?;
    for (file, text) in vendor::SDK {
        write(&carried.join("plugin-sdk/src").join(file), text)?;
    }
    for (file, text) in vendor::WIT {
        write(&carried.join("wit").join(file), text)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    fs::write(path, text).with_context(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_the_folder_or_confuse_cargo_are_refused() {
        for bad in ["", "../x", "a/b", "A", "9a", "a_b", "a-", "test", "std", &"x".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert!(check_name("no-wip2").is_ok());
    }

    #[test]
    fn other_languages_are_refused_by_name() {
        let args = |lang: &str| Args { name: "x".into(), world: World::Policy, lang: lang.into(), dir: None };
        assert!(run(&args("js")).unwrap_err().to_string().contains("--lang js"));
        assert!(run(&args("cobol")).unwrap_err().to_string().contains("cobol"));
    }

    #[test]
    fn an_existing_folder_is_never_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let args = Args { name: "x".into(), world: World::Events, lang: "rust".into(), dir: Some(dir.path().to_owned()) };
        assert!(run(&args).unwrap_err().to_string().contains("already"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
