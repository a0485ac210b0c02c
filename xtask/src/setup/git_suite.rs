//! Git's own tests: fetched as Debian's source of git and built once into the cache folder. Git is GPL, so none of it is in this
//! repository; `tests/it/git_suite` runs it against our engine.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use crate::house::House;
use crate::progress::Outcome;
use crate::shell;

/// The version that the list of expected failures is about.
const VERSION: &str = "2.39.5";
/// The release of Debian that has it.
const RELEASE: &str = "bookworm";
/// sha256 of the source as git's authors released it.
const SOURCE: &str = "c58da92c378df4a986ca33266897a7397e86c22ee266a284d8c2432c39066b59";
/// What is left out of the build: other transports, other languages, the translations.
const CONFIG: &str = "NO_CURL=1\nNO_OPENSSL=1\nNO_EXPAT=1\nNO_GETTEXT=1\nNO_PYTHON=1\nNO_TCLTK=1\nCFLAGS=-O1\n";

/// For the progress line.
pub fn title() -> String {
    format!("git {VERSION} and its tests")
}

/// Fetches and builds it unless it is there.
pub fn install(house: &House) -> anyhow::Result<Outcome> {
    let folder = house.git_suite();
    if is_built(&folder) {
        return Ok(Outcome::Present);
    }
    let source = house.tools.join(format!("git_{VERSION}.orig.tar.xz"));
    if !source.is_file() {
        fetch(house, &source)?;
    }
    let sum = shell::answer("sha256sum", shell::command(house, "sha256sum")?.arg(&source))?;
    if !sum.starts_with(SOURCE) {
        let _ = std::fs::remove_file(&source);
        bail!("what was fetched is not git {VERSION} as it was released, and was removed: try again");
    }
    let part = folder.with_extension("part");
    let _ = std::fs::remove_dir_all(&part);
    std::fs::create_dir_all(&part)?;
    let mut tar = shell::command(house, "tar")?;
    shell::quietly(house, "tar", tar.args(["-xJf"]).arg(&source).args(["--strip-components=1", "-C"]).arg(&part))?;
    std::fs::write(part.join("config.mak"), CONFIG)?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    shell::quietly(house, "make git", shell::command(house, "make")?.current_dir(&part).args([&format!("-j{jobs}"), "all"]))?;
    // What is there under its name is whole, or is of another version.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::rename(&part, &folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(Outcome::Done)
}

fn is_built(folder: &Path) -> bool {
    let version = std::fs::read_to_string(folder.join("GIT-VERSION-FILE")).unwrap_or_default();
    version.trim().ends_with(&format!(" {VERSION}")) && folder.join("t/helper/test-tool").is_file()
}

/// Asks the machine's own mirrors, by lists and caches of their own: the machine's configuration stays as it is.
fn fetch(house: &House, source: &Path) -> anyhow::Result<()> {
    let apt = house.tools.join("apt");
    for folder in ["state/lists/partial", "cache/archives/partial"] {
        std::fs::create_dir_all(apt.join(folder))?;
    }
    let list = apt.join("source.list");
    let text = source_list(&configured());
    ensure!(!text.is_empty(), "apt has no mirror of Debian here; put git_{VERSION}.orig.tar.xz into {}", house.tools.display());
    std::fs::write(&list, text)?;
    let call = |name: &str, arguments: &[&str]| -> anyhow::Result<()> {
        let mut command = shell::command(house, "apt-get")?;
        for (key, value) in [
            ("Dir::Etc::sourcelist", list.as_path()),
            ("Dir::Etc::sourceparts", Path::new("/dev/null")),
            ("Dir::State", &apt.join("state")),
            ("Dir::State::status", Path::new("/var/lib/dpkg/status")),
            ("Dir::Cache", &apt.join("cache")),
        ] {
            command.arg("-o").arg(format!("{key}={}", value.display()));
        }
        shell::quietly(house, name, command.current_dir(&apt).args(arguments))
    };
    call("apt-get update for sources", &["update", "-q"])?;
    call("apt-get source git", &["source", "-q", "--download-only", "git"])?;
    let name = source.file_name().context("a source has a name")?;
    std::fs::rename(apt.join(name), source).with_context(|| format!("apt brought no {}", name.display()))?;
    let _ = std::fs::remove_dir_all(&apt);
    Ok(())
}

/// The text of all of apt's source files.
fn configured() -> String {
    let parts = std::fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten().map(|entry| entry.path());
    let parts = parts.filter(|path| path.extension().is_some_and(|extension| extension == "list" || extension == "sources"));
    let files: Vec<PathBuf> = parts.chain(["/etc/apt/sources.list".into()]).collect();
    files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect::<Vec<_>>().join("\n")
}

/// One line for each mirror of Debian that `configured` names, in either of apt's formats.
fn source_list(configured: &str) -> String {
    let words = configured.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace);
    let mut mirrors: Vec<&str> = words.map(|word| word.trim_end_matches('/')).filter(|word| word.ends_with("/debian")).collect();
    mirrors.sort_unstable();
    mirrors.dedup();
    let line = |mirror: &&str| format!("deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {RELEASE} main\n");
    mirrors.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::source_list;

    #[test]
    fn both_formats_of_apt_name_their_mirrors_once() {
        let text = "# http://other.example/debian\nTypes: deb\nURIs: http://a.example/debian/\nSuites: x\n\
            deb [arch=amd64] http://b.example/debian x main\ndeb-src http://b.example/debian x main\ndeb http://c.example/debian-security x main\n";
        let list = source_list(text);
        assert_eq!(list.lines().count(), 2, "{list}");
        assert!(list.contains("] http://a.example/debian bookworm main\n") && list.contains("] http://b.example/debian bookworm main\n"));
        assert!(source_list("deb http://archive.ubuntu.example/ubuntu x main").is_empty());
    }
}
