//! Objects of Git LFS and assets of releases on a local disk, beside the packs and kept as they are: immutable, named by the sha256 of their bytes, and
//! nothing until a catalogue row names them.
//!
//! ```text
//! lfs/<first two digits>/<64 digits>   published; never changed
//! lfs-uploads/<n>                      one upload under way
//! ```

mod upload;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hardie_domain::lfs::{LfsObject, LfsOid};

use crate::error::{Error, Result};
use crate::packs::files::{DiskFiles, Files};
use crate::packs::shelves::{Shelves, empty_folder};
use crate::packs::store::hash_file;

pub use upload::{Expected, Received, UploadError};

/// The folders. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LfsStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    uploads: PathBuf,
    shelves: Shelves,
    files: Arc<dyn Files>,
    next: AtomicU64,
}

impl LfsStore {
    /// Opens or creates the folders below `root` and removes uploads that an earlier run left.
    ///
    /// One process at a time owns a root.
    pub fn open(root: &Path, files: Arc<dyn Files>) -> Result<LfsStore> {
        let store = LfsStore::on(root, files);
        empty_folder(store.0.files.as_ref(), &store.0.uploads)?;
        store.0.shelves.create()?;
        store.0.files.sync_dir(root).map_err(|e| Error::io(format!("syncing {}", root.display()), e))?;
        Ok(store)
    }

    /// For reading beside a server that may be running: nothing is created or removed.
    pub fn attach(root: &Path) -> LfsStore {
        LfsStore::on(root, Arc::new(DiskFiles))
    }

    fn on(root: &Path, files: Arc<dyn Files>) -> LfsStore {
        let shelves = Shelves::new(root.join("lfs"), Arc::clone(&files));
        LfsStore(Arc::new(Inner { uploads: root.join("lfs-uploads"), shelves, files, next: AtomicU64::new(0) }))
    }

    /// Takes in an object's bytes, and proves that they are what is expected. Nobody sees them before [`LfsStore::publish`]. Blocks at the pace of `input`. So many bytes of the disk stay free for others: many uploads at once must not
    /// take what the database needs.
    pub fn receive(&self, input: &mut dyn io::Read, expected: impl Into<Expected>, spared: u64) -> Result<Received, UploadError> {
        let path = self.0.uploads.join(self.0.next.fetch_add(1, Ordering::Relaxed).to_string());
        upload::receive(input, expected.into(), path, Arc::clone(&self.0.files), spared)
    }

    /// Puts proven bytes under their final name and makes them durable: content and folder. Whoever returns from here may commit a
    /// row that names the object. Twice is success both times.
    pub fn publish(&self, received: &Received) -> Result<()> {
        let oid = received.object().oid;
        let (what, (place, folder)) = (name(&oid), self.0.shelves.place(&oid.to_string()));
        self.0.shelves.put(received.path(), &place, &what)?;
        self.0.shelves.sync(&folder, &what)
    }

    /// An object's file. What is opened stays readable, whatever is removed.
    pub fn read(&self, oid: &LfsOid) -> Result<File> {
        File::open(self.path(oid)).map_err(|e| Error::io(format!("opening {}", name(oid)), e))
    }

    /// Reads a whole object and compares it with its name and with the size that is known of it.
    pub fn verify(&self, object: &LfsObject) -> Result<()> {
        let what = name(&object.oid);
        let found = self.path(&object.oid).metadata().map_err(|e| Error::io(what.clone(), e))?;
        if found.len() != object.size {
            return Err(Error::Git(format!("{what} has {} bytes instead of {}", found.len(), object.size)));
        }
        match hash_file(&self.path(&object.oid))?.0 == object.oid.0 {
            true => Ok(()),
            false => Err(Error::Git(format!("{what}: the bytes are not those of its name"))),
        }
    }

    /// Whether the file is there with its size; its bytes are not read.
    pub fn has(&self, object: &LfsObject) -> bool {
        self.path(&object.oid).metadata().is_ok_and(|found| found.len() == object.size)
    }

    /// An object's file and its size.
    pub fn open_file(&self, oid: &LfsOid) -> Result<(File, u64)> {
        let file = self.read(oid)?;
        let size = file.metadata().map_err(|e| Error::io(format!("opening {}", name(oid)), e))?.len();
        Ok((file, size))
    }

    /// A new file for an object that comes from elsewhere, to be filled by the caller, who proves that its bytes are those of its name.
    pub fn create(&self, oid: &LfsOid) -> Result<File> {
        File::create_new(self.created(oid)).map_err(|e| Error::io(format!("creating {}", name(oid)), e))
    }

    /// Publishes what [`LfsStore::create`] made, once it is whole; its size.
    pub fn publish_created(&self, oid: &LfsOid) -> Result<u64> {
        let (what, created, (place, folder)) = (name(oid), self.created(oid), self.0.shelves.place(&oid.to_string()));
        self.0.shelves.put(&created, &place, &what)?;
        self.0.shelves.sync(&folder, &what)?;
        self.0.files.remove_file(&created).map_err(|e| Error::io(format!("tidying up after {what}"), e))?;
        Ok(self.open_file(oid)?.1)
    }

    fn created(&self, oid: &LfsOid) -> PathBuf {
        self.0.uploads.join(oid.to_string())
    }

    /// Removes a published object. Only the sweeper calls it, after the row is dead. Absent is success.
    pub fn remove(&self, oid: &LfsOid) -> Result<()> {
        let (place, folder) = self.0.shelves.place(&oid.to_string());
        self.0.shelves.remove(&[place], &folder, &name(oid))
    }

    /// The ids of all published files. Order is not defined.
    pub fn list(&self) -> Result<Vec<LfsOid>> {
        let names = self.0.shelves.list().map_err(|e| Error::io("listing LFS objects", e))?;
        Ok(names.iter().filter_map(|name| LfsOid::from_hex(name)).collect())
    }

    pub(crate) fn path(&self, oid: &LfsOid) -> PathBuf {
        self.0.shelves.place(&oid.to_string()).0
    }
}

fn name(oid: &LfsOid) -> String {
    format!("LFS object {oid}")
}
