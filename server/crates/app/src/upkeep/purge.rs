//! Repositories whose week is over.

use hardie_domain::audit::AuditEntry;
use hardie_domain::ids::RepoId;
use hardie_domain::time::Timestamp;

use crate::repos::RESTORABLE_SECONDS;
use crate::{App, Result};

/// Repositories purged in one go; the rest waits for the next.
const BATCH: u32 = 100;

/// Removes repositories that can no longer be restored, with everything under them; how many. Their packs and LFS
/// objects are left to the sweeper.
pub async fn purge_repos(app: &App) -> Result<u64> {
    let before = app.clock.now().plus_seconds(-RESTORABLE_SECONDS);
    let mut purged = 0;
    for id in app.store.list_repos_to_purge(before, BATCH).await? {
        purged += u64::from(purge(app, id, before).await?);
    }
    Ok(purged)
}

/// `false` if it was restored meanwhile.
async fn purge(app: &App, id: RepoId, before: Timestamp) -> Result<bool> {
    let mut tx = app.store.begin().await?;
    if !tx.purge_repo(id, before).await? {
        return Ok(false);
    }
    let detail = "it was deleted more than a week ago".to_owned();
    let entry = AuditEntry { repo: Some(id), detail, ..AuditEntry::by_server("repository.purge") };
    tx.insert_audit(&entry, app.clock.now()).await?;
    tx.commit().await?;
    Ok(true)
}
