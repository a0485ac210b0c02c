//! The host under attack, and at its ordinary work. Components are compiled by a real child process: this very program,
//! called again for the one test named `compile_child`.
#![expect(clippy::unwrap_used, reason = "tests")]

mod boundary;
mod contract;
mod crowd;
mod events;
mod install;
mod isolation;
mod kept;
mod limits;
mod support;
mod wasi;
mod web;

/// Not a test: where the host's compile command ends up. Does nothing when called as a test.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test runner around this must print nothing into the answer")]
fn compile_child() {
    if std::env::var_os("HARDIE_TEST_COMPILE").is_none() {
        return;
    }
    let all: Vec<_> = std::env::args_os().collect();
    if let Err(error) = hardie_plugin_host::run_child(&all[all.len() - 4..]) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
    std::process::exit(0);
}
