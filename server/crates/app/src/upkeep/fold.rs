//! Folding the many small packs that pushes leave into few: each is a file to map, to ask and to link.
//!
//! A fold works on one snapshot and supersedes exactly the packs that it folded: a row for the new pack, its file, then one
//! transaction that exchanges them. What was superseded stays on disk for longer than any request may read it.

use hardie_domain::ids::RepoId;
use hardie_git::Cancel;
use hardie_git::fold;
use hardie_git::packs::PackHash;
use hardie_git::repack::Repacked;
use hardie_store::packs::RepoPackRow;
use tokio::task::spawn_blocking;

use super::made::{publish, work_name};
use crate::push::lease;
use crate::{App, Error, Result, damage};

/// Packs that a repository may have before it is looked at.
const CROWD: u32 = 40;
/// With so many the next push is not to wait for the clock.
pub(crate) const THRONG: usize = 320;
/// Repositories looked at in one go.
const BATCH: u32 = 20;
/// Folding fewer is not worth the writing.
const FEWEST: usize = 8;

/// Folds what is crowded; how many packs were superseded.
pub async fn fold_packs(app: &App) -> Result<u64> {
    damage::settle(app).await?;
    let mut folded = 0;
    for repo in app.store.list_crowded_repos(CROWD, BATCH).await? {
        let Some(snapshot) = app.store.load_snapshot(repo).await? else { continue };
        if snapshot.packs.iter().any(|pack| pack.damaged) {
            continue;
        }
        // Open and closed packs are folded apart: a closed one promises something about every object in it.
        for closed in [true, false] {
            let is_one = |p: &&RepoPackRow| p.closed == closed && p.unreached_since.is_none();
            let packs = snapshot.packs.iter().filter(is_one).cloned().collect();
            let chosen = choose(packs);
            if chosen.is_empty() {
                continue;
            }
            match fold_one(app, repo, closed, snapshot.repo.gc_epoch, &chosen).await {
                Ok(true) => folded += chosen.len() as u64,
                Ok(false) => tracing::debug!(repo.id = %repo, "packs changed while they were folded"),
                // One damaged repository must not keep the others crowded.
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, repo.id = %repo, "packs could not be folded");
                }
            }
        }
    }
    Ok(folded)
}

/// The small ones, so many that each pack left has at least twice the objects of all smaller ones together: an object is then
/// written again only when what it lies in has grown by half (geometric repacking, git-repack(1)).
fn choose(mut packs: Vec<RepoPackRow>) -> Vec<RepoPackRow> {
    packs.sort_by_key(|pack| pack.objects);
    let (mut smaller, mut take) = (0u64, 0);
    for (at, pack) in packs.iter().enumerate() {
        if at > 0 && pack.objects < smaller.saturating_mul(2) {
            take = at + 1;
        }
        smaller = smaller.saturating_add(pack.objects);
    }
    packs.truncate(take);
    if packs.len() < FEWEST { Vec::new() } else { packs }
}

async fn fold_one(app: &App, repo: RepoId, closed: bool, gc_epoch: i64, chosen: &[RepoPackRow]) -> Result<bool> {
    let (store, id) = (app.packs.clone(), work_name(app, "fold", repo));
    let hashes: Vec<PackHash> = chosen.iter().map(|p| PackHash(p.hash)).collect();
    let (permit, wall) = (app.git.build_permit().await, app.config.git_limits.wall);
    let work = move || {
        let _permit = permit;
        fold::fold(&store, &id, &hashes, wall, &Cancel::new())
    };
    let folded = spawn_blocking(work).await.map_err(Error::internal)?;
    let folded = folded.inspect_err(|error| damage::suspect(app, repo, error)).map_err(Error::internal)?;
    let done = exchange(app, repo, closed, gc_epoch, chosen, &folded).await;
    drop(spawn_blocking(move || drop(folded)));
    done
}

/// `false` if the repository is not any more what was folded: then nothing happened.
async fn exchange(app: &App, repo: RepoId, closed: bool, gc_epoch: i64, chosen: &[RepoPackRow], folded: &Repacked) -> Result<bool> {
    let hash = folded.pack.hash();
    if !publish(app, &folded.pack).await? {
        return Ok(false);
    }
    let mut tx = app.store.begin().await?;
    let now = app.clock.now();
    let Some(row) = tx.lock_repo(repo).await? else { return Ok(false) };
    if row.gc_epoch != gc_epoch || tx.is_repo_damaged(repo).await? || !tx.adopt_pack(repo, &hash.0, closed, None, now).await? {
        return Ok(false);
    }
    for old in chosen.iter().filter(|old| old.hash != hash.0) {
        if !tx.supersede_pack(repo, &old.hash, lease(now, app)).await? {
            return Ok(false);
        }
    }
    tx.sum_up_size(repo).await?;
    tx.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(objects: &[u64]) -> Vec<u64> {
        let row = |(n, objects): (usize, &u64)| RepoPackRow {
            hash: [n as u8; 32],
            bytes: 1,
            objects: *objects,
            closed: true,
            unreached_since: None,
            damaged: false,
        };
        choose(objects.iter().enumerate().map(row).collect()).iter().map(|p| p.objects).collect()
    }

    #[test]
    fn small_packs_are_folded_and_large_ones_stay() {
        assert_eq!(sizes(&[3; 50]).len(), 50);
        assert_eq!(sizes(&[1_000_000, 3, 3, 3, 3, 3, 3, 3, 3, 3]), [3; 9]);
        assert_eq!(sizes(&[3, 3, 3]), [0u64; 0], "too few");
        assert_eq!(sizes(&[1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]), [0u64; 0], "in proportion");
        assert_eq!(sizes(&[20, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1000]).len(), 10, "the middle one has grown small");
    }
}
