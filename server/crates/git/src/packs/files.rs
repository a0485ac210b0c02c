//! The port for disk changes that durability depends on, so that a test can record their order or make one of them fail.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Disk changes of publishing, removing and quarantine. Reading does not go through it.
///
/// Every method either takes effect or returns the system's error; `ENOSPC` and `EDQUOT` keep their
/// [`io::ErrorKind`] (`StorageFull`, `QuotaExceeded`), by which the caller tells a full disk.
pub trait Files: Send + Sync + fmt::Debug {
    /// Creates one folder, private to the server (0700 on Unix). `AlreadyExists` if it is there.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Writes a whole new file; fails if it exists.
    fn write_new(&self, path: &Path, content: &[u8]) -> io::Result<()>;
    /// Gives a file a second name. `AlreadyExists` if the new name is taken.
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Replaces `to` by `from` in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes a file's content durable.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder and what is in it.
    fn remove_tree(&self, path: &Path) -> io::Result<()>;
}

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFiles;

impl Files for DiskFiles {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    fn write_new(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = File::create_new(path)?;
        io::Write::write_all(&mut file, content)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }
}
