//! Stored bytes sent as what they are: a download that no browser runs, whole or from where the client left off.

use axum::body::Body;
use axum::http::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use crate::cache::{conditional, etag, has};
use crate::error::{Answer, Refusal};
use crate::links::encode_query;
use crate::range::{Wanted, wanted};
use crate::raw::protection;

/// Bytes of one piece of an answer.
const PIECE: usize = 256 << 10;

/// What is sent.
pub struct Download<'a> {
    /// The file's name.
    pub name: &'a [u8],
    /// Its type.
    pub media_type: &'static str,
    /// What a refusal calls it.
    pub what: &'static str,
    /// Bytes of all of it.
    pub size: u64,
    /// What determines every byte of it.
    pub identity: &'a [&'a str],
}

/// Answers with what `read` gives: so many bytes from there on.
pub async fn send<R, F>(download: Download<'_>, asked: &HeaderMap, read: impl FnOnce(u64, u64) -> F) -> Answer<Response>
where
    R: AsyncRead + Send + 'static,
    F: Future<Output = hardie_app::Result<R>>,
{
    let Download { name, media_type, what, size, identity } = download;
    let tag = etag(identity);
    if has(asked, &tag) {
        return Ok(conditional(asked, &tag, || ().into_response()));
    }
    let mut headers = protection();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let (status, start, length) = match wanted(asked, &tag, size) {
        Wanted::Whole => (StatusCode::OK, 0, size),
        Wanted::Part { first, last } => {
            insert(&mut headers, CONTENT_RANGE, &format!("bytes {first}-{last}/{size}"));
            (StatusCode::PARTIAL_CONTENT, first, last - first + 1)
        }
        Wanted::Nothing => {
            let refusal =
                Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, format!("the {what} has {size} bytes: there is none in that range"));
            insert(&mut headers, CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok((headers, refusal).into_response());
        }
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    insert(&mut headers, CONTENT_DISPOSITION, &format!("attachment; filename*=UTF-8''{}", encode_query(name)));
    let stream = ReaderStream::with_capacity(read(start, length).await?, PIECE);
    Ok(conditional(asked, &tag, || (status, headers, Body::from_stream(stream)).into_response()))
}

fn insert(headers: &mut HeaderMap, name: axum::http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
