//! receive-pack: commands and a pack in, a report out. What becomes of them is `push`'s affair.

use std::io;

use hardie_domain::names::RepoPath;
use hardie_git::receive::{self, Receive, ReceiveAction};
use hardie_git::wire::Version;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tracing::Instrument as _;

use super::bridge::{ChannelReader, SILENCE, SILENCE_SSH, drain, pump, read_chunk};
use super::slots::Slot;
use super::upload::is_disconnect;
use super::{KEEPALIVE, Service};
use crate::access::RepoAccess;
use crate::cancel::CancelOnDrop;
use crate::push::{self, PackSource, PushReport, PushRequest, SentCertificate};
use crate::{App, Ctx, Error, Result, access, damage, git_access};

/// Pieces of the client's pack waiting to be indexed.
const PIECES: usize = 16;
/// Progress lines waiting for a slow client; more are dropped.
const LINES: usize = 32;

/// Serves one push. `stateless` is true over HTTP, where the advertisement was a request of its own.
pub async fn git_receive_pack(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    version: Version,
    stateless: bool,
    mut input: impl AsyncRead + Unpin + Send,
    mut output: impl AsyncWrite + Unpin + Send,
) -> Result<()> {
    let found = access::repo_for(app, ctx, path, Service::ReceivePack.action()).await?;
    let slot = app.git.slots.take(ctx)?;
    let pusher = Pusher { app: app.clone(), ctx: ctx.clone(), access: found };
    let talk = converse(&pusher, slot, version, stateless, &mut input, &mut output);
    match tokio::time::timeout(app.config.git_limits.wall, talk).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if is_disconnect(&error) => Ok(()),
        Ok(Err(error)) => Err(Error::internal(error)),
        Err(_) => {
            tracing::warn!(repo.id = %pusher.access.repo.id, "push stopped at its time limit");
            Ok(())
        }
    }
}

/// Who pushes, and where.
#[derive(Clone)]
struct Pusher {
    app: App,
    ctx: Ctx,
    access: RepoAccess,
}

async fn converse(
    pusher: &Pusher,
    slot: Slot,
    version: Version,
    stateless: bool,
    input: &mut (impl AsyncRead + Unpin + Send),
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<()> {
    let Pusher { app, access, .. } = pusher;
    let nonce = (!stateless).then(|| push::make_nonce(app, access.repo.id));
    if let Some(nonce) = &nonce {
        let handle = git_access::open_repo(app, access.repo.id).await.map_err(io::Error::other)?;
        output.write_all(&receive::advertise(version, &handle.refs, Some(nonce))).await?;
        output.flush().await?;
    }
    let mut machine = Receive::new(app.config.git_limits);
    let request = loop {
        match machine.poll() {
            ReceiveAction::NeedInput => match read_chunk(input).await? {
                chunk if chunk.is_empty() => told(machine.feed_eof()),
                chunk => told(machine.feed(&chunk)),
            },
            ReceiveAction::Send(bytes) => {
                output.write_all(&bytes).await?;
                output.flush().await?;
            }
            ReceiveAction::Request(request) => break request,
            ReceiveAction::Done => {
                output.flush().await?;
                return Ok(());
            }
        }
    };
    let has_pack = request.has_pack;
    let ask = PushRequest {
        updates: request.updates,
        has_impossible: !request.refused.is_empty(),
        options: request.options,
        atomic: request.atomic,
        certificate: request.certificate.map(|certificate| SentCertificate { certificate, given: nonce }),
    };
    let Ran { report, all_read } = run(pusher, slot, ask, Flow { has_pack, quiet: request.quiet }, &mut machine, input, output).await?;
    // `quiet` is about progress: git also sends it whenever its output is no terminal.
    for line in &report.messages {
        output.write_all(&machine.progress(&format!("{line}\n"))).await?;
    }
    if has_pack && !all_read && !report.results.iter().any(|(_, outcome)| outcome.is_accepted()) {
        // A client that is still sending would not read why it was refused.
        output.flush().await?;
        drain(input, app.config.git_limits.pack_bytes, if stateless { SILENCE } else { SILENCE_SSH }).await;
    }
    let unpack = report.unpack.clone().map_or(Ok(()), Err);
    output.write_all(&machine.report(unpack, &report.results)).await?;
    output.flush().await
}

/// What of the conversation concerns the two streams.
#[derive(Clone, Copy)]
struct Flow {
    has_pack: bool,
    /// The client shows no progress.
    quiet: bool,
}

/// A push that has ended.
struct Ran {
    report: PushReport,
    /// Whether the pack was taken in, so that the client is not sending any more.
    all_read: bool,
}

/// Runs the push while its pack streams in and its progress streams out.
///
/// The push is a task of its own: it may hold a lock of the database, and must go on however slowly this client reads.
async fn run(
    pusher: &Pusher,
    slot: Slot,
    request: PushRequest,
    flow: Flow,
    machine: &mut Receive,
    input: &mut (impl AsyncRead + Unpin + Send),
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<Ran> {
    let updates = request.updates.clone();
    let cancel = CancelOnDrop::default();
    let (lines_in, mut lines) = mpsc::channel::<String>(LINES);
    let (chunks_in, chunks) = mpsc::channel(PIECES);
    let pack = flow.has_pack.then(|| PackSource {
        reader: Box::new(ChannelReader::new(machine.take_rest(), chunks)),
        progress: lines_in,
        cancel: cancel.0.clone(),
    });
    let mut work = tokio::spawn(push_within(pusher.clone(), slot, request, pack).in_current_span());
    let feed = async {
        if flow.has_pack {
            pump(input, chunks_in).await;
        }
    };
    tokio::pin!(feed);
    let mut fed = false;
    let mut quiet_time = tokio::time::interval(KEEPALIVE);
    quiet_time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    quiet_time.reset();
    let result = loop {
        tokio::select! {
            result = &mut work => break result,
            () = &mut feed, if !fed => fed = true,
            Some(line) = lines.recv(), if !flow.quiet => {
                output.write_all(&machine.progress(&line)).await?;
                output.flush().await?;
            }
            _ = quiet_time.tick(), if fed || !flow.has_pack => {
                output.write_all(&machine.keepalive()).await?;
                output.flush().await?;
            }
        }
    };
    damage::settle_or_log(&pusher.app).await;
    match result.map_err(Error::internal).flatten() {
        Ok(report) => Ok(Ran { all_read: report.unpack.is_none(), report }),
        Err(error) => Ok(Ran { report: failed(error, updates), all_read: false }),
    }
}

/// The push, within its time. A client that leaves before its pack is whole ends it; one that leaves later does not.
async fn push_within(pusher: Pusher, slot: Slot, request: PushRequest, pack: Option<PackSource>) -> Result<PushReport> {
    let Pusher { app, ctx, access } = &pusher;
    let _slot = slot;
    let wall = app.config.git_limits.wall;
    let late = |_| Error::Unavailable(format!("the push took longer than {} seconds", wall.as_secs()));
    tokio::time::timeout(wall, push::push(app, ctx, access, request, pack)).await.map_err(late)?
}

/// A push that failed inside the server: the client gets a readable refusal, the log gets the cause.
fn failed(error: Error, updates: Vec<hardie_domain::push::RefUpdate>) -> PushReport {
    if let Error::Internal(source) = &error {
        tracing::error!(error = %source, "a push failed");
    }
    let mut report = PushReport::new(updates);
    report.refuse_all(&error.to_string());
    report
}

/// A protocol error is the client's; its explanation is queued in the machine, which goes on to the end by itself.
fn told<E: std::fmt::Display>(result: std::result::Result<(), E>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a push was refused by the protocol");
    }
}
