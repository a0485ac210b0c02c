//! `kill -9` at random moments under pushes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hardie_domain::ids::{EventSeq, InstallationId, RepoId};
use hardie_domain::page::Page;
use hardie_domain::plugin::{Digest, Mode};
use hardie_domain::time::Timestamp;
use hardie_store::deliveries::DeliveryFilter;
use hardie_store::events::EventRow;
use hardie_store::plugins::{ComponentRow, NewInstallation, Scope};
use hardie_store::pushes::PushState;
use hardie_store::{Store, StoreOptions};
use hardie_testkit::{Git, ServerProcess, process, raw};

use crate::support::{choices, eventually, soak};

/// What one branch was told to be, and what the push that the kill interrupted would have made it.
#[derive(Clone, Debug, Default)]
struct Branch {
    acknowledged: Option<String>,
    under_way: Option<String>,
}

#[test]
fn kill_at_random_moments_loses_nothing_acknowledged() {
    let mut random = choices("kill");
    let data = tempfile::tempdir().unwrap();
    process::admin(data.path(), &["user", "create", "alice", "--email", "a@example.org", "--password-stdin"], "correct horse battery\n")
        .unwrap();
    let token = process::admin(data.path(), &["token", "create", "alice", "--name", "t", "--scopes", "all"], "").unwrap();
    let git = Git::new("alice").unwrap().with_password("alice", &token).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let told = runtime.block_on(listener(data.path()));
    let mut server = ServerProcess::serve(data.path(), &[]).unwrap();
    create_repo(&git, server.url(), "tool");
    let dirs: Vec<PathBuf> = (0..2).map(|n| git.init(&format!("work{n}")).unwrap()).collect();
    let kills = if soak() { 50 } else { 4 };
    let state = Arc::new(Mutex::new(vec![Branch::default(); dirs.len()]));
    let mut pushes = 0;
    for kill in 0..kills {
        let url = format!("{}/alice/tool.git", server.url());
        let stop = AtomicBool::new(false);
        let dead = std::thread::scope(|scope| {
            let pushers: Vec<_> = dirs
                .iter()
                .enumerate()
                .map(|(n, dir)| {
                    let (git, url, stop, state) = (&git, &url, &stop, &state);
                    scope.spawn(move || push_until(git, dir, url, n, kill, stop, state))
                })
                .collect();
            #[expect(clippy::disallowed_methods, reason = "the moment of the kill is chance, and chance alone")]
            std::thread::sleep(Duration::from_millis(100 + random.below(900)));
            let dead = server.kill().unwrap();
            stop.store(true, Ordering::Relaxed);
            pushes += pushers.into_iter().map(|p| p.join().unwrap()).sum::<u32>();
            dead
        });
        drop(dead);
        server = ServerProcess::serve(data.path(), &[]).unwrap();
        compare(&git, &dirs[0], &format!("{}/alice/tool.git", server.url()), &state, kill);
        let said = process::admin(data.path(), &["verify"], "").unwrap();
        assert!(said.contains("1 repositories"), "kill {kill}: {said}");
    }
    let events = runtime.block_on(each_told_once(data.path(), told));
    server.terminate().unwrap();
    println!("{events} events, each on its way to its handler once");
    println!("{kills} kills under {pushes} acknowledged pushes: nothing lost, nothing half applied, verify clean");
    assert!(pushes > 0, "no push was acknowledged before any kill: the test shows nothing");
}

/// Installs something that is told of every event; what it does with them is not asked here.
async fn listener(data: &Path) -> InstallationId {
    let store = Store::open(&StoreOptions::sqlite(&data.join("hardie.db"))).await.unwrap();
    let (digest, at) = (Digest([7; 32]), Timestamp(0));
    let component = ComponentRow {
        digest,
        name: "listener".to_owned(),
        version: "1.0.0".to_owned(),
        description: String::new(),
        worlds: vec!["events".to_owned()],
        imports: Vec::new(),
        default_config: "{}".to_owned(),
        size: 0,
        uploaded_by: None,
        created_at: at,
    };
    let mut tx = store.begin().await.unwrap();
    assert!(tx.insert_component(&component, b"").await.unwrap());
    let (scope, name, mode) = (Scope::Site, "listener", Mode::Monitor);
    let new = NewInstallation { scope, name, digest, mode, fail_open: true, config: "{}", grants: &[], by: None, at };
    let id = tx.insert_installation(&new).await.unwrap().unwrap();
    assert!(tx.insert_handler(id).await.unwrap());
    tx.commit().await.unwrap();
    store.close().await;
    id
}

/// Whether every push that was taken is one event of the log, and every event one delivery; how many events.
pub async fn each_told_once(data: &Path, told: InstallationId) -> usize {
    let store = Store::open(&StoreOptions::sqlite(&data.join("hardie.db"))).await.unwrap();
    eventually("all events have deliveries", async || !store.has_outbox().await.unwrap() && !store.has_undelivered().await.unwrap()).await;
    let (mut taken, mut delivered) = (0, Vec::new());
    for page in 1.. {
        let page = Page::new(Some(page), Some(Page::MAX_LIMIT));
        let pushes = store.list_pushes(RepoId(1), page).await.unwrap().items;
        let deliveries = store.list_deliveries(told, DeliveryFilter::default(), page).await.unwrap().items;
        if pushes.is_empty() && deliveries.is_empty() {
            break;
        }
        taken += pushes.iter().filter(|push| push.state == PushState::Done).count();
        delivered.extend(deliveries.iter().map(|delivery| delivery.seq));
    }
    let mut events = Vec::new();
    loop {
        let last = events.last().map_or(EventSeq(0), |event: &EventRow| event.seq);
        let more = store.list_events_since(last, 500).await.unwrap();
        if more.is_empty() {
            break;
        }
        events.extend(more);
    }
    delivered.reverse();
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), delivered);
    assert!(delivered.iter().zip(1..).all(|(seq, place)| seq.0 == place), "the log has a gap");
    assert_eq!(events.iter().filter(|event| event.kind == "push").count(), taken);
    store.close().await;
    events.len()
}

pub fn create_repo(git: &Git, url: &str, name: &str) {
    let host = url.trim_start_matches("http://");
    let body = format!("{{\"name\":\"{name}\",\"private\":true}}");
    let request = format!(
        "POST /api/v1/user/repos HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        git.basic_auth().unwrap(),
        body.len()
    );
    let answer = String::from_utf8_lossy(&raw::exchange(host, request.as_bytes()).unwrap()).into_owned();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

/// Commits and pushes one branch until told to stop; how many pushes were acknowledged.
fn push_until(git: &Git, dir: &Path, url: &str, n: usize, kill: u32, stop: &AtomicBool, state: &Mutex<Vec<Branch>>) -> u32 {
    let mut acknowledged = 0;
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let tip = git.commit(dir, "counter.txt", &format!("{kill} {round}\n"), "Count").unwrap();
        state.lock().unwrap()[n].under_way = Some(tip.clone());
        let refspec = format!("main:branch{n}");
        if !git.run(dir, &["push", "--quiet", url, &refspec]).unwrap().ok {
            break;
        }
        acknowledged += 1;
        state.lock().unwrap()[n] = Branch { acknowledged: Some(tip), under_way: None };
    }
    acknowledged
}

fn compare(git: &Git, dir: &Path, url: &str, state: &Mutex<Vec<Branch>>, kill: u32) {
    let listed = git.ok(dir, &["ls-remote", url, "refs/heads/*"]).unwrap();
    let refs: HashMap<&str, &str> = listed.lines().filter_map(|l| l.split_once('\t')).map(|(oid, name)| (name, oid)).collect();
    for (n, branch) in state.lock().unwrap().iter_mut().enumerate() {
        let now = refs.get(format!("refs/heads/branch{n}").as_str()).map(|oid| (*oid).to_owned());
        assert!(
            now == branch.acknowledged || (now.is_some() && now == branch.under_way),
            "kill {kill}: branch{n} is {now:?}, told {branch:?}"
        );
        *branch = Branch { acknowledged: now, under_way: None };
    }
}
