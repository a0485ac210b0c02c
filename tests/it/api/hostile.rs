//! Requests that no honest client sends: each gets a clear refusal, and the server goes on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hardie_testkit::TestServer;
use serde_json::json;

use super::Asker;

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_large_too_deep_or_no_json_are_refused_with_the_reason() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    let post = |body: &[u8], kind: &str| asker.send("POST", "/api/v1/user/repos", &[("content-type", kind)], body);
    let huge = [b"{\"name\":\"".as_slice(), &vec![b'a'; 3 << 20], b"\"}"].concat();
    let refused = post(&huge, "application/json").refusal();
    assert!(refused.0 == 413 && refused.1.contains("1048576"), "{refused:?}");
    let deep = [b"{\"x\":".as_slice(), &vec![b'['; 900_000]].concat();
    assert_eq!(post(&deep, "application/json").status, 400);
    assert_eq!(post(b"{\"name\":", "application/json").status, 400);
    assert_eq!(post(b"{\"name\":7}", "application/json").refusal().0, 422);
    assert!(post(b"{\"name\":7}", "application/json").refusal().1.starts_with("name: "));
    assert_eq!(post(b"name=x", "application/x-www-form-urlencoded").status, 415);
    assert_eq!(post(b"{\"name\":\"x\",\"description\":\"a\\u0000b\"}", "application/json").status, 422);
    let declared = format!(
        "POST /api/v1/user/repos HTTP/1.1\r\nhost: h\r\nconnection: close\r\nauthorization: token {}\r\ncontent-type: application/json\r\ncontent-length: 999999999999\r\n\r\n",
        ann.token
    );
    // Only as much is read as it takes to be sure that the answer can be read; here the client stops by itself.
    let mut bytes = declared.into_bytes();
    bytes.resize(bytes.len() + (9 << 20), b' ');
    assert_eq!(asker.raw(&bytes).status, 413);
    assert_eq!(asker.get("/user").status, 200);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tricks_with_addresses_find_nothing() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    for path in [
        "/api/v1/repos/../../etc/passwd",
        "/api/v1/repos/ann/..%2f..%2fetc",
        "/api/v1/repos/%2e%2e/%2e%2e",
        "/api/v1/repos/ann//tool",
        "/api/v1//repos/ann/tool",
        "/api/v1/repos/ann/tool%0d%0aX-Evil:%201",
        "/api/v1/repos/ann/tool/raw/..%2f..%2f..%2fetc%2fpasswd",
        "/api/v1/repos/ann/tool/contents/%2e%2e/x",
        "/api/v1/repos/ann/to%c3%b6l",
        "/api/v1/repos/ann/tool%ff",
        "/api/v1/nothing",
        "/api/v2/user",
        "/api",
        "/ann/tool",
        "/..%2f..%2fetc/passwd/info/refs?service=git-upload-pack",
        "/ann/tool/../../x",
    ] {
        let answer = asker.send("GET", path, &[], b"");
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        assert_eq!(answer.header("x-evil"), "");
    }
    for path in ["/api/v1/repos/ann/tool%00", "/api/v1/repos/ann/%zz", "/api/v1/repos/ann/tool/contents?ref=%00", "/api/v1/user/repos?q=%"]
    {
        assert!([400, 200].contains(&asker.send("GET", path, &[], b"").status), "{path}");
    }
    let envelope = asker.send("GET", "/api/v1/nothing", &[], b"");
    assert_eq!(envelope.json()["request_id"], envelope.header("x-request-id"));
    assert!(envelope.json()["url"].as_str().unwrap().ends_with("/api/docs"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_methods_floods_of_headers_and_broken_requests_are_refused() {
    let server = TestServer::start().await.unwrap();
    let asker = Asker::new(&server, None);
    let wrong = asker.json("DELETE", "/user/repos", &json!({}));
    assert_eq!(wrong.status, 405);
    let mut allowed: Vec<&str> = wrong.header("allow").split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    let many: String = (0..500).map(|n| format!("x-{n}: y\r\n")).collect();
    assert_eq!(asker.raw(format!("GET /healthz HTTP/1.1\r\nhost: h\r\n{many}\r\n").as_bytes()).status, 431);
    let long = format!("GET /healthz HTTP/1.1\r\nhost: h\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    assert_eq!(asker.raw(long.as_bytes()).status, 431);
    let both = b"POST /api/v1/user/repos HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 2\r\ncontent-length: 9\r\n\r\n{}";
    assert_eq!(asker.raw(both).status, 400);
    for name in ["x-forwarded-for", "forwarded"] {
        assert_eq!(asker.send("GET", "/healthz", &[(name, "for=1.1.1.1, \"; drop")], b"").status, 200);
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_trickle_hold_up_nobody_and_end() {
    let server = TestServer::start().await.unwrap();
    let nobody = Asker::new(&server, None);
    let head = b"POST /api/v1/user/repos HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let open = || {
        let mut stream = TcpStream::connect(server.server.http).unwrap();
        stream.write_all(head).unwrap();
        stream
    };
    let slow: Vec<TcpStream> = (0..70).map(|_| open()).collect();
    // Far more than the share of one client, were they counted as requests under way.
    for _ in 0..20 {
        assert_eq!(nobody.get("/version").status, 200);
    }
    let answers = slow.into_iter().map(|mut stream| {
        let mut answer = Vec::new();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.read_to_end(&mut answer).unwrap();
        super::parse(&answer).status
    });
    let answers: Vec<u16> = answers.collect();
    let count = |status| answers.iter().filter(|s| **s == status).count();
    assert!(count(408) + count(503) == 70 && count(408) <= 64 && count(408) > 0, "{answers:?}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_large_files_who_takes_nothing_keeps_them_from_nobody_else() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let repo = server.repo(&ann, "large", false).await.unwrap();
    let dir = ann.git.init("large").unwrap();
    std::fs::write(dir.join("zeros"), vec![0; 70 << 20]).unwrap();
    ann.git.ok(&dir, &["add", "zeros"]).unwrap();
    ann.git.ok(&dir, &["commit", "--quiet", "-m", "Zeros"]).unwrap();
    ann.git.ok(&dir, &["push", "--quiet", &server.http_remote(&repo), "main"]).unwrap();
    let address = format!("/api/v1/repos/{repo}/raw/zeros");
    let head = |authorization: &str| {
        let mut stream = TcpStream::connect(server.server.http).unwrap();
        write!(stream, "GET {address} HTTP/1.1\r\nhost: h\r\n{authorization}connection: close\r\n\r\n").unwrap();
        let mut first = [0; 12];
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.read_exact(&mut first).unwrap();
        (String::from_utf8_lossy(&first[9..]).into_owned(), stream)
    };
    let (status, reader) = head("");
    assert_eq!(status, "200");
    assert_eq!(head("").0, "503", "more than the share of one client");
    let (status, _other) = head(&format!("authorization: token {}\r\n", ann.token));
    assert_eq!(status, "200", "somebody else has a share too");
    // Whoever goes away gives it back, as soon as the server has seen it.
    drop(reader);
    let began = Instant::now();
    while head("").0 != "200" {
        assert!(began.elapsed() < Duration::from_secs(30), "not given back");
    }
    server.stop().await.unwrap();
}
