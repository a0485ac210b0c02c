//! Another git implementation, isomorphic-git, which tests use as a client: the packages that the lock file beside the test names, by
//! version and hash.

use std::path::Path;

use anyhow::Context as _;

use crate::house::House;
use crate::progress::Outcome;
use crate::shell;

/// For the progress line.
pub const TITLE: &str = "isomorphic-git";
/// What to install.
const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// Installs what the lock file names unless just that is there.
pub fn install(house: &House) -> anyhow::Result<Outcome> {
    let (wanted, folder) = (house.root.join("tests/it/clients/isomorphic"), house.javascript());
    let stamp = folder.join("installed");
    let lock = std::fs::read_to_string(wanted.join("package-lock.json")).context("the lock file of the test's client cannot be read")?;
    if is_there(&folder) && std::fs::read_to_string(&stamp).is_ok_and(|found| found == lock) {
        return Ok(Outcome::Present);
    }
    std::fs::create_dir_all(&folder)?;
    for file in FILES {
        std::fs::copy(wanted.join(file), folder.join(file)).with_context(|| format!("{file} cannot be copied"))?;
    }
    let mut npm = shell::command(house, "npm")?;
    npm.current_dir(&folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    shell::quietly(house, "npm ci", &mut npm)?;
    let check = ["-e", "require('isomorphic-git'); require('isomorphic-git/http/node')"];
    shell::answer("the import of isomorphic-git", shell::command(house, "node")?.current_dir(&folder).args(check))?;
    std::fs::write(&stamp, lock).with_context(|| format!("{} cannot be written", stamp.display()))?;
    Ok(Outcome::Done)
}

fn is_there(folder: &Path) -> bool {
    folder.join("node_modules/isomorphic-git/package.json").is_file()
}
