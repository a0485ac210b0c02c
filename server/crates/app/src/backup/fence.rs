//! Keeps the files that a backup copies from being removed, for as long as it lives and not much longer.

use std::convert::Infallible;
use std::time::Duration;

use crate::App;
use crate::backup::Result;

/// Renewals in the time for which a hold is taken.
const BEATS: u32 = 20;

/// Runs `work` under a hold. The hold is committed before `work` begins and ends with it; after a kill it runs out by itself.
pub async fn under<T>(app: &App, seconds: u32, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut name = [0; 16];
    app.entropy.fill(&mut name);
    let name = hex::encode(name);
    hold(app, &name, seconds).await?;
    let done = tokio::select! {
        done = work => done,
        never = renew(app, &name, seconds) => match never {},
    };
    if let Err(error) = let_go(app, &name).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "the backup's hold on packs runs out by itself");
    }
    done
}

async fn renew(app: &App, name: &str, seconds: u32) -> Infallible {
    let beat = Duration::from_secs(u64::from(seconds)) / BEATS;
    loop {
        tokio::time::sleep(beat).await;
        // What is not renewed in time costs at most the backup: a file that is gone stops it by name.
        if let Err(error) = hold(app, name, seconds).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the backup's hold on packs could not be renewed");
        }
    }
}

async fn hold(app: &App, name: &str, seconds: u32) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.hold_files(name, now, now.plus_seconds(i64::from(seconds))).await?;
    Ok(tx.commit().await?)
}

async fn let_go(app: &App, name: &str) -> Result<()> {
    let mut tx = app.store.begin().await?;
    tx.let_files_go(name).await?;
    Ok(tx.commit().await?)
}
