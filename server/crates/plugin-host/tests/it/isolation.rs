//! One call knows nothing of another, and a bad one does not hold up a good one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use hardie_domain::access::Role;
use hardie_domain::ids::{AccountId, InstallationId, PushId, RepoId};
use hardie_domain::oid::Oid;
use hardie_domain::plugin::{CommitInfo, Digest, FailureClass, PolicyOutcome, Signature, Source};
use hardie_domain::policy::{Change, NewObject, PolicyCall, PushFacts, PushRepository, ReadError, TreeEntry, UpdateFacts};
use hardie_domain::push::{Door, RefUpdate};
use hardie_domain::refname::RefName;
use hardie_plugin_host::Limits;

use crate::support::Bench;

#[tokio::test]
async fn the_same_push_gets_the_same_verdict_for_the_same_fuel_a_hundred_times() {
    let bench = Bench::new(Limits::default());
    let digest = bench.install("accept").await;
    let first = bench.judge(digest).await;
    for _ in 0..100 {
        let next = bench.judge(digest).await;
        assert_eq!((next.verdict, next.usage.fuel, next.usage.memory), (first.verdict.clone(), first.usage.fuel, first.usage.memory));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_webassembly_leaves_open_is_the_same_a_thousand_times_on_a_busy_machine() {
    let bench = Bench::new(Limits { running: 6, ..Limits::default() });
    let (digest, burns) = (bench.install("undecided").await, bench.install("loop").await);
    let done = Arc::new(AtomicBool::new(false));
    let burning: Vec<_> = (10..13)
        .map(|owner| {
            let (host, call, done) = (bench.host.clone(), call(burns, owner, Arc::new(Empty)), done.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    host.check(call.clone()).await;
                }
            })
        })
        .collect();
    let tell = async |owner: i64| {
        let report = bench.host.check(call(digest, owner, Arc::new(Empty))).await;
        let PolicyOutcome::Verdicts(verdicts) = report.outcome else { panic!("{:?}", report.outcome) };
        assert_eq!((report.source, verdicts[0].warnings[0].len()), (Source::Run, 88));
        (verdicts[0].warnings[0].clone(), report.usage.fuel, report.usage.memory)
    };
    let first = tell(1).await;
    for round in 0..500 {
        let (one, other) = tokio::join!(tell(1), tell(2));
        assert!(one == first && other == first, "round {round}: {first:?}, {one:?}, {other:?}");
    }
    done.store(true, Ordering::Relaxed);
    for task in burning {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_left_in_memory_from_one_call_to_the_next() {
    let bench = Bench::new(Limits::default());
    let digest = bench.install("remember").await;
    for _ in 0..50 {
        assert_eq!(bench.judge(digest).await.verdict, "accepted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn good_calls_are_answered_while_bad_ones_burn() {
    let wall = Duration::from_millis(300);
    let bench = Bench::new(Limits { fuel: u64::MAX / 2, wall, running: 4, ..Limits::default() });
    let (bad, good) = (bench.install("loop").await, bench.install("accept").await);
    let burning: Vec<_> = (0..8)
        .map(|_| {
            let (host, call) = (bench.host.clone(), call(bad, 1, Arc::new(Empty)));
            tokio::spawn(async move { host.check(call).await })
        })
        .collect();
    for _ in 0..20 {
        let started = Instant::now();
        let report = bench.host.check(call(good, 2, Arc::new(Empty))).await;
        assert!(matches!(report.outcome, PolicyOutcome::Verdicts(_)), "{:?}", report.outcome);
        assert!(started.elapsed() < Duration::from_secs(1), "took {:?}", started.elapsed());
    }
    for task in burning {
        assert!(matches!(task.await.unwrap().outcome, PolicyOutcome::Fault(FailureClass::Deadline, _)));
    }
}

#[tokio::test]
async fn a_read_that_hangs_ends_at_the_deadline_for_the_pusher() {
    let wall = Duration::from_millis(100);
    let bench = Bench::new(Limits { wall, ..Limits::default() });
    let digest = bench.install("handles").await;
    let hanging = Arc::new(Hanging::default());
    let started = Instant::now();
    let report = bench.host.check(call(digest, 1, hanging.clone())).await;
    assert!(matches!(report.outcome, PolicyOutcome::Fault(FailureClass::Deadline, _)), "{:?}", report.outcome);
    assert!(started.elapsed() < wall + Duration::from_secs(1), "took {:?}", started.elapsed());
    hanging.release();
}

#[tokio::test(flavor = "multi_thread")]
async fn runaways_end_soon_after_their_deadline_alone_and_a_hundred_at_once() {
    let wall = Duration::from_millis(200);
    for (what, fixture) in [("loops", "loop"), ("host calls that hang", "handles")] {
        for copies in [1, 100] {
            // What hangs needs no processor and has its own place; loops wait for one another.
            let running = if fixture == "loop" { Limits::default().running } else { copies };
            let patience = Duration::from_secs(120);
            let bench = Bench::new(Limits { fuel: u64::MAX / 2, wall, running, patience, ..Limits::default() });
            let digest = bench.install(fixture).await;
            let tasks: Vec<_> = (1..)
                .take(copies)
                .map(|repo| {
                    let (host, hanging) = (bench.host.clone(), Arc::new(Hanging::default()));
                    let call = call(digest, repo, hanging.clone());
                    tokio::spawn(async move {
                        let report = host.check(call).await;
                        let ended = hanging.began().map(|began| began.elapsed());
                        hanging.release();
                        assert!(matches!(report.outcome, PolicyOutcome::Fault(FailureClass::Deadline, _)), "{:?}", report.outcome);
                        ended.unwrap_or(Duration::from_micros(report.usage.wall_micros))
                    })
                })
                .collect();
            let mut worst = Duration::ZERO;
            for task in tasks {
                worst = worst.max(task.await.unwrap());
            }
            println!("{copies} {what}: the last ended {:.1?} after its deadline", worst.saturating_sub(wall));
            assert!(worst < wall + Duration::from_secs(2), "took {worst:?}");
        }
    }
}

#[tokio::test]
async fn commits_with_huge_messages_count_by_what_they_hold() {
    let bench = Bench::new(Limits::default());
    let digest = bench.install("handles").await;
    let report = bench.host.check(call(digest, 1, Arc::new(Huge))).await;
    assert!(matches!(report.outcome, PolicyOutcome::Fault(FailureClass::HostBudget, _)), "{:?}", report.outcome);
    assert!(report.usage.host_bytes > 16 << 20 && report.usage.host_calls < 10, "{:?}", report.usage);
}

#[tokio::test]
async fn a_storage_failure_is_never_the_plugins_verdict() {
    let bench = Bench::new(Limits::default());
    let digest = bench.install("handles").await;
    let report = bench.host.check(call(digest, 1, Arc::new(Broken))).await;
    let PolicyOutcome::Fault(FailureClass::Unavailable, text) = report.outcome else { panic!("{:?}", report.outcome) };
    assert!(text.contains("try again") && !text.contains("disk on fire"), "{text}");
    assert!(report.log.iter().any(|line| line.contains("disk on fire")));
}

#[tokio::test]
async fn a_call_that_is_dropped_half_way_gives_its_place_back() {
    let bench = Bench::new(Limits { wall: Duration::from_millis(50), fuel: u64::MAX / 2, running: 1, ..Limits::default() });
    let (bad, good) = (bench.install("loop").await, bench.install("accept").await);
    for _ in 0..5 {
        let dropped = bench.host.check(call(bad, 1, Arc::new(Empty)));
        assert!(tokio::time::timeout(Duration::from_millis(5), dropped).await.is_err());
    }
    let report = bench.host.check(call(good, 1, Arc::new(Empty))).await;
    assert!(matches!(report.outcome, PolicyOutcome::Verdicts(_)), "{:?}", report.outcome);
}

pub fn call(digest: Digest, repo: i64, repository: Arc<dyn PushRepository>) -> PolicyCall {
    let name = RefName::branch("main").unwrap();
    let update = RefUpdate { name, old: Oid([1; 20]), new: Oid([2; 20]) };
    let push = PushFacts {
        id: PushId(1),
        repo: RepoId(repo),
        repo_path: format!("owner-{repo}/demo"),
        default_branch: "main".into(),
        actor: AccountId(1),
        actor_name: "ann".into(),
        role: Role::Write,
        door: Door::Http,
        options: Vec::new(),
        updates: vec![UpdateFacts { update, forced: false }],
    };
    PolicyCall {
        installation: InstallationId(1),
        digest,
        config: Arc::from("{}"),
        push: Arc::new(push),
        repository,
        basis: None,
        services: None,
        background: false,
        here: false,
    }
}

/// Implements the port by one answer to `new_commits`; nothing else is asked here.
macro_rules! repository {
    ($name:ident, $self:ident => $answer:expr) => {
        impl PushRepository for $name {
            fn new_commits(&$self, _: usize, _: usize, _: usize) -> Result<Vec<CommitInfo>, ReadError> {
                $answer
            }
            fn new_objects(&self, _: &str, _: usize, _: usize) -> Result<Vec<NewObject>, ReadError> {
                Err(ReadError::NotFound)
            }
            fn commit(&self, _: Oid) -> Result<CommitInfo, ReadError> {
                Err(ReadError::NotFound)
            }
            fn tree(&self, _: Oid, _: usize, _: usize) -> Result<Vec<TreeEntry>, ReadError> {
                Err(ReadError::NotFound)
            }
            fn blob_size(&self, _: Oid) -> Result<u64, ReadError> {
                Err(ReadError::NotFound)
            }
            fn blob_range(&self, _: Oid, _: u64, _: u64) -> Result<Vec<u8>, ReadError> {
                Err(ReadError::NotFound)
            }
            fn changes(&self, _: Oid, _: Oid, _: usize, _: usize) -> Result<Vec<Change>, ReadError> {
                Err(ReadError::NotFound)
            }
            fn is_ancestor(&self, _: Oid, _: Oid) -> Result<bool, ReadError> {
                Err(ReadError::NotFound)
            }
            fn read_ref(&self, _: &[u8]) -> Result<Option<Oid>, ReadError> {
                Err(ReadError::NotFound)
            }
        }
    };
}

pub struct Empty;
repository!(Empty, self => Ok(Vec::new()));

/// Each page is 256 commits of a message that is cut.
struct Huge;
repository!(Huge, self => {
    let who = Signature { name: vec![b'n'; 4000], email: Vec::new(), seconds: 0, offset_minutes: 0 };
    let (id, message) = (Oid([3; 20]), vec![b'm'; 1 << 20]);
    let commit = CommitInfo { id, tree: id, parents: vec![id; 100], author: who.clone(), committer: who, message, signed: None };
    Ok(vec![commit; 256])
});

/// Tells that a bound was passed.
pub struct Bounded;
repository!(Bounded, self => Err(ReadError::TooLarge("out of time".into())));

struct Broken;
repository!(Broken, self => Err(ReadError::Storage("disk on fire".into())));

/// Does not answer until released.
#[derive(Default)]
struct Hanging {
    began: Mutex<Option<Instant>>,
    released: Mutex<bool>,
    changed: Condvar,
}

impl Hanging {
    /// When it was first asked.
    fn began(&self) -> Option<Instant> {
        *self.began.lock().unwrap()
    }

    fn release(&self) {
        *self.released.lock().unwrap() = true;
        self.changed.notify_all();
    }
}

repository!(Hanging, self => {
    self.began.lock().unwrap().get_or_insert_with(Instant::now);
    let mut released = self.released.lock().unwrap();
    while !*released {
        released = self.changed.wait(released).unwrap();
    }
    Ok(Vec::new())
});
