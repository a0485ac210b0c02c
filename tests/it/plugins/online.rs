//! Policies that ask others while a push waits: a real push, a real server that is asked, and what becomes of both when no answer comes.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hardie_testkit::postgres::Database;
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser};
use serde_json::{Value, json};

use super::sends::{ok, outbound, room};
use super::{file, remote, upload};
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::{component, component_with, eventually};

/// A policy that asks this address, with the secret `chat` in a header unless that is empty; without an answer again, if it is patient.
pub fn asks(url: &str, header: &str, patient: bool) -> bytes::Bytes {
    component_with("online-ask", |text| {
        let text = text.replace("@URL-LENGTH@", &url.len().to_string()).replace("@HEADER-LENGTH@", &header.len().to_string());
        let text = text.replace("@URL@", url).replace("@HEADER@", header).replace("@SLOTS@", if header.is_empty() { "0" } else { "1" });
        text.replace("@PATIENT@", if patient { "1" } else { "0" })
    })
}

/// A server, a repository, and whom policies may ask.
pub struct World {
    pub server: TestServer,
    pub ann: TestUser,
    pub root: TestUser,
    pub repo: String,
    pub dir: PathBuf,
}

impl World {
    pub async fn new(database: Option<&Database>, hosts: &[String]) -> World {
        let database = database.map(|database| database.url().to_owned());
        let server = TestServer::start_with(Options { database, outbound: outbound(hosts), ..Options::default() }).await.unwrap();
        let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
        let root = server.admin("root").await.unwrap();
        World { server, ann, root, repo, dir }
    }

    pub fn admin(&self) -> Asker {
        Asker::new(&self.server, Some(&self.root))
    }

    /// The address of an installation in the repository.
    pub fn install(&self, name: &str, component: &[u8], hosts: &[&str]) -> String {
        let place = format!("/repos/{}/plugins", self.repo);
        let new = json!({ "digest": upload(&self.admin(), component), "name": name, "hosts": hosts });
        let made = self.admin().json("POST", &place, &new);
        assert_eq!(made.status, 201, "{}", made.text());
        format!("{place}/{}", made.json()["id"])
    }

    pub fn commit(&self) {
        self.ann.git.ok(&self.dir, &["commit", "-q", "--allow-empty", "-m", "More"]).unwrap();
    }

    /// Whether a push gets through, and what the pusher sees.
    pub fn push(&self) -> (bool, String) {
        let pushed = self.ann.git.run(&self.dir, &["push", "-q", "origin", "main"]).unwrap();
        (pushed.ok, pushed.stderr)
    }

    /// What an installation said last.
    pub fn newest(&self, one: &str) -> Value {
        self.admin().get(&format!("{one}/verdicts")).json()[0].clone()
    }
}

fn forbidden(body: &str) -> String {
    format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// Repeats what it was sent in the header with the secret.
fn repeated(request: &str) -> String {
    let key = request.lines().find(|line| line.to_ascii_lowercase().starts_with("x-key:")).unwrap_or("no key");
    format!("not now, {key}")
}

async fn answered(database: Option<Database>) {
    let open = Arc::new(Mutex::new(true));
    let says = open.clone();
    let (room, heard) = room(move |request| if *says.lock().unwrap() { ok("go on") } else { forbidden(&repeated(request)) });
    let world = World::new(database.as_ref(), std::slice::from_ref(&room)).await;
    let policy = asks(&format!("{room}/state"), "X-Key", false);

    // Whoever administers the repository cannot grant this.
    let owner = Asker::new(&world.server, Some(&world.ann));
    let refused = owner.json("POST", &format!("/repos/{}/plugins", world.repo), &json!({ "digest": upload(&owner, &policy) }));
    assert!(refused.status == 403 && refused.text().contains("administrator of this server"), "{}", refused.text());
    let one = world.install("release", &policy, &[&room]);
    let secret = json!({ "destination": room, "header": "x-key", "value": "T0/B0/s3cr3t-value" });
    assert_eq!(world.admin().json("PUT", &format!("{one}/secrets/chat"), &secret).status, 201);
    let shown = owner.get(&one).json();
    assert_eq!((&shown["online"], &shown["component"]["worlds"]), (&json!(true), &json!(["policy-online"])));
    assert!(shown["permissions"].to_string().contains("have pushes wait"), "{shown}");
    let listed = remote(&world.server, &world.ann, &["list", "--repo", &world.repo]);
    assert!(listed.out.contains("enforce (online)"), "{}", listed.out);

    world.commit();
    let (through, told) = world.push();
    assert!(through && !told.contains("[release]"), "{told}");
    let asked = heard.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(asked.starts_with("GET /state HTTP/1.1") && asked.contains("s3cr3t-value"), "{asked}");
    assert!(!asked.to_ascii_lowercase().contains("idempotency-key"), "{asked}");
    let said = world.newest(&one);
    assert_eq!((&said["outcome"], &said["source"]), (&json!("accepted"), &json!("online")));

    *open.lock().unwrap() = false;
    world.commit();
    for _ in 0..2 {
        let (through, told) = world.push();
        assert!(
            !through && told.contains("refused by the rule asked") && told.contains("not now, ") && told.contains("[secret]"),
            "{told}"
        );
        assert!(told.contains("answered otherwise later"), "the pusher is told that it is not the push alone: {told}");
        heard.recv_timeout(Duration::from_secs(5)).expect("an equal push is asked about again");
        let said = world.newest(&one);
        assert_eq!((&said["outcome"], &said["source"]), (&json!("rejected"), &json!("online")));
        assert!(!said.to_string().contains("s3cr3t") && !told.contains("s3cr3t"), "{said} {told}");
    }
    *open.lock().unwrap() = true;
    assert!(world.push().0, "and by now it is answered otherwise");
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_waits_for_a_servers_answer_and_is_taken_or_refused_by_it() {
    answered(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_waits_for_a_servers_answer_and_is_taken_or_refused_by_it_on_postgres() {
    answered(Some(Database::new().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_granted_is_not_asked_and_the_push_goes_as_its_owner_chose() {
    let ((granted, heard), (other, unheard)) = (room(|_| ok("go on")), room(|_| ok("go on")));
    let world = World::new(None, &[granted.clone(), other.clone()]).await;
    let one = world.install("release", &asks(&format!("{other}/state"), "", false), &[&granted]);
    world.commit();
    let (through, told) = world.push();
    assert!(!through && told.contains("could not judge this push") && told.contains("is not among what release was granted"), "{told}");
    assert_eq!(world.newest(&one)["outcome"], "bad-output");
    assert_eq!(world.admin().json("PATCH", &one, &json!({ "fail_open": true })).status, 200);
    let (through, told) = world.push();
    assert!(through && told.contains("the push goes on without its verdict"), "{told}");

    // A secret that is bound to another host goes nowhere.
    assert_eq!(world.admin().json("DELETE", &one, &Value::Null).status, 204);
    let one = world.install("release", &asks(&format!("{granted}/state"), "X-Key", false), &[&granted, &other]);
    let secret = json!({ "destination": other, "value": "T0/B0/s3cr3t-value" });
    assert_eq!(world.admin().json("PUT", &format!("{one}/secrets/chat"), &secret).status, 201);
    world.commit();
    let (through, told) = world.push();
    assert!(!through && told.contains("secret"), "{told}");
    assert!(unheard.try_recv().is_err() && heard.try_recv().is_err(), "nobody was asked");

    // What is taken away is gone with the next push.
    assert_eq!(world.admin().json("DELETE", &one, &Value::Null).status, 204);
    let one = world.install("release", &asks(&format!("{granted}/state"), "", false), &[&granted]);
    assert!(world.push().0 && heard.recv_timeout(Duration::from_secs(5)).is_ok());
    assert_eq!(world.admin().json("PATCH", &one, &json!({ "hosts": [] })).status, 200);
    world.commit();
    assert!(!world.push().0 && heard.try_recv().is_err());
    world.server.stop().await.unwrap();
}

/// Takes connections and never answers; tells when one comes and when it is closed.
fn silent() -> (String, Receiver<&'static str>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, tell) = (stream.unwrap(), tell.clone());
            std::thread::spawn(move || {
                let _ = tell.send("opened");
                while let Ok(1..) = stream.read(&mut [0; 1024]) {}
                let _ = tell.send("closed");
            });
        }
    });
    (address, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_costs_ten_seconds_and_nothing_stays_behind() {
    let (silent, told) = silent();
    let world = World::new(None, std::slice::from_ref(&silent)).await;
    let one = world.install("release", &asks(&format!("{silent}/state"), "", true), &[&silent]);
    // Another repository of the same owner, which a policy that asks nobody guards.
    let other = world.server.repo(&world.ann, "other", true).await.unwrap();
    let plain = json!({ "digest": upload(&world.admin(), &component("accept")) });
    assert_eq!(world.admin().json("POST", &format!("/repos/{other}/plugins"), &plain).status, 201);
    world.commit();
    let mut left = world.ann.git.command("git");
    let left = left.current_dir(&world.dir).args(["push", "-q", "origin", "main"]).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let mut left = left.spawn().unwrap();
    assert_eq!(told.recv_timeout(Duration::from_secs(30)), Ok("opened"));
    left.kill().unwrap();
    left.wait().unwrap();
    let elsewhere = Instant::now();
    world.ann.git.ok(&world.dir, &["push", "-q", &world.server.http_remote(&other), "main"]).unwrap();
    let elsewhere = elsewhere.elapsed();
    eventually("the judgement has ended", async || world.newest(&one)["outcome"] == "deadline").await;
    let took = began.elapsed();
    println!("a silent server: the judgement ended after {took:.1?}, another push took {elsewhere:.1?} meanwhile");
    assert!(took < Duration::from_secs(25) && elsewhere < Duration::from_secs(9), "{took:?} {elsewhere:?}");
    // As many are closed as were opened.
    let mut open = 1;
    while open > 0 {
        match told.recv_timeout(Duration::from_secs(10)).expect("each connection is closed") {
            "opened" => open += 1,
            _ => open -= 1,
        }
    }
    let pushes = world.admin().get(&format!("/repos/{}/pushes", world.repo)).json();
    assert_eq!(pushes[0]["state"], "refused", "{pushes}");
    // The places are free: whoever comes next is judged as the first was.
    let started = Instant::now();
    let (through, said) = world.push();
    assert!(!through && said.contains("ran longer than 10000 ms") && said.contains("push again in a moment"), "{said}");
    assert!(started.elapsed() < Duration::from_secs(25), "took {:?}", started.elapsed());
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_asks_nobody() {
    let (room, heard) = room(|_| ok("go on"));
    let world = World::new(None, std::slice::from_ref(&room)).await;
    let policy = asks(&format!("{room}/state"), "", false);
    let name = file(&world.root, "release", &policy);
    world.install("release", &policy, &[&room]);
    for plugin in [name.as_str(), "release"] {
        let run = remote(&world.server, &world.root, &["replay", plugin, "--repo", &world.repo, "--json"]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        let run = run.json();
        assert_eq!((&run["judged"], &run["faults"]), (&json!(1), &json!(1)), "{run}");
        assert!(run["findings"][0]["lines"].to_string().contains("this is a dry run, and nothing is sent"), "{run}");
    }
    // Nor does one of a clone, without any server.
    let here = world.root.git.path(&name).display().to_string();
    let run = super::plugin(&world.dir, &["run", &here, "--range", "main"]);
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(run.out.contains("nothing is sent from here"), "{}", run.out);
    assert!(heard.try_recv().is_err());
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_component_does_not_become_one_that_asks_in_silence() {
    let (room, _heard) = room(|_| ok("go on"));
    let world = World::new(None, std::slice::from_ref(&room)).await;
    // A handler that may do all that the other imports, though no push waits for it.
    let one = world.install("guard", &component("event-send"), &[&room]);
    assert_eq!(world.admin().get(&one).json()["online"], false);
    let asking = upload(&world.admin(), &asks(&format!("{room}/state"), "", false));
    let waits = world.admin().json("PUT", &format!("{one}/component"), &json!({ "digest": asking }));
    assert_eq!(waits.status, 409, "{}", waits.text());
    let names: Vec<Value> = waits.json()["permissions"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
    assert_eq!(names, ["log", "online"], "{}", waits.text());
    let upgrade =
        |consent: &[&str]| world.admin().json("PUT", &format!("{one}/component"), &json!({ "digest": asking, "consent": consent }));
    assert_eq!(upgrade(&["log"]).status, 409);
    let done = upgrade(&["log", "online"]);
    assert!(done.status == 200 && done.json()["online"] == true, "{}", done.text());
    world.commit();
    assert!(world.push().0);
    world.server.stop().await.unwrap();
}

#[test]
fn a_new_policy_that_asks_is_a_whole_project() {
    let git = hardie_testkit::Git::new("ann").unwrap();
    let said = super::plugin(git.home(), &["new", "freeze", "--world", "policy-online"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let read = |file: &str| std::fs::read_to_string(git.path("freeze").join(file)).unwrap();
    assert!(read("src/lib.rs").contains("hardie_plugin::http::Request") && read("tests/frozen.toml").contains("[[answer]]"));
    // It is built and tested where the plugin book is followed.
    assert!(!read("Cargo.toml").contains('@') && !read("README.md").contains('@'));
}
