//! upload-pack: drives the state machine of `hardie_git::upload` over a client's bytes.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hardie_domain::ids::RepoId;
use hardie_domain::names::RepoPath;
use hardie_git::Cancel;
use hardie_git::reach::Reach;
use hardie_git::upload::{Upload, UploadAction, UploadConfig, UploadError};
use hardie_git::wire::Version;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::task::spawn_blocking;

use super::bridge::{SILENCE_SSH, drain, read_chunk};
use super::slots::Slot;
use super::{Service, pack};
use crate::access::RepoAccess;
use crate::cancel::CancelOnDrop;
use crate::git_access::{self, RepoHandle};
use crate::{App, Ctx, Error, Result, access, bundles, damage};

/// Bytes that are read of a client that was refused.
const MOST_AFTER: u64 = 16 << 20;
/// For so long a fetch need not ask again whether it may go on.
const MOMENT: Duration = Duration::from_millis(20);

/// Serves one upload-pack conversation. `stateless` is true over HTTP, where the client sends everything anew each time.
pub async fn git_upload_pack(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    version: Version,
    stateless: bool,
    mut input: impl AsyncRead + Unpin + Send,
    mut output: impl AsyncWrite + Unpin + Send,
) -> Result<()> {
    let found = access::repo_for(app, ctx, path, Service::UploadPack.action()).await?;
    let slot = Arc::new(app.git.slots.take(ctx)?);
    let (began, generation) = Began::now(app, found.repo.id).await?;
    let handle = git_access::open_at(app, found.repo.id, generation).await?;
    let limits = app.config.git_limits;
    // Over HTTP they were told of before.
    let bundles = !stateless && bundles::are_kept(app, &handle).await;
    let config = UploadConfig { version, stateless, advertise: !stateless, bundles, limits };
    let machine = Upload::new(config, handle.refs.clone());
    let asked = Asked { stateless, app, ctx, found: &found, handle: &handle };
    let talk = converse(asked, machine, began, &slot, &mut input, &mut output);
    match tokio::time::timeout(limits.wall, talk).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if is_disconnect(&error) => Ok(()),
        Ok(Err(error)) => Err(Error::internal(error)),
        Err(_) => {
            tracing::warn!(repo.id = %found.repo.id, "fetch stopped at its time limit");
            Ok(())
        }
    }
}

/// What a conversation begins to walk with.
struct Begin {
    app: App,
    handle: Arc<RepoHandle>,
    gone: Cancel,
}

impl Begin {
    fn reach(self) -> Reach {
        let known = self.app.git.histories.of(&self.handle);
        Reach::new(self.handle.odb.clone(), self.handle.refs.clone()).with_known(known).with_cancel(self.gone)
    }
}

/// A client that leaves is no fault of the server.
pub(super) fn is_disconnect(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// The repository as it was when a conversation began. One over SSH may last for an hour, and what is removed at once must not be had
/// by whoever had begun before.
struct Began {
    repo: RepoId,
    expiry_epoch: i64,
    /// When it was last seen to be so.
    seen: Instant,
}

impl Began {
    /// With the repository's generation.
    async fn now(app: &App, repo: RepoId) -> Result<(Began, i64)> {
        let seen = Instant::now();
        let (generation, expiry_epoch) = app.store.find_epochs(repo).await?.ok_or(Error::NotFound("repository"))?;
        Ok((Began { repo, expiry_epoch, seen }, generation))
    }

    async fn still_stands(&mut self, app: &App) -> io::Result<()> {
        // What is removed in the same moment may be had either way.
        if self.seen.elapsed() < MOMENT {
            return Ok(());
        }
        self.seen = Instant::now();
        let found = app.store.find_epochs(self.repo).await.map_err(io::Error::other)?;
        if found.is_some_and(|(_, expiry_epoch)| expiry_epoch == self.expiry_epoch) {
            return Ok(());
        }
        tracing::info!(repo.id = %self.repo, "a fetch that had begun before objects were removed at once is ended");
        Err(io::ErrorKind::ConnectionAborted.into())
    }
}

/// Who asks for what.
struct Asked<'a> {
    stateless: bool,
    app: &'a App,
    ctx: &'a Ctx,
    found: &'a RepoAccess,
    handle: &'a Arc<RepoHandle>,
}

async fn converse(
    asked: Asked<'_>,
    mut machine: Upload,
    mut began: Began,
    slot: &Arc<Slot>,
    input: &mut (impl AsyncRead + Unpin + Send),
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<()> {
    let Asked { stateless, app, ctx, found, handle } = asked;
    let (mut reach, mut refused) = (None, false);
    // Dropped with this future when the client leaves: walks stop.
    let gone = CancelOnDrop::default();
    loop {
        match machine.poll() {
            UploadAction::NeedInput => {
                output.flush().await?;
                refused |= match read_chunk(input).await? {
                    chunk if chunk.is_empty() => told(machine.feed_eof()),
                    chunk => told(machine.feed(&chunk)),
                };
            }
            UploadAction::Send(bytes) => output.write_all(&bytes).await?,
            UploadAction::Compute => {
                began.still_stands(app).await?;
                let begin = Begin { app: app.clone(), handle: handle.clone(), gone: gone.0.clone() };
                let before = reach.take();
                let permit = app.git.work_permit().await;
                // Counted as this client's until it has ended, even if the client leaves before.
                let slot = slot.clone();
                let told_so;
                (machine, reach, told_so) = spawn_blocking(move || {
                    let objects = before.unwrap_or_else(|| begin.reach());
                    let told_so = told(machine.compute(&objects));
                    drop((permit, slot));
                    (machine, Some(objects), told_so)
                })
                .await
                .map_err(io::Error::other)?;
                refused |= told_so;
                damage::settle_or_log(app).await;
            }
            UploadAction::Bundles => {
                // A client that got no list would end, and it can do without.
                let offered = bundles::offer(app, ctx, found, handle).await.unwrap_or_else(|error| {
                    tracing::warn!(error = &error as &dyn std::error::Error, repo.id = %found.repo.id, "no bundle is offered");
                    None
                });
                machine.list_bundles(offered.as_slice());
            }
            UploadAction::Pack(request) => {
                began.still_stands(app).await?;
                pack::send(app, &mut machine, handle, request, output).await?;
            }
            UploadAction::Done => {
                output.flush().await?;
                if refused && !stateless {
                    // A client that is still sending would not read why.
                    drain(input, MOST_AFTER, SILENCE_SSH).await;
                }
                return Ok(());
            }
        }
    }
}

/// The machine has queued an explanation for the client and goes on to the end by itself; the cause goes to the log. Whether there is
/// one.
fn told(result: std::result::Result<(), UploadError>) -> bool {
    if let Err(error) = &result {
        tracing::debug!(error = error as &dyn std::error::Error, "a fetch was refused");
    }
    result.is_err()
}
