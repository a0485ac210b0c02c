//! Where things are.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The folders of this repository and of its tools.
#[derive(Clone, Debug)]
pub struct House {
    /// The repository.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// Tools that set-up installs, shared by all clones of this user: `bin`, `python`, `javascript`, `componentizers`,
    /// `api-clients`.
    pub tools: PathBuf,
}

impl House {
    /// Finds them from the environment that cargo and the user set.
    pub fn find() -> anyhow::Result<Self> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").context("start this as `cargo xtask`")?;
        let root = Path::new(&package).parent().context("the xtask package has no parent folder")?.to_owned();
        let target = match std::env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|folder| Path::new(folder).is_absolute()) {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cache"),
        };
        Ok(Self { root, target, tools: cache.join("hardie/tools") })
    }

    /// Programs that set-up installed.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.tools.join("bin").join(name)
    }

    /// The interpreter that has the other git implementations.
    pub fn python(&self) -> PathBuf {
        self.tools.join("python/bin/python3")
    }

    /// Where npm put the git implementation in JavaScript.
    pub fn javascript(&self) -> PathBuf {
        self.tools.join("javascript")
    }

    /// A folder as an author's of plugins would be, with the programs that make components of JavaScript and Python.
    pub fn componentizers(&self) -> PathBuf {
        self.tools.join("componentizers")
    }

    /// A folder with clients of the REST API in `node_modules` and `.venv`.
    pub fn api_clients(&self) -> PathBuf {
        self.tools.join("api-clients")
    }

    /// Git's source with its tests, built.
    pub fn git_suite(&self) -> PathBuf {
        self.tools.join("git-suite")
    }

    /// The web bundle.
    pub fn web_dist(&self) -> PathBuf {
        self.root.join("web/dist")
    }

    /// The shipped plugins, built: `NAME.wasm`.
    pub fn plugins(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// The server's binary.
    pub fn binary(&self, release: bool) -> PathBuf {
        self.target.join(if release { "release" } else { "debug" }).join("hardie")
    }

    /// The search path with the tools of set-up before all others.
    pub fn search_path(&self) -> anyhow::Result<std::ffi::OsString> {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.tools.join("bin")).chain(std::env::split_paths(&inherited));
        std::env::join_paths(folders).context("the search path cannot be extended")
    }

    /// A program on [`House::search_path`] or where Debian keeps servers.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.tools.join("bin")).chain(std::env::split_paths(&inherited)).chain([
            "/usr/sbin".into(),
            "/usr/local/sbin".into(),
            "/sbin".into(),
        ]);
        folders.map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    /// The version of a package in the lock file.
    pub fn locked_version(&self, package: &str) -> anyhow::Result<String> {
        let lock = std::fs::read_to_string(self.root.join("Cargo.lock")).context("Cargo.lock cannot be read")?;
        locked_version(&lock, package).with_context(|| format!("Cargo.lock has no {package}"))
    }
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.next()?;
    Some(lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.126\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.126"));
        assert_eq!(locked_version(lock, "trunk"), None);
    }
}
