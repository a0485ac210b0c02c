//! A handler that sends: to the hosts that it was granted and the configuration lists, and nowhere else.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use hardie_testkit::server::{Options, Outbound};
use hardie_testkit::{TestServer, tools};
use serde_json::{Value, json};

use super::{remote, upload};
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::{component, component_with, eventually};

/// Takes one request at a time and gives back what it was, once it is answered with what `answer` makes of it.
pub fn room(answer: impl Fn(&str) -> String + Send + 'static) -> (String, mpsc::Receiver<String>) {
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
            let text = String::from_utf8_lossy(&text).into_owned();
            // Whoever sent may have gone.
            let _ = stream.write_all(answer(&text).as_bytes());
            if heard.send(text).is_err() {
                return;
            }
        }
    });
    (address, messages)
}

/// 200 and a body.
pub fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// Plugins may send to these from loopback.
pub fn outbound(hosts: &[String]) -> Outbound {
    Outbound { hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(), permit: vec!["127.0.0.1".parse().unwrap()] }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_room_is_told_of_a_push_if_its_host_is_granted_and_listed_and_no_other_is() {
    let ((room, messages), (other, unheard)) = (room(|_| ok("ok")), room(|_| ok("ok")));
    let options = Options { outbound: outbound(&[format!("POST {room}")]), ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let digest = upload(&admin, &std::fs::read(tools::plugin("chat-notifier").unwrap()).unwrap());
    let place = format!("/repos/{repo}/plugins");
    let install = |name: &str, url: String, hosts: &[&String]| {
        let config = json!({ "format": "mattermost", "url": url });
        let answer = admin.json("POST", &place, &json!({ "digest": digest, "name": name, "config": config, "hosts": hosts }));
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].clone()
    };
    let plugins = [
        install("granted", format!("{room}/hooks/one"), &[&room]),
        install("unlisted", format!("{other}/hooks/two"), &[&other]),
        install("ungranted", format!("{room}/hooks/three"), &[&other]),
        install("nowhere", format!("{room}/hooks/four"), &[]),
        install("secret", format!("{room}/hooks/{{secret:chat}}"), &[&room]),
        install("unset", format!("{room}/hooks/{{secret:chat}}"), &[&room]),
    ];
    for plugin in &plugins {
        assert_eq!(admin.json("PATCH", &format!("{place}/{plugin}/events"), &json!({ "kinds": ["push"] })).status, 200);
    }
    let secret = json!({ "destination": room, "value": "T0/B0/s3cr3t" });
    assert_eq!(admin.json("PUT", &format!("{place}/{}/secrets/chat", plugins[4]), &secret).status, 201);
    ann.git.commit(&dir, "a.txt", "one\n", "Say *hello* to @everyone").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    let newest = |plugin: &Value| owner.get(&format!("{place}/{plugin}/deliveries")).json()[0].clone();
    for sent in [0, 4] {
        eventually("the room was told", async || newest(&plugins[sent])["state"] == "done").await;
    }
    let mut told = [(); 2].map(|()| messages.recv_timeout(Duration::from_secs(5)).unwrap());
    told.sort();
    assert!(
        told[0].starts_with("POST /hooks/T0/B0/s3cr3t HTTP/1.1\r\n") && told[1].starts_with("POST /hooks/one HTTP/1.1\r\n"),
        "{told:?}"
    );
    let told = &told[1];
    assert!(told.to_ascii_lowercase().contains("\r\nidempotency-key: ") && told.contains("moved branch **main**"), "{told}");
    assert!(told.contains("Say") && !told.contains("@everyone"), "it mentions nobody: {told}");
    let ungranted = format!("--host \"POST {room}\"");
    for (plugin, why) in [(1, "[outbound] hosts"), (2, ungranted.as_str()), (3, ungranted.as_str()), (5, "secret")] {
        eventually("it is not sent", async || newest(&plugins[plugin])["state"] == "dead").await;
        let text = newest(&plugins[plugin])["text"].as_str().unwrap().to_owned();
        assert!(text.contains(why) && !text.contains("s3cr3t"), "{text}");
        assert_eq!(text.contains("administrator of this server"), why.starts_with("--host"), "{text}");
    }
    assert!(unheard.try_recv().is_err() && messages.try_recv().is_err(), "nothing was sent besides");

    // What is taken away is gone with the next request.
    let revoked = remote(&server, &ann, &["grant", "granted", "--revoke", &room, "--repo", &repo]);
    assert!(revoked.code == Some(0) && revoked.out.contains("may send to no host"), "{}{}", revoked.out, revoked.err);
    let again = format!("{place}/{}/deliveries/{}/redeliver", plugins[0], newest(&plugins[0])["id"]);
    assert_eq!(admin.json("POST", &again, &json!({})).status, 202);
    eventually("it is not sent again", async || newest(&plugins[0])["state"] == "dead").await;
    assert!(messages.try_recv().is_err());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_administrator_adds_hosts_and_no_version_brings_any() {
    let server = TestServer::start().await.unwrap();
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let path = root.git.path("notify.wasm");
    std::fs::write(&path, component("event-send")).unwrap();
    let file = path.to_str().unwrap();
    let run = |user, arguments: &[&str]| remote(&server, user, &[arguments, &["--repo", &repo]].concat());
    let installed = run(&root, &["install", file, "--name", "notify", "--host", "chat.example"]);
    assert!(
        installed.code == Some(0) && installed.out.contains("it may send to: https://chat.example"),
        "{}{}",
        installed.out,
        installed.err
    );
    let one = format!("/repos/{repo}/plugins/{}", owner.get(&format!("/repos/{repo}/plugins")).json()[0]["id"]);
    let hosts = || owner.get(&one).json()["hosts"].clone();
    let words = || {
        let shown = owner.get(&one).json();
        let http = shown["permissions"].as_array().unwrap().iter().find(|permission| permission["name"] == "http").cloned();
        http.unwrap()["description"].as_str().unwrap().to_owned()
    };
    assert_eq!((hosts(), words()), (json!(["https://chat.example"]), "send requests to https://chat.example".to_owned()));

    // Whoever administers the repository takes, and does not give.
    let more = run(&ann, &["grant", "notify", "--host", "evil.example"]);
    assert!(more.code == Some(1) && more.err.contains("administrator"), "{}{}", more.out, more.err);
    for wanted in [json!(["https://chat.example", "https://evil.example"]), json!(["https://*.example"]), json!(["http://chat.example"])] {
        let refused = owner.json("PATCH", &one, &json!({ "hosts": wanted }));
        assert!([403, 422].contains(&refused.status), "{}", refused.text());
    }
    assert_eq!(hosts(), json!(["https://chat.example"]));
    let more = run(&root, &["grant", "notify", "--host", "POST,PUT *.example.org:8443", "--host", "HTTPS://Chat.Example:443/"]);
    assert!(more.code == Some(0) && more.out.contains("POST,PUT https://*.example.org:8443"), "{}{}", more.out, more.err);
    assert_eq!(hosts(), json!(["https://chat.example", "POST,PUT https://*.example.org:8443"]), "each once, in its one form");
    let listed = run(&ann, &["list"]);
    assert!(
        listed.out.contains("SENDS TO") && listed.out.contains("https://chat.example, POST,PUT https://*.example.org:8443"),
        "{}",
        listed.out
    );
    assert_eq!(owner.json("PATCH", &one, &json!({ "hosts": ["https://chat.example"] })).status, 200);
    assert_eq!(owner.json("PATCH", &one, &json!({ "hosts": ["https://chat.example"], "mode": "off" })).status, 200);
    assert_eq!(owner.json("PATCH", &one, &json!({ "hosts": [], "mode": "enforce" })).status, 403, "switching on is another right");
    assert_eq!(hosts(), json!(["https://chat.example"]));

    // What is none, and too many.
    let many: Vec<String> = (0..65).map(|n| format!("https://h{n}.example")).collect();
    for wanted in [json!(["https://*"]), json!(["https://a.example/x"]), json!(["TRACE https://a.example"]), json!([""]), json!(many)] {
        let refused = admin.json("PATCH", &one, &json!({ "hosts": wanted }));
        assert!(refused.status == 422 && refused.json()["field"] == "hosts", "{}", refused.text());
    }
    let judge = json!({ "digest": upload(&admin, &component("accept")), "hosts": ["https://chat.example"] });
    let refused = admin.json("POST", &format!("/repos/{repo}/plugins"), &judge);
    assert!(refused.status == 422 && refused.text().contains("sends no requests"), "{}", refused.text());

    // A newer component has the hosts of the one before, no more; so has the older one after a rollback.
    std::fs::write(&path, component_with("event-send", |text| format!(";; newer\n{text}(func)"))).unwrap();
    let upgraded = run(&root, &["upgrade", "notify", file]);
    assert!(upgraded.code == Some(0), "{}{}", upgraded.out, upgraded.err);
    assert_eq!(hosts(), json!(["https://chat.example"]));
    assert!(run(&root, &["rollback", "notify"]).code == Some(0) && run(&ann, &["grant", "notify", "--revoke-all"]).code == Some(0));
    assert_eq!((hosts(), words().contains("no host")), (json!([]), true));

    let audit = admin.get("/admin/audit?action=plugin.grant").json();
    let details: Vec<&str> = audit.as_array().unwrap().iter().map(|line| line["detail"].as_str().unwrap()).collect();
    assert!(details[0].contains("may not send any more to https://chat.example"), "{details:?}");
    assert!(
        details.iter().any(|detail| detail.contains("notify on ann/tool may send to POST,PUT https://*.example.org:8443")),
        "{details:?}"
    );
    server.stop().await.unwrap();
}
