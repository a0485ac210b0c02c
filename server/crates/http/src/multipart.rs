//! A file sent as a form sends it (RFC 7578): the first part of this name, read as it comes. What is held in memory does not grow with
//! the file, nor with anything else that the client sends.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, ReadBuf};

use crate::error::{Answer, Refusal};
use crate::links::decode;

/// Bytes of the lines before one part's content, and before the first part.
const MOST_HEAD: usize = 8 << 10;
/// Parts before the one that is looked for.
const MOST_PARTS: usize = 16;
/// RFC 2046 allows no longer one.
const MOST_BOUNDARY: usize = 70;
/// Bytes looked at in one step.
const STEP: usize = 64 << 10;

/// The boundary, if the body is a form with parts; else `None`.
pub fn boundary(headers: &HeaderMap) -> Answer<Option<String>> {
    let Some(text) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Ok(None);
    }
    let found = parameter(parameters, "boundary")
        .filter(|found| (1..=MOST_BOUNDARY).contains(&found.len()) && found.bytes().all(|b| b.is_ascii_graphic() || b == b' '));
    found.map(Some).ok_or_else(|| Refusal::bad_request("the Content-Type names no boundary of 1 to 70 characters"))
}

/// The part of this name, up to its content. What comes before it is passed over.
pub async fn find<R: AsyncBufRead + Unpin>(input: R, boundary: &str, name: &str) -> Answer<Part<R>> {
    let mut part = Part::new(input, boundary);
    // What comes before the first part is nobody's; the line break before its delimiter may be missing.
    part.state.matched = 2;
    let mut most = MOST_HEAD as u64;
    for _ in 0..MOST_PARTS {
        tokio::io::copy(&mut (&mut part).take(most), &mut tokio::io::sink()).await.map_err(broken)?;
        // How much may come in all is bounded by whoever made the input.
        most = u64::MAX;
        if !part.state.ended {
            return Err(Refusal::bad_request("the form does not begin with its boundary"));
        }
        let Some(head) = part.head().await? else { break };
        if head.name.as_deref() == Some(name) {
            part.file_name = head.file_name;
            return Ok(part);
        }
    }
    Err(Refusal::invalid(name.to_owned(), "the form has no part of this name"))
}

fn broken(error: io::Error) -> Refusal {
    Refusal::bad_request(format!("the form cannot be read: {error}"))
}

/// The content of one part.
pub struct Part<R> {
    input: R,
    state: Delimiter,
    /// Content that was found and not taken yet.
    ready: Bytes,
    /// The name that the client gave the file.
    pub file_name: Option<String>,
}

/// Looks for the end of a part: a line break, two dashes and the boundary. A line break is nowhere else in it, so that what was taken for
/// its beginning and is not can begin it again only with the byte at hand.
struct Delimiter {
    text: Vec<u8>,
    matched: usize,
    ended: bool,
}

impl Delimiter {
    /// The content in these bytes, and how many of them were used; all, unless the part ends in them.
    fn split(&mut self, bytes: &[u8]) -> (Bytes, usize) {
        let mut content = BytesMut::with_capacity(bytes.len() + self.matched);
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            if self.matched == 0 {
                let plain = rest.iter().position(|byte| *byte == b'\r').unwrap_or(rest.len());
                content.extend_from_slice(rest.get(..plain).unwrap_or_default());
                used += plain;
                if plain < rest.len() {
                    (self.matched, used) = (1, used + 1);
                }
                continue;
            }
            if rest.first() != self.text.get(self.matched) {
                content.extend_from_slice(self.text.get(..self.matched).unwrap_or_default());
                self.matched = 0;
                continue;
            }
            (self.matched, used) = (self.matched + 1, used + 1);
            if self.matched == self.text.len() {
                (self.ended, self.matched) = (true, 0);
                break;
            }
        }
        (content.freeze(), used)
    }
}

/// What the lines before a part's content say.
struct Head {
    name: Option<String>,
    file_name: Option<String>,
}

impl<R: AsyncBufRead + Unpin> Part<R> {
    fn new(input: R, boundary: &str) -> Part<R> {
        let state = Delimiter { text: format!("\r\n--{boundary}").into_bytes(), matched: 0, ended: false };
        Part { input, state, ready: Bytes::new(), file_name: None }
    }

    /// Reads on after a delimiter to the next content; `None` after the last.
    async fn head(&mut self) -> Answer<Option<Head>> {
        self.state.ended = false;
        let mut head = Head { name: None, file_name: None };
        let mut left = MOST_HEAD;
        for number in 0.. {
            let mut line = Vec::new();
            (&mut self.input).take(left as u64).read_until(b'\n', &mut line).await.map_err(broken)?;
            if number == 0 && line.starts_with(b"--") {
                return Ok(None);
            }
            if line.last() != Some(&b'\n') {
                return Err(Refusal::bad_request(format!("the form ends early, or a part has more than {MOST_HEAD} bytes of headers")));
            }
            left -= line.len();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            // Behind the delimiter only blanks may stand.
            if number > 0 && line.is_empty() {
                return Ok(Some(head));
            }
            if let Some((name, value)) = line.split_once(':').filter(|_| number > 0)
                && name.trim().eq_ignore_ascii_case("content-disposition")
            {
                let parameters = value.split_once(';').map_or("", |(_, parameters)| parameters);
                head.name = parameter(parameters, "name");
                head.file_name = extended(parameters).or_else(|| parameter(parameters, "filename"));
            }
        }
        Ok(None)
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Part<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.ready.is_empty() {
            if this.state.ended {
                return Poll::Ready(Ok(()));
            }
            let bytes = ready!(Pin::new(&mut this.input).poll_fill_buf(cx))?;
            if bytes.is_empty() {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the form ends in the middle of a part")));
            }
            let (content, used) = this.state.split(bytes.get(..STEP).unwrap_or(bytes));
            this.ready = content;
            Pin::new(&mut this.input).consume(used);
        }
        let count = out.remaining().min(this.ready.len());
        out.put_slice(this.ready.get(..count).unwrap_or_default());
        this.ready.advance(count);
        Poll::Ready(Ok(()))
    }
}

/// A parameter of a header: a token, or a text in quotes in which a backslash stands before a quote.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches(|c: char| c == ';' || c.is_whitespace());
        let (value, left) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => after.split_once(';').map_or((after.trim().to_owned(), ""), |(value, left)| (value.trim().to_owned(), left)),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = left;
    }
    None
}

/// Up to the closing quote, and what comes after it. Browsers leave other backslashes as they are.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' if matches!(chars.peek(), Some((_, '"' | '\\'))) => value.extend(chars.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

/// `filename*=utf-8''…` (RFC 5987), which some clients send for names beyond ASCII.
fn extended(parameters: &str) -> Option<String> {
    let value = parameter(parameters, "filename*")?;
    let encoded = value.get(..7).filter(|begin| begin.eq_ignore_ascii_case("utf-8''")).and_then(|begin| value.get(begin.len()..))?;
    String::from_utf8(decode(encoded)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::BufReader;

    async fn read(form: &[u8], piece: usize) -> Result<(Option<String>, Vec<u8>), String> {
        let part = find(BufReader::with_capacity(piece, form), "XX", "attachment").await;
        let mut part = part.map_err(|refusal| refusal.message)?;
        let mut content = Vec::new();
        part.read_to_end(&mut content).await.map_err(|error| error.to_string())?;
        Ok((part.file_name, content))
    }

    fn form(content: &[u8]) -> Vec<u8> {
        let before = b"--XX\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n--XX is no end\r\n--X\r\n--XX\r\n\
            Content-Type: application/octet-stream\r\ncontent-disposition: form-data; name=\"attachment\"; filename=\"a \\\"b\\\";c.bin\"\r\n\r\n";
        [&before[..], content, b"\r\n--XX--\r\n"].concat()
    }

    #[tokio::test]
    async fn a_file_comes_out_as_it_was_however_its_bytes_arrive() {
        let contents: [&[u8]; 6] = [b"", b"\r\n", b"\r\n--", b"a\r\n--X\r\n--Y\r\r\n", b"--XX", b"\r\r\n\r\n\r\n--X\r"];
        for content in contents {
            for piece in 1..40 {
                let found = read(&form(content), piece).await;
                assert_eq!(found, Ok((Some("a \"b\";c.bin".to_owned()), content.to_vec())), "{content:?} by {piece}");
            }
        }
    }

    #[tokio::test]
    async fn a_form_that_is_cut_or_is_none_is_refused() {
        let whole = form(b"hello");
        for end in 0..whole.len() - 8 {
            assert!(read(&whole[..end], 7).await.is_err(), "the first {end} bytes");
        }
        let long = [&b"--XX\r\nX: "[..], &b"y".repeat(9000), b"\r\n\r\nhello\r\n--XX--"].concat();
        assert!(read(&long, 100).await.unwrap_err().contains("8192 bytes of headers"));
        let preamble = [&b"z".repeat(9000)[..], &whole].concat();
        assert!(read(&preamble, 100).await.unwrap_err().contains("begin with its boundary"));
        let many = [b"--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n".repeat(20), whole].concat();
        assert!(read(&many, 100).await.unwrap_err().contains("no part of this name"));
        assert!(read(b"--XX--\r\n", 100).await.unwrap_err().contains("no part of this name"));
    }

    #[test]
    fn names_are_read_as_clients_write_them() {
        let name = |text: &str| extended(text).or_else(|| parameter(text, "filename"));
        assert_eq!(name("name=attachment; filename=tool.zip").as_deref(), Some("tool.zip"));
        assert_eq!(name("name=\"a\"; filename=\"C:\\x\\tool.zip\"").as_deref(), Some("C:\\x\\tool.zip"));
        assert_eq!(name("name=\"filename=no\"; filename*=UTF-8''%C3%A4%20b; filename=\"x\"").as_deref(), Some("ä b"));
        assert_eq!(name("name=\"a\""), None);
        let with = |text: &str| boundary(&[(CONTENT_TYPE, text.parse().unwrap())].into_iter().collect()).map_err(|r| r.status.as_u16());
        assert_eq!(with("multipart/form-data; boundary=\"a b\""), Ok(Some("a b".to_owned())));
        assert_eq!((with("application/octet-stream"), with("multipart/form-data")), (Ok(None), Err(400)));
        assert_eq!(with(&format!("multipart/form-data; boundary={}", "x".repeat(71))), Err(400));
    }
}
