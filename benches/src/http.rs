//! HTTP/1.1 over one kept connection: as little work as possible on the measuring side.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

/// No answer of a bench is larger.
const MOST: usize = 256 << 20;
/// No answer of a bench takes longer.
const PATIENCE: Duration = Duration::from_secs(300);

/// A request as it goes over the wire, made once and sent often.
#[derive(Clone, Debug)]
pub struct Request(Vec<u8>);

impl Request {
    /// With `Content-Length`, unless there is no body.
    pub fn new(method: &str, host: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: git/2.47.3\r\nAccept: */*\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(body);
        Self(bytes)
    }
}

/// What came back.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Response {
    /// Fails, with the body's beginning, unless the status is a success.
    pub fn good(self) -> anyhow::Result<Self> {
        ensure!((200..300).contains(&self.status), "status {}: {}", self.status, self.start());
        Ok(self)
    }

    /// The beginning of the body, for a message.
    pub fn start(&self) -> String {
        String::from_utf8_lossy(self.body.get(..self.body.len().min(400)).unwrap_or_default()).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> anyhow::Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {}", self.start()))
    }
}

/// One connection, opened at the first request and again after the server closed it.
#[derive(Debug)]
pub struct Connection {
    host: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    /// To this server.
    pub const fn to(host: SocketAddr) -> Self {
        Self { host, stream: None }
    }

    /// Sends a request and reads the whole answer.
    pub fn send(&mut self, request: &Request) -> anyhow::Result<Response> {
        let mut body = Vec::new();
        let status = self.exchange(request, &mut |piece| {
            ensure!(body.len().saturating_add(piece.len()) <= MOST, "the answer is larger than {MOST} bytes");
            body.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(Response { status, body })
    }

    /// Sends a request and counts the bytes of a good answer, however long it is.
    pub fn count(&mut self, request: &Request) -> anyhow::Result<u64> {
        let mut bytes = 0;
        let status = self.exchange(request, &mut |piece| {
            bytes += piece.len() as u64;
            Ok(())
        })?;
        ensure!((200..300).contains(&status), "status {status}");
        Ok(bytes)
    }

    fn exchange(&mut self, request: &Request, take: &mut Take<'_>) -> anyhow::Result<u16> {
        if self.stream.is_none() {
            let stream = TcpStream::connect_timeout(&self.host, PATIENCE)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            self.stream = Some(BufReader::with_capacity(64 << 10, stream));
        }
        let stream = self.stream.as_mut().context("no connection")?;
        stream.get_mut().write_all(&request.0)?;
        let (status, keep) = read_response(stream, take)?;
        if !keep {
            self.stream = None;
        }
        Ok(status)
    }
}

/// Gets the body piece by piece.
type Take<'a> = dyn FnMut(&[u8]) -> anyhow::Result<()> + 'a;

fn read_response(stream: &mut BufReader<TcpStream>, take: &mut Take<'_>) -> anyhow::Result<(u16, bool)> {
    let first = read_line(stream)?;
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok()).with_context(|| format!("no status line: {first:?}"))?;
    let (mut length, mut chunked, mut keep) = (None, false, true);
    loop {
        let line = read_line(stream)?;
        let Some((name, value)) = line.split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = Some(value.parse::<usize>()?),
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "connection" => keep = !value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    if chunked {
        loop {
            let line = read_line(stream)?;
            let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16)?;
            read_exactly(stream, size, take)?;
            read_line(stream)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = length {
        read_exactly(stream, length, take)?;
    } else if status != 204 {
        bail!("an answer without a length");
    }
    Ok((status, keep))
}

fn read_exactly(stream: &mut BufReader<TcpStream>, size: usize, take: &mut Take<'_>) -> anyhow::Result<()> {
    let mut left = size;
    while left > 0 {
        let here = stream.fill_buf()?;
        ensure!(!here.is_empty(), "the connection ended in the middle of an answer");
        let used = here.len().min(left);
        take(here.get(..used).unwrap_or_default())?;
        stream.consume(used);
        left -= used;
    }
    Ok(())
}

fn read_line(stream: &mut BufReader<TcpStream>) -> anyhow::Result<String> {
    let mut line = Vec::new();
    stream.by_ref().take(64 << 10).read_until(b'\n', &mut line)?;
    ensure!(line.ends_with(b"\n"), "the connection ended in the middle of an answer");
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
