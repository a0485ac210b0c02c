//! Sends the pack that a fetch ends in: from the answers that are kept, or built for this client alone.

use std::io;
use std::sync::Arc;

use bytes::Buf as _;
use hardie_domain::ids::RepoId;
use hardie_git::Cancel;
use hardie_git::build::{self, Source};
use hardie_git::sink::ByteSink;
use hardie_git::upload::{PackRequest, Upload};
use hardie_git::wire::sideband::Band;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::answers::{Key, Part, Writer};
use super::{KEEPALIVE, direct};
use crate::git_access::RepoHandle;
use crate::{App, damage};

/// What a client is told; the log says more.
pub const FAILED: &str = "the server could not build the pack; try again";
/// The longest answer that is kept, by the size of the packs that it is made from.
const LONGEST: u64 = 1 << 30;
/// What stays free on the disk when an answer is kept.
const SPARE: u64 = 256 << 20;

/// Sends the pack, its progress and its end, or why there is none.
pub async fn send(
    app: &App,
    machine: &mut Upload,
    handle: &Arc<RepoHandle>,
    request: Box<PackRequest>,
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<()> {
    if !may_keep(app, handle).await {
        return direct::send(app, machine, handle, request, output).await;
    }
    let progress = request.progress;
    let repo = &handle.snapshot.repo;
    let framing = machine.framing();
    let key = Key { repo: repo.id, generation: repo.generation, framing, request: *request };
    let (mut reader, writer) = app.git.answers.join(key.clone());
    if let Some(writer) = writer {
        start(app, handle, key.request, writer);
    }
    loop {
        match timeout(KEEPALIVE, reader.next()).await {
            Ok(Ok(Part::Frames(bytes))) => output.write_all(&bytes).await?,
            Ok(Ok(Part::Data(bytes))) => {
                for mut packet in framing.packets(Band::Data, bytes) {
                    if output.is_write_vectored() {
                        output.write_all_buf(&mut packet).await?;
                    } else {
                        // In one: what is written may be enciphered and sent piece by piece.
                        output.write_all(&packet.copy_to_bytes(packet.remaining())).await?;
                    }
                }
            }
            Ok(Ok(Part::Note(text))) if progress => output.write_all(&machine.frame_progress(&text)).await?,
            Ok(Ok(Part::Note(_))) => {}
            Ok(Ok(Part::End)) => {
                output.write_all(&machine.finish_pack()).await?;
                return output.flush().await;
            }
            Ok(Ok(Part::Failed(why))) => return fail(app, machine, why, output).await,
            Ok(Err(error)) => {
                tracing::error!(%error, "an answer that was kept could not be read");
                return fail(app, machine, None, output).await;
            }
            Err(_) if reader.is_level() => {
                output.write_all(&machine.keepalive()).await?;
                output.flush().await?;
            }
            Err(_) => {}
        }
    }
}

/// Ends a fetch whose pack could not be built. Whoever is to hear of damage has heard of it before the client does.
pub async fn fail(app: &App, machine: &mut Upload, why: Option<String>, output: &mut (impl AsyncWrite + Unpin + Send)) -> io::Result<()> {
    damage::settle_or_log(app).await;
    output.write_all(&machine.fail_pack(why.as_deref().unwrap_or(FAILED))).await?;
    output.flush().await
}

/// Builds in a task of its own: whoever began it may leave while others read along.
fn start(app: &App, handle: &Arc<RepoHandle>, request: PackRequest, writer: Writer) {
    let (app, handle) = (app.clone(), handle.clone());
    let mut writer = writer.spilling_to(&app.packs);
    let repo = handle.snapshot.repo.id;
    let work = async move {
        let permit = app.git.build_permit().await;
        let of = app.clone();
        let build = move || {
            let _permit = permit;
            let gone = writer.gone();
            let built = build(&of, &handle, &request, &mut writer, &gone);
            // Why it could not be written says more than that the child was ended for it.
            writer.finish(built)
        };
        match spawn_blocking(build).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => explain(&app, repo, &error),
            Err(panic) => tracing::error!(%panic, "building a pack failed"),
        }
    };
    drop(tokio::spawn(work.in_current_span()));
}

/// Tells the log why a pack could not be built. What does not name a pack is looked at more closely.
pub fn explain(app: &App, repo: RepoId, error: &hardie_git::Error) {
    tracing::error!(%error, repo.id = %repo, "a pack could not be built");
    damage::suspect(app, repo, error);
}

/// Writes the pack. Blocks; the caller has taken a turn.
pub fn build(app: &App, handle: &RepoHandle, request: &PackRequest, sink: &mut impl ByteSink, gone: &Cancel) -> hardie_git::Result<()> {
    // Made only for a pack that is left to git, which does not compare what it sends with any checksum.
    let view = || match handle.damaged_pack() {
        Some(pack) => Err(hardie_git::Error::Damaged { pack, object: None, why: "what git would send of it is not proven".to_owned() }),
        None => handle.view(&app.packs),
    };
    let source = Source { packs: &app.packs, odb: &handle.odb, refs: &handle.refs, view: &view };
    let built = build::build_pack(&source, request, sink, gone, app.config.git_limits.wall);
    built.map_err(|error| match error {
        // A ref reaches all that goes in.
        hardie_git::Error::NotFound(id) => hardie_git::Error::Corrupt { id, why: "a ref reaches it, and no pack has it".to_owned() },
        other => other,
    })
}

/// Whether there is room for the answer. It is seldom longer than the packs that it is made from.
async fn may_keep(app: &App, handle: &RepoHandle) -> bool {
    let bytes = handle.snapshot.repo.size_bytes;
    if bytes > LONGEST {
        return false;
    }
    app.git.free.bytes(&app.packs).await.is_some_and(|free| free > SPARE + 2 * bytes)
}
