//! Proves that what the rows promise is on disk: every pack and every LFS object whole, every ref's objects there.

use std::collections::HashMap;
use std::time::Duration;

use hardie_domain::ids::RepoId;
use hardie_domain::lfs::LfsOid;
use hardie_git::packs::PackHash;
use hardie_git::read::closure;
use hardie_git::{Budget, Cancel};
use tokio::task::spawn_blocking;

use crate::git_access::{self, RepoHandle};
use crate::{App, Error, Result};

const BATCH: u32 = 100;
const TIME: Duration = Duration::from_secs(24 * 3600);

/// What was looked at, and what is wrong.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Repositories that are not deleted.
    pub repos: u64,
    /// Refs.
    pub refs: u64,
    /// Packs, each counted once.
    pub packs: u64,
    /// LFS objects, each counted once.
    pub lfs_objects: u64,
    /// Everything wrong.
    pub faults: Vec<Fault>,
}

/// One thing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `owner/name`.
    pub repo: String,
    /// Pack, LFS object, ref or object, and what is wrong with it.
    pub text: String,
}

/// What was read already, and what is wrong with it.
type Seen<K> = HashMap<K, Option<String>>;

/// Looks at everything. For the command line: it reads every pack and every LFS object.
pub async fn verify(app: &App) -> Result<Verified> {
    let mut found = Verified::default();
    let (mut packs, mut lfs) = (HashMap::new(), HashMap::new());
    let mut after = RepoId(0);
    loop {
        let ids = app.store.list_repo_ids(after, BATCH).await?;
        let Some(last) = ids.last() else { break };
        after = *last;
        for id in ids {
            verify_repo(app, id, &mut packs, &mut found).await?;
            verify_lfs(app, id, &mut lfs, &mut found).await?;
        }
    }
    found.packs = packs.len() as u64;
    found.lfs_objects = lfs.len() as u64;
    Ok(found)
}

/// One repository. A damaged pack is read once, however many repositories hold it.
async fn verify_repo(app: &App, id: RepoId, packs: &mut Seen<PackHash>, found: &mut Verified) -> Result<()> {
    let Some(snapshot) = app.store.load_snapshot(id).await? else { return Ok(()) };
    let path = format!("{}/{}", snapshot.owner.name, snapshot.repo.name);
    found.repos += 1;
    found.refs += snapshot.refs.len() as u64;
    let mut whole = true;
    for hash in snapshot.packs.iter().map(|p| PackHash(p.hash)) {
        if let std::collections::hash_map::Entry::Vacant(place) = packs.entry(hash) {
            let store = app.packs.clone();
            let damage = spawn_blocking(move || store.verify(&hash)).await.map_err(Error::internal)?;
            place.insert(damage.err().map(|error| error.to_string()));
        }
        if let Some(Some(damage)) = packs.get(&hash) {
            found.faults.push(Fault { repo: path.clone(), text: format!("pack {hash}: {damage}") });
            whole = false;
        }
    }
    if !whole {
        return Ok(());
    }
    let handle = git_access::open_snapshot(app, snapshot).await?;
    let gap = spawn_blocking(move || gap(&handle)).await.map_err(Error::internal)?;
    found.faults.extend(gap.map(|text| Fault { repo: path, text }));
    Ok(())
}

/// The LFS objects of one repository. Each is read once, however many repositories have it.
async fn verify_lfs(app: &App, id: RepoId, seen: &mut Seen<LfsOid>, found: &mut Verified) -> Result<()> {
    let Some(owned) = app.store.find_owned_repo(id).await? else { return Ok(()) };
    let mut after = LfsOid([0; 32]);
    loop {
        let objects = app.store.list_repo_lfs(id, &after, BATCH).await?;
        let Some(last) = objects.last() else { return Ok(()) };
        after = last.oid;
        for object in objects {
            if let std::collections::hash_map::Entry::Vacant(place) = seen.entry(object.oid) {
                let lfs = app.lfs.clone();
                let damage = spawn_blocking(move || lfs.verify(&object)).await.map_err(Error::internal)?;
                place.insert(damage.err().map(|error| error.to_string()));
            }
            if let Some(Some(damage)) = seen.get(&object.oid) {
                found.faults.push(Fault { repo: format!("{}/{}", owned.owner.name, owned.repo.name), text: damage.clone() });
            }
        }
    }
}

fn gap(handle: &RepoHandle) -> Option<String> {
    let mut budget = Budget::new(u64::MAX, TIME, &Cancel::new());
    match closure::first_gap(&handle.odb, handle.snapshot.refs.iter().map(|r| r.oid), &mut budget) {
        Ok(None) => None,
        Ok(Some(gap)) if gap.by.is_zero() => Some(format!("a ref points at {}, which is missing", gap.missing)),
        Ok(Some(gap)) => Some(format!("object {} is missing, named by {}", gap.missing, gap.by)),
        Err(error) => Some(error.to_string()),
    }
}
