//! `kill -9` in every stage between a push and the end of its delivery to a component that sends a request and keeps a count. Where the
//! kills really cut is read from the rows that they leave, and counted.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hardie_domain::attempt::DeliveryState;
use hardie_domain::ids::{InstallationId, PushId, RepoId};
use hardie_domain::page::Page;
use hardie_store::plugin_state::StateOf;
use hardie_store::pushes::PushState;
use hardie_store::{Store, StoreOptions};
use hardie_testkit::{Git, ServerProcess, process, raw};

use super::kill::{create_repo, each_told_once};
use crate::support::{choices, component_with, eventually, soak};

const REPO: RepoId = RepoId(1);

#[test]
fn kills_in_every_stage_lose_no_event_and_nothing_is_kept_twice() {
    let mut random = choices("kill_points");
    let (kills, enough) = if soak() { (1000, 10) } else { (12, 0) };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (room, heard) = room();
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (folder.path().join("data"), folder.path().join("hardie.toml"));
    std::fs::write(&config, format!("[outbound]\nhosts = [\"POST {room}\"]\npermit = [\"127.0.0.1\"]\n")).unwrap();
    let serve = || ServerProcess::serve(&data, &["--config", config.to_str().unwrap()]).unwrap();
    let password = "correct horse battery\n";
    process::admin(&data, &["user", "create", "alice", "--email", "a@example.org", "--admin", "--password-stdin"], password).unwrap();
    let token = process::admin(&data, &["token", "create", "alice", "--name", "t", "--scopes", "all"], "").unwrap();
    let git = Git::new("alice").unwrap().with_password("alice", &token).unwrap();
    let mut server = serve();
    let told = install(&git, &token, &server, &room);
    create_repo(&git, server.url(), "tool");
    let dir = git.init("work").unwrap();
    let tip = git.commit(&dir, "hello.txt", "hello\n", "Say hello").unwrap();
    let pack = git.filter(&dir, &["pack-objects", "--revs", "--stdout", "--quiet"], b"HEAD\n").unwrap();

    let (mut stages, mut last) = (BTreeMap::<&str, usize>::new(), PushId(0));
    let acknowledged = Mutex::new(BTreeSet::new());
    for kill in 0..kills {
        let url = format!("{}/alice/tool.git", server.url());
        let push = |pusher: usize| {
            for round in 0.. {
                let branch = format!("refs/heads/k{kill}-{pusher}-{round}");
                let answer = raw::push_pack(&git, &dir, &url, &pack, &tip, &branch).unwrap_or_default();
                if !answer.contains(&format!("ok {branch}")) {
                    return;
                }
                acknowledged.lock().unwrap().insert(branch);
            }
        };
        std::thread::scope(|scope| {
            (0..2).for_each(|pusher| drop(scope.spawn(move || push(pusher))));
            #[expect(clippy::disallowed_methods, reason = "the moment of the kill is chance, and chance alone")]
            std::thread::sleep(Duration::from_millis(random.below(150)));
            drop(server.kill().unwrap());
        });
        for stage in runtime.block_on(cut_stages(&data, told, &mut last)) {
            *stages.entry(stage).or_default() += 1;
        }
        server = serve();
    }
    let events = runtime.block_on(each_told_once(&data, told));
    let tries = runtime.block_on(all_done(&data, told, events));
    let url = format!("{}/alice/tool.git", server.url());
    let listed: BTreeSet<String> =
        git.ok(&dir, &["ls-remote", &url]).unwrap().lines().filter_map(|l| Some(l.split_once('\t')?.1.to_owned())).collect();
    let lost: Vec<_> = acknowledged.into_inner().unwrap().into_iter().filter(|branch| !listed.contains(branch)).collect();
    assert!(lost.is_empty(), "acknowledged and gone: {lost:?}");
    server.terminate().unwrap();
    let said = process::admin(&data, &["verify"], "").unwrap();
    assert!(said.contains("1 repositories"), "{said}");
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), events, "requests of one delivery have one key, whichever try sent them");
    let requests: usize = heard.values().sum();
    println!("{kills} kills: {stages:?}");
    println!("{events} events, each handled to its end once; {tries} tries, {requests} requests by {} keys", heard.len());
    assert!(STAGES.iter().all(|stage| stages.get(stage).copied().unwrap_or_default() >= enough), "a stage was not hit: {stages:?}");
}

const STAGES: [&str; 4] = ["a push under way", "an event without its number", "a delivery that waits", "a try under way"];

/// What a kill left half done; `last` is the newest push that was seen.
async fn cut_stages(data: &Path, told: InstallationId, last: &mut PushId) -> Vec<&'static str> {
    let store = Store::attach(&StoreOptions::sqlite(&data.join("hardie.db"))).await.unwrap();
    let pushes = store.list_pushes(REPO, Page::new(None, Some(10))).await.unwrap().items;
    let under_way = pushes.iter().any(|push| push.state == PushState::Open && push.id > *last);
    *last = pushes.first().map_or(*last, |push| push.id);
    let deliveries = store.count_deliveries(told).await.unwrap();
    let stands = |state| deliveries.iter().any(|(is, count)| *is == state && *count > 0);
    let unnumbered = store.has_outbox().await.unwrap() || store.has_undelivered().await.unwrap();
    let cut = [under_way, unnumbered, stands(DeliveryState::Pending), stands(DeliveryState::Running)];
    store.close().await;
    STAGES.into_iter().zip(cut).filter_map(|(stage, cut)| cut.then_some(stage)).collect()
}

/// Waits until every event was handled, and compares what the component counted; how many tries there were.
async fn all_done(data: &Path, told: InstallationId, events: usize) -> u64 {
    let store = Store::attach(&StoreOptions::sqlite(&data.join("hardie.db"))).await.unwrap();
    let expected = vec![(DeliveryState::Done, events as u64)];
    let mut counted = store.count_deliveries(told).await.unwrap();
    while counted != expected {
        // However much waits: as long as it becomes less.
        let (before, rests) = (counted.clone(), store.find_handler(told).await.unwrap());
        eventually(&format!("of {before:?} something is handled, {rests:?}"), async || {
            counted = store.count_deliveries(told).await.unwrap();
            counted != before
        })
        .await;
    }
    let counted = store.find_state(StateOf { installation: told, repo: Some(REPO) }, "key").await.unwrap().unwrap();
    assert_eq!(u64::from_le_bytes(counted.try_into().unwrap()), events as u64, "what a handler keeps is kept once for each event");
    let mut tries = 0;
    for page in 1.. {
        let some = store.list_deliveries(told, Default::default(), Page::new(Some(page), Some(Page::MAX_LIMIT))).await.unwrap().items;
        if some.is_empty() {
            break;
        }
        tries += some.iter().map(|delivery| u64::from(delivery.attempt)).sum::<u64>();
    }
    store.close().await;
    tries
}

/// Installs the component that counts, for everything.
fn install(git: &Git, token: &str, server: &ServerProcess, room: &str) -> InstallationId {
    let file = git.path("count.wasm");
    std::fs::write(&file, component_with("event-count", |text| text.replace("https://chat.example/in", &format!("{room}/")))).unwrap();
    let mut install = process::hardie(&["plugin", "install", "--json", "--site"]).unwrap();
    let output = install
        .arg(&file)
        .args(["--host", &format!("POST {room}")])
        .env("HARDIE_SERVER", server.url())
        .env("HARDIE_TOKEN", token)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let installed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    InstallationId(installed["id"].as_i64().unwrap())
}

/// Takes requests and answers them; how often each key of a request was heard.
fn room() -> (String, Arc<Mutex<BTreeMap<String, usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, heard) = (format!("http://{}", listener.local_addr().unwrap()), Arc::<Mutex<BTreeMap<String, usize>>>::default());
    let keys = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut text) = (stream.unwrap(), Vec::new());
            stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
            let mut buffer = [0; 4096];
            // The body is the fixture's description; a request that a kill cut off has none.
            while !text.ends_with(b"a fixture") {
                match stream.read(&mut buffer) {
                    Ok(count @ 1..) => text.extend_from_slice(&buffer[..count]),
                    _ => break,
                }
            }
            let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
            if let Some((_, rest)) = text.split_once("\r\nidempotency-key: ").filter(|_| text.ends_with("a fixture")) {
                *keys.lock().unwrap().entry(rest.split("\r\n").next().unwrap().to_owned()).or_default() += 1;
            }
            // Whoever was killed does not read it.
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (address, heard)
}
