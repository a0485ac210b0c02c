//! New packs for old ones: rows first, then files, then one transaction that sees no ref that was not looked at.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hardie_domain::audit::AuditEntry;
use hardie_domain::ids::RepoId;
use hardie_domain::oid::Oid;
use hardie_domain::time::Timestamp;
use hardie_git::collect::Collected;
use hardie_git::odb::{Member, Odb};
use hardie_git::packs::{Pack, PackHash};
use hardie_git::{Budget, Cancel};
use hardie_store::Tx;
use hardie_store::packs::RepoPackRow;
use hardie_store::refs::RepoSnapshot;
use tokio::task::spawn_blocking;

use super::super::made::publish;
use super::{Collection, How, SHORTEST_PAUSE, WAITING_PAUSES, after};
use crate::push::lease;
use crate::{App, Error, Result, upkeep};

/// Refs that move while they are looked at are looked at again so often.
const LOOKS: u32 = 20;

/// How it ended.
pub enum Exchanged {
    Done(Collection),
    /// The packs are not those any more that were looked at, or a ref came that needs what was to be removed. Nothing happened.
    Changed,
}

/// What the one transaction found.
enum Attempt {
    Done,
    Changed,
    /// Refs moved since this generation was looked at.
    Moved,
}

/// Publishes what was collected in place of what it was made from.
pub async fn exchange(app: &App, snapshot: &RepoSnapshot, how: How, collected: &Collected, now: Timestamp) -> Result<Exchanged> {
    for pack in collected.packs() {
        if !publish(app, pack).await? {
            return Ok(Exchanged::Changed);
        }
    }
    let mut generation = snapshot.repo.generation;
    for _ in 0..LOOKS {
        match attempt(app, snapshot, generation, how, collected, now).await? {
            Attempt::Done => {
                let mut done = summary(snapshot, collected);
                if how == How::AtOnce {
                    done.held = remove_now(app, collected).await?;
                }
                return Ok(Exchanged::Done(done));
            }
            Attempt::Changed => return Ok(Exchanged::Changed),
            Attempt::Moved => {
                let Some(later) = app.store.load_snapshot(snapshot.repo.id).await? else { return Ok(Exchanged::Changed) };
                if !leaves_whole(app, snapshot, &later, collected).await? {
                    return Ok(Exchanged::Changed);
                }
                generation = later.repo.generation;
            }
        }
    }
    Ok(Exchanged::Changed)
}

async fn attempt(app: &App, snapshot: &RepoSnapshot, generation: i64, how: How, collected: &Collected, now: Timestamp) -> Result<Attempt> {
    let repo = snapshot.repo.id;
    let removes = collected.dropped > 0 || how == How::AtOnce;
    let mut tx = app.store.begin().await?;
    let next = next_look(app, snapshot, collected, now);
    let soon = after(now, app.config.retention.look.max(SHORTEST_PAUSE));
    if collected.superseded.is_empty() && collected.packs().next().is_none() && !removes {
        tx.set_collect_at(repo, snapshot.repo.generation, next, soon).await?;
        tx.commit().await?;
        return Ok(Attempt::Done);
    }
    let Some(row) = tx.lock_repo(repo).await? else { return Ok(Attempt::Changed) };
    if row.gc_epoch != snapshot.repo.gc_epoch || tx.is_repo_damaged(repo).await? {
        return Ok(Attempt::Changed);
    }
    // The lock itself moved it by one.
    if removes && row.generation != generation.saturating_add(1) {
        return Ok(Attempt::Moved);
    }
    if !replace(&mut tx, app, repo, how, collected, now).await? {
        return Ok(Attempt::Changed);
    }
    tx.sum_up_size(repo).await?;
    tx.set_collect_at(repo, snapshot.repo.generation.saturating_add(1), next, soon).await?;
    if removes {
        tx.bump_gc(repo).await?;
        tx.insert_audit(&audit(repo, how, collected), now).await?;
    }
    if how == How::AtOnce {
        tx.bump_expiry(repo).await?;
    }
    tx.commit().await?;
    Ok(Attempt::Done)
}

/// `false` if the repository does not hold what was looked at any more.
async fn replace(tx: &mut Tx, app: &App, repo: RepoId, how: How, collected: &Collected, now: Timestamp) -> Result<bool> {
    let made = [(&collected.closed, true, None), (&collected.open, false, None), (&collected.cruft, false, Some(now))];
    let mut new = HashSet::new();
    for (pack, closed, unreached_since) in made {
        let Some(pack) = pack else { continue };
        new.insert(pack.pack.hash());
        if !tx.adopt_pack(repo, &pack.pack.hash().0, closed, unreached_since, now).await? {
            return Ok(false);
        }
    }
    let keep_until = if how == How::AtOnce { now } else { lease(now, app) };
    for old in collected.superseded.iter().filter(|old| !new.contains(old)) {
        if !tx.supersede_pack(repo, &old.0, keep_until).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether refs that moved since the look reach nothing that is to be removed.
async fn leaves_whole(app: &App, snapshot: &RepoSnapshot, later: &RepoSnapshot, collected: &Collected) -> Result<bool> {
    let known: HashSet<Oid> = snapshot.refs.iter().map(|r| r.oid).collect();
    let tips: Vec<Oid> = later.refs.iter().map(|r| r.oid).filter(|oid| !known.contains(oid)).collect();
    let gone: HashSet<PackHash> = collected.superseded.iter().copied().collect();
    let stay: Vec<PackHash> = later.packs.iter().map(|p| PackHash(p.hash)).filter(|hash| !gone.contains(hash)).collect();
    let made: Vec<Arc<Pack>> = collected.packs().cloned().collect();
    let (packs, wall, marks) = (app.packs.clone(), app.config.git_limits.wall, collected.marks());
    let look = move || {
        let all = packs.packs(&stay)?.into_iter().chain(made);
        let odb = Odb::new(all.map(|pack| Member { pack, closed: false }).collect());
        marks.leaves_whole(&odb, &tips, &mut Budget::new(u64::MAX, wall, &Cancel::new()))
    };
    spawn_blocking(look).await.map_err(Error::internal)?.map_err(Error::internal)
}

/// When the next look may find something; `None` if only a push can bring it about.
fn next_look(app: &App, snapshot: &RepoSnapshot, collected: &Collected, now: Timestamp) -> Option<Timestamp> {
    let retention = app.config.retention;
    let stays = |p: &&RepoPackRow| !collected.superseded.contains(&PackHash(p.hash));
    let old = snapshot.packs.iter().filter(stays).filter_map(|p| p.unreached_since);
    let new = collected.cruft.as_ref().map(|_| now);
    let pause: Duration = retention.look.max(SHORTEST_PAUSE);
    let expiry = old.chain(new).min().map(|since| after(since, retention.cruft.max(SHORTEST_PAUSE)));
    let waiting = collected.waiting.then(|| after(now, pause.saturating_mul(WAITING_PAUSES)));
    expiry.into_iter().chain(waiting).min()
}

fn audit(repo: RepoId, how: How, collected: &Collected) -> AuditEntry {
    let objects = collected.dropped;
    let detail = match how {
        How::AtOnce => format!("removed at once what no ref reaches: {objects} objects"),
        How::ByNeed | How::Thorough => format!("removed {objects} objects that nothing had reached for their time of grace"),
    };
    AuditEntry { repo: Some(repo), detail, ..AuditEntry::by_server("repository.gc") }
}

/// Removes the files of packs that no repository holds any more; how many are held all the same.
async fn remove_now(app: &App, collected: &Collected) -> Result<u64> {
    let now = app.clock.now();
    let is_new = |hash: &PackHash| collected.packs().any(|pack| pack.hash() == *hash);
    let gone: Vec<PackHash> = collected.superseded.iter().copied().filter(|hash| !is_new(hash)).collect();
    for hash in &gone {
        let mut tx = app.store.begin().await?;
        tx.let_pack_go(&hash.0, now).await?;
        tx.commit().await?;
    }
    upkeep::sweep_packs(app).await?;
    let mut held = 0;
    for hash in &gone {
        held += u64::from(app.store.find_pack(&hash.0).await?.is_some());
    }
    Ok(held)
}

fn summary(snapshot: &RepoSnapshot, collected: &Collected) -> Collection {
    let is_gone = |p: &&RepoPackRow| collected.superseded.contains(&PackHash(p.hash));
    let bytes_before = snapshot.packs.iter().map(|p| p.bytes).sum::<u64>();
    let gone: u64 = snapshot.packs.iter().filter(is_gone).map(|p| p.bytes).sum();
    let new: u64 = collected.packs().map(|p| p.bytes()).sum();
    let objects = |made: &Option<hardie_git::repack::Repacked>| made.as_ref().map_or(0, |made| u64::from(made.pack.objects()));
    Collection {
        superseded: collected.superseded.len() as u64,
        bytes_before,
        bytes_after: bytes_before.saturating_sub(gone).saturating_add(new),
        kept: objects(&collected.closed) + objects(&collected.open),
        set_apart: objects(&collected.cruft),
        removed: collected.dropped,
        held: 0,
    }
}
