//! Where a command works that runs beside a server: a folder of its own below `admin-work`. A server empties its own folders for work
//! when it starts; this one stays as long as its process lives, which the kernel tells by a lock.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock};

use crate::packs::files::Files;
use crate::packs::shelves::ignore;

const FOLDER: &str = "admin-work";
/// Somebody who clears away may take a folder that was just made: then another name is tried.
const TRIES: u32 = 100;

/// The folder, removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Workplace {
    path: PathBuf,
    files: Arc<dyn Files>,
    _lock: File,
}

impl Workplace {
    pub(crate) fn create(root: &Path, files: Arc<dyn Files>) -> io::Result<Workplace> {
        let folder = root.join(FOLDER);
        ignore(files.create_dir(&folder), ErrorKind::AlreadyExists)?;
        clear(&folder, files.as_ref())?;
        for n in 0..TRIES {
            let path = folder.join(format!("{}-{n}", std::process::id()));
            match files.create_dir(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let Some(lock) = claim(&path)? else { continue };
            let made = Workplace { path, files, _lock: lock };
            for name in ["quarantine", "views"] {
                made.files.create_dir(&made.path.join(name))?;
            }
            return Ok(made);
        }
        Err(io::Error::new(ErrorKind::AlreadyExists, "every name is taken"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        // What cannot be removed now is cleared away by the next server or command.
        if let Err(error) = self.files.remove_tree(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "folder not removed");
        }
    }
}

/// Removes what commands left that were killed.
pub(crate) fn clear_left(root: &Path, files: &dyn Files) -> io::Result<()> {
    clear(&root.join(FOLDER), files)
}

fn clear(folder: &Path, files: &dyn Files) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        // Held until it is gone: a command may be about to claim what it has just made.
        if let Some(_claimed) = claim(&path)? {
            ignore(files.remove_tree(&path), ErrorKind::NotFound)?;
        }
    }
    Ok(())
}

/// The lock on a folder; `None` if another process has it, or the folder went meanwhile.
fn claim(path: &Path) -> io::Result<Option<File>> {
    let folder = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        folder => folder?,
    };
    match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let is_same = path.metadata().is_ok_and(|found| folder.metadata().is_ok_and(|ours| found.ino() == ours.ino()));
    Ok(is_same.then_some(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs::DiskFiles;

    #[test]
    fn a_folder_stays_while_its_owner_lives_and_goes_after_a_kill() {
        let root = tempfile::tempdir().unwrap();
        let make = || Workplace::create(root.path(), Arc::new(DiskFiles)).unwrap();
        let (first, second) = (make(), make());
        assert_ne!(first.path(), second.path());
        let killed = root.path().join(FOLDER).join("1-0");
        std::fs::create_dir_all(killed.join("quarantine/left")).unwrap();
        clear_left(root.path(), &DiskFiles).unwrap();
        assert!(first.path().join("views").is_dir() && second.path().join("quarantine").is_dir() && !killed.exists());
        let path = first.path().to_owned();
        drop(first);
        assert!(!path.exists() && second.path().exists());
        clear_left(&root.path().join("none"), &DiskFiles).unwrap();
    }
}
