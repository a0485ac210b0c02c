//! The pack from quarantine to its final place: a row first, then the file, so that nothing on disk is unknown.

use std::sync::Arc;
use std::time::Duration;

use hardie_git::packs::Pack;
use hardie_store::packs::Staging;
use tokio::task::spawn_blocking;

use super::{Push, execute};
use crate::{App, Error, Result};

/// Tries while the sweeper is removing the very file that this push brings.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Stages the row, then syncs pack, index and folder under the final name. Safe to repeat.
pub async fn publish(app: &App, push: &Push, pack: Arc<Pack>) -> Result<()> {
    stage(app, push, &pack).await?;
    let packs = app.packs.clone();
    spawn_blocking(move || packs.publish(&pack)).await.map_err(Error::internal)?.map_err(Error::writing)
}

async fn stage(app: &App, push: &Push, pack: &Pack) -> Result<()> {
    for _ in 0..TRIES {
        let mut tx = app.store.begin().await?;
        let now = app.clock.now();
        let lease = execute::lease(now, app);
        match tx.stage_pack(&pack.hash().0, push.id, pack.bytes(), u64::from(pack.objects()), now, lease).await? {
            Staging::Fresh | Staging::Present => return Ok(tx.commit().await?),
            Staging::Dying => {
                tx.rollback().await?;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    Err(Error::Unavailable("the same pack is being removed: push again in a moment".to_owned()))
}
