//! The beginning of a run: a place to run and, for a request that may write, the data. Neither is held while the other is waited for: places are
//! few, and a delivery holds the data for as long as its handler runs.

use futures_util::FutureExt as _;
use tokio::sync::OwnedRwLockWriteGuard;

use super::turn::First;
use crate::ports::RunPlace;
use crate::{App, Error, Result};

/// Rounds after which somebody is told to come again.
const ROUNDS: usize = 3;

/// Waits for both. `first` is the request's place in the line of those that may write.
pub(super) async fn begin(app: &App, owner: i64, first: Option<&First>) -> Result<(RunPlace, Option<OwnedRwLockWriteGuard<()>>)> {
    let place = async || app.policies.web_place(owner).await.map_err(Error::Unavailable);
    let Some(first) = first else { return Ok((place().await?, None)) };
    for _ in 0..ROUNDS {
        let running = place().await?;
        if let Some(writing) = first.try_write() {
            return Ok((running, Some(writing)));
        }
        drop(running);
        let writing = first.write().await?;
        // A place that is free is taken without a wait; else a delivery may have the data meanwhile.
        if let Some(running) = place().now_or_never() {
            return Ok((running?, Some(writing)));
        }
    }
    Err(Error::Unavailable("the plugin handles events, and others run whenever it does not".to_owned()))
}
