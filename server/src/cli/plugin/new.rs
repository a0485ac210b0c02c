//! `hardie plugin new`: a project with a working plugin, its tests, and everything that it builds against.

mod templates;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use self::templates::{Template, World, template};
use super::project::Language;
use crate::cli::print_line;

/// Arguments of `hardie plugin new`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin new no-wip\n  hardie plugin new no-wip --lang python\n  hardie plugin new team-rules --dir plugins/team-rules\n  hardie plugin new teller --world events\n  hardie plugin new notes --world web --lang js"
)]
pub struct Args {
    /// The plugin's name: a-z, 0-9 and -, beginning with a letter
    name: String,
    /// What it is: a policy judges pushes, an online one asks others meanwhile, a handler of events is told what happened
    #[arg(long, value_enum, default_value = "policy")]
    world: World,
    /// The language
    #[arg(long, alias = "language", value_enum, default_value = "rust")]
    lang: Language,
    /// The folder to make [default: the name]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Writes the project.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let template = template(args.lang, args.world);
    check_name(&args.name)?;
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    if dir.exists() {
        bail!("{} is there already; nothing was written", dir.display());
    }
    write_project(args, &template, &dir)?;
    print_line(&format!("{} is ready. Next:", dir.display()))?;
    let tools = match args.lang {
        Language::Rust => "",
        Language::Js => "  npm install\n",
        Language::Python => "  python3 -m venv .venv\n  .venv/bin/pip install --require-hashes -r requirements.txt\n",
    };
    print_line(&format!("  cd {}\n{tools}  hardie plugin build\n  hardie plugin test", dir.display()))
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

fn write_project(args: &Args, template: &Template, dir: &Path) -> anyhow::Result<()> {
    let (world, uses) = args.world.built();
    let parts = [("@NAME@", args.name.as_str()), ("@DESCRIPTION@", template.description), ("@WORLD@", world), ("@USES@", uses)];
    let fill = |text: &str| parts.iter().fold(text.to_owned(), |text, (part, with)| text.replace(part, with));
    for (path, text) in &template.files {
        write(&dir.join(path), &fill(text))?;
    }
    for (folder, files) in &template.carried {
        for (file, text) in *files {
            write(&dir.join(folder).join(file), text)?;
        }
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
    fn every_language_has_every_world_and_nothing_is_left_to_fill_in() {
        let dir = tempfile::tempdir().unwrap();
        for lang in [Language::Rust, Language::Js, Language::Python] {
            for world in [World::Policy, World::PolicyOnline, World::Events, World::Web] {
                let place = dir.path().join(format!("{lang:?}-{world:?}"));
                let args = Args { name: "bench".into(), world, lang, dir: Some(place.clone()) };
                write_project(&args, &template(lang, world), &place).unwrap();
                let [source, manifest, readme] =
                    [lang.source(), lang.manifest(), "README.md"].map(|file| fs::read_to_string(place.join(file)).unwrap());
                for text in [&source, &manifest, &readme] {
                    assert!(!text.contains("@NAME@") && !text.contains("@USES@"), "{text}");
                }
                if lang != Language::Rust {
                    let built = crate::cli::plugin::project::Project::find(&place).unwrap().built;
                    assert_eq!(built.world.world(), world.built().0);
                    // What is imported is named, and what is named imported: else the project does not build, or asks for more than it uses.
                    let import =
                        |used: &str| source.lines().any(|line| line.contains("import") && line.contains("hardie") && line.contains(used));
                    for used in built.world.usable() {
                        assert_eq!(import(used.interface()), built.uses.contains(used), "{lang:?} {world:?}: {used:?}");
                    }
                }
                assert!(fs::read_dir(place.join("tests")).unwrap().count() > 0);
            }
        }
    }

    #[test]
    fn an_existing_folder_is_never_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let args = Args { name: "x".into(), world: World::Events, lang: Language::Rust, dir: Some(dir.path().to_owned()) };
        assert!(run(&args).unwrap_err().to_string().contains("already"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
