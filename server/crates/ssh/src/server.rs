//! The listener: who gets in, and how it closes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hardie_app::App;
use hardie_app::shares::{Full, Places};
use hardie_domain::network::network;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::SshConfig;
use crate::connection::{self, Shared};

/// Serves SSH until `shutdown` is cancelled, then lets commands under way end for as long as the configuration allows.
pub async fn serve(listener: TcpListener, app: App, config: SshConfig, shutdown: CancellationToken) -> io::Result<()> {
    for (algorithm, fingerprint) in config.host_keys.fingerprints() {
        tracing::info!(%algorithm, %fingerprint, "ssh host key");
    }
    let places = Places::new(config.connections, config.per_address);
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
        match places.enter(Some(network(peer.ip()))) {
            Ok(place) => {
                let shared = shared.clone();
                connections.spawn(async move {
                    connection::serve(shared, stream, peer.ip()).await;
                    drop(place);
                });
            }
            Err(full) => {
                tracing::debug!(address = %peer.ip(), ?full, "too many ssh connections");
                connections.spawn(turn_away(stream, full));
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
async fn turn_away(mut stream: TcpStream, full: Full) {
    let text = match full {
        Full::Everywhere => "Too many connections; try again in a moment.\r\n",
        Full::ForClient => "Too many connections from your network; try again in a moment.\r\n",
    };
    let said = stream.write_all(text.as_bytes());
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
