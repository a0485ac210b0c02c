//! Following events over real HTTP: waiting for the next ones, and streams that are cut off and go on.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hardie_testkit::{TestServer, TestUser};
use serde_json::{Value, json};

use super::{Answer, Asker};
use crate::support::{choices, eventually};

/// What a stream told.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    /// Where to go on, without an event.
    Place(i64),
    Event(Value),
}

/// A client of a stream; dropping it is leaving.
struct Stream(BufReader<TcpStream>);

impl Stream {
    /// Connects; the head of the answer is read.
    fn open(server: &TestServer, user: &TestUser, query: &str, last: Option<i64>) -> Result<Stream, u16> {
        let mut socket = TcpStream::connect(server.server.http).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let last = last.map_or_else(String::new, |last| format!("last-event-id: {last}\r\n"));
        let head = format!(
            "GET /api/v1/events{query} HTTP/1.1\r\nhost: forge.test\r\naccept: text/event-stream\r\nauthorization: token {}\r\n{last}\r\n",
            user.token
        );
        socket.write_all(head.as_bytes()).unwrap();
        let mut reader = BufReader::new(socket);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status: u16 = line.split(' ').nth(1).unwrap().parse().unwrap();
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        if status == 200 { Ok(Stream(reader)) } else { Err(status) }
    }

    /// As [`Stream::open`], as soon as the server has noticed that others left.
    async fn again(server: &TestServer, user: &TestUser, query: &str, last: Option<i64>) -> Stream {
        let mut found = None;
        eventually("there is a place", async || {
            found = Stream::open(server, user, query, last).ok();
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// The next thing that is told; `None` at its end.
    fn next(&mut self) -> Option<Told> {
        let (mut id, mut data) = (None, None);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            // The lines between the chunks end otherwise.
            if line == "0\r\n" {
                return None;
            }
            if line.ends_with("\r\n") {
                continue;
            }
            if let Some(text) = line.strip_prefix("id: ") {
                id = Some(text.trim().parse().unwrap());
            }
            if let Some(text) = line.strip_prefix("data: ") {
                data = Some(serde_json::from_str::<Value>(text).unwrap());
            }
            if line == "\n" {
                match (id, data) {
                    (Some(id), Some(event)) => {
                        assert_eq!(event["seq"], id);
                        return Some(Told::Event(event));
                    }
                    (id, _) => return Some(Told::Place(id.unwrap())),
                }
            }
        }
    }

    /// The next event; `None` at the stream's end.
    fn event(&mut self) -> Option<Value> {
        loop {
            if let Told::Event(event) = self.next()? {
                return Some(event);
            }
        }
    }
}

/// Two users, each with a private repository that has a commit.
async fn begin(server: &TestServer) -> (TestUser, TestUser) {
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    for user in [&bob, &ann] {
        let repo = server.repo(user, "tool", true).await.unwrap();
        let dir = user.git.init("work").unwrap();
        user.git.ok(&dir, &["push", "-q", &server.http_remote(&repo), "HEAD:refs/heads/main"]).unwrap();
    }
    (ann, bob)
}

/// Lets something happen in somebody's repository: a status with this name.
fn happen(server: &TestServer, user: &TestUser, repo: &str, name: &str) {
    let asker = Asker::new(server, Some(user));
    let commit = asker.get(&format!("/repos/{repo}/branches/main")).json()["commit"]["id"].as_str().unwrap().to_owned();
    let made = asker.json("POST", &format!("/repos/{repo}/statuses/{commit}"), &json!({ "state": "success", "context": name }));
    assert_eq!(made.status, 201, "{}", made.text());
}

/// The log is in order up to its end; that place.
async fn settled(server: &TestServer) -> i64 {
    let store = &server.server.app.store;
    eventually("the log is in order", async || store.count_outbox().await.unwrap() == 0).await;
    store.last_event().await.unwrap().0
}

fn places(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["seq"].as_i64().unwrap()).collect()
}

fn list(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_cut_off_and_comes_back_loses_nothing_and_sees_nothing_twice() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = begin(&server).await;
    let begun = settled(&server).await;
    let mut choices = choices("events");
    let (mut seen, mut place) = (Vec::new(), begun);
    for round in 0..20 {
        // Things go on happening while nobody reads, and while somebody does.
        for n in 3 * round..3 * round + 3 {
            happen(&server, &bob, "bob/tool", &format!("check {n}"));
            happen(&server, &ann, "ann/tool", &format!("check {n}"));
        }
        let last = (place > begun).then_some(place);
        let mut stream = Stream::again(&server, &ann, &format!("?since={begun}"), last).await;
        assert_eq!(stream.next(), Some(Told::Place(place)));
        // The last reader stays until it has seen all.
        let enough = if round == 19 { 60 } else { seen.len() + usize::try_from(choices.below(5)).unwrap() };
        while seen.len() < enough.min(3 * round + 3) {
            match stream.next().unwrap() {
                Told::Place(to) => place = to,
                Told::Event(event) => {
                    place = event["seq"].as_i64().unwrap();
                    seen.push(event);
                }
            }
        }
    }
    let names: Vec<&str> = seen.iter().map(|event| event["payload"]["context"].as_str().unwrap()).collect();
    assert_eq!(names, (0..60).map(|n| format!("check {n}")).collect::<Vec<_>>());
    assert!(places(&seen).is_sorted_by(|a, b| a < b));
    let id = Asker::new(&server, Some(&ann)).get("/repos/ann/tool").json()["id"].clone();
    assert!(seen.iter().all(|event| event["repository_id"] == id), "only what happens in one's own repository is shown");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_waited_for_and_says_where_to_go_on() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = begin(&server).await;
    let asker = Asker::new(&server, Some(&ann));
    let end = settled(&server).await;
    let now = asker.get("/events");
    assert_eq!((list(&now).len(), now.header("last-event-id")), (0, end.to_string().as_str()), "from now on");
    let all = asker.get("/events?since=0");
    let of_repo = asker.get("/repos/ann/tool/events?since=0");
    assert_eq!(list(&all), list(&of_repo));
    assert_eq!(all.header("last-event-id"), end.to_string(), "what is not shown was read all the same");
    // What happens elsewhere ends no waiting, what happens here does.
    let before = Instant::now();
    let heard = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| asker.get(&format!("/events?since={end}&wait=25")));
        happen(&server, &bob, "bob/tool", "elsewhere");
        happen(&server, &ann, "ann/tool", "here");
        waiting.join().unwrap()
    });
    let events = list(&heard);
    assert_eq!((events.len(), &events[0]["payload"]["context"]), (1, &json!("here")));
    assert_eq!(heard.header("last-event-id"), events[0]["seq"].to_string());
    assert!(before.elapsed() < Duration::from_secs(20), "{:?}", before.elapsed());
    let end = settled(&server).await;
    assert_eq!(list(&asker.get(&format!("/events?since={end}&wait=1"))).len(), 0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_follow_and_from_where_is_told_by_a_status() {
    let server = TestServer::start().await.unwrap();
    let (ann, _) = begin(&server).await;
    let root = server.admin("root").await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    let end = settled(&server).await;
    assert_eq!(Asker::new(&server, None).get("/events").status, 401);
    for scopes in [&["read:repository"][..], &["write:user"], &["all", "public-only"]] {
        let made = asker.json("POST", "/users/ann/tokens", &json!({ "name": scopes.concat(), "scopes": scopes }));
        let token = made.json()["sha1"].as_str().unwrap().to_owned();
        let narrow = Asker::new(&server, Some(&TestUser { token, ..ann.clone() }));
        assert_eq!(narrow.get("/events").status, 403, "{scopes:?}");
    }
    for wrong in ["minus", "-1", &(end + 1).to_string()] {
        assert_eq!(asker.get(&format!("/events?since={wrong}")).json()["field"], "since", "{wrong}");
    }
    // An administrator follows everything, the repositories of others too.
    let everything = list(&Asker::new(&server, Some(&root)).get("/events?since=0"));
    assert_eq!(places(&everything), (1..=end).collect::<Vec<_>>());
    assert!(list(&asker.get("/events?since=0")).len() < everything.len());
    // What is not kept any more is not passed over in silence.
    let mut tx = server.server.app.store.begin().await.unwrap();
    let removed = tx.delete_old_events(hardie_domain::time::Timestamp(i64::MAX), 2).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(removed, 2);
    let gone = asker.get("/events?since=1").refusal();
    assert!(gone.0 == 410 && gone.1.ends_with("the oldest that is left is 3"), "{gone:?}");
    assert_eq!(Stream::open(&server, &ann, "", Some(0)).err(), Some(410));
    assert_eq!(asker.get("/events?since=2").status, 200);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_shows_nothing_any_more_to_whom_it_may_not() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = begin(&server).await;
    let asker = Asker::new(&server, Some(&ann));
    let collaborate = |role: &str| {
        assert_eq!(asker.json("PUT", "/repos/ann/tool/collaborators/bob", &json!({ "permission": role })).status, 204);
    };
    collaborate("admin");
    let end = settled(&server).await;
    let mut stream = Stream::open(&server, &bob, &format!("?since={end}"), None).unwrap();
    happen(&server, &ann, "ann/tool", "seen");
    assert_eq!(stream.event().unwrap()["payload"]["context"], "seen");
    collaborate("write");
    happen(&server, &ann, "ann/tool", "hidden");
    happen(&server, &bob, "bob/tool", "own");
    assert_eq!(stream.event().unwrap()["payload"]["context"], "own");
    // The stream of a token that is gone ends before anything else is shown.
    let theirs = Asker::new(&server, Some(&bob));
    let made = theirs.json("POST", "/users/bob/tokens", &json!({ "name": "follower", "scopes": ["write:repository"] }));
    let token = made.json()["sha1"].as_str().unwrap().to_owned();
    let end = settled(&server).await;
    let mut stream = Stream::open(&server, &TestUser { token, ..bob.clone() }, &format!("?since={end}"), None).unwrap();
    assert_eq!(stream.next(), Some(Told::Place(end)));
    assert_eq!(theirs.json("DELETE", "/users/bob/tokens/follower", &Value::Null).status, 204);
    happen(&server, &bob, "bob/tool", "after");
    assert_eq!(stream.event(), None);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_bounded_and_end_with_the_server() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = begin(&server).await;
    let mut streams: Vec<Stream> = (0..8).map(|_| Stream::open(&server, &ann, "", None).unwrap()).collect();
    assert_eq!(Stream::open(&server, &ann, "", None).err(), Some(503));
    let refused = Asker::new(&server, Some(&ann)).get("/events");
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"), "{}", refused.text());
    assert!(Stream::open(&server, &bob, "", None).is_ok(), "others have room");
    // Whoever leaves is noticed, at the latest when there is something to tell.
    streams.pop();
    eventually("a place is free again", async || {
        happen(&server, &ann, "ann/tool", "noticed");
        Stream::open(&server, &ann, "", None).is_ok()
    })
    .await;
    let began = Instant::now();
    server.stop().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "waiting for streams ends with them: {:?}", began.elapsed());
    assert!(streams.iter_mut().all(|stream| std::iter::from_fn(|| stream.next()).count() < 1000), "each ends");
}
