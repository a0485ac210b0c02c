//! Proves that what the rows promise is on disk: every pack and every LFS object whole, every ref's objects there. One damaged
//! file hides nothing else: it is named, and the rest is looked at all the same.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use hardie_domain::ids::RepoId;
use hardie_domain::lfs::{LfsObject, LfsOid};
use hardie_domain::oid::Oid;
use hardie_git::packs::{Damage, PackHash};
use hardie_git::read::closure;
use hardie_git::{Budget, Cancel};
use tokio::task::spawn_blocking;

use crate::error::with_causes;
use crate::git_access::{self, RepoHandle};
use crate::{App, Result, damage};

const BATCH: u32 = 100;
const TIME: Duration = Duration::from_secs(24 * 3600);

/// What was looked at, and what is wrong.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Repositories, deleted ones that can be restored too.
    pub repos: u64,
    /// Refs.
    pub refs: u64,
    /// Packs, each counted once.
    pub packs: u64,
    /// LFS objects and files of releases, each counted once.
    pub lfs_objects: u64,
    /// Everything wrong.
    pub faults: Vec<Fault>,
}

/// One thing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `owner/name`.
    pub repo: String,
    /// The pack in which it is, if it is in one.
    pub pack: Option<PackHash>,
    /// The object that it hits, if that is known.
    pub object: Option<Oid>,
    /// What is wrong, without repeating the names.
    pub text: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.repo)?;
        if let Some(pack) = self.pack {
            write!(f, ": pack {pack}")?;
        }
        if let Some(object) = self.object {
            write!(f, ": object {object}")?;
        }
        write!(f, ": {}", self.text)
    }
}

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
            if let Some(repo) = verify_repo(app, id, &mut packs, &mut found).await? {
                verify_lfs(app, id, &repo, &mut lfs, &mut found).await?;
            }
        }
    }
    found.packs = packs.len() as u64;
    found.lfs_objects = lfs.len() as u64;
    Ok(found)
}

/// One repository; its name. A pack is read once, however many repositories hold it.
async fn verify_repo(app: &App, id: RepoId, packs: &mut HashMap<PackHash, Vec<Damage>>, found: &mut Verified) -> Result<Option<String>> {
    let Some(snapshot) = app.store.load_any_snapshot(id).await? else { return Ok(None) };
    let deleted = if snapshot.repo.deleted_at.is_some() { " (deleted)" } else { "" };
    let repo = format!("{}/{}{deleted}", snapshot.owner.name, snapshot.repo.name);
    found.repos += 1;
    found.refs += snapshot.refs.len() as u64;
    let before = found.faults.len();
    for hash in snapshot.packs.iter().map(|p| PackHash(p.hash)) {
        let damages = match packs.entry(hash) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(examine_and_mark(app, hash).await?),
        };
        let fault = |damage: &Damage| Fault { repo: repo.clone(), pack: Some(hash), object: damage.object, text: damage.text.clone() };
        // What was superseded and removed while it was waited for is no fault.
        if !damages.is_empty() && app.store.list_repo_packs(id).await?.iter().any(|pack| pack.hash == hash.0) {
            found.faults.extend(damages.iter().map(fault));
        }
    }
    // What a damaged pack lacks would be told once more for every object that names it: one is enough, if none is told yet.
    let ours = found.faults.get(before..).unwrap_or_default();
    if ours.iter().all(|fault| fault.object.is_none()) {
        let pack = match ours {
            [one] => one.pack,
            _ => None,
        };
        let opened = git_access::open_snapshot(app, snapshot).await;
        let wrong = match opened {
            Ok(handle) => spawn_blocking(move || gap(&handle)).await.unwrap_or_else(|panic| Some((None, None, panic.to_string()))),
            Err(error) => Some((None, None, with_causes(&error))),
        };
        found.faults.extend(wrong.map(|(in_pack, object, text)| Fault { repo: repo.clone(), pack: in_pack.or(pack), object, text }));
    }
    Ok(Some(repo))
}

/// A damaged pack is fenced off from now on, and a whole one is not. One that cannot be looked at stays as it is, and is told.
async fn examine_and_mark(app: &App, hash: PackHash) -> Result<Vec<Damage>> {
    let damages = match damage::examine(app, hash).await {
        Ok(damages) => damages,
        Err(error) => return Ok(vec![Damage { object: None, text: with_causes(&error) }]),
    };
    match damages.first() {
        Some(first) => damage::mark(app, hash, first).await?,
        None => damage::clear(app, hash).await?,
    };
    Ok(damages)
}

/// The LFS objects of one repository, and the files of its releases. Each is read once, however many repositories have it.
async fn verify_lfs(app: &App, id: RepoId, repo: &str, seen: &mut HashMap<LfsOid, Option<String>>, found: &mut Verified) -> Result<()> {
    let mut after = LfsOid([0; 32]);
    loop {
        let objects = app.store.list_repo_objects(id, &after, BATCH).await?;
        let Some(last) = objects.last() else { return Ok(()) };
        after = last.oid;
        for object in objects {
            let damage = match seen.entry(object.oid) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(examine_lfs(app, object).await),
            };
            let fault = |text: &String| Fault { repo: repo.to_owned(), pack: None, object: None, text: text.clone() };
            found.faults.extend(damage.as_ref().map(fault));
        }
    }
}

async fn examine_lfs(app: &App, object: LfsObject) -> Option<String> {
    let lfs = app.lfs.clone();
    let looked = spawn_blocking(move || lfs.verify(&object).err().map(|error| error.to_string()));
    looked.await.unwrap_or_else(|panic| Some(panic.to_string()))
}

fn gap(handle: &RepoHandle) -> Option<(Option<PackHash>, Option<Oid>, String)> {
    let mut budget = Budget::new(u64::MAX, TIME, &Cancel::new());
    match closure::first_gap(&handle.odb, handle.snapshot.refs.iter().map(|r| r.oid), &mut budget) {
        Ok(None) => None,
        Ok(Some(gap)) if gap.by.is_zero() => Some((None, Some(gap.missing), "is missing, and a ref points at it".to_owned())),
        Ok(Some(gap)) => Some((None, Some(gap.missing), format!("is missing, named by {}", gap.by))),
        Err(hardie_git::Error::Damaged { pack, object, why }) => Some((Some(pack), object, why)),
        Err(error) => Some((None, None, error.to_string())),
    }
}
