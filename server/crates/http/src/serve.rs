//! The listener: accepts connections, bounds them, and drains them when asked to stop.

mod cut;
mod paced;
mod patience;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Version;
use hardie_app::shares::Shares;
use hardie_domain::network::network;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::client::Peer;
use crate::config::HttpConfig;
pub use cut::Cut;
use patience::Patient;

/// Header lines of one request.
const MAX_HEADERS: usize = 100;
/// Bytes of one request's head over HTTP/1; more get 431.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// Bytes of one request's headers over HTTP/2.
const MAX_HEAD_BYTES_H2: u32 = 64 << 10;
/// Requests under way on one HTTP/2 connection.
const MAX_STREAMS: u32 = 128;

/// Serves until `shutdown` completes, then lets requests under way finish for as long as the configuration allows.
pub async fn serve(listener: TcpListener, router: Router, config: HttpConfig, shutdown: impl Future<Output = ()>) -> std::io::Result<()> {
    let builder = Arc::new(builder(&config));
    let slots = Arc::new(Semaphore::new(config.connections));
    let shares = Shares::new(config.connections_per_client);
    let graceful = GracefulShutdown::new();
    let connections = TaskTracker::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let next = async {
            let slot = slots.clone().acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let is_proxy = config.trusted_proxies.iter().any(|range| range.contains(peer.ip()));
                let share = (!is_proxy).then(|| shares.take(network(peer.ip()), 1));
                if let Some(None) = share {
                    tracing::debug!(address = %peer.ip(), "too many connections");
                    connections.spawn(turn_away(stream));
                    continue;
                }
                let connection = connection(&builder, &graceful, stream, peer, router.clone(), &config);
                connections.spawn(async move {
                    connection.await;
                    drop((slot, share));
                });
            }
            Err(error) => pause_after(&error).await,
        }
    }
    drop(listener);
    connections.close();
    let drained = async {
        graceful.shutdown().await;
        connections.wait().await;
    };
    if tokio::time::timeout(config.drain, drained).await.is_err() {
        tracing::warn!(connections = connections.len(), "stopped with requests still under way");
    }
    Ok(())
}

fn builder(config: &HttpConfig) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.head_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES)
        // git half-closes nothing over HTTP; a client that closed its side has gone and its work is dropped.
        .half_close(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(Duration::from_secs(20))
        .max_header_list_size(MAX_HEAD_BYTES_H2)
        .max_concurrent_streams(Some(MAX_STREAMS));
    builder
}

fn connection(
    builder: &Arc<Builder<TokioExecutor>>,
    graceful: &GracefulShutdown,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    config: &HttpConfig,
) -> impl Future<Output = ()> + Send + 'static {
    // Answers are written whole; waiting to fill a segment would only add the client's delayed acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY refused");
    }
    let stall = config.stall_timeout;
    let stream = Patient::new(stream, config.head_timeout, stall);
    let cut = Cut::default();
    let wanted = cut.clone();
    let service =
        hyper_util::service::TowerToHyperService::new(tower::service_fn(move |request: axum::http::Request<hyper::body::Incoming>| {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer.ip()));
            let is_multiplexed = request.version() == Version::HTTP_2;
            if !is_multiplexed {
                request.extensions_mut().insert(cut.clone());
            }
            let router = router.clone();
            async move {
                let response = router.oneshot(request).await?;
                Ok::<_, Infallible>(if is_multiplexed { paced::paced(response, stall) } else { response })
            }
        }));
    let watcher = graceful.watcher();
    let builder = builder.clone();
    async move {
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        tokio::select! {
            ended = watcher.watch(connection) => if let Err(error) = ended {
                tracing::debug!(error = %error, "connection ended early");
            },
            () = wanted.wanted() => tracing::debug!("connection cut off"),
        }
    }
}

/// Says why before closing.
async fn turn_away(mut stream: TcpStream) {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: close\r\n\
        content-type: text/plain; charset=utf-8\r\ncontent-length: 45\r\n\r\ntoo many connections at once from one network";
    // Whether it is heard does not matter.
    let _heard = tokio::time::timeout(Duration::from_secs(1), stream.write_all(ANSWER)).await;
}

/// Out of file descriptors and the like: accepting again at once would spin. A connection that was reset is no reason to wait.
async fn pause_after(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    tracing::error!(%error, "cannot accept connections");
    tokio::time::sleep(Duration::from_millis(500)).await;
}
