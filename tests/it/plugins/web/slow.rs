//! Clients that take their time.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser};
use serde_json::json;

use super::super::sends::outbound;
use super::Web;
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::eventually;

/// What one client may have of the places of one owner.
const SHARE: usize = 16;
/// And of all.
const ALL: usize = 64;

/// A host that answers each request with so many bytes.
fn plenty(bytes: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                match stream.read(&mut byte) {
                    Ok(1) => head.extend(byte),
                    _ => break,
                }
            }
            // Whoever asked may be gone.
            drop(stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n").as_bytes()));
            drop(stream.write_all(&vec![b'x'; bytes]));
        }
    });
    address
}

/// A request's head, on a connection of its own.
fn begin(server: &TestServer, user: &TestUser, method: &str, path: &str, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.server.http).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: forge.test\r\nauthorization: token {}\r\n{more}\r\n", user.token);
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_slowly_keeps_their_places_and_nobody_elses() {
    // More than the system takes off a server's hands for a client that does not read.
    let address = plenty((4 << 20) - 1000);
    let options = Options { outbound: outbound(std::slice::from_ref(&address)), ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let (bob, other, _) = with_repo(&server, "bob", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let place = format!("/repos/{repo}/plugins");
    let (web, others) = (Web::install(&admin, &place), Web::install(&admin, &format!("/repos/{other}/plugins")));
    let id = web.path.rsplit('/').next().unwrap();
    assert_eq!(admin.json("PATCH", &format!("{place}/{id}"), &json!({ "hosts": [address] })).status, 200);
    let mut held: Vec<TcpStream> = Vec::new();
    for _ in 0..SHARE {
        let mut stream = begin(&server, &ann, "GET", &format!("{}/h?{address}/", web.path), "");
        let mut head = [0; 15];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(std::str::from_utf8(&head).unwrap(), "HTTP/1.1 200 OK");
        held.push(stream);
    }
    let refused = web.get(&owner, "/m");
    assert!(refused.status == 503 && refused.text().contains("from your network"), "{} {}", refused.status, refused.text());
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(others.get(&Asker::new(&server, Some(&bob)), "/m").status, 200, "another owner's plugins answer the same client");
    drop(held);
    eventually("there is room again", async || web.get(&owner, "/m").status == 200).await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_slowly_or_asks_for_what_is_not_there_keeps_nobody_off() {
    let server = TestServer::start().await.unwrap();
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let web = Web::install(&admin, &format!("/repos/{repo}/plugins"));
    // As many bodies as one client may have on their way: it is told as much when there is no place for another.
    let begin = |path: &str| begin(&server, &ann, "POST", path, "content-length: 3\r\nexpect: 100-continue\r\n");
    let mut slow = Vec::new();
    for _ in 0..ALL {
        let mut stream = begin(&format!("{}/m", web.path));
        let mut asked_for = [0; 12];
        stream.read_exact(&mut asked_for).unwrap();
        assert_eq!(&asked_for, b"HTTP/1.1 100");
        slow.push(stream);
    }
    assert_eq!(web.get(&owner, "/m").status, 200, "what has no body is answered meanwhile");
    let mut answer = String::new();
    begin("/plugins/4711/m").read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    server.stop().await.unwrap();
}
