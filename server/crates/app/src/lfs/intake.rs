//! Bytes come in and are published: the way of LFS objects and of files of releases alike. A row of either kind makes them somebody's
//! afterwards; what nobody makes theirs the sweeper removes.

use std::time::Duration;

use hardie_domain::error::Invalid;
use hardie_domain::lfs::LfsObject;
use hardie_git::lfs::{Expected, Received, UploadError};
use hardie_store::packs::Staging;
use tokio::io::AsyncRead;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::health::LEAST_FREE_BYTES;
use crate::push::lease;
use crate::transport::bridge::{ChannelReader, pump};
use crate::{App, Error, Result};

/// Pieces of the client's bytes waiting to be written.
const PIECES: usize = 16;
/// Tries while the sweeper is removing the very file that this upload brings.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Takes bytes in and publishes them under the hash that they have. They are kept for as long as an upload may last: until then a row
/// must name them.
pub(crate) async fn take_in(app: &App, expected: Expected, input: &mut (impl AsyncRead + Unpin + Send)) -> Result<LfsObject> {
    let limits = &app.config.git_limits;
    let late = |_| Error::Unavailable(format!("the upload took longer than {} seconds", limits.wall.as_secs()));
    let received = timeout(limits.wall, receive(app, expected, input)).await.map_err(late)??;
    let object = received.object();
    stage(app, &object).await?;
    let lfs = app.lfs.clone();
    // The upload's own file goes with the task, whatever becomes of it.
    let published = spawn_blocking(move || lfs.publish(&received)).await.map_err(Error::internal)?;
    published.map_err(Error::writing)?;
    Ok(object)
}

async fn receive(app: &App, expected: Expected, input: &mut (impl AsyncRead + Unpin + Send)) -> Result<Received> {
    if let Expected::Object(object) = expected {
        check_room(app, object.size).await?;
    }
    let permit = app.git.ingest_permit().await;
    let (chunks_in, chunks) = mpsc::channel(PIECES);
    let lfs = app.lfs.clone();
    let taken = spawn_blocking(move || {
        let _permit = permit;
        lfs.receive(&mut ChannelReader::new(bytes::Bytes::new(), chunks), expected, LEAST_FREE_BYTES)
    });
    let ((), taken) = tokio::join!(pump(input, chunks_in), taken);
    taken.map_err(Error::internal)?.map_err(|error| match error {
        UploadError::Store(error) => Error::writing(error),
        UploadError::TooLarge { .. } => Error::Quota(error.to_string()),
        other => Invalid::new("object", other.to_string()).into(),
    })
}

/// Refuses what the disk has no room for before it is full: the database may need the rest.
async fn check_room(app: &App, size: u64) -> Result<()> {
    let packs = app.packs.clone();
    let free = spawn_blocking(move || packs.free_space()).await.map_err(Error::internal)?.map_err(Error::writing)?;
    match free >= size.saturating_add(LEAST_FREE_BYTES) {
        true => Ok(()),
        false => Err(Error::Full(format!("the server's disk is full: there is no room for an object of {size} bytes; try again later"))),
    }
}

/// The row before the file, so that nothing on disk is unknown.
async fn stage(app: &App, object: &LfsObject) -> Result<()> {
    for _ in 0..TRIES {
        let mut tx = app.store.begin().await?;
        let now = app.clock.now();
        match tx.stage_lfs(object, now, lease(now, app)).await? {
            Staging::Fresh | Staging::Present => return Ok(tx.commit().await?),
            Staging::Dying => {
                tx.rollback().await?;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    Err(Error::Unavailable("the same object is being removed: push again in a moment".to_owned()))
}
