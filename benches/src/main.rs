//! Ratios against nginx, fcgiwrap and `git http-backend`, and against OpenSSH and git, on loopback and in one run. `cargo xtask bench`
//! builds and starts this.
//!
//! Requests are replayed on the wire over kept connections; no git process runs while something is measured, except the peer's own.
//! (Over SSH both sides get a client of OpenSSH's for each request.)
//! It knows the server only as its users do: its command line, HTTP and git. Start at [`works`].

mod args;
mod children;
mod cpu;
mod fixture;
mod http;
mod load;
mod machine;
mod memory;
mod ours;
mod peer;
mod processes;
mod report;
mod ssh;
mod verified;
mod wire;
mod works;

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn measure() -> anyhow::Result<()> {
    let options = args::parse(std::env::args().skip(1))?;
    let mut report = report::Report::default();
    if options.wants("git") {
        works::git::measure(&options, &mut report)?;
    }
    if options.wants("refs") {
        works::refs::measure(&options, &mut report)?;
    }
    if options.wants("bulk") {
        works::bulk::measure(&mut report)?;
    }
    if options.wants("api") {
        works::api::measure(&options, &mut report)?;
    }
    // Folders with their last commits are reads over the API too.
    if options.wants("reading") || options.wants("api") {
        works::reading::measure(&mut report)?;
    }
    if options.wants("ssh") {
        works::ssh::measure(&mut report)?;
    }
    if options.wants("push") {
        works::push::measure(&options, &mut report)?;
    }
    if options.wants("policy") {
        works::policy::measure(&options, &mut report)?;
    }
    if options.wants("plugins") {
        works::plugins::measure(&options, &mut report)?;
    }
    if options.wants("idle") {
        works::idle::measure(&mut report)?;
    }
    report.finish(&options)
}

/// One line for the person who waits.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
