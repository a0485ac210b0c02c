//! The disk is full at each step of a push, and then it is not.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, raw};

use super::faults::WatchedFiles;
use crate::git::with_repo;

fn status(server: &TestServer, path: &str) -> String {
    let host = server.server.http.to_string();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    String::from_utf8_lossy(&raw::exchange(&host, request.as_bytes()).unwrap()).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_at_each_step_refuses_the_push_and_mends_itself() {
    let files = WatchedFiles::new();
    let left = files.left.clone();
    let mut options = Options::default();
    options.ports.files = Arc::new(files);
    let server = TestServer::start_with(options).await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    let url = server.http_remote(&repo);
    let mut refused = 0;
    for steps in 0..40 {
        let before = git.ok(&dir, &["ls-remote", &url, "refs/heads/main"]).unwrap();
        let tip = git.commit(&dir, "file.txt", &format!("{steps}\n"), "Change").unwrap();
        left.store(steps, Ordering::SeqCst);
        let push = git.run(&dir, &["push", &url, "main"]).unwrap();
        let filled = left.load(Ordering::SeqCst) == 0;
        if !push.ok {
            assert!(push.stderr.contains("disk is full"), "after {steps} steps: {}", push.stderr);
            // Reads go on while the disk is full.
            assert_eq!(git.ok(&dir, &["ls-remote", &url, "refs/heads/main"]).unwrap(), before);
            let clone = format!("clone{steps}");
            git.ok(git.home(), &["clone", "--quiet", &url, &clone]).unwrap();
            assert!(status(&server, "/readyz").starts_with("HTTP/1.1 503"), "{}", status(&server, "/readyz"));
            assert!(status(&server, "/healthz").starts_with("HTTP/1.1 200"));
            refused += 1;
        }
        left.store(-1, Ordering::SeqCst);
        assert!(status(&server, "/readyz").starts_with("HTTP/1.1 200"), "{}", status(&server, "/readyz"));
        git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
        assert!(git.ok(&dir, &["ls-remote", &url, "refs/heads/main"]).unwrap().starts_with(&tip));
        if push.ok && !filled {
            break;
        }
    }
    assert!(refused >= 5, "the disk filled at {refused} steps only");
    server.stop().await.unwrap();
}
