//! Reachability bitmaps for the `git` children: what is fetched oddly (one branch of many, without blobs) is then counted in no time.
//!
//! A multi-pack index over the packs that hold nearly everything, and its bitmap (git-multi-pack-index(1)), kept beside the packs under
//! the hash of their names and linked into every view of a repository that has these packs. Derived: it may go at any time. Clones of
//! nearly everything read them in process, too.

mod bits;
mod index;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::budget::Cancel;
use crate::child::{Bounds, GitBinary, run};
use crate::error::{Error, Result};
use crate::graph;
use crate::packs::{Pack, PackHash, PackStore};
use crate::view::View;
use crate::wire::Refs;
pub use bits::Bits;
pub use index::{Index, Part, Unread};

/// A repository with fewer objects is counted fast enough.
pub const FEWEST_OBJECTS: u64 = if cfg!(test) { 20 } else { 20_000 };
/// A pack is large if it holds this part of all objects.
const LARGE: u64 = 16;
/// Private memory of the child.
const MEMORY: u64 = 2 << 30;
/// Bytes of the two files at most.
const MOST: u64 = 4 << 30;

/// Which packs are covered, and the name under which that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    key: String,
    packs: Vec<PackHash>,
}

impl Cover {
    /// Of a repository's packs, newest first: the oldest up to the last large one, so that small pushes change nothing and nothing
    /// that is covered needs what is not. `None` if there is little in them.
    pub fn of(packs: &[Arc<Pack>]) -> Option<Cover> {
        let total: u64 = packs.iter().map(|pack| u64::from(pack.objects())).sum();
        if total < FEWEST_OBJECTS {
            return None;
        }
        let newest = packs.iter().position(|pack| u64::from(pack.objects()) >= total / LARGE)?;
        let packs: Vec<PackHash> = packs.get(newest..)?.iter().map(|pack| pack.hash()).collect();
        let mut names: Vec<[u8; 32]> = packs.iter().map(|hash| hash.0).collect();
        names.sort_unstable();
        Some(Cover { key: hex::encode(Sha256::digest(names.concat())), packs })
    }

    /// The name.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn packs(&self) -> &[PackHash] {
        &self.packs
    }

    /// The packs' indexes by the names that they have in a view, one a line.
    pub(crate) fn names(&self) -> String {
        self.packs.iter().map(|hash| format!("pack-{hash}.idx\n")).collect()
    }
}

/// Whether the bitmaps are there, or cannot be made: objects of some covered pack are elsewhere.
pub fn is_settled(store: &PackStore, cover: &Cover) -> bool {
    ["midx", "none"].iter().any(|extension| place(store, cover.key(), extension).exists())
}

/// Makes them, in the quarantine `id`. Blocks; walks the history once.
pub fn write(store: &PackStore, id: &str, cover: &Cover, refs: &Arc<Refs>, time: Duration, cancel: &Cancel) -> Result<()> {
    let view = View::create(store, &cover.packs, refs)?;
    let quarantine = store.quarantine(id)?;
    let wrote = |e| Error::io("writing what bitmaps are made from", e);
    let tips: String = refs.all().iter().map(|shown| format!("{}\n", shown.peeled.unwrap_or(shown.oid))).collect();
    let list = quarantine.path().join("tips");
    store.files().write_new(&list, tips.as_bytes()).map_err(wrote)?;
    let mut command = GitBinary::find()?.command(view.path());
    // One thread: whoever is served comes first.
    command.args(["-c", "pack.threads=1", "multi-pack-index", "write", "--no-progress", "--stdin-packs", "--bitmap"]);
    command.arg(format!("--refs-snapshot={}", list.display()));
    let bounds = Bounds { time, memory: MEMORY, file: MOST };
    let pack_dir = view.objects().join("pack");
    let made = run(command, cover.names().as_bytes(), &bounds, cancel, "multi-pack-index")
        .and_then(|_| name_of_bitmap(&pack_dir.join("multi-pack-index")));
    match made {
        Ok(bitmap) if pack_dir.join(&bitmap).exists() => {
            // The index last: whoever finds it finds its bitmap.
            publish(store, &pack_dir.join(bitmap), &place(store, cover.key(), "bitmap"))?;
            publish(store, &pack_dir.join("multi-pack-index"), &place(store, cover.key(), "midx"))
        }
        Err(error) if may_pass(&error, cancel) => Err(error),
        other => {
            let why = other.err().map_or_else(|| "git made none".to_owned(), |error| error.to_string());
            tracing::info!(why, "no bitmaps for these packs");
            match store.files().write_new(&place(store, cover.key(), "none"), why.as_bytes()) {
                Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(wrote(e)),
                _ => Ok(()),
            }
        }
    }
}

/// Removes those of packs that no repository has any more, commit-graphs too. Views that use them keep their links.
pub fn retain(store: &PackStore, keys: &[String]) -> Result<()> {
    store.graphs().retain(keys);
    let failed = |e| Error::io("removing old bitmaps", e);
    for file in fs::read_dir(folder(store)).map_err(failed)? {
        let path = file.map_err(failed)?.path();
        let known = path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| keys.iter().any(|key| key == stem));
        if !known {
            store.files().remove_file(&path).map_err(failed)?;
        }
    }
    Ok(())
}

/// Whether the next try may end otherwise. What took too long would take as long again; a child that was ended from outside, or found
/// the disk full, might not.
pub(crate) fn may_pass(error: &Error, cancel: &Cancel) -> bool {
    match error {
        Error::Stopped(_) => cancel.is_cancelled(),
        Error::DiskFull | Error::Damaged { .. } | Error::Io { .. } => true,
        Error::Git(words) => words.contains("ended with signal") || words.contains("No space left on device"),
        _ => false,
    }
}

/// Removes those of one cover, so that they are made anew. The index first: whoever finds it finds its bitmap.
fn forget(store: &PackStore, key: &str) {
    for extension in ["midx", "bitmap"] {
        match store.files().remove_file(&place(store, key, extension)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => tracing::warn!(%error, "damaged bitmaps stay"),
            _ => {}
        }
    }
}

/// The files for a view of these packs, the commit-graph too, each with the name that it has in git's object directory; none if there
/// are none.
pub(crate) fn files(store: &PackStore, packs: &[Arc<Pack>]) -> Vec<(PathBuf, String)> {
    let Some(cover) = Cover::of(packs) else { return Vec::new() };
    let [index, bitmap] = ["midx", "bitmap"].map(|extension| place(store, cover.key(), extension));
    let graph = graph::write::place(store, cover.key());
    let mut files = if graph.exists() { vec![(graph, graph::write::FILE.to_owned())] } else { Vec::new() };
    if let Ok(name) = name_of_bitmap(&index) {
        // The index without its bitmap would do, the bitmap without its index is nothing.
        files.extend([(index, "pack/multi-pack-index".to_owned()), (bitmap, format!("pack/{name}"))]);
    }
    files
}

/// A bitmap is found by the checksum at the end of its index.
fn name_of_bitmap(index: &Path) -> Result<String> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut sum = [0; 20];
    let read = fs::File::open(index).and_then(|mut file| {
        file.seek(SeekFrom::End(-20))?;
        file.read_exact(&mut sum)
    });
    read.map_err(|e| Error::io("reading a multi-pack index", e))?;
    Ok(format!("multi-pack-index-{}.bitmap", hex::encode(sum)))
}

pub(crate) fn publish(store: &PackStore, from: &Path, to: &Path) -> Result<()> {
    let done = store.files().sync_file(from).and_then(|()| store.files().rename(from, to));
    done.map_err(|e| Error::io("keeping bitmaps or a commit-graph", e))
}

fn folder(store: &PackStore) -> PathBuf {
    store.root().join("bitmaps")
}

pub(crate) fn place(store: &PackStore, key: &str, extension: &str) -> PathBuf {
    folder(store).join(key).with_extension(extension)
}
