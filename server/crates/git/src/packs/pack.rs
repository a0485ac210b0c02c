//! One pack: data and index mapped, objects looked up by id.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use gix::odb::pack::{data, index};
use hardie_domain::oid::Oid;

use crate::error::{Error, Result};
use crate::object::{from_gix, to_gix};
use crate::packs::cache::ObjectCache;
use crate::packs::hash::PackHash;
use crate::packs::suspects::Suspects;

/// The largest single allocation while an object is decoded: two result buffers and the deltas.
const DECODE_BYTES: usize = 6 << 30;
/// The largest object that an operator may allow: one that came as a delta takes these buffers three times.
pub const LARGEST_OBJECT: u64 = DECODE_BYTES as u64 / 3;
/// An index up to this size is compared with its trailer whenever it is opened, in some ten milliseconds at most.
const SMALL_INDEX: u64 = 16 << 20;

/// An open pack. The files may be unlinked while it is open; the maps stay valid.
pub struct Pack {
    hash: PackHash,
    path: PathBuf,
    bytes: u64,
    pub(crate) data: data::File,
    pub(crate) index: index::File,
    pub(crate) cache: Arc<ObjectCache>,
    suspects: Arc<Suspects>,
    /// Positions in the index in the order of offsets: where an entry ends, and what lies at an offset. Four bytes an object, made
    /// when a pack is first sent from.
    by_offset: OnceLock<Vec<u32>>,
    pub(crate) movable: OnceLock<bool>,
    /// Whether both files were synced where they lie.
    pub(super) synced: AtomicBool,
}

impl Pack {
    /// Opens `path` (ending in `.pack`) and the index beside it. Does not read the content. What reading finds damaged later is noted
    /// in `suspects`.
    pub(crate) fn open(path: &Path, hash: PackHash, cache: &Arc<ObjectCache>, suspects: &Arc<Suspects>) -> Result<Pack> {
        let bad = |why: String| Error::Damaged { pack: hash, object: None, why };
        let bytes = found(path, hash, "data")?;
        let mut data = data::File::at(path, gix::hash::Kind::Sha1).map_err(|e| unopened(hash, "data", &e))?;
        data = data.with_alloc_limit_bytes(Some(DECODE_BYTES));
        // gix keys its caches by a checksum of the path, which may collide; a counter cannot within one process.
        static NEXT: AtomicU32 = AtomicU32::new(1);
        data.id = NEXT.fetch_add(1, Ordering::Relaxed);
        let index = open_index(path, hash)?;
        if index.num_objects() != data.num_objects() {
            return Err(bad("its index counts other objects than the data".to_owned()));
        }
        // One look at each end: a file that was cut off or exchanged is refused here instead of misread later.
        if index.pack_checksum() != data.checksum() {
            return Err(bad("the data ends otherwise than its index says, as if it were cut off or another file".to_owned()));
        }
        let (cache, suspects) = (Arc::clone(cache), Arc::clone(suspects));
        Ok(Pack {
            hash,
            path: path.to_owned(),
            bytes,
            data,
            index,
            cache,
            suspects,
            by_offset: OnceLock::new(),
            movable: OnceLock::new(),
            synced: AtomicBool::new(false),
        })
    }

    /// The error of an object whose bytes are not those that were stored, noted so that somebody looks at the pack.
    pub(crate) fn damaged(&self, object: Oid, why: impl Into<String>) -> Error {
        let why = why.into();
        self.suspects.note(self.hash, Some(object));
        Error::Damaged { pack: self.hash, object: Some(object), why }
    }

    /// Its name.
    pub fn hash(&self) -> PackHash {
        self.hash
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Size of the data file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Objects in it.
    pub fn objects(&self) -> u32 {
        self.index.num_objects()
    }

    /// Whether it holds the object.
    pub fn contains(&self, id: &Oid) -> bool {
        self.index.lookup(to_gix(id)).is_some()
    }

    /// Where the object's entry begins, if it holds it.
    pub fn offset_of(&self, id: &Oid) -> Option<u64> {
        self.index.lookup(to_gix(id)).map(|at| self.index.pack_offset_at_index(at))
    }

    /// The id of the entry that begins at `offset`, and where that entry ends; `None` if none begins there.
    pub(crate) fn entry_at(&self, offset: u64) -> Option<(Oid, u64)> {
        let order = self.order();
        let here = order.binary_search_by_key(&offset, |at| self.index.pack_offset_at_index(*at)).ok()?;
        let end = order.get(here + 1).map_or(self.data.pack_end() as u64, |next| self.index.pack_offset_at_index(*next));
        order.get(here).map(|at| (from_gix(self.index.oid_at_index(*at)), end))
    }

    /// Positions in the index in the order of offsets.
    pub(crate) fn order(&self) -> &[u32] {
        self.by_offset.get_or_init(|| self.order_by_offset())
    }

    fn order_by_offset(&self) -> Vec<u32> {
        let mut order: Vec<(u64, u32)> = (0..self.index.num_objects()).map(|at| (self.index.pack_offset_at_index(at), at)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, at)| at).collect()
    }

    /// All ids in the order in which their entries lie in the file.
    pub(crate) fn ids_in_order(&self) -> impl Iterator<Item = Oid> + '_ {
        self.order_by_offset().into_iter().map(|at| from_gix(self.index.oid_at_index(at)))
    }

    /// All ids with the offsets of their entries, in the order of ids.
    pub fn entries(&self) -> impl Iterator<Item = (Oid, u64)> + '_ {
        (0..self.index.num_objects()).map(|at| (from_gix(self.index.oid_at_index(at)), self.index.pack_offset_at_index(at)))
    }
}

/// Bytes of one file of a pack.
fn found(path: &Path, pack: PackHash, what: &str) -> Result<u64> {
    let looked = File::open(path).and_then(|file| file.metadata());
    looked.map(|found| found.len()).map_err(|error| unreadable(pack, what, error))
}

/// The error of a file of a pack that the system does not give. One that is not there, or whose disk fails, is damage; what the system
/// lacks at this moment is not.
pub(crate) fn unreadable(pack: PackHash, what: &str, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::Damaged { pack, object: None, why: format!("its {what} is missing") },
        _ if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
            Error::Damaged { pack, object: None, why: format!("its {what} cannot be read: {error}") }
        }
        _ => Error::io(format!("opening the {what} of pack {pack}"), error),
    }
}

/// The same of a file that was found and that gix does not open: it maps the file, for which the system may lack something too.
fn unopened(pack: PackHash, what: &str, error: &gix::Error) -> Error {
    match error.downcast_any_ref::<io::Error>() {
        // A copy, since gix keeps its own.
        Some(io) => unreadable(pack, what, io.raw_os_error().map_or_else(|| io.kind().into(), io::Error::from_raw_os_error)),
        None => Error::Damaged { pack, object: None, why: format!("its {what}: {error}") },
    }
}

/// The index beside a pack.
pub(crate) fn open_index(path: &Path, pack: PackHash) -> Result<index::File> {
    let path = path.with_extension("idx");
    let bytes = found(&path, pack, "index")?;
    let index = index::File::at(path, gix::hash::Kind::Sha1).map_err(|e| unopened(pack, "index", &e))?;
    if bytes <= SMALL_INDEX {
        verify_index(&index).map_err(|why| Error::Damaged { pack, object: None, why: format!("its index: {why}") })?;
    }
    Ok(index)
}

/// Reads an index and compares it with its own trailer.
pub(crate) fn verify_index(index: &index::File) -> Result<(), String> {
    let stop = std::sync::atomic::AtomicBool::new(false);
    index.verify_checksum(&mut gix::progress::Discard, &stop).map(drop).map_err(|e| e.to_string())
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pack").field("hash", &self.hash).field("objects", &self.objects()).field("bytes", &self.bytes).finish()
    }
}
