//! One request and the head of its answer, on a connection of its own.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hardie_domain::delivery::ServiceError;
use http::header::{HOST, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::bounds::Bounds;
use super::connect;
use super::destination::Destination;
use super::fill::Prepared;

/// The tasks that drive a connection. They end, and it is closed, when this is dropped.
pub(super) struct Open(Tasks);

#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, task: F) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
            task.await;
        });
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // The tasks of HTTP/2 hold the set that holds them, so dropping it would not do.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

/// Sends `request` and waits for the head of the answer; the body comes as long as the second of the pair is kept. An upgrade is none.
pub(super) async fn exchange(
    request: Prepared,
    tcp: TcpStream,
    tls: Option<Arc<ClientConfig>>,
    bounds: &Bounds,
) -> Result<(Response<Incoming>, Open), ServiceError> {
    let at = request.destination.clone();
    let open = Open(Tasks::default());
    let sent = async {
        match tls {
            None => over_http1(request, tcp, &open.0, bounds).await,
            Some(config) => {
                let stream = connect::tls(&at, tcp, config).await?;
                match stream.get_ref().1.alpn_protocol() {
                    Some(connect::H2) => over_http2(request, stream, &open.0, bounds).await,
                    _ => over_http1(request, stream, &open.0, bounds).await,
                }
            }
        }
    };
    let head = timeout(bounds.head, sent)
        .await
        .map_err(|_| ServiceError::Failed(format!("{at} did not begin to answer within {:?}", bounds.head)))??;
    if head.status() == http::StatusCode::SWITCHING_PROTOCOLS {
        return Err(ServiceError::Failed(format!("{at} wants to speak something else than HTTP, which was not asked for")));
    }
    Ok((head, open))
}

async fn over_http1<S>(request: Prepared, stream: S, tasks: &Tasks, bounds: &Bounds) -> Result<Response<Incoming>, ServiceError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let at = request.destination.clone();
    let broken = |error: hyper::Error| in_words(&at, &error, bounds);
    let most = usize::try_from(bounds.head_bytes).unwrap_or(usize::MAX);
    let mut builder = http1::Builder::new();
    builder.max_buf_size(most).max_header_size(most);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    tasks.execute(connection);
    let mut message = message(request, Version::HTTP_11, |parts| parts.path_and_query.map(Uri::from))?;
    let host = HeaderValue::from_str(&at.authority()).map_err(|_| unsendable(&at))?;
    message.headers_mut().insert(HOST, host);
    sender.send_request(message).await.map_err(broken)
}

async fn over_http2<S>(request: Prepared, stream: S, tasks: &Tasks, bounds: &Bounds) -> Result<Response<Incoming>, ServiceError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let at = request.destination.clone();
    let broken = |error: hyper::Error| in_words(&at, &error, bounds);
    let mut builder = http2::Builder::new(tasks.clone());
    builder.max_header_list_size(bounds.head_bytes);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    tasks.execute(connection);
    let message = message(request, Version::HTTP_2, |parts| Uri::from_parts(parts).ok())?;
    sender.send_request(message).await.map_err(broken)
}

/// The request as hyper takes it; `uri` makes the form of its address that the version needs.
fn message(
    request: Prepared,
    version: Version,
    uri: impl FnOnce(http::uri::Parts) -> Option<Uri>,
) -> Result<Request<Full<Bytes>>, ServiceError> {
    let at = request.destination;
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(if at.is_https() { Scheme::HTTPS } else { Scheme::HTTP });
    parts.authority = Some(at.authority().parse::<Authority>().map_err(|_| unsendable(&at))?);
    parts.path_and_query = Some(request.path);
    let mut message = Request::new(Full::new(request.body));
    *message.method_mut() = request.method;
    *message.uri_mut() = uri(parts).ok_or_else(|| unsendable(&at))?;
    *message.version_mut() = version;
    *message.headers_mut() = request.headers;
    Ok(message)
}

fn unsendable(at: &Destination) -> ServiceError {
    ServiceError::Invalid(format!("the address of the request to {at} is none that HTTP can carry"))
}

/// What is wrong with an exchange, in words of ours: none of the other side's bytes.
pub(super) fn in_words(at: &Destination, error: &hyper::Error, bounds: &Bounds) -> ServiceError {
    let why = if error.is_parse_too_large() {
        format!("the headers of its answer are more than 100 or larger than {} bytes", bounds.head_bytes)
    } else if error.is_parse() {
        "its answer is not HTTP".to_owned()
    } else if error.is_incomplete_message() {
        "it closed the connection before its answer was whole".to_owned()
    } else {
        "the connection broke, or the answer is larger than is taken".to_owned()
    };
    ServiceError::Failed(format!("the exchange with {at} failed: {why}"))
}
