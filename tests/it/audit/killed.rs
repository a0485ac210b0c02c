//! A server that is killed while it seals leaves a chain that goes on.

use std::time::Duration;

use hardie_testkit::{ServerProcess, process};

use crate::support::{choices, soak};

#[test]
fn kill_9_at_any_moment_leaves_a_whole_chain_and_every_line_of_it() {
    let mut random = choices("audit_kill");
    let data = tempfile::tempdir().unwrap();
    process::admin(data.path(), &["user", "create", "alice", "--email", "a@example.org", "--password-stdin"], "correct horse battery\n")
        .unwrap();
    let mut lines = 0;
    for kill in 0..if soak() { 40 } else { 3 } {
        // Lines wait for their places at each start.
        for n in 0..3 {
            process::admin(data.path(), &["token", "create", "alice", "--name", &format!("t{kill}-{n}"), "--scopes", "all"], "").unwrap();
        }
        let server = ServerProcess::serve(data.path(), &[]).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the moment of the kill is chance, and chance alone")]
        std::thread::sleep(Duration::from_millis(random.below(300)));
        server.kill().unwrap();
        let report: serde_json::Value =
            serde_json::from_str(&process::admin(data.path(), &["audit", "verify", "--json"], "").unwrap()).unwrap();
        let number = |name: &str| report[name].as_u64().unwrap();
        let all = number("lines") + number("unsealed");
        assert!(all >= lines + 3, "{report}");
        lines = all;
    }
}
