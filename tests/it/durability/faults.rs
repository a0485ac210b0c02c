//! A file port that writes down what it does, and one that runs out of space.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use hardie_git::packs::{DiskFiles, Files};

/// One disk change, or a commit between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Link { from: String, to: String },
    SyncFile(String),
    SyncDir(String),
    Commit,
}

/// Shared by the file port and the listener for commits.
#[derive(Clone, Debug, Default)]
pub struct Record(pub Arc<Mutex<Vec<Step>>>);

impl Record {
    pub fn add(&self, step: Step) {
        self.0.lock().unwrap().push(step);
    }
}

/// Does everything for real; after `left` changes the disk is full, until it is told otherwise. Negative: never full.
#[derive(Clone, Debug)]
pub struct WatchedFiles {
    pub record: Record,
    pub left: Arc<AtomicI64>,
}

impl WatchedFiles {
    pub fn new() -> WatchedFiles {
        WatchedFiles { record: Record::default(), left: Arc::new(AtomicI64::new(-1)) }
    }

    fn spend(&self) -> io::Result<()> {
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| (n > 0).then_some(n - 1)) {
            Err(0) => Err(io::Error::from(io::ErrorKind::StorageFull)),
            _ => Ok(()),
        }
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

impl Files for WatchedFiles {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.spend()?;
        DiskFiles.create_dir(path)
    }

    fn write_new(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.spend()?;
        DiskFiles.write_new(path, content)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.spend()?;
        self.record.add(Step::Link { from: text(from), to: text(to) });
        DiskFiles.hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.spend()?;
        DiskFiles.rename(from, to)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.spend()?;
        DiskFiles.sync_file(path)?;
        self.record.add(Step::SyncFile(text(path)));
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.spend()?;
        DiskFiles.sync_dir(path)?;
        self.record.add(Step::SyncDir(text(path)));
        Ok(())
    }

    // Removing needs no space.
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        DiskFiles.remove_file(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        DiskFiles.remove_tree(path)
    }
}
