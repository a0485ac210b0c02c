//! The listener: who gets in, and how it closes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hardie_app::App;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::SshConfig;
use crate::connection::{self, Shared};
use crate::crowd::Crowd;

/// Serves SSH until `shutdown` is cancelled, then lets commands under way end for as long as the configuration allows.
pub async fn serve(listener: TcpListener, app: App, config: SshConfig, shutdown: CancellationToken) -> io::Result<()> {
    for (algorithm, fingerprint) in config.host_keys.fingerprints() {
        tracing::info!(%algorithm, %fingerprint, "ssh host key");
    }
    let crowd = Crowd::new(config.connections, config.per_address);
    let drain = config.drain;
    let russh = Arc::new(config.russh());
    let shared = Arc::new(Shared { app, config, russh, shutdown: shutdown.clone(), force: CancellationToken::new() });
    let connections = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    pause_after(&error).await;
                    continue;
                }
            },
            () = shutdown.cancelled() => break,
        };
        match crowd.enter(peer.ip()) {
            Some(place) => {
                let shared = shared.clone();
                connections.spawn(async move {
                    connection::serve(shared, stream, peer.ip()).await;
                    drop(place);
                });
            }
            None => {
                tracing::debug!(address = %peer.ip(), "too many ssh connections");
                connections.spawn(turn_away(stream));
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(drain, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "ssh: commands under way were cut off");
        shared.force.cancel();
        connections.wait().await;
    }
    Ok(())
}

/// Says why before closing: a server may send lines before its identification (RFC 4253, section 4.2).
async fn turn_away(mut stream: TcpStream) {
    let said = stream.write_all(b"Too many connections from your network; try again in a moment.\r\n");
    // Whether it is heard does not matter.
    let _heard = tokio::time::timeout(Duration::from_secs(1), said).await;
}

/// Some errors concern one connection only; when the process is out of descriptors, trying again at once would spin.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "cannot accept ssh connections");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
