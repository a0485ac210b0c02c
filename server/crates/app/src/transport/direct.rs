//! A pack built for one client at that client's pace: where an answer is too long, or the disk too full, to be kept.

use std::io;
use std::sync::Arc;

use hardie_git::Cancel;
use hardie_git::upload::{PackRequest, Upload};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::pack;
use super::relay::{ChannelSink, relay};
use crate::git_access::RepoHandle;
use crate::{App, Error};

/// Builds and sends.
pub async fn send(
    app: &App,
    machine: &mut Upload,
    handle: &Arc<RepoHandle>,
    request: Box<PackRequest>,
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<()> {
    let (turn, app, handle) = (app.clone(), app.clone(), handle.clone());
    let (turn, of) = (async move { turn.git.build_permit().await }, app.clone());
    let work = move |sink: &mut ChannelSink, gone: &Cancel| {
        let built = pack::build(&of, &handle, &request, sink, gone);
        built.inspect_err(|error| pack::explain(&of, handle.snapshot.repo.id, error))
    };
    match relay(turn, work, machine.framing(), output).await? {
        Ok(()) => {
            output.write_all(&machine.finish_pack()).await?;
            output.flush().await
        }
        // Told already.
        Err(Error::Unavailable(why)) => pack::fail(&app, machine, Some(why), output).await,
        Err(error) => {
            tracing::debug!(%error, "a fetch is ended");
            pack::fail(&app, machine, None, output).await
        }
    }
}
