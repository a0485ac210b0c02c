//! An answer's body: as it comes, at no less than a pace, up to a size, inflated. Or its head alone.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use hardie_domain::delivery::{HttpResponse, ServiceError};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use super::bounds::Bounds;
use super::destination::Destination;
use super::exchange::in_words;

/// Bytes of a body that nobody wants.
const HEARD_OUT: usize = 4 << 10;

/// Reads it all. `inflates` is false where no body follows, whatever the headers say of one.
pub(super) async fn read(
    head: Response<Incoming>,
    at: &Destination,
    inflates: bool,
    bounds: &Bounds,
) -> Result<HttpResponse, ServiceError> {
    let (parts, mut body) = head.into_parts();
    let mut headers = parts.headers;
    let empty = !inflates || matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let mut kept = if empty { Kept::plain(bounds.answer_bytes) } else { Kept::of(&mut headers, at, bounds.answer_bytes)? };
    let mut came = 0_usize;
    while let Some(piece) = next(&mut body, at, bounds).await? {
        came = came.saturating_add(piece.len());
        if came > bounds.answer_bytes || kept.write(&piece).is_err() {
            return Err(kept.refused(at, came));
        }
    }
    let body = if came == 0 { Vec::new() } else { kept.finish().map_err(|_| broken(at))? };
    headers.remove(TRANSFER_ENCODING);
    Ok(response(parts.status, &headers, body))
}

/// The head alone, which was answered whatever becomes of the body. A little of that is read and forgotten, until `end` at the latest, so that
/// whoever answers in a few words is heard out.
pub(super) async fn read_head(head: Response<Incoming>, end: Instant) -> HttpResponse {
    let (parts, mut body) = head.into_parts();
    let mut came = 0_usize;
    while came < HEARD_OUT
        && let Ok(Some(Ok(frame))) = timeout_at(end, body.frame()).await
    {
        came = came.saturating_add(frame.into_data().map_or(1, |data| data.len()));
    }
    response(parts.status, &parts.headers, Vec::new())
}

fn response(status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> HttpResponse {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    HttpResponse { status: status.as_u16(), headers, body }
}

/// What came within one pace: more than nothing unless the body is at its end.
pub(super) async fn next(body: &mut Incoming, at: &Destination, bounds: &Bounds) -> Result<Option<Vec<u8>>, ServiceError> {
    let end = Instant::now() + bounds.pace;
    let mut piece = Vec::new();
    loop {
        match timeout_at(end, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                // Trailers are nobody's here.
                piece.extend_from_slice(&frame.into_data().unwrap_or_else(|_| Bytes::new()));
                if piece.len() >= bounds.pace_bytes {
                    return Ok(Some(piece));
                }
            }
            Ok(Some(Err(error))) => return Err(in_words(at, &error, bounds)),
            Ok(None) if piece.is_empty() => return Ok(None),
            Ok(None) => return Ok(Some(piece)),
            Err(_) => {
                return Err(ServiceError::Failed(format!(
                    "{at} answers too slowly: less than {} bytes within {:?}",
                    bounds.pace_bytes, bounds.pace
                )));
            }
        }
    }
}

/// The body so far.
enum Kept {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Kept {
    fn plain(most: usize) -> Kept {
        Kept::Plain(Bounded { bytes: Vec::new(), most, full: false })
    }

    /// By what the headers say, which say it no longer: what is handed on is inflated.
    fn of(headers: &mut HeaderMap, at: &Destination, most: usize) -> Result<Kept, ServiceError> {
        let all: Vec<String> =
            headers.get_all(CONTENT_ENCODING).iter().map(|v| String::from_utf8_lossy(v.as_bytes()).to_ascii_lowercase()).collect();
        let bounded = Bounded { bytes: Vec::new(), most, full: false };
        match all.iter().map(|value| value.trim()).collect::<Vec<_>>().as_slice() {
            [] | ["" | "identity"] => Ok(Kept::Plain(bounded)),
            ["gzip" | "x-gzip"] => {
                headers.remove(CONTENT_ENCODING);
                headers.remove(CONTENT_LENGTH);
                Ok(Kept::Gzip(Box::new(MultiGzDecoder::new(bounded))))
            }
            _ => Err(ServiceError::Failed(format!("{at} answered in an encoding that was not asked for; gzip was"))),
        }
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Kept::Plain(bounded) => bounded.write_all(piece),
            Kept::Gzip(decoder) => decoder.write_all(piece),
        }
    }

    /// Why a piece was not taken: too much, or no gzip.
    fn refused(&self, at: &Destination, came: usize) -> ServiceError {
        let bounded = match self {
            Kept::Plain(bounded) => bounded,
            Kept::Gzip(decoder) => decoder.get_ref(),
        };
        if bounded.full || came > bounded.most {
            return ServiceError::Failed(format!("{at} answered with more than {} bytes", bounded.most));
        }
        broken(at)
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Kept::Plain(bounded) => Ok(bounded.bytes),
            Kept::Gzip(decoder) => Ok(decoder.finish()?.bytes),
        }
    }
}

fn broken(at: &Destination) -> ServiceError {
    ServiceError::Failed(format!("{at} answered with gzip that is broken or cut off"))
}

/// Takes bytes until it is full.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(piece.len()) > self.most {
            self.full = true;
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
