//! Removing packs, LFS objects and files of releases that nobody holds. Only this removes a published file, and only after its row is dead: from then
//! on no push can take it up, until the row is gone and the same bytes begin anew.

use hardie_domain::lfs::LfsOid;
use hardie_git::packs::PackHash;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::{App, Error, Result};

/// Rows read in one go.
const BATCH: u32 = 500;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Packs, or LFS objects.
    pub files: u64,
    /// Those whose file could not be removed; the next sweep tries again.
    pub failed: u64,
}

/// Removes packs that no repository and no push under way holds, and finishes what an earlier sweep began.
pub async fn sweep_packs(app: &App) -> Result<Swept> {
    let now = app.clock.now();
    for pack in app.store.list_unheld_packs(now, BATCH).await? {
        let mut tx = app.store.begin().await?;
        if tx.mark_pack_dead(&pack.hash, now).await? {
            tx.commit().await?;
        }
    }
    let mut swept = Swept::default();
    let mut after = [0; 32];
    loop {
        let dead = app.store.list_dead_packs(&after, BATCH).await?;
        let Some(last) = dead.last() else { break };
        after = *last;
        for hash in dead {
            match remove(app, PackHash(hash)).await {
                Ok(()) => swept.files += 1,
                Err(error) => {
                    swept.failed += 1;
                    tracing::warn!(error = &error as &dyn std::error::Error, pack = %PackHash(hash), "a pack could not be removed");
                }
            }
        }
    }
    let app = app.clone();
    let closed = spawn_blocking(move || {
        app.packs.let_removed_go();
        app.git.let_removed_go();
    });
    closed.await.map_err(Error::internal)?;
    Ok(swept)
}

/// The file goes while the row's end is not committed yet. Whoever brings the same bytes anew waits for that, so that their file is
/// never the one that goes, however many sweep at once; and a row whose file is gone already is finished by the next sweep.
async fn remove(app: &App, hash: PackHash) -> Result<()> {
    let app = app.clone();
    on_one_thread(async move {
        let mut tx = app.store.begin().await?;
        if !tx.delete_dead_pack(&hash.0).await? {
            return Ok(());
        }
        app.packs.remove(&hash).map_err(Error::internal)?;
        Ok(tx.commit().await?)
    })
    .await
}

/// To its end, on a thread that may block: the row's lock is not waited with for a thread, nor let go before the file is gone
/// because the server stops.
async fn on_one_thread(work: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let runtime = Handle::current();
    spawn_blocking(move || runtime.block_on(work)).await.map_err(Error::internal)?
}

/// As [`sweep_packs`], for LFS objects.
pub async fn sweep_lfs(app: &App) -> Result<Swept> {
    let now = app.clock.now();
    for oid in app.store.list_unheld_lfs(now, BATCH).await? {
        let mut tx = app.store.begin().await?;
        if tx.mark_lfs_dead(&oid, now).await? {
            tx.commit().await?;
        }
    }
    let mut swept = Swept::default();
    let mut after = LfsOid([0; 32]);
    loop {
        let dead = app.store.list_dead_lfs(&after, BATCH).await?;
        let Some(last) = dead.last() else { return Ok(swept) };
        after = *last;
        for oid in dead {
            match remove_lfs(app, oid).await {
                Ok(()) => swept.files += 1,
                Err(error) => {
                    swept.failed += 1;
                    tracing::warn!(error = &error as &dyn std::error::Error, lfs.oid = %oid, "an LFS object could not be removed");
                }
            }
        }
    }
}

/// As [`remove`].
async fn remove_lfs(app: &App, oid: LfsOid) -> Result<()> {
    let app = app.clone();
    on_one_thread(async move {
        let mut tx = app.store.begin().await?;
        if !tx.delete_dead_lfs(&oid).await? {
            return Ok(());
        }
        app.lfs.remove(&oid).map_err(Error::internal)?;
        Ok(tx.commit().await?)
    })
    .await
}
