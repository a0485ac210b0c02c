//! One repository's objects and refs at one moment, shared by everybody who asks at the same generation.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use hardie_domain::hidden::HiddenRefs;
use hardie_domain::ids::RepoId;
use hardie_git::graph::kept::Source;
use hardie_git::odb::{Lost, Member, Odb};
use hardie_git::packs::{PackHash, PackStore};
use hardie_git::view::View;
use hardie_git::wire::{AdvertisedRef, Refs};
use hardie_store::refs::RepoSnapshot;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::damage::{self, Looks};
use crate::transport::GitSlots;
use crate::transport::answers::Answers;
use crate::upkeep::CollectionCounts;
use crate::{App, Error, Result};

mod cache;
mod free;
mod histories;
pub(crate) mod reached;

/// Snapshots of one repository that may turn out to be old while they are opened.
const OPEN_TRIES: u32 = 5;

/// What git work shares in the process: opened repositories and bounds on parallel work.
pub struct GitAccess {
    cache: cache::Cache,
    /// What was walked of histories.
    pub(crate) histories: histories::Histories,
    /// Room on the disk.
    pub(crate) free: free::Free,
    work: Arc<Semaphore>,
    builds: Arc<Semaphore>,
    ingests: Arc<Semaphore>,
    archives: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    /// Requests under way by actor.
    pub slots: GitSlots,
    /// Archives under way by actor: a quarter of all turns for each.
    pub archive_slots: GitSlots,
    /// Searches and blames under way by actor.
    pub slow_slots: GitSlots,
    /// Packs that are being sent.
    pub(crate) answers: Answers,
    /// What was collected.
    pub collections: CollectionCounts,
    /// Repositories in which something failed that damage would explain.
    pub(crate) looks: Looks,
}

impl GitAccess {
    /// `cores` bounds the CPU work that runs at once, `per_actor` the requests of each.
    pub fn new(cores: usize, per_actor: usize) -> GitAccess {
        GitAccess {
            cache: cache::Cache::new(512),
            histories: histories::Histories::default(),
            free: free::Free::default(),
            work: Arc::new(Semaphore::new(cores.max(1) * 2)),
            builds: Arc::new(Semaphore::new(cores.max(1) * 4)),
            // One that waits for its client costs a process and no time; what one account may hold is far below this.
            ingests: Arc::new(Semaphore::new(cores.max(1) * 64)),
            archives: Arc::new(Semaphore::new(cores.max(1) * 4)),
            slow: Arc::new(Semaphore::new(cores.max(1))),
            slots: GitSlots::new(per_actor),
            archive_slots: GitSlots::new(cores.max(1)),
            slow_slots: GitSlots::new(4),
            answers: Answers::default(),
            collections: CollectionCounts::default(),
            looks: Looks::default(),
        }
    }

    /// Closes repositories whose packs were removed, perhaps by another process: as long as they are open their bytes stay on disk.
    pub(crate) fn let_removed_go(&self) {
        self.cache.retain(|handle| handle.odb.members().iter().all(|member| member.pack.path().exists()));
    }

    /// Closes a repository for which something was made that is looked for when it is opened.
    pub(crate) fn open_anew(&self, repo: RepoId) {
        self.cache.retain(|handle| handle.snapshot.repo.id != repo);
    }

    /// A turn for CPU work such as a walk, a check or a diff.
    pub async fn work_permit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so there is always a permit to wait for.
        self.work.clone().acquire_owned().await.ok()
    }

    /// A turn for what takes seconds, before that for CPU work: half of those.
    pub async fn slow_permit(&self) -> Option<OwnedSemaphorePermit> {
        self.slow.clone().acquire_owned().await.ok()
    }

    /// A turn for building a pack. Nobody holds it for longer than the work takes.
    pub async fn build_permit(&self) -> Option<OwnedSemaphorePermit> {
        self.builds.clone().acquire_owned().await.ok()
    }

    /// A turn for making an archive, at its client's pace.
    pub async fn archive_permit(&self) -> Option<OwnedSemaphorePermit> {
        self.archives.clone().acquire_owned().await.ok()
    }

    /// A turn for taking in a pack, at its client's pace.
    pub async fn ingest_permit(&self) -> Option<OwnedSemaphorePermit> {
        self.ingests.clone().acquire_owned().await.ok()
    }
}

/// A repository at one generation.
pub struct RepoHandle {
    /// The rows.
    pub snapshot: RepoSnapshot,
    /// The visible refs: those that the site does not hide.
    pub refs: Arc<Refs>,
    /// The objects.
    pub odb: Arc<Odb>,
    view: Mutex<Weak<View>>,
    reached: reached::Reached,
    /// The bundle of this generation.
    pub(crate) bundle: crate::bundles::Slot,
}

impl RepoHandle {
    /// Commits and tags of which it is known that a visible ref reaches them.
    pub(crate) fn reached(&self) -> &reached::Reached {
        &self.reached
    }

    /// To be told beside what is missing: it may be missing here.
    pub(crate) fn remark(&self) -> &'static str {
        match self.odb.lost() {
            [] => "",
            _ => " (a part of this repository is damaged, and this may be in it; its administrators have been told)",
        }
    }

    /// Whether a pack could not be opened that is not marked yet.
    fn has_new_damage(&self) -> bool {
        let marked = |lost: &Lost| self.snapshot.packs.iter().any(|p| p.damaged && p.hash == lost.pack.0);
        !self.odb.lost().iter().all(marked)
    }

    /// A pack that is known to be damaged, if there is one.
    pub(crate) fn damaged_pack(&self) -> Option<PackHash> {
        self.snapshot.packs.iter().find(|pack| pack.damaged).map(|pack| PackHash(pack.hash))
    }

    /// The repository as a folder for git children; shared while somebody holds it. Blocks.
    pub fn view(&self, store: &PackStore) -> hardie_git::Result<Arc<View>> {
        let mut slot = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = slot.upgrade() {
            return Ok(view);
        }
        let view = match self.odb.is_damaged() {
            true => View::of_damaged(store, &self.odb, &self.refs)?,
            false => View::create(store, &hashes(&self.snapshot), &self.refs)?,
        };
        *slot = Arc::downgrade(&view);
        Ok(view)
    }
}

/// Opens a repository as it is now. The cache is filled from one consistent read and keyed by its generation.
pub async fn open_repo(app: &App, repo: RepoId) -> Result<Arc<RepoHandle>> {
    let generation = app.store.find_generation(repo).await?.ok_or(Error::NotFound("repository"))?;
    open_at(app, repo, generation).await
}

/// As [`open_repo`], where its generation was just read.
pub async fn open_at(app: &App, repo: RepoId, generation: i64) -> Result<Arc<RepoHandle>> {
    if let Some(handle) = app.git.cache.get(repo, generation) {
        return Ok(handle);
    }
    let mut tries = 0;
    loop {
        let snapshot = app.store.load_snapshot(repo).await?.ok_or(Error::NotFound("repository"))?;
        let generation = snapshot.repo.generation;
        match open_snapshot(app, snapshot).await {
            // Told and marked before anybody reads the rest; or the rows were old, and name what was removed.
            Ok(handle) if handle.has_new_damage() && tries < OPEN_TRIES => {
                tries += 1;
                damage::settle_or_log(app).await;
            }
            Ok(handle) => {
                app.git.cache.put(repo, generation, handle.clone());
                return Ok(handle);
            }
            // What is removed at once may go between the rows and the files.
            Err(error) => {
                tries += 1;
                if tries >= OPEN_TRIES || app.store.find_generation(repo).await? == Some(generation) {
                    return Err(error);
                }
            }
        }
    }
}

/// Opens what a snapshot names, past the cache.
pub async fn open_snapshot(app: &App, snapshot: RepoSnapshot) -> Result<Arc<RepoHandle>> {
    let (store, hidden) = (app.packs.clone(), app.config.git_rules.hidden_refs.clone());
    Ok(Arc::new(spawn_blocking(move || open_packs(&store, snapshot, &hidden)).await.map_err(Error::internal)??))
}

fn open_packs(store: &PackStore, snapshot: RepoSnapshot, hidden: &HiddenRefs) -> Result<RepoHandle> {
    let refs = Arc::new(visible(&snapshot, hidden));
    // A pack may be closed by what a hidden ref reaches. Where one is, each object has to be reached by a visible one.
    let all_visible = refs.all().len() == snapshot.refs.len();
    let (mut whole, mut fenced, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    for row in &snapshot.packs {
        let (hash, closed) = (PackHash(row.hash), row.closed && all_visible);
        let opened = if row.damaged { store.fenced_pack(&hash) } else { store.pack(&hash) };
        match opened {
            Ok(pack) => (if row.damaged { &mut fenced } else { &mut whole }).push(Member { pack, closed }),
            Err(error @ hardie_git::Error::Damaged { .. }) => lost.push(Lost::new(store, hash, &error)),
            Err(error) => return Err(Error::internal(error)),
        }
    }
    let packs: Vec<_> = whole.iter().map(|member| Arc::clone(&member.pack)).collect();
    let odb = Odb::with_damage(whole, fenced, lost);
    let graph = if odb.is_damaged() { None } else { Source::of(store, &packs) };
    let odb = Arc::new(odb.with_graph(graph));
    Ok(RepoHandle {
        refs,
        odb,
        view: Mutex::new(Weak::new()),
        reached: reached::Reached::default(),
        bundle: crate::bundles::Slot::default(),
        snapshot,
    })
}

fn hashes(snapshot: &RepoSnapshot) -> Vec<PackHash> {
    snapshot.packs.iter().map(|p| PackHash(p.hash)).collect()
}

/// All refs, hidden ones too: for the operator.
pub(crate) fn all_refs(snapshot: &RepoSnapshot) -> Arc<Refs> {
    Arc::new(visible(snapshot, &HiddenRefs::default()))
}

/// The refs that anybody sees from outside: every door shows, reads and judges by these.
fn visible(snapshot: &RepoSnapshot, hidden: &HiddenRefs) -> Refs {
    let shown = snapshot.refs.iter().filter(|r| !hidden.hides(r.name.as_bytes()));
    let refs = shown.map(|r| AdvertisedRef { name: r.name.clone(), oid: r.oid, peeled: r.peeled }).collect();
    Refs::new(refs, snapshot.repo.default_branch.clone())
}
