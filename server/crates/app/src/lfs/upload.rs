//! One object comes in: bytes proven, then a row, then the file, then the row that makes it the repository's.

use std::time::Duration;

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::lfs::LfsObject;
use hardie_domain::names::RepoPath;
use hardie_git::lfs::{Received, UploadError};
use hardie_store::lfs::{Adopted, NewRepoLfs};
use hardie_store::packs::Staging;
use tokio::io::AsyncRead;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::batch::too_large;
use crate::access::{RepoAccess, repo_by_id, repo_for};
use crate::audit::entry;
use crate::health::LEAST_FREE_BYTES;
use crate::push::lease;
use crate::transport::bridge::{ChannelReader, pump};
use crate::{App, Ctx, Error, Result, identity};

/// Pieces of the client's bytes waiting to be written.
const PIECES: usize = 16;
/// Tries while the sweeper is removing the very file that this upload brings.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Takes an object in. Its bytes are read whether or not the store has the same from elsewhere: only they prove that the uploader
/// has them. May be repeated.
pub async fn upload(app: &App, ctx: &Ctx, path: &RepoPath, object: LfsObject, input: &mut (impl AsyncRead + Unpin + Send)) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Push).await?;
    let limits = &app.config.git_limits;
    if object.size > limits.lfs_object_bytes {
        return Err(too_large(object.size, limits.lfs_object_bytes));
    }
    let _slot = app.git.slots.take(ctx)?;
    let late = |_| Error::Unavailable(format!("the upload took longer than {} seconds", limits.wall.as_secs()));
    let received = timeout(limits.wall, take_in(app, object, input)).await.map_err(late)??;
    stage(app, &object).await?;
    let lfs = app.lfs.clone();
    // The upload's own file goes with the task, whatever becomes of it.
    let published = spawn_blocking(move || lfs.publish(&received)).await.map_err(Error::internal)?;
    published.map_err(Error::writing)?;
    commit(app, ctx, &access, object).await
}

async fn take_in(app: &App, object: LfsObject, input: &mut (impl AsyncRead + Unpin + Send)) -> Result<Received> {
    check_room(app, object.size).await?;
    let permit = app.git.ingest_permit().await;
    let (chunks_in, chunks) = mpsc::channel(PIECES);
    let lfs = app.lfs.clone();
    let taken = spawn_blocking(move || {
        let _permit = permit;
        lfs.receive(&mut ChannelReader::new(bytes::Bytes::new(), chunks), object, LEAST_FREE_BYTES)
    });
    let ((), taken) = tokio::join!(pump(input, chunks_in), taken);
    taken.map_err(Error::internal)?.map_err(|error| match error {
        UploadError::Store(error) => Error::writing(error),
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

/// Makes it the repository's, if the uploader still may: an upload can outlive a role or a token.
async fn commit(app: &App, ctx: &Ctx, access: &RepoAccess, object: LfsObject) -> Result<()> {
    identity::require_standing(app, ctx).await?;
    let access = repo_by_id(app, ctx, access.repo.id, RepoAction::Push).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let new = NewRepoLfs { repo: access.repo.id, oid: object.oid, uploader: ctx.require_actor()?.id, at: now };
    match tx.adopt_lfs(&new).await? {
        Adopted::Done => {}
        Adopted::Swept => return Err(Error::Unavailable("the object was swept before it was committed: push again".to_owned())),
        Adopted::NotWritable => return Err(Error::forbidden("this repository was archived or deleted meanwhile")),
    }
    let mut line = entry(ctx, "lfs.upload");
    (line.account, line.repo) = (Some(access.owner.id), Some(access.repo.id));
    line.detail = format!("{} with {} bytes", object.oid, object.size);
    tx.insert_audit(&line, now).await?;
    Ok(tx.commit().await?)
}
