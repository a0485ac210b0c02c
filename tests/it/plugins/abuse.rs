//! Every hostile policy at once, against the real program: pushes get the outcome that is written down for each, and the server stays as
//! it was.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hardie_testkit::{Git, ServerProcess, process, raw};

use super::ended;
use super::online::asks;
use crate::durability::kill::create_repo;
use crate::support::{component, soak};

/// How a push ends that each of them judges.
const ABUSES: [(&str, &str); 26] = [
    ("accept", "accepted"),
    ("log-flood", "accepted"),
    ("refuse", "rejected"),
    ("loop", "out-of-fuel"),
    ("bulk", "out-of-fuel"),
    ("memory", "out-of-memory"),
    ("table-grow", "out-of-memory"),
    ("recursion", "trap"),
    ("recursion-host", "host-budget"),
    ("host-storm", "host-budget"),
    ("handles", "host-budget"),
    ("giant-string", "host-budget"),
    ("wild-answer", "trap"),
    ("trap", "trap"),
    ("wild-pointer", "trap"),
    ("bad-utf8", "trap"),
    ("stale-handle", "trap"),
    ("guessed-handle", "trap"),
    ("unknown-update", "bad-output"),
    // They ask another server while the push waits; without an answer they cannot judge.
    ("ask-hang", "bad-output"),
    ("ask-drip", "bad-output"),
    ("ask-bomb", "bad-output"),
    ("ask-cut", "bad-output"),
    ("ask-endless-head", "bad-output"),
    ("ask-redirect", "rejected"),
    ("ask-inner", "bad-output"),
];
/// Anonymous memory may be so much above the level after the first round.
const GROWTH: u64 = 32 << 20;

#[test]
fn every_abuse_at_once_leaves_the_server_as_it_was() {
    let (pushers, time) = if soak() { (100, Duration::from_secs(60)) } else { (8, Duration::ZERO) };
    let upstream = hostile_server();
    let (data, git, server) = started(&upstream);
    let dir = git.init("work").unwrap();
    let tip = git.commit(&dir, "hello.txt", "hello\n", "Say hello").unwrap();
    let objects = git.ok(&dir, &["rev-list", "--objects", "--no-object-names", "HEAD"]).unwrap();
    let objects: Vec<&str> = objects.lines().collect();
    let pack = git.filter(&dir, &["pack-objects", "--stdout", "--quiet"], format!("{}\n", objects.join("\n")).as_bytes()).unwrap();
    for (abuse, _) in ABUSES {
        guarded(&git, &server, abuse, &upstream);
    }
    let url = server.url().to_owned();
    let push = |abuse: &str, branch: &str| {
        let name = format!("refs/heads/{branch}");
        raw::push_pack(&git, &dir, &format!("{url}/alice/{abuse}.git"), &pack, &tip, &name).unwrap()
    };
    let outcomes = Mutex::new(BTreeMap::<(&str, &str), usize>::new());
    let judge = |(abuse, expected): (&'static str, &'static str), branch: &str| {
        let answer = push(abuse, branch);
        let told = match expected {
            "accepted" => format!("ok refs/heads/{branch}"),
            "rejected" => format!("ng refs/heads/{branch} "),
            class => format!("ng refs/heads/{branch} {abuse}: {class}"),
        };
        let outcome = if answer.contains(&format!("{abuse}: unavailable")) {
            // The queue before the sandbox is bounded in time and length; this is no verdict, and says so.
            assert!(answer.contains("try again"), "{abuse}: {answer}");
            "unavailable"
        } else if answer.contains(&told) {
            expected
        } else {
            panic!("{abuse} should end as {expected}: {answer}")
        };
        *outcomes.lock().unwrap().entry((abuse, outcome)).or_default() += 1;
    };
    ABUSES.into_iter().for_each(|abuse| judge(abuse, "first"));
    assert!(outcomes.lock().unwrap().keys().all(|(_, outcome)| *outcome != "unavailable"), "one after the other, each has its place");
    let level = anonymous(server.id());
    let (started, next, done) = (Instant::now(), AtomicUsize::new(0), AtomicBool::new(false));
    let mut health = std::thread::scope(|scope| {
        let asking = scope.spawn(|| health(&url, &done));
        let pushing: Vec<_> = (0..pushers)
            .map(|pusher| {
                let (judge, next) = (&judge, &next);
                scope.spawn(move || {
                    for round in 0.. {
                        let nth = next.fetch_add(1, Ordering::Relaxed);
                        if round > 0 && started.elapsed() >= time && nth >= 3 * ABUSES.len() {
                            break;
                        }
                        judge(ABUSES[nth % ABUSES.len()], &format!("p{pusher}-{round}"));
                    }
                })
            })
            .collect();
        let ends: Vec<_> = pushing.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        ends.into_iter().for_each(Result::unwrap);
        asking.join().unwrap()
    });
    health.sort();
    let end = anonymous(server.id());
    let outcomes = outcomes.into_inner().unwrap();
    let unavailable: usize = outcomes.iter().filter(|((_, outcome), _)| *outcome == "unavailable").map(|(_, count)| count).sum();
    let p99 = health.get(health.len() * 99 / 100).copied().unwrap_or_default();
    println!(
        "{} pushes by {pushers} in {:.0?}, {unavailable} turned away from the queue; /healthz p99 {p99:.1?} of {}; {} MiB after the first round, {} MiB at the end",
        outcomes.values().sum::<usize>(),
        started.elapsed(),
        health.len(),
        level >> 20,
        end >> 20
    );
    outcomes.iter().for_each(|((abuse, outcome), count)| println!("  {abuse}: {outcome} × {count}"));
    for (abuse, expected) in ABUSES {
        assert!(outcomes.contains_key(&(abuse, expected)), "{abuse} never ended as {expected}");
    }
    assert!(!health.is_empty() && end <= level + GROWTH, "{level} bytes of memory became {end}");
    // Nothing but the outcomes is left: a good push gets through at once, and the program ends as it is told to.
    assert!(push("accept", "last").contains("ok refs/heads/last"));
    server.terminate().unwrap();
    drop(data);
}

/// The real program, and somebody who may push to it more often than one person does.
fn started(upstream: &str) -> (tempfile::TempDir, Git, ServerProcess) {
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("hardie.toml");
    let outbound = format!("[outbound]\nhosts = [\"{upstream}\", \"{INNER}\"]\npermit = [\"127.0.0.1\"]\n");
    std::fs::write(&config, format!("[limits]\nper-actor = 128\n{outbound}")).unwrap();
    let folder = data.path().join("data");
    let user = ["user", "create", "alice", "--email", "a@example.org", "--admin", "--password-stdin"];
    process::admin(&folder, &user, "correct horse battery\n").unwrap();
    let token = process::admin(&folder, &["token", "create", "alice", "--name", "t", "--scopes", "all"], "").unwrap();
    let git = Git::new("alice").unwrap().with_password("alice", &token).unwrap().with_env("HARDIE_TOKEN", token);
    let server = ServerProcess::serve(&folder, &["--config", config.to_str().unwrap()]).unwrap();
    (data, git, server)
}

/// A repository that this policy guards.
fn guarded(git: &Git, server: &ServerProcess, abuse: &str, upstream: &str) {
    create_repo(git, server.url(), abuse);
    let file = git.path(format!("{abuse}.wasm"));
    let host = if abuse == "ask-inner" { INNER } else { upstream };
    let made = match abuse.strip_prefix("ask-") {
        Some(how) => asks(&format!("{host}/{how}"), "", false),
        None => component(abuse),
    };
    std::fs::write(&file, made).unwrap();
    let mut install = process::hardie(&["plugin", "install"]).unwrap();
    install.arg(&file).args(["--name", abuse, "--repo", &format!("alice/{abuse}"), "--mode", "enforce"]);
    if abuse.starts_with("ask-") {
        install.args(["--host", host]);
    }
    let said = ended(install.env("HARDIE_SERVER", server.url()).env("HARDIE_TOKEN", git.variable("HARDIE_TOKEN").unwrap()));
    assert_eq!(said.code, Some(0), "{abuse}: {}", said.err);
}

/// Where clouds keep their credentials; granted, and not to be reached all the same.
const INNER: &str = "http://169.254.169.254";

/// A server that answers as the path says, one way worse than the other; its address.
fn hostile_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || misbehave(stream.unwrap()));
        }
    });
    address
}

/// Ends when the other side has had enough.
fn misbehave(mut stream: TcpStream) -> Option<()> {
    let mut head = [0; 1024];
    let read = stream.read(&mut head).ok()?;
    let head = String::from_utf8_lossy(&head[..read]).into_owned();
    let mut send = |bytes: &[u8]| stream.write_all(bytes).ok();
    match head.split(' ').nth(1)? {
        "/hang" => {}
        "/cut" => return send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        "/redirect" => {
            return send(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        "/drip" => {
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")?;
            loop {
                send(b".")?;
                std::thread::park_timeout(Duration::from_millis(200));
            }
        }
        "/endless-head" => {
            send(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                send(&[b"X-More: ".as_slice(), &[b'x'; 4096], b"\r\n"].concat())?;
            }
        }
        "/bomb" => {
            send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                send(&[b'x'; 64 << 10])?;
            }
        }
        other => panic!("nobody asks {other}"),
    }
    // Until it is closed.
    let _ = stream.read(&mut [0; 1]);
    None
}

/// Asks for the server's health until told to stop; how long each answer took.
fn health(url: &str, done: &AtomicBool) -> Vec<Duration> {
    let host = url.trim_start_matches("http://");
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut times = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let answer = raw::exchange(host, request.as_bytes()).unwrap();
        times.push(asked.elapsed());
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        std::thread::park_timeout(Duration::from_millis(20));
    }
    times
}

/// RssAnon and RssShmem of a process (proc_pid_status(5)), in bytes.
fn anonymous(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let lines = status.lines().filter(|line| line.starts_with("RssAnon:") || line.starts_with("RssShmem:"));
    lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum::<u64>() * 1024
}
