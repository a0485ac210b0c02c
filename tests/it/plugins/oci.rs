//! Components in OCI registries: brought to a real one and taken out of it, and taken from one that means harm.

mod hostile;
mod real;
mod registry;
mod stranger;

use std::io::Write as _;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_domain::plugin::Digest;
use hardie_testkit::{Git, process};
use sha2::{Digest as _, Sha256};

use super::Said;

fn sha256(bytes: &[u8]) -> String {
    Digest(Sha256::digest(bytes).into()).to_string()
}

/// Runs `hardie plugin` in somebody's home, with what `docker login` left there and the programs in `bin`.
fn run(git: &Git, arguments: &[&str], input: &str) -> Said {
    let mut command = process::hardie(&["plugin"]).unwrap();
    let path = format!("{}:{}", git.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    command.args(arguments).current_dir(git.home()).env("HOME", git.home()).env("PATH", path);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may end before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

fn done(git: &Git, arguments: &[&str]) -> Said {
    let said = run(git, arguments, "");
    assert_eq!(said.code, Some(0), "{arguments:?}: {}{}", said.out, said.err);
    said
}

/// Why it failed.
fn refused(git: &Git, arguments: &[&str]) -> String {
    let said = run(git, arguments, "");
    assert!(said.code == Some(1) && said.out.is_empty(), "{arguments:?}: {}{}", said.out, said.err);
    said.err
}

/// Writes what `docker login` would.
fn log_in(git: &Git, registry: &str, user: &str, password: &str) {
    std::fs::create_dir_all(git.path(".docker")).unwrap();
    let auth = STANDARD.encode(format!("{user}:{password}"));
    let config = serde_json::json!({ "auths": { registry: { "auth": auth } } });
    std::fs::write(git.path(".docker/config.json"), config.to_string()).unwrap();
}
