//! The folder of packs on a local disk:
//!
//! ```text
//! packs/<first two digits>/<64 digits>.pack   published, with its .idx beside it; never changed
//! quarantine/<push>/                          one push under way
//! views/<process>-<n>/                        links for a `git` child
//! answers/                                    packs being sent: files without a name
//! admin-work/<process>-<n>/                   quarantine and views of a command beside a running server
//! ```

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sha2::{Digest as _, Sha256};

use crate::bitmaps::Index;
use crate::budget::Turns;
use crate::error::{Error, Result};
use crate::graph::kept::Graphs;
use crate::packs::cache::ObjectCache;
use crate::packs::files::Files;
use crate::packs::hash::PackHash;
use crate::packs::pack::Pack;
use crate::packs::quarantine::Quarantine;
use crate::packs::shelves::{Shelves, empty_folder, ignore};
use crate::packs::suspects::{Suspect, Suspects};
use crate::packs::workplace::{self, Workplace};

/// Open packs kept mapped when nobody uses them.
///
/// Two maps each, of the 65,530 that Linux gives a process.
const OPEN_PACKS: usize = 4096;

/// Large packs that are resolved at once, each on two threads and with some hundred megabytes.
const RESOLVING: usize = 2;

/// Packs on one local disk. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PackStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    files: Arc<dyn Files>,
    shelves: Shelves,
    open: Mutex<HashMap<PackHash, (Arc<Pack>, u64)>>,
    tick: AtomicU64,
    cache: Arc<ObjectCache>,
    suspects: Arc<Suspects>,
    graphs: Graphs,
    /// Beside a server that may be running: where to work, made when it is first needed.
    apart: Option<Mutex<Option<Workplace>>>,
    resolving: Turns,
    /// What was read last, as long as somebody needs it.
    bitmaps: Mutex<Weak<Index>>,
}

impl PackStore {
    /// Opens or creates the folders below `root` and removes what an earlier run left in quarantine and in views.
    ///
    /// One process at a time owns a root.
    pub fn open(root: &Path, files: Arc<dyn Files>) -> Result<PackStore> {
        fs::create_dir_all(root).map_err(|e| Error::io(format!("creating {}", root.display()), e))?;
        for name in ["quarantine", "views", "answers"] {
            empty_folder(files.as_ref(), &root.join(name))?;
        }
        // What cannot be cleared away is in nobody's way.
        if let Err(error) = workplace::clear_left(root, files.as_ref()) {
            tracing::warn!(%error, "folders of commands that were killed are not removed");
        }
        ignore(files.create_dir(&root.join("bitmaps")), io::ErrorKind::AlreadyExists)
            .map_err(|e| Error::io("creating a folder for bitmaps", e))?;
        let store = PackStore::on(root, files, None);
        store.0.shelves.create()?;
        store.0.files.sync_dir(root).map_err(|e| Error::io(format!("syncing {}", root.display()), e))?;
        Ok(store)
    }

    /// Opens the folders beside a server that may be running. Nothing is created or removed before it is asked for.
    pub fn attach(root: &Path) -> PackStore {
        PackStore::on(root, Arc::new(crate::packs::files::DiskFiles), Some(Mutex::default()))
    }

    fn on(root: &Path, files: Arc<dyn Files>, apart: Option<Mutex<Option<Workplace>>>) -> PackStore {
        let shelves = Shelves::new(root.join("packs"), Arc::clone(&files));
        let (open, tick) = (Mutex::default(), AtomicU64::new(0));
        PackStore(Arc::new(Inner {
            root: root.to_owned(),
            files,
            shelves,
            open,
            tick,
            cache: Arc::default(),
            suspects: Arc::default(),
            graphs: Graphs::default(),
            apart,
            resolving: Turns::new(RESOLVING),
            bitmaps: Mutex::default(),
        }))
    }

    /// A new quarantine. `id` is the server's own id of the push: letters, digits and `-` only.
    pub fn quarantine(&self, id: &str) -> Result<Quarantine> {
        if id.is_empty() || id.len() > 64 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(Error::Git(format!("{id:?} cannot name a quarantine")));
        }
        Quarantine::create(self.work()?.join("quarantine").join(id), Arc::clone(&self.0.files))
    }

    /// A file without a name for an answer that is too long for memory; gone when it is closed.
    pub fn answer_file(&self) -> Result<fs::File> {
        tempfile::tempfile_in(self.0.root.join("answers")).map_err(|e| Error::io("creating a file for an answer", e))
    }

    /// Makes the content of a quarantined pack durable where it lies, so that publishing need not wait for that. Done once.
    pub fn sync(&self, pack: &Pack) -> Result<()> {
        if !pack.synced.load(Ordering::Acquire) {
            for extension in ["idx", "pack"] {
                self.0.shelves.sync_content(&pack.path().with_extension(extension), &format!("pack {}", pack.hash()))?;
            }
            pack.synced.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Puts a quarantined pack under its final name and makes it durable: data, index and their folder. Whoever returns from here may commit a row that names the pack.
    ///
    /// The same bytes published twice (by two pushes at once, say) is success both times.
    pub fn publish(&self, pack: &Pack) -> Result<()> {
        let (what, (target, folder)) = (format!("pack {}", pack.hash()), self.final_name(&pack.hash()));
        self.sync(pack)?;
        // The index first: a reader that sees the data must find its index.
        for extension in ["idx", "pack"] {
            let (from, to) = (pack.path().with_extension(extension), target.with_extension(extension));
            if self.0.shelves.name(&from, &to, &what)? {
                self.forget(&pack.hash());
            }
        }
        self.0.shelves.sync(&folder, &what)
    }

    /// An open pack, from the cache if it was used lately.
    pub fn pack(&self, hash: &PackHash) -> Result<Arc<Pack>> {
        let tick = self.0.tick.fetch_add(1, Ordering::Relaxed);
        if let Some((pack, used)) = self.lock().get_mut(hash) {
            *used = tick;
            return Ok(Arc::clone(pack));
        }
        // Opened outside the lock: two threads may both open it, which costs a map and harms nobody.
        let pack = self.open_anew(hash)?;
        let mut open = self.lock();
        if open.len() >= OPEN_PACKS
            && let Some(oldest) = open.iter().min_by_key(|(_, (_, used))| *used).map(|(hash, _)| *hash)
        {
            open.remove(&oldest);
        }
        open.insert(*hash, (Arc::clone(&pack), tick));
        Ok(pack)
    }

    /// A pack that is known to be damaged: its file as it is now, since it may have been put back meanwhile. It is not kept open.
    pub fn fenced_pack(&self, hash: &PackHash) -> Result<Arc<Pack>> {
        self.forget(hash);
        self.open_anew(hash)
    }

    /// Closes a pack whose file may be another one now. Whoever has it open keeps reading the old one.
    pub fn forget(&self, hash: &PackHash) {
        self.lock().remove(hash);
    }

    /// The packs that could not be opened or read since this was last asked.
    pub fn take_suspects(&self) -> Vec<Suspect> {
        self.0.suspects.take()
    }

    /// Notes one that was taken and could not be dealt with.
    pub fn note_suspect(&self, suspect: Suspect) {
        self.0.suspects.note(suspect.pack, suspect.object);
    }

    fn open_anew(&self, hash: &PackHash) -> Result<Arc<Pack>> {
        let opened = Pack::open(&self.final_name(hash).0, *hash, &self.0.cache, &self.0.suspects);
        if let Err(Error::Damaged { .. }) = &opened {
            self.0.suspects.note(*hash, None);
        }
        opened.map(Arc::new)
    }

    /// Several packs, in the order given.
    pub fn packs(&self, hashes: &[PackHash]) -> Result<Vec<Arc<Pack>>> {
        hashes.iter().map(|hash| self.pack(hash)).collect()
    }

    /// Removes a published pack. Only the sweeper calls it, after the row is dead. Absent is success.
    ///
    /// Requests that have it open keep reading; the data goes first, so that no reader finds data without an index.
    pub fn remove(&self, hash: &PackHash) -> Result<()> {
        self.lock().remove(hash);
        let (target, folder) = self.final_name(hash);
        self.0.shelves.remove(&["pack", "idx"].map(|extension| target.with_extension(extension)), &folder, &format!("pack {hash}"))
    }

    /// Closes packs that were removed by another process, so that their bytes leave the disk.
    pub fn let_removed_go(&self) {
        // The files are asked for outside the lock.
        let all: Vec<PackHash> = self.lock().keys().copied().collect();
        for hash in all.into_iter().filter(|hash| !self.final_name(hash).0.exists()) {
            self.lock().remove(&hash);
        }
    }

    /// The names of all published files, for the sweeper and for verification. Order is not defined.
    pub fn list(&self) -> Result<Vec<PackHash>> {
        let names = self.0.shelves.list().map_err(|e| Error::io("listing packs", e))?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".pack")).filter_map(PackHash::from_hex).collect())
    }

    /// Bytes that the server may still write on the disk of the packs.
    pub fn free_space(&self) -> Result<u64> {
        free_space(&self.0.root)
    }

    /// Writes, syncs and removes a small file: whether a push would find room and a working disk.
    pub fn probe(&self) -> Result<()> {
        let path = self.0.root.join(format!("probe-{}", self.0.tick.fetch_add(1, Ordering::Relaxed)));
        let files = &self.0.files;
        let written = files.write_new(&path, &[b'.'; 4096]).and_then(|()| files.sync_file(&path));
        let removed = ignore(files.remove_file(&path), io::ErrorKind::NotFound);
        written.and(removed).map_err(|e| Error::io("writing to the pack storage", e))
    }

    /// Opens a pack that is not published, such as one in quarantine.
    pub(crate) fn open_unpublished(&self, path: &Path, hash: PackHash) -> Result<Arc<Pack>> {
        // Nobody is to look for it among those that are published.
        Ok(Arc::new(Pack::open(path, hash, &self.0.cache, &Arc::default())?))
    }

    /// Opens a pack of somebody else's, such as a clone's, where it lies. It is read once for its name.
    pub fn foreign_pack(&self, path: &Path) -> Result<Arc<Pack>> {
        self.open_unpublished(path, hash_file(path)?)
    }

    /// The bitmaps that were read last.
    pub(crate) fn bitmaps(&self) -> &Mutex<Weak<Index>> {
        &self.0.bitmaps
    }

    /// Turns at applying the deltas of a large pack.
    pub(crate) fn resolving(&self) -> &Turns {
        &self.0.resolving
    }

    pub(crate) fn graphs(&self) -> &Graphs {
        &self.0.graphs
    }

    pub(crate) fn files(&self) -> &Arc<dyn Files> {
        &self.0.files
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0.root
    }

    pub(crate) fn new_view_path(&self) -> Result<PathBuf> {
        let name = format!("{}-{}", std::process::id(), self.0.tick.fetch_add(1, Ordering::Relaxed));
        Ok(self.work()?.join("views").join(name))
    }

    /// The folder in which quarantine and views are.
    fn work(&self) -> Result<PathBuf> {
        let Some(apart) = &self.0.apart else { return Ok(self.0.root.clone()) };
        let mut slot = apart.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = slot.as_ref() {
            return Ok(made.path().to_owned());
        }
        let made = Workplace::create(&self.0.root, Arc::clone(&self.0.files));
        let made = made.map_err(|e| Error::io(format!("making a folder to work in, in {}", self.0.root.display()), e))?;
        let path = made.path().to_owned();
        *slot = Some(made);
        Ok(path)
    }

    /// Where a pack lies once published, and its folder.
    pub(crate) fn final_name(&self, hash: &PackHash) -> (PathBuf, PathBuf) {
        let (place, folder) = self.0.shelves.place(&hash.to_string());
        (place.with_extension("pack"), folder)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PackHash, (Arc<Pack>, u64)>> {
        // The map is valid after any panic: each change is one call.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that the server may still write on the disk of a folder.
pub(crate) fn free_space(folder: &Path) -> Result<u64> {
    let stat = rustix::fs::statvfs(folder).map_err(|e| Error::io("asking for free space", e.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// sha256 of a file's content.
pub(crate) fn hash_file(path: &Path) -> Result<PackHash> {
    let failed = |e| Error::io(format!("reading {}", path.display()), e);
    let mut file = fs::File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(PackHash(hasher.finalize().into())),
            n => hasher.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}
