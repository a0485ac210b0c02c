//! A pack built for one client at that client's pace: where an answer is too long, or the disk too full, to be kept.

use std::io;
use std::sync::Arc;

use hardie_git::upload::{PackRequest, Upload};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::pack::{self, FAILED};
use super::relay::relay;
use crate::App;
use crate::git_access::RepoHandle;

/// Builds and sends.
pub async fn send(
    app: &App,
    machine: &mut Upload,
    handle: &Arc<RepoHandle>,
    request: Box<PackRequest>,
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<()> {
    let (turn, app, handle) = (app.clone(), app.clone(), handle.clone());
    let turn = async move { turn.git.build_permit().await };
    let build = relay(turn, move |sink, gone| pack::build(&app, &handle, &request, sink, gone), machine.framing(), output);
    match build.await? {
        Ok(()) => output.write_all(&machine.finish_pack()).await?,
        Err(error) => {
            tracing::error!(%error, "a pack could not be built");
            output.write_all(&machine.fail_pack(FAILED)).await?;
        }
    }
    output.flush().await
}
