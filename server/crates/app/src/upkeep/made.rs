//! Packs that the server makes by itself, for folding and for collection.

use std::sync::Arc;

use hardie_domain::ids::RepoId;
use hardie_git::packs::Pack;
use hardie_store::packs::Staging;
use tokio::task::spawn_blocking;

use crate::push::lease;
use crate::{App, Error, Result};

/// A name for work on a repository that no other work has.
pub(super) fn work_name(app: &App, what: &str, repo: RepoId) -> String {
    let mut nonce = [0; 8];
    app.entropy.fill(&mut nonce);
    format!("{what}-{repo}-{}", hex::encode(nonce))
}

/// A row that keeps the file, then the file. `false` while the sweeper is removing the very same bytes.
pub(super) async fn publish(app: &App, pack: &Arc<Pack>) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let kept = tx.keep_pack(&pack.hash().0, pack.bytes(), u64::from(pack.objects()), now, lease(now, app)).await?;
    if kept == Staging::Dying {
        return Ok(false);
    }
    tx.commit().await?;
    let (packs, pack) = (app.packs.clone(), pack.clone());
    spawn_blocking(move || packs.publish(&pack)).await.map_err(Error::internal)?.map_err(Error::writing)?;
    Ok(true)
}
