//! The HTTP door from outside: the API, browser sessions, git's requests written by hand, and hostile ones.

mod audited;
pub mod auth;
mod avatars;
mod code;
mod contents;
mod contributors;
mod follow;
mod forks;
mod git_http;
mod guards;
mod hostile;
mod imports;
mod journey;
mod labels;
mod marks;
mod matrix;
mod milestones;
mod missing;
mod narrow_tokens;
mod operator;
mod passkeys;
mod promises;
mod quotas;
mod refs;
mod releases;
mod second_factor;
mod signatures;
mod statuses;
pub mod sweep;
mod teams;
mod templates;

use hardie_testkit::{TestServer, TestUser, raw};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The status with the envelope's message, for asserting on refusals.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["message"].as_str().unwrap_or_default().to_owned())
    }
}

/// Somebody who asks a server: with a token, or without.
pub struct Asker {
    host: String,
    token: Option<String>,
}

impl Asker {
    pub fn new(server: &TestServer, user: Option<&TestUser>) -> Asker {
        Asker { host: server.server.http.to_string(), token: user.map(|u| u.token.clone()) }
    }

    /// Whoever has this token.
    pub fn by(server: &TestServer, token: &str) -> Asker {
        Asker { token: Some(token.to_owned()), ..Asker::new(server, None) }
    }

    /// Sends a request with these header lines besides the usual ones.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.host);
        if !headers.iter().any(|(name, _)| *name == "transfer-encoding") {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        if let Some(token) = &self.token {
            head.push_str(&format!("authorization: token {token}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.raw(&[head.as_bytes(), b"\r\n", body].concat())
    }

    /// Sends bytes as they are.
    pub fn raw(&self, bytes: &[u8]) -> Answer {
        parse(&raw::exchange(&self.host, bytes).expect("the server answers"))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", &format!("/api/v1{path}"), &[], b"")
    }

    /// Sends JSON to the API.
    pub fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, &format!("/api/v1{path}"), &[("content-type", "application/json")], body.as_bytes())
    }
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or_else(|| panic!("no head in {:?}", String::from_utf8_lossy(bytes)));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).expect("a status");
    let split = |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    let mut answer = Answer { status, headers: lines.filter_map(split).collect(), body: bytes[end + 4..].to_vec() };
    if answer.header("transfer-encoding") == "chunked" {
        answer.body = unchunk(&answer.body);
    }
    answer
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).expect("a size"), 16).expect("a size");
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}
