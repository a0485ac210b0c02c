//! Packs on their way out to a backup and in from one.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::packs::{Pack, PackHash, PackStore, Quarantine};

/// The files of a pack by their extensions, in the order in which they are carried.
pub const EXTENSIONS: [&str; 2] = ["pack", "idx"];

impl PackStore {
    /// One file of a published pack, and its size. It may be removed while it is open.
    pub fn open_file(&self, hash: &PackHash, extension: &str) -> Result<(File, u64)> {
        let path = self.final_name(hash).0.with_extension(extension);
        let opened = File::open(path).and_then(|file| file.metadata().map(|found| (file, found.len())));
        opened.map_err(|e| Error::io(format!("opening the .{extension} file of pack {hash}"), e))
    }

    /// Reads the whole index of a pack and compares it with its trailer, and that with the pack's.
    pub fn check_index(&self, hash: &PackHash) -> Result<()> {
        self.open_unpublished(&self.final_name(hash).0, *hash)?.check_index()
    }

    /// A place for packs that come from elsewhere.
    pub fn intake(&self, id: &str) -> Result<Intake> {
        Ok(Intake { packs: self.clone(), quarantine: self.quarantine(id)? })
    }
}

/// Packs that come from elsewhere: each is in quarantine until it is whole.
#[derive(Debug)]
pub struct Intake {
    packs: PackStore,
    quarantine: Quarantine,
}

impl Intake {
    /// A new file of a pack, to be filled by the caller, who proves that its bytes are those of its name.
    pub fn create(&self, hash: &PackHash, extension: &str) -> Result<File> {
        let path = self.path(hash, extension);
        let options = || {
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o400);
            options
        };
        options().open(path).map_err(|e| Error::io(format!("creating the .{extension} file of pack {hash}"), e))
    }

    /// Publishes a pack whose files are both there, after a look whether they belong together.
    pub fn publish(&self, hash: &PackHash) -> Result<Arc<Pack>> {
        let pack = self.packs.open_unpublished(&self.path(hash, "pack"), *hash)?;
        pack.check_index()?;
        self.packs.publish(&pack)?;
        for extension in EXTENSIONS {
            let removed = fs::remove_file(self.path(hash, extension));
            removed.or_else(absent).map_err(|e| Error::io(format!("emptying the quarantine of pack {hash}"), e))?;
        }
        Ok(pack)
    }

    fn path(&self, hash: &PackHash, extension: &str) -> PathBuf {
        self.quarantine.pack_dir().join(format!("{hash}.{extension}"))
    }
}

fn absent(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
