//! One pack: data and index mapped, objects looked up by id.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use gix::odb::pack::{data, index};
use hardie_domain::oid::Oid;

use crate::error::{Error, Result};
use crate::object::{from_gix, to_gix};
use crate::packs::cache::ObjectCache;
use crate::packs::hash::PackHash;

/// The largest single allocation while an object is decoded: two result buffers and the deltas.
const DECODE_BYTES: usize = 6 << 30;

/// An open pack. The files may be unlinked while it is open; the maps stay valid.
pub struct Pack {
    hash: PackHash,
    path: PathBuf,
    bytes: u64,
    pub(crate) data: data::File,
    pub(crate) index: index::File,
    pub(crate) cache: Arc<ObjectCache>,
    /// Positions in the index in the order of offsets: where an entry ends, and what lies at an offset. Four bytes an object, made
    /// when a pack is first sent from.
    by_offset: OnceLock<Vec<u32>>,
}

impl Pack {
    /// Opens `path` (ending in `.pack`) and the index beside it. Does not read the content.
    pub(crate) fn open(path: &Path, hash: PackHash, cache: &Arc<ObjectCache>) -> Result<Pack> {
        let bad = |what: &str, error: &dyn std::fmt::Display| Error::Git(format!("{what} of pack {hash}: {error}"));
        let bytes = fs::metadata(path).map_err(|e| Error::io(format!("opening pack {hash}"), e))?.len();
        let mut data = data::File::at(path, gix::hash::Kind::Sha1).map_err(|e| bad("data", &e))?.with_alloc_limit_bytes(Some(DECODE_BYTES));
        // gix keys its caches by a checksum of the path, which may collide; a counter cannot within one process.
        static NEXT: AtomicU32 = AtomicU32::new(1);
        data.id = NEXT.fetch_add(1, Ordering::Relaxed);
        let index = index::File::at(path.with_extension("idx"), gix::hash::Kind::Sha1).map_err(|e| bad("index", &e))?;
        if index.num_objects() != data.num_objects() {
            return Err(bad("index", &"counts other objects than the data"));
        }
        // One look at each end: a file that was cut off or exchanged is refused here instead of misread later.
        if index.pack_checksum() != data.checksum() {
            return Err(bad("data", &"ends otherwise than its index says, as if it were cut off or another file"));
        }
        Ok(Pack { hash, path: path.to_owned(), bytes, data, index, cache: Arc::clone(cache), by_offset: OnceLock::new() })
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
        let order = self.by_offset.get_or_init(|| self.order_by_offset());
        let here = order.binary_search_by_key(&offset, |at| self.index.pack_offset_at_index(*at)).ok()?;
        let end = order.get(here + 1).map_or(self.data.pack_end() as u64, |next| self.index.pack_offset_at_index(*next));
        order.get(here).map(|at| (from_gix(self.index.oid_at_index(*at)), end))
    }

    fn order_by_offset(&self) -> Vec<u32> {
        let mut order: Vec<(u64, u32)> = (0..self.index.num_objects()).map(|at| (self.index.pack_offset_at_index(at), at)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, at)| at).collect()
    }

    /// All ids with the offsets of their entries, in the order of ids.
    pub fn entries(&self) -> impl Iterator<Item = (Oid, u64)> + '_ {
        (0..self.index.num_objects()).map(|at| (from_gix(self.index.oid_at_index(at)), self.index.pack_offset_at_index(at)))
    }
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pack").field("hash", &self.hash).field("objects", &self.objects()).field("bytes", &self.bytes).finish()
    }
}
