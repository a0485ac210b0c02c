//! Invisible equals absent, on both git doors.

use hardie_testkit::{Git, TestServer, raw};

use super::{Via, remote, with_repo};

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_tell_a_private_repository_from_a_missing_one() {
    let server = TestServer::start().await.unwrap();
    let (_alice, repo, _dir) = with_repo(&server, "alice", "tool").await;
    let bob = server.user("bob").await.unwrap();
    for via in [Via::Http, Via::Ssh] {
        for verb in [&["ls-remote"][..], &["push"]] {
            let texts = [repo.as_str(), "alice/missing", "nobody/tool"].map(|path| {
                let url = remote(&server, via, path);
                let refspec = if verb == ["push"] { vec!["HEAD:refs/heads/x"] } else { vec![] };
                let dir = bob.git.path("work");
                if !dir.exists() {
                    bob.git.init("work").unwrap();
                }
                let args = [verb, &[url.as_str()], &refspec].concat();
                bob.git.fails(&dir, &args).unwrap().replace(path, "PATH")
            });
            assert_eq!(texts[0], texts[1], "{via:?}");
            assert_eq!(texts[1], texts[2], "{via:?}");
        }
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_not_signed_in_is_asked_to_and_then_told_not_found() {
    let server = TestServer::start().await.unwrap();
    let (_alice, repo, _dir) = with_repo(&server, "alice", "tool").await;
    let host = server.server.http.to_string();
    let ask = |path: &str, extra: &str| {
        let head =
            format!("GET /{path}.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: {host}\r\n{extra}Connection: close\r\n\r\n");
        String::from_utf8_lossy(&raw::exchange(&host, head.as_bytes()).unwrap()).into_owned()
    };
    for path in [repo.as_str(), "alice/missing", "nobody/none"] {
        let answer = ask(path, "");
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(answer.to_lowercase().contains("www-authenticate: basic realm="), "{answer}");
    }
    let bob = server.user("bob").await.unwrap();
    let signed_in = format!("Authorization: Basic {}\r\n", bob.git.basic_auth().unwrap());
    for path in [repo.as_str(), "alice/missing"] {
        assert!(ask(path, &signed_in).starts_with("HTTP/1.1 404"));
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_repository_is_read_by_everybody_and_written_by_its_own() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "open", false).await.unwrap();
    let dir = alice.git.init("open").unwrap();
    alice.git.ok(&dir, &["push", "--quiet", &server.ssh_remote(&repo), "main"]).unwrap();
    let anonymous = Git::new("guest").unwrap();
    anonymous.ok(anonymous.home(), &["clone", "--quiet", &server.http_remote(&repo), "open"]).unwrap();
    let bob = server.user("bob").await.unwrap();
    bob.git.ok(bob.git.home(), &["clone", "--quiet", &server.ssh_remote(&repo), "open"]).unwrap();
    let work = bob.git.path("open");
    bob.git.commit(&work, "x", "x", "x").unwrap();
    for via in [Via::Http, Via::Ssh] {
        let text = bob.git.fails(&work, &["push", &remote(&server, via, &repo), "main"]).unwrap();
        assert!(text.contains("you may read this repository but not push to it") || text.contains("403"), "{via:?}: {text}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dumb_protocol_is_refused_with_a_text() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "open", false).await.unwrap();
    let host = server.server.http.to_string();
    for path in ["info/refs", "HEAD", "objects/info/packs"] {
        let head = format!("GET /{repo}.git/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = String::from_utf8_lossy(&raw::exchange(&host, head.as_bytes()).unwrap()).into_owned();
        assert!(answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    server.stop().await.unwrap();
}
