//! A folder of immutable files named by hash, in 256 folders by the first two digits: how packs and LFS objects are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::packs::files::Files;

/// The folder. Nothing in it is written twice.
#[derive(Clone, Debug)]
pub(crate) struct Shelves {
    folder: PathBuf,
    files: Arc<dyn Files>,
}

impl Shelves {
    /// A folder that is there, or will be.
    pub fn new(folder: PathBuf, files: Arc<dyn Files>) -> Shelves {
        Shelves { folder, files }
    }

    /// Creates what is missing. All at once and synced here, so that nothing is acknowledged while the folder of its file may still
    /// be lost. The folder's own name is for the caller to sync.
    pub fn create(&self) -> Result<()> {
        let failed = |e| Error::io(format!("creating a folder in {}", self.folder.display()), e);
        ignore(self.files.create_dir(&self.folder), io::ErrorKind::AlreadyExists).map_err(failed)?;
        for digits in 0..=u8::MAX {
            ignore(self.files.create_dir(&self.folder.join(format!("{digits:02x}"))), io::ErrorKind::AlreadyExists).map_err(failed)?;
        }
        self.files.sync_dir(&self.folder).map_err(|e| Error::io(format!("syncing {}", self.folder.display()), e))
    }

    /// Where the file of this name lies, and its folder.
    pub fn place(&self, name: &str) -> (PathBuf, PathBuf) {
        let folder = self.folder.join(name.get(..2).unwrap_or_default());
        (folder.join(name), folder)
    }

    /// Gives a finished file its final name, its content made durable first. The name is durable once the folder is synced.
    /// `what` names the thing in errors.
    ///
    /// The same bytes put there twice (by two at once, say) is success both times.
    pub fn put(&self, from: &Path, to: &Path, what: &str) -> Result<()> {
        let failed = |doing: &str| {
            let what = format!("{doing} of {what}");
            move |e: io::Error| Error::io(what, e)
        };
        self.files.sync_file(from).map_err(failed("syncing the new file"))?;
        match self.files.hard_link(from, to) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && length(from) != length(to) => {
                // One that was cut off, by a repair of the disk perhaps.
                self.files.remove_file(to).map_err(failed("removing the damaged file"))?;
                self.files.hard_link(from, to).map_err(failed("linking the file"))
            }
            // Same name, same bytes. Whoever came first may have died before its sync: sync again.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => self.files.sync_file(to).map_err(failed("syncing the file")),
            Err(e) => Err(failed("linking the file")(e)),
        }
    }

    /// Makes the names in one of the 256 folders durable.
    pub fn sync(&self, folder: &Path, what: &str) -> Result<()> {
        self.files.sync_dir(folder).map_err(|e| Error::io(format!("syncing the folder of {what}"), e))
    }

    /// Removes files of one folder in this order. Absent is success.
    pub fn remove(&self, files: &[PathBuf], folder: &Path, what: &str) -> Result<()> {
        let failed = |e| Error::io(format!("removing {what}"), e);
        for file in files {
            ignore(self.files.remove_file(file), io::ErrorKind::NotFound).map_err(failed)?;
        }
        ignore(self.files.sync_dir(folder), io::ErrorKind::NotFound).map_err(failed)
    }

    /// The names of all files. Order is not defined.
    pub fn list(&self) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        for folder in fs::read_dir(&self.folder)? {
            let folder = folder?;
            if folder.file_type()?.is_dir() {
                for entry in fs::read_dir(folder.path())? {
                    found.extend(entry?.file_name().into_string());
                }
            }
        }
        Ok(found)
    }
}

/// A child of a process that was killed may put something there while it is emptied.
const EMPTYING: u32 = 100;

/// Empties a folder for work under way: what an earlier run left there is nobody's.
pub(crate) fn empty_folder(files: &dyn Files, path: &Path) -> Result<()> {
    let mut removed = files.remove_tree(path);
    for _ in 0..EMPTYING {
        match &removed {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => removed = files.remove_tree(path),
            _ => break,
        }
    }
    ignore(removed, io::ErrorKind::NotFound).map_err(|e| Error::io(format!("emptying {}", path.display()), e))?;
    files.create_dir(path).map_err(|e| Error::io(format!("creating {}", path.display()), e))
}

fn length(path: &Path) -> Option<u64> {
    path.metadata().ok().map(|found| found.len())
}

/// Counts one kind of failure as success.
pub(crate) fn ignore(result: io::Result<()>, kind: io::ErrorKind) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == kind => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::Shelves;
    use crate::packs::files::DiskFiles;

    #[test]
    fn a_file_that_was_cut_off_is_put_there_again() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("new"), dir.path().join("kept"));
        fs::write(&from, "whole").unwrap();
        fs::write(&to, "who").unwrap();
        let shelves = Shelves::new(dir.path().to_owned(), Arc::new(DiskFiles));
        shelves.put(&from, &to, "a file").unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"whole");
        shelves.put(&from, &to, "a file").unwrap();
    }
}
