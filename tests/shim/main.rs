//! `git-upload-pack` and `git-receive-pack` over a plain repository, spoken by the server's engine: for git's own tests alone.
//!
//! Must not know: the protocol. It feeds the state machines and the ingest of `hardie-git` as the server does, and does in a plain
//! repository what the server does in its database. Start reading at `upload` and `receive`.

mod hidden;
mod hooks;
mod receive;
mod repository;
mod rules;
mod upload;

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use hardie_git::wire::Version;

use repository::Repository;

/// The status with which git gives up.
const DIED: u8 = 128;

/// How the conversation is held.
#[derive(Clone, Copy, Debug)]
struct Call {
    version: Version,
    /// One request, one answer; the advertisement was a call of its own.
    stateless: bool,
    /// Only the advertisement.
    advertise_only: bool,
    /// A pack that had to be completed is refused.
    reject_thin: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => died(&format!("{error:#}")),
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let mut words = std::env::args();
    let name = words.next().context("no name")?;
    let service = Path::new(&name).file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let version = Version::from_git_protocol(&std::env::var("GIT_PROTOCOL").unwrap_or_default());
    let mut call = Call { version, stateless: false, advertise_only: false, reject_thin: false };
    let mut folder = None;
    for word in words {
        match word.as_str() {
            "--stateless-rpc" => call.stateless = true,
            "--http-backend-info-refs" | "--advertise-refs" => call.advertise_only = true,
            "--reject-thin-pack-for-testing" => call.reject_thin = true,
            // The server's bounds on time are its own, and it never guesses a path.
            "--strict" | "--no-strict" | "--quiet" | "-q" => {}
            _ if word.starts_with("--timeout=") => {}
            _ if word.starts_with('-') => bail!("unknown option {word}"),
            _ => folder = Some(word),
        }
    }
    count(&service)?;
    let repo = Repository::open(&folder.context("which repository?")?)?;
    match service.as_str() {
        "git-upload-pack" => upload::serve(&repo, call),
        "git-receive-pack" => receive::serve(&repo, call),
        other => bail!("{other} is not spoken here"),
    }
}

/// Leaves a trace for the runner, which must know that it was this program that git's tests spoke to.
fn count(service: &str) -> anyhow::Result<()> {
    let Some(log) = std::env::var_os("HARDIE_SHIM_LOG") else { return Ok(()) };
    let mut log = std::fs::File::options().create(true).append(true).open(log).context("the log of calls")?;
    Ok(log.write_all(format!("{service}\n").as_bytes())?)
}

/// The next bytes of the client; empty at the end.
fn chunk() -> anyhow::Result<Vec<u8>> {
    let mut buffer = vec![0; 64 << 10];
    let read = std::io::stdin().read(&mut buffer)?;
    buffer.truncate(read);
    Ok(buffer)
}

/// What `die` of git says and ends with.
fn died(reason: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "fatal: {reason}");
    ExitCode::from(DIED)
}

/// Everything so far, on its way to the client.
fn send(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    Ok(out.write_all(bytes).and_then(|()| out.flush())?)
}

/// An advertisement for `git http-backend`, which writes the line that names the service itself.
fn without_service<'a>(bytes: &'a [u8], service: &str) -> &'a [u8] {
    let line = format!("# service={service}\n");
    let head = format!("{:04x}{line}0000", line.len() + 4);
    bytes.strip_prefix(head.as_bytes()).unwrap_or(bytes)
}
