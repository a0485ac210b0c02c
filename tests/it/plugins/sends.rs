//! A handler that sends: to the host that the configuration lists, and nowhere else.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use hardie_testkit::server::{Options, Outbound};
use hardie_testkit::{TestServer, tools};
use serde_json::json;

use super::upload;
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::eventually;

/// Takes one request at a time and gives back what it was; answers each with 200.
fn room() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (heard, messages) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                text.extend_from_slice(&buffer[..count]);
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok").unwrap();
            if heard.send(String::from_utf8_lossy(&text).into_owned()).is_err() {
                return;
            }
        }
    });
    (address, messages)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_room_is_told_of_a_push_if_its_host_is_listed_and_no_other_is() {
    let ((room, messages), (other, unheard)) = (room(), room());
    let hosts = vec![format!("POST {room}").parse().unwrap()];
    let outbound = Outbound { hosts, permit: vec!["127.0.0.1".parse().unwrap()] };
    let server = TestServer::start_with(Options { outbound, ..Options::default() }).await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let digest = upload(&admin, &std::fs::read(tools::plugin("chat-notifier").unwrap()).unwrap());
    let place = format!("/repos/{repo}/plugins");
    let install = |name: &str, url: String| {
        let config = json!({ "format": "mattermost", "url": url });
        let answer = admin.json("POST", &place, &json!({ "digest": digest, "name": name, "config": config }));
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].clone()
    };
    let plugins = [
        install("listed", format!("{room}/hooks/one")),
        install("unlisted", format!("{other}/hooks/two")),
        install("secret", format!("{room}/hooks/{{secret:chat}}")),
    ];
    for plugin in &plugins {
        assert_eq!(admin.json("PATCH", &format!("{place}/{plugin}/events"), &json!({ "kinds": ["push"] })).status, 200);
    }
    ann.git.commit(&dir, "a.txt", "one\n", "Say *hello* to @everyone").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    let newest = |plugin: &serde_json::Value| owner.get(&format!("{place}/{plugin}/deliveries")).json()[0].clone();
    let [listed, unlisted, secret] = &plugins;
    eventually("the room was told", async || newest(listed)["state"] == "done").await;
    let told = messages.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(told.starts_with("POST /hooks/one HTTP/1.1\r\n") && told.contains("Say"), "{told}");
    assert!(told.to_ascii_lowercase().contains("\r\nidempotency-key: ") && told.contains("moved branch **main**"), "{told}");
    assert!(!told.contains("@everyone"), "it mentions nobody: {told}");
    for (plugin, why) in [(unlisted, "[outbound] hosts"), (secret, "secret")] {
        eventually("it is not sent", async || newest(plugin)["state"] == "dead").await;
        let text = newest(plugin)["text"].as_str().unwrap().to_owned();
        assert!(text.contains(why), "{text}");
    }
    assert!(unheard.try_recv().is_err() && messages.try_recv().is_err(), "nothing was sent besides");
    server.stop().await.unwrap();
}
