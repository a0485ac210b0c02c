//! Plugins that fail, hang or are asked by many at once.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use hardie_domain::ids::InstallationId;
use hardie_store::plugin_state::StateOf;
use hardie_testkit::TestServer;
use hardie_testkit::server::Options;
use serde_json::json;

use super::super::sends::outbound;
use super::Web;
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::eventually;

/// A host that takes requests and never answers.
fn silence() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_says_so_without_details_and_keeps_nothing() {
    let server = TestServer::start().await.unwrap();
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let web = Web::install(&admin, &format!("/repos/{repo}/plugins"));
    for (letter, class) in [("t", "trap"), ("l", "out-of-fuel"), ("b", "host-budget"), ("f", "failed")] {
        let failed = web.ask(&owner, "POST", &format!("/{letter}?token=private"), &[]);
        assert_eq!((failed.status, failed.text()), (502, format!("this plugin failed ({class}); those who administer it see why\n")));
        let told = web.newest(&owner);
        assert_eq!((told["outcome"].as_str(), told["status"].as_u64()), (Some(class), Some(0)), "{told}");
        assert!(!told["text"].as_str().unwrap().is_empty() && !told.to_string().contains("private"), "{told}");
    }
    assert_eq!(web.newest(&owner)["text"], "a fixture", "what it said itself is for those who administer it");
    let repo_id = server.server.app.store.find_repo_by_path("ann", "tool").await.unwrap().unwrap().repo.id;
    let id = InstallationId(web.path.rsplit('/').next().unwrap().parse().unwrap());
    let of = StateOf { installation: id, repo: Some(repo_id) };
    assert_eq!(server.server.app.store.find_state(of, "key").await.unwrap(), None);
    for method in ["GET", "HEAD"] {
        let read = web.ask(&owner, method, "/x", &[]);
        assert_eq!(read.status, 200);
        assert!(method == "HEAD" || read.text() == "denied", "{}", read.text());
    }
    assert_eq!(server.server.app.store.find_state(of, "key").await.unwrap(), None);
    assert_eq!(web.ask(&owner, "POST", "/x", &[]).text(), "key");
    assert_eq!(server.server.app.store.find_state(of, "key").await.unwrap().as_deref(), Some(&b"nobody"[..]));
    assert_eq!(web.ask(&owner, "GET", "/o", &[]).text(), "a fixture");
    let told = web.newest(&owner);
    assert_eq!((told["outcome"].as_str(), told["status"].as_u64()), (Some("answered"), Some(200)));
    assert_eq!(told["log"], json!(["info: a fixture"]));
    let metrics = Asker::new(&server, None).send("GET", "/metrics", &[], b"").text();
    assert!(metrics.contains("hardie_plugin_requests_total{outcome=\"trap\"} 1\n"), "{metrics}");
    // What became of requests is not for everybody.
    let bob = server.user("bob").await.unwrap();
    assert_eq!(Asker::new(&server, Some(&bob)).get(&web.records).status, 404);
    server.stop().await.unwrap();
}

/// What is turned away because the machine is slow comes again: nothing came of it.
fn until_answered(ask: impl Fn() -> u16) -> u16 {
    (0..50).map(|_| ask()).find(|status| ![503, 504].contains(status)).expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_all_answered_and_lose_no_update() {
    let server = TestServer::start().await.unwrap();
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let web = Web::install(&admin, &format!("/repos/{repo}/plugins"));
    let at_once = |many: usize, method: &str, rest: &str| {
        std::thread::scope(|scope| {
            let asked: Vec<_> = (0..many).map(|_| scope.spawn(|| until_answered(|| web.ask(&owner, method, rest, &[]).status))).collect();
            asked.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
        })
    };
    assert_eq!(at_once(20, "POST", "/c"), [200; 20]);
    assert_eq!(web.get(&owner, "/c").body, 20u64.to_le_bytes());
    assert_eq!(at_once(50, "GET", "/m"), [200; 50]);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_keeps_nobody_else_off_and_ends_with_its_client() {
    let (host, address) = silence();
    let options = Options { outbound: outbound(std::slice::from_ref(&address)), ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let (bob, other, _) = with_repo(&server, "bob", "tool").await;
    let root = server.admin("root").await.unwrap();
    let admin = Asker::new(&server, Some(&root));
    let place = format!("/repos/{repo}/plugins");
    let (web, others) = (Web::install(&admin, &place), Web::install(&admin, &format!("/repos/{other}/plugins")));
    let id = web.path.rsplit('/').next().unwrap();
    assert_eq!(admin.json("PATCH", &format!("{place}/{id}"), &json!({ "hosts": [address] })).status, 200);
    let slow = |method: &str| {
        let mut stream = TcpStream::connect(server.server.http).unwrap();
        let head = format!("{method} {}/d?{address}/ HTTP/1.1\r\nhost: forge.test\r\nauthorization: token {}\r\n", web.path, ann.token);
        stream.write_all(format!("{head}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
        stream
    };
    // One owner's share of the places is taken; another's plugin answers.
    let held: Vec<TcpStream> = (0..2).map(|_| slow("GET")).collect();
    let asked: Vec<TcpStream> = (0..2).map(|_| host.accept().unwrap().0).collect();
    assert_eq!(others.get(&Asker::new(&server, Some(&bob)), "/m").status, 200);
    // When the clients go, so does what was sent for them, and what would have come of it is nobody's.
    drop(held);
    for mut stream in asked {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.read_to_end(&mut Vec::new()).expect("the request ends with its client");
    }
    let owner = Asker::new(&server, Some(&ann));
    eventually("there is room again", async || web.get(&owner, "/m").status == 200).await;
    let records = owner.get(&web.records).json();
    assert!(records.as_array().unwrap().iter().all(|record| record["path"] != "/d"), "they were not waited for: {records}");
    // Who waits for one that hangs hears that it took too long; those behind it are told to come again. No push waits.
    let mut waiting: Vec<TcpStream> = (0..3).map(|_| slow("POST")).collect();
    ann.git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    let mut heads = Vec::new();
    for stream in &mut waiting {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        heads.push(answer);
    }
    assert!(heads.iter().any(|head| head.starts_with("HTTP/1.1 504 ") && head.contains("(deadline)")), "{heads:?}");
    let turned_away =
        heads.iter().filter(|head| head.starts_with("HTTP/1.1 503 ") && head.to_ascii_lowercase().contains("\r\nretry-after: "));
    assert!(turned_away.count() > 0, "{heads:?}");
    server.stop().await.unwrap();
}
