//! The tour of the README, run as it is written.

use std::net::SocketAddr;
use std::path::Path;

use hardie_testkit::process::binary;
use hardie_testkit::{Git, ServerProcess, tools};

/// The commands of every `console` block, in their order.
fn tour(readme: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in readme.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, command) => script.extend([command, "\n"]),
            (false, _) => {}
        }
    }
    script
}

/// The ports that the tour names, replaced by those that this test was given.
fn at_our_ports(script: &str, http: SocketAddr, ssh: SocketAddr) -> String {
    script.replace("localhost:3000", &http.to_string()).replace("localhost:2222", &ssh.to_string())
}

fn link(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(from, to).unwrap();
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
    let script = at_our_ports(&tour(&readme), http, ssh);
    assert!(script.lines().count() > 15, "the README has lost its tour:\n{script}");
    // A failing command ends it; one that must fail, written `! command`, ends it if it succeeds.
    let script = script.lines().map(guarded).collect::<Vec<_>>().join("\n");
    let output = git.command("bash").current_dir(&place).args(["-euo", "pipefail", "-c", &script]).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let (_, log) = server.terminate().unwrap();
    assert!(output.status.success(), "{said}\nthe server's log:\n{log}");
    assert!(said.contains("remote:") && said.contains("commit-message"), "no refusal was shown:\n{said}");
    assert!(said.contains("feat: see a policy at work"), "the clone over SSH shows no log:\n{said}");
}

/// `bash -e` does not mind a `!` command that succeeds; the tour does.
fn guarded(line: &str) -> String {
    match line.strip_prefix("! ") {
        Some(command) => format!("if {command}; then echo 'this should have failed: {command}' >&2; exit 9; fi"),
        None => line.to_owned(),
    }
}
