//! The `git` program: found once, checked once.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::error::{Error, Result};

/// The oldest version whose behaviour this code relies on.
const OLDEST: (u32, u32) = (2, 39);

/// A `git` that is new enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitBinary {
    path: PathBuf,
    version: (u32, u32),
}

impl GitBinary {
    /// The `git` on `PATH`, or a text that says what is wrong. Only success is remembered: an operator may install it
    /// while the server runs.
    pub fn find() -> Result<&'static GitBinary> {
        static FOUND: OnceLock<GitBinary> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return Ok(found);
        }
        let found = Self::probe(&std::env::var_os("PATH").unwrap_or_default())?;
        Ok(FOUND.get_or_init(|| found))
    }

    /// Major and minor version.
    pub fn version(&self) -> (u32, u32) {
        self.version
    }

    fn probe(search: &std::ffi::OsStr) -> Result<GitBinary> {
        let path = std::env::split_paths(search).filter(|dir| dir.is_absolute()).map(|dir| dir.join("git")).find(|p| p.is_file());
        let Some(path) = path else { return Err(Error::Git("git is not installed: no git on PATH".to_owned())) };
        let out = clean(&path)
            .arg("version")
            .stdin(Stdio::null())
            .output()
            .map_err(|e| Error::Git(format!("{} cannot be run: {e}", path.display())))?;
        let text = String::from_utf8_lossy(&out.stdout);
        match parse_version(&text) {
            Some(version) if version >= OLDEST => Ok(GitBinary { path, version }),
            Some((major, minor)) => {
                Err(Error::Git(format!("git {major}.{minor} is too old: {}.{} or newer is needed", OLDEST.0, OLDEST.1)))
            }
            None => Err(Error::Git(format!("{} does not tell its version", path.display()))),
        }
    }

    /// A command that sees nothing of the server's environment and no configuration but ours.
    pub(crate) fn command(&self, git_dir: &Path) -> Command {
        let mut command = clean(&self.path);
        command.env("GIT_DIR", git_dir).current_dir(git_dir);
        command
    }
}

/// The crate's one function that starts programs.
#[expect(clippy::disallowed_methods, reason = "the one place: the environment is cleared here, Running adds limits and a deadline")]
fn clean(path: &Path) -> Command {
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        // A pushed refs/replace/ must not change what other objects are; a missing object is missing, not fetched.
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_NO_LAZY_FETCH", "1");
    command
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix("git version ")?.trim().split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{GitBinary, parse_version};

    #[test]
    fn versions_are_read_from_every_vendors_text() {
        assert_eq!(parse_version("git version 2.47.3\n"), Some((2, 47)));
        assert_eq!(parse_version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(parse_version("git version 2.50.0.rc1.12.gabc"), Some((2, 50)));
        assert_eq!(parse_version("hub version 2"), None);
    }

    #[test]
    fn a_missing_and_an_old_git_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = GitBinary::probe(dir.path().as_os_str()).unwrap_err();
        assert_eq!(missing.to_string(), "git is not installed: no git on PATH");
        let script = dir.path().join("git");
        std::fs::write(&script, "#!/bin/sh\necho git version 2.38.9\n").unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let old = GitBinary::probe(dir.path().as_os_str()).unwrap_err();
        assert_eq!(old.to_string(), "git 2.38 is too old: 2.39 or newer is needed");
    }
}
