//! Bytes that users supply, sent so that no browser runs them in our origin: the type is told by the content, never by the
//! name; anything but images and plain text is a download; nothing in it may load, run or be framed.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use crate::links::encode_query;

/// Bytes looked at to tell text from other things, as git does.
const LOOK: usize = 8000;

/// Bytes of one piece of an answer.
pub const PIECE: usize = 64 << 10;

/// An answer with these bytes; `name` is the file's name for a download. `held` is dropped when the last piece was taken.
pub fn file<H: Send + 'static>(name: &[u8], bytes: impl Into<Bytes>, held: H) -> Response {
    let bytes: Bytes = bytes.into();
    let kind = kind_of(&bytes);
    let disposition = if kind.inline { "inline" } else { "attachment" };
    let mut headers = protection();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind.content_type));
    // RFC 8187: percent-encoded, so that no byte of a name can end the header.
    let value = format!("{disposition}; filename*=UTF-8''{}", encode_query(name));
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    (headers, held_body(bytes, held)).into_response()
}

/// A body in pieces. `held` is dropped when the last of them was taken, or when nobody takes them any more.
pub fn held_body<H: Send + 'static>(bytes: Bytes, held: H) -> Body {
    Body::from_stream(futures_util::stream::unfold((bytes, held), |(mut left, held)| async move {
        let piece = left.split_to(left.len().min(PIECE));
        (!piece.is_empty()).then(|| (Ok::<_, Infallible>(piece), (left, held)))
    }))
}

/// The headers for anything that users supplied.
pub fn protection() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers
}

/// Whether bytes are not text: a NUL near their beginning.
fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(LOOK).any(|b| *b == 0)
}

struct Kind {
    content_type: &'static str,
    inline: bool,
}

fn kind_of(bytes: &[u8]) -> Kind {
    let images: [(&[u8], &'static str); 6] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"BM", "image/bmp"),
        (b"\x00\x00\x01\x00", "image/x-icon"),
    ];
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let image = images.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, kind)| *kind).or(is_webp.then_some("image/webp"));
    // "BM" alone begins many texts.
    match image.filter(|kind| *kind != "image/bmp" || is_binary(bytes)) {
        Some(content_type) => Kind { content_type, inline: true },
        None if is_binary(bytes) => Kind { content_type: "application/octet-stream", inline: false },
        // HTML, SVG and scripts too: shown as what they are written as.
        None => Kind { content_type: "text/plain; charset=utf-8", inline: true },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &[u8], bytes: &'static [u8]) -> (String, String, String) {
        let response = file(name, bytes, ());
        let header = |name| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header(X_CONTENT_TYPE_OPTIONS), "nosniff");
        (header(CONTENT_TYPE), header(CONTENT_DISPOSITION), header(CONTENT_SECURITY_POLICY))
    }

    #[test]
    fn active_content_is_shown_as_text_and_never_runs() {
        for bytes in [&b"<html><script>alert(1)</script>"[..], b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", b"BM is a brand"]
        {
            let (content_type, disposition, policy) = headers(b"x.html", bytes);
            assert_eq!(content_type, "text/plain; charset=utf-8");
            assert!(disposition.starts_with("inline"));
            assert_eq!(policy, "default-src 'none'; sandbox");
        }
    }

    #[test]
    fn images_are_shown_and_the_rest_is_downloaded() {
        assert_eq!(headers(b"a.png", b"\x89PNG\r\n\x1a\n....").0, "image/png");
        let (content_type, disposition, _) = headers(b"a.pdf", b"%PDF-1.7\n\x00\x01");
        assert_eq!(content_type, "application/octet-stream");
        assert!(disposition.starts_with("attachment"));
    }

    #[test]
    fn a_name_cannot_end_the_header() {
        let (_, disposition, _) = headers(b"a\"\r\nSet-Cookie: x=1;/\xff", b"\x00");
        assert_eq!(disposition, "attachment; filename*=UTF-8''a%22%0D%0ASet-Cookie%3A%20x%3D1%3B%2F%FF");
    }
}
