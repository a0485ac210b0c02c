//! Repositories of the other hash: refused in words at every door, and never taken for anything else.

use hardie_testkit::TestServer;
use hardie_testkit::raw::{over_http, over_ssh, packet};
use serde_json::json;

use super::{WAYS, remote, with_repo};
use crate::api::Asker;

const TOLD: [&str; 3] = ["sha256", "SHA-1 repositories only", "git init --object-format=sha1"];

#[tokio::test(flavor = "multi_thread")]
async fn git_of_sha256_repositories_says_so_and_changes_nothing() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    git.ok(git.home(), &["init", "--quiet", "--object-format=sha256", "other"]).unwrap();
    let other = git.path("other");
    assert_eq!(git.commit(&other, "a.txt", "a\n", "In another hash").unwrap().len(), 64);
    let before = git.ok(&dir, &["ls-remote", "origin"]).unwrap();
    for (via, version) in WAYS {
        let (url, version) = (remote(&server, via, &repo), format!("protocol.version={version}"));
        let pushed = git.fails(&other, &["-c", &version, "push", &url, "main:other"]).unwrap();
        assert!(pushed.contains("hash algorithm"), "{version}: {pushed}");
        let fetched = git.fails(&other, &["-c", &version, "fetch", &url, "main"]).unwrap();
        assert!(["mismatched algorithms", "object format"].iter().any(|words| fetched.contains(words)), "{version}: {fetched}");
    }
    assert_eq!(git.ok(&dir, &["ls-remote", "origin"]).unwrap(), before);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_makes_sha256_repositories_by_default_clones_sha1() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = user.git.clone().with_env("GIT_DEFAULT_HASH", "sha256");
    let tip = git.ok(&dir, &["rev-parse", "main"]).unwrap();
    for (n, (via, version)) in WAYS.into_iter().enumerate() {
        let version = format!("protocol.version={version}");
        let full = format!("full{n}");
        git.ok(git.home(), &["-c", &version, "clone", "--quiet", &remote(&server, via, &repo), &full]).unwrap();
        assert_eq!(git.ok(&git.path(&full), &["rev-parse", "main"]).unwrap(), tip);
        // One without commits tells by the server's word alone.
        let made = format!("empty{n}");
        let empty = server.repo(&user, &made, true).await.unwrap();
        git.ok(git.home(), &["-c", &version, "clone", "--quiet", &remote(&server, via, &empty), &made]).unwrap();
        let clone = git.path(&made);
        assert_eq!(git.ok(&clone, &["rev-parse", "--show-object-format"]).unwrap(), "sha1", "{via:?} {version}");
        git.commit(&clone, "a.txt", "a\n", "First").unwrap();
        git.ok(&clone, &["-c", &version, "push", "--quiet", "origin", "HEAD:main"]).unwrap();
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_do_not_look_are_told_what_to_do() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (git, http, ssh) = (&user.git, server.http_remote(&repo), server.ssh_remote(&repo));
    let (zero, id) = ("0".repeat(64), "5".repeat(64));
    let line = |text: String| [packet(text.as_bytes()), b"0000".to_vec()].concat();
    let sha1 = git.ok(&dir, &["rev-parse", "main"]).unwrap();
    for (service, body) in [
        ("git-receive-pack", line(format!("{zero} {id} refs/heads/x\0report-status side-band-64k object-format=sha256"))),
        ("git-receive-pack", line(format!("{zero} {id} refs/heads/x\0report-status"))),
        ("git-upload-pack", line(format!("want {id} side-band-64k object-format=sha256\n"))),
        ("git-upload-pack", line(format!("want {id}\n"))),
        ("git-upload-pack", line(format!("want {sha1} object-format=sha256\n"))),
    ] {
        let rest = http.strip_prefix("http://").unwrap();
        for answer in [over_http(git, rest, service, &body).unwrap(), over_ssh(git, &dir, &ssh, service, &body).unwrap()] {
            let text = String::from_utf8_lossy(&answer).into_owned();
            assert!(TOLD.iter().all(|words| text.contains(words)), "{service}: {text}");
        }
    }
    let basic = format!("Basic {}", git.basic_auth().unwrap());
    let headers =
        [("authorization", basic.as_str()), ("git-protocol", "version=2"), ("content-type", "application/x-git-upload-pack-request")];
    let asker = Asker::new(&server, Some(&user));
    for command in ["ls-refs", "fetch", "object-info", "bundle-uri"] {
        let body = [packet(format!("command={command}").as_bytes()), line("object-format=sha256".to_owned())].concat();
        let text = Asker::new(&server, None).send("POST", &format!("/{repo}.git/git-upload-pack"), &headers, &body).text();
        assert!(TOLD.iter().all(|words| text.contains(words)), "{command}: {text}");
    }
    let (status, text) = asker.json("POST", "/user/repos", &json!({ "name": "other", "object_format_name": "sha256" })).refusal();
    assert!(status == 422 && text.contains("object_format_name") && text.contains("SHA-1 repositories only"), "{text}");
    let made = asker.json("POST", "/user/repos", &json!({ "name": "other", "object_format_name": "sha1" }));
    assert_eq!((made.status, made.json()["object_format_name"].as_str()), (201, Some("sha1")));
    server.stop().await.unwrap();
}
