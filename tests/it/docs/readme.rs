//! The tour of the README.

use std::net::SocketAddr;

use hardie_testkit::process::binary;
use hardie_testkit::{Git, ServerProcess, tools};

use super::{follow, link, script};

/// The ports that the tour names, replaced by those that this test was given.
fn at_our_ports(script: &str, http: SocketAddr, ssh: SocketAddr) -> String {
    script.replace("localhost:3000", &http.to_string()).replace("localhost:2222", &ssh.to_string())
}

#[test]
fn the_tour_of_the_readme_works_as_written() {
    let git = Git::new("reader").unwrap();
    let place = git.path("clone");
    // As the reader's folder looks after `cargo xtask run`.
    link(&binary().unwrap(), &place.join("target/debug/hardie"));
    link(&tools::plugin("commit-message").unwrap(), &place.join("target/plugins/commit-message.wasm"));
    let server = ServerProcess::serve(&place.join("hardie-data"), &[]).unwrap();
    let http = server.url().strip_prefix("http://").unwrap().parse().unwrap();
    let ssh = server.ssh().parse().unwrap();
    let readme = std::fs::read_to_string(tools::workspace().unwrap().join("README.md")).unwrap();
    let script = at_our_ports(&script(&readme), http, ssh);
    assert!(script.lines().count() > 15, "the README has lost its tour:\n{script}");
    let (is_done, said) = follow(&git, &place, &script);
    let (_, log) = server.terminate().unwrap();
    assert!(is_done, "{said}\nthe server's log:\n{log}");
    assert!(said.contains("remote:") && said.contains("commit-message"), "no refusal was shown:\n{said}");
    assert!(said.contains("feat: see a policy at work"), "the clone over SSH shows no log:\n{said}");
}
