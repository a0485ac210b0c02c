//! A stop between the judgement of a push and its commit.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use hardie_git::packs::{DiskFiles, Files};

/// Stops before a pack gets its name, once for each time that it was armed: after a push was judged or a repository looked at, and
/// before that is committed.
#[derive(Debug, Default)]
pub struct Gate(Mutex<VecDeque<(Sender<()>, Receiver<()>)>>);

impl Gate {
    /// For the next pack: what says that it has come, and what lets it go on.
    pub fn arm(&self) -> (Receiver<()>, Sender<()>) {
        let ((here, arrived), (go_on, may_go_on)) = (channel(), channel());
        self.0.lock().unwrap().push_back((here, may_go_on));
        (arrived, go_on)
    }
}

impl Files for Gate {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        DiskFiles.create_dir(path)
    }
    fn write_new(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        DiskFiles.write_new(path, content)
    }
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let is_pack = to.components().any(|part| part.as_os_str() == "packs");
        let gate = if is_pack { self.0.lock().unwrap().pop_front() } else { None };
        if let Some((here, may_go_on)) = gate {
            here.send(()).unwrap();
            may_go_on.recv().unwrap();
        }
        DiskFiles.hard_link(from, to)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        DiskFiles.rename(from, to)
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        DiskFiles.sync_file(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        DiskFiles.sync_dir(path)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        DiskFiles.remove_file(path)
    }
    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        DiskFiles.remove_tree(path)
    }
}
