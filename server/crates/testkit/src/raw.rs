//! Requests that no honest client sends: git's wire format written by hand.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};

use crate::Git;

/// One packet line (gitprotocol-common, "pkt-line Format").
pub fn packet(payload: &[u8]) -> Vec<u8> {
    let mut line = format!("{:04x}", payload.len() + 4).into_bytes();
    line.extend_from_slice(payload);
    line
}

/// Pushes the creation of one ref with a pack of exactly these objects; everything that the server answers, as text.
pub fn push(git: &Git, dir: &Path, url: &str, objects: &[&str], new: &str, name: &str) -> anyhow::Result<String> {
    let list: String = objects.iter().map(|o| format!("{o}\n")).collect();
    let pack = git.filter(dir, &["pack-objects", "--stdout", "--quiet"], list.as_bytes())?;
    push_pack(git, dir, url, &pack, new, name)
}

/// Pushes the creation of one ref with these bytes as the pack.
pub fn push_pack(git: &Git, dir: &Path, url: &str, pack: &[u8], new: &str, name: &str) -> anyhow::Result<String> {
    let zero = "0".repeat(40);
    let mut body = packet(format!("{zero} {new} {name}\0report-status side-band-64k atomic agent=raw\n").as_bytes());
    body.extend_from_slice(b"0000");
    body.extend_from_slice(pack);
    let answer = match url.strip_prefix("http://") {
        Some(rest) => over_http(git, rest, "git-receive-pack", &body)?,
        None => over_ssh(git, dir, url, "git-receive-pack", &body)?,
    };
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Posts a body to a git service with the person's credentials; head and body of the answer.
pub fn over_http(git: &Git, rest: &str, service: &str, body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (host, path) = rest.split_once('/').context("an address without a path")?;
    let basic = git.basic_auth()?;
    let head = format!(
        "POST /{path}/{service} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {basic}\r\nConnection: close\r\n\
         Content-Type: application/x-{service}-request\r\nAccept: application/x-{service}-result\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    exchange(host, &[head.as_bytes(), body].concat())
}

/// Sends bytes to a loopback address and reads until the other side closes.
pub fn exchange(host: &str, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(host)?;
    let mut writer = stream.try_clone()?;
    let request = request.to_vec();
    // The server may answer and close before it has read everything; then writing fails and the answer counts.
    let sender = std::thread::spawn(move || drop(writer.write_all(&request)));
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    drop(sender.join());
    match read {
        Err(error) if answer.is_empty() => Err(error.into()),
        _ => Ok(answer),
    }
}

/// Sends bytes to a git service over SSH with the person's key; everything that it answers.
pub fn over_ssh(git: &Git, dir: &Path, url: &str, service: &str, body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let rest = url.strip_prefix("ssh://git@").context("not an SSH address")?;
    let (authority, path) = rest.split_once('/').context("an address without a path")?;
    let (host, port) = authority.split_once(':').context("an address without a port")?;
    let command = format!("$GIT_SSH_COMMAND -p {port} git@{host} \"{service} '{path}'\"");
    let mut child = git
        .command("sh")
        .current_dir(dir)
        .args(["-c", &command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("no input")?;
    let body = body.to_vec();
    let sender = std::thread::spawn(move || drop(stdin.write_all(&body)));
    let output = child.wait_with_output()?;
    if sender.join().is_err() {
        bail!("the writer panicked");
    }
    Ok([output.stdout, output.stderr].concat())
}
