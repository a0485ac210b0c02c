//! A folder of immutable files named by hash, in 256 folders by the first two digits: how packs and LFS objects are kept.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
        self.clear_left().map_err(failed)?;
        self.files.sync_dir(&self.folder).map_err(|e| Error::io(format!("syncing {}", self.folder.display()), e))
    }

    /// Removes what a process left that was killed while it replaced a file.
    fn clear_left(&self) -> io::Result<()> {
        for name in self.list()?.iter().filter(|name| name.ends_with(REPLACING)) {
            ignore(self.files.remove_file(&self.place(name).0), io::ErrorKind::NotFound)?;
        }
        Ok(())
    }

    /// Where the file of this name lies, and its folder.
    pub fn place(&self, name: &str) -> (PathBuf, PathBuf) {
        let folder = self.folder.join(name.get(..2).unwrap_or_default());
        (folder.join(name), folder)
    }

    /// Gives a finished file its final name, its content made durable first. The name is durable once the folder is synced.
    /// `what` names the thing in errors.
    ///
    /// The same bytes put there twice (by two at once, say) is success both times. Other bytes under this name are damaged: these
    /// come in their place, and the answer is `true`.
    pub fn put(&self, from: &Path, to: &Path, what: &str) -> Result<bool> {
        self.sync_content(from, what)?;
        self.name(from, to, what)
    }

    /// The first half: makes the content of a finished file durable.
    pub fn sync_content(&self, from: &Path, what: &str) -> Result<()> {
        self.files.sync_file(from).map_err(|e| Error::io(format!("syncing the new file of {what}"), e))
    }

    /// The second half, of a file whose content is durable.
    pub fn name(&self, from: &Path, to: &Path, what: &str) -> Result<bool> {
        let failed = |doing: &str| {
            let what = format!("{doing} of {what}");
            move |e: io::Error| Error::io(what, e)
        };
        match self.files.hard_link(from, to) {
            Ok(()) => Ok(false),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && !is_same(from, to).map_err(failed("reading the new file"))? => {
                self.replace(from, to).map_err(failed("replacing the damaged file"))?;
                tracing::warn!(file = %to.display(), "a damaged file was replaced by a whole one");
                Ok(true)
            }
            // Whoever came first may have died before its sync: sync again.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                self.files.sync_file(to).map_err(failed("syncing the file"))?;
                Ok(false)
            }
            Err(e) => Err(failed("linking the file")(e)),
        }
    }

    /// In one step, so that nobody finds the name without a file.
    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        // A name of its own for each, since several may replace one file at once.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut beside = to.as_os_str().to_owned();
        beside.push(format!(".{}-{}{REPLACING}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        let beside = PathBuf::from(beside);
        // One that a killed process of this number left.
        ignore(self.files.remove_file(&beside), io::ErrorKind::NotFound)?;
        self.files.hard_link(from, &beside)?;
        let renamed = self.files.rename(&beside, to);
        if renamed.is_err() {
            // What stays is removed at the next start.
            let _ = self.files.remove_file(&beside);
        }
        renamed
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

/// How the names of files end that are about to take the place of others.
const REPLACING: &str = ".new";
/// Bytes compared at a time.
const COMPARED: usize = 256 << 10;
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

/// Whether the file that is there has these bytes. One that cannot be read has not.
fn is_same(new: &Path, there: &Path) -> io::Result<bool> {
    let (mut new, there) = (File::open(new)?, File::open(there));
    let Ok(mut there) = there else { return Ok(false) };
    let (ours, theirs) = (new.metadata()?, there.metadata()?);
    // What is published once more, as after a push was judged again, is not read for that.
    if (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()) {
        return Ok(true);
    }
    if ours.len() != theirs.len() {
        return Ok(false);
    }
    let (mut ours, mut theirs) = (vec![0; COMPARED], vec![0; COMPARED]);
    loop {
        let count = fill(&mut new, &mut ours)?;
        match fill(&mut there, &mut theirs) {
            Ok(other) if other == count && ours.get(..count) == theirs.get(..count) => {}
            _ => return Ok(false),
        }
        if count < COMPARED {
            return Ok(true);
        }
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match file.read(room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
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
    fn a_file_that_is_damaged_is_put_there_again() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("new"), dir.path().join("kept"));
        fs::write(&from, "whole").unwrap();
        let shelves = Shelves::new(dir.path().to_owned(), Arc::new(DiskFiles));
        assert!(!shelves.put(&from, &to, "a file").unwrap());
        for damaged in ["who", "whale", "wholesale", ""] {
            fs::remove_file(&to).unwrap();
            fs::write(&to, damaged).unwrap();
            assert!(shelves.put(&from, &to, "a file").unwrap());
            assert_eq!(fs::read(&to).unwrap(), b"whole");
            assert!(!shelves.put(&from, &to, "a file").unwrap());
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn what_a_killed_process_left_beside_a_file_goes_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let shelves = Shelves::new(dir.path().to_owned(), Arc::new(DiskFiles));
        shelves.create().unwrap();
        let (kept, left) = (dir.path().join("ab/abcd.pack"), dir.path().join("ab/abcd.pack.7-0.new"));
        for path in [&kept, &left] {
            fs::write(path, "whole").unwrap();
        }
        shelves.create().unwrap();
        assert!(kept.exists() && !left.exists());
    }
}
