//! The folder in which a command compiles a component: a passing one, or the project's own, so that seconds are spent once.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

/// The file in a project's own that one command at a time holds.
pub const LOCK: &str = "lock";

/// Where compiled code is kept while a command runs, or from one to the next.
pub enum Workshop {
    /// Gone with the command.
    Passing(TempDir),
    /// The project's. One command at a time is in it; the next one waits.
    Kept(PathBuf, #[expect(dead_code, reason = "the lock is held as long as the file is open")] File),
}

impl Workshop {
    /// One that is removed afterwards.
    pub fn passing() -> anyhow::Result<Workshop> {
        Ok(Workshop::Passing(tempfile::tempdir().context("cannot make a temporary folder")?))
    }

    /// The one of a project, made if need be.
    pub fn kept(folder: &Path) -> anyhow::Result<Workshop> {
        let failed = || format!("cannot use {}", folder.display());
        std::fs::create_dir_all(folder).with_context(failed)?;
        let lock = File::create(folder.join(LOCK)).with_context(failed)?;
        lock.lock().with_context(failed)?;
        Ok(Workshop::Kept(folder.to_owned(), lock))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        match self {
            Workshop::Passing(folder) => folder.path(),
            Workshop::Kept(folder, _) => folder,
        }
    }
}
