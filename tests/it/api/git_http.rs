//! git's requests over HTTP, written by hand: what `http-backend` answers, and what it never sees.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use hardie_domain::limits::GitLimits;
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser};

use super::{Answer, Asker};

const UPLOAD: (&str, &str) = ("content-type", "application/x-git-upload-pack-request");

/// A server with one repository of one commit.
async fn start(private: bool, limits: GitLimits) -> (TestServer, TestUser) {
    let server = TestServer::start_with(Options { limits, ..Options::default() }).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", private).await.unwrap();
    let dir = ann.git.init("work").unwrap();
    ann.git.commit(&dir, "a.txt", "hello\n", "Begin").unwrap();
    ann.git.ok(&dir, &["push", "-q", &server.http_remote("ann/tool"), "HEAD:refs/heads/main"]).unwrap();
    (server, ann)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `ls-refs` in protocol version 2.
fn ls_refs() -> Vec<u8> {
    b"0014command=ls-refs\n0000".to_vec()
}

fn post(asker: &Asker, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let headers = [&[("git-protocol", "version=2")], headers].concat();
    asker.send("POST", "/ann/tool.git/git-upload-pack", &headers, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn advertisements_and_results_carry_git_s_headers_and_are_never_kept() {
    let (server, _) = start(false, GitLimits::default()).await;
    let nobody = Asker::new(&server, None);
    for path in ["/ann/tool.git", "/ann/tool", "/Ann/Tool.git"] {
        let answer = nobody.send("GET", &format!("{path}/info/refs?service=git-upload-pack"), &[], b"");
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-git-upload-pack-advertisement"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-cache, max-age=0, must-revalidate");
        assert_eq!((answer.header("pragma"), answer.header("expires")), ("no-cache", "Fri, 01 Jan 1980 00:00:00 GMT"));
        assert!(answer.body.starts_with(b"001e# service=git-upload-pack\n0000"));
    }
    let answer = post(&nobody, &[UPLOAD], &ls_refs());
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-git-upload-pack-result"));
    assert!(answer.text().contains("refs/heads/main"), "{}", answer.text());
    assert_eq!(answer.header("content-encoding"), "");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_may_be_gzip_or_chunked_and_a_bomb_is_stopped() {
    let (server, _) = start(false, GitLimits { request_bytes: 1 << 20, ..GitLimits::default() }).await;
    let nobody = Asker::new(&server, None);
    for coding in ["gzip", "x-gzip"] {
        let answer = post(&nobody, &[UPLOAD, ("content-encoding", coding)], &gzip(&ls_refs()));
        assert!(answer.status == 200 && answer.text().contains("refs/heads/main"), "{coding}: {}", answer.text());
    }
    let chunked = [format!("{:x}\r\n", ls_refs().len()).as_bytes(), &ls_refs(), b"\r\n0\r\n\r\n"].concat();
    let answer = post(&nobody, &[UPLOAD, ("transfer-encoding", "chunked")], &chunked);
    assert!(answer.text().contains("refs/heads/main"), "{}", answer.text());
    assert_eq!(post(&nobody, &[UPLOAD, ("content-encoding", "br")], b"x").status, 415);
    assert_eq!(post(&nobody, &[UPLOAD, ("content-encoding", "gzip")], b"not gzip").status, 400);
    // A line that never ends, of 64 MiB in 64 kB.
    let bomb = gzip(&[b"0014command=ls-refs\n".as_slice(), &b"0014ref-prefix refs/\n".repeat(3 << 20)].concat());
    let answer = post(&nobody, &[UPLOAD, ("content-encoding", "gzip")], &bomb);
    assert!(matches!(answer.status, 200 | 400 | 413), "{} {}", answer.status, answer.text());
    assert!(answer.status != 200 || answer.text().contains("ERR"), "{}", answer.text());
    assert_eq!(nobody.send("GET", "/healthz", &[], b"").status, 200);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_smart_git_is_refused_by_name() {
    let (server, _) = start(false, GitLimits::default()).await;
    let nobody = Asker::new(&server, None);
    for path in ["/ann/tool.git/info/refs", "/ann/tool.git/HEAD", "/ann/tool.git/objects/info/packs"] {
        let answer = nobody.send("GET", path, &[], b"");
        assert!(answer.status == 403 && answer.text().contains("smart HTTP"), "{path}: {} {}", answer.status, answer.text());
    }
    assert_eq!(nobody.send("GET", "/ann/tool.git/info/refs?service=git-upload-archive", &[], b"").status, 403);
    assert_eq!(post(&nobody, &[], &ls_refs()).status, 415);
    assert_eq!(post(&nobody, &[("content-type", "application/x-git-receive-pack-request")], &ls_refs()).status, 415);
    let answer = nobody.send("GET", "/ann/tool.git/info/refs?service=git-upload-pack", &[("git-protocol", &"x".repeat(300))], b"");
    assert_eq!(answer.status, 400);
    assert_eq!(nobody.send("GET", "/ann/tool.git/git-upload-pack", &[], b"").status, 405);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_and_invisible_are_one_answer_before_and_after_signing_in() {
    let (server, _) = start(true, GitLimits::default()).await;
    let bob = server.user("bob").await.unwrap();
    let (nobody, other) = (Asker::new(&server, None), Asker::new(&server, Some(&bob)));
    let ask = |asker: &Asker, repo: &str, service: &str| {
        let answer = asker.send("GET", &format!("/{repo}/info/refs?service={service}"), &[], b"");
        (answer.status, answer.header("www-authenticate").to_owned(), answer.text())
    };
    for service in ["git-upload-pack", "git-receive-pack"] {
        let hidden = ask(&nobody, "ann/tool.git", service);
        assert_eq!(hidden, ask(&nobody, "ann/nothing.git", service));
        assert_eq!(hidden, ask(&nobody, "nobody/nothing.git", service));
        assert_eq!((hidden.0, hidden.1.as_str()), (401, "Basic realm=\"Hardie\", charset=\"UTF-8\""));
        let hidden = ask(&other, "ann/tool.git", service);
        assert_eq!(hidden, ask(&other, "ann/nothing.git", service));
        assert_eq!(hidden.0, 404);
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_needs_somebody_and_the_probe_before_a_large_one_is_answered() {
    let (server, ann) = start(false, GitLimits::default()).await;
    let (nobody, owner) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    let kind = ("content-type", "application/x-git-receive-pack-request");
    let probe = |asker: &Asker| asker.send("POST", "/ann/tool.git/git-receive-pack", &[kind], b"0000");
    assert_eq!(probe(&nobody).status, 401);
    assert_eq!(probe(&owner).status, 200);
    assert_eq!(nobody.send("GET", "/ann/tool.git/info/refs?service=git-receive-pack", &[], b"").status, 401);
    // A browser's cookie is no proof for git.
    let bob = server.user("bob").await.unwrap();
    let basic = format!("Basic {}", STANDARD.encode(format!("bob:{}", bob.token)));
    let answer = nobody.send("POST", "/ann/tool.git/git-receive-pack", &[kind, ("authorization", &basic)], b"0000");
    assert_eq!(answer.status, 403);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn git_follows_a_renamed_repository() {
    let (server, ann) = start(false, GitLimits::default()).await;
    let owner = Asker::new(&server, Some(&ann));
    assert_eq!(owner.json("PATCH", "/repos/ann/tool", &serde_json::json!({ "name": "kit" })).status, 200);
    let answer = owner.send("GET", "/ann/tool.git/info/refs?service=git-upload-pack", &[], b"");
    assert_eq!((answer.status, answer.header("location")), (301, "/ann/kit.git/info/refs?service=git-upload-pack"));
    let answer = owner.send("POST", "/ann/tool/git-upload-pack", &[UPLOAD], &ls_refs());
    assert_eq!((answer.status, answer.header("location")), (308, "/ann/kit/git-upload-pack"));
    ann.git.ok(ann.git.home(), &["clone", "-q", &server.http_remote("ann/tool"), "followed"]).unwrap();
    assert_eq!(std::fs::read_to_string(ann.git.path("followed/a.txt")).unwrap(), "hello\n");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_for_100_continue_gets_it() {
    let (server, ann) = start(false, GitLimits::default()).await;
    let dir = ann.git.path("work");
    ann.git.commit(&dir, "big.bin", &"0123456789abcdef\n".repeat(200_000), "More").unwrap();
    let settings = ["-c", "http.postBuffer=1024", "-c", "http.extraHeader=Expect: 100-continue"];
    let remote = server.http_remote("ann/tool");
    ann.git.ok(&dir, &[&settings[..], &["push", "-q", &remote, "HEAD:refs/heads/main"]].concat()).unwrap();
    server.stop().await.unwrap();
}
