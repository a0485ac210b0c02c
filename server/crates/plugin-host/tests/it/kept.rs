//! Answers that are kept for an equal push, under attack: whatever a run could read makes another push, and nothing is kept that another run
//! might end otherwise.

use std::sync::Arc;

use hardie_domain::access::Role;
use hardie_domain::ids::{AccountId, PushId, RepoId};
use hardie_domain::oid::Oid;
use hardie_domain::plugin::{PolicyOutcome, Source};
use hardie_domain::policy::{Basis, PolicyCall, PushFacts};
use hardie_domain::push::Door;
use hardie_domain::refname::RefName;
use hardie_plugin_host::Limits;

use crate::isolation::{Bounded, Empty, call};
use crate::support::{Bench, component_of};

fn based(call: PolicyCall) -> PolicyCall {
    let basis = Basis { repo: RepoId(1), generation: 5, pack: Some([3; 32]), carried: 7, tips: vec![Oid([2; 20])] };
    PolicyCall { basis: Some(basis), ..call }
}

fn facts(call: &mut PolicyCall, change: impl FnOnce(&mut PushFacts)) {
    let mut push = (*call.push).clone();
    change(&mut push);
    call.push = Arc::new(push);
}

type Change = fn(&mut PolicyCall);

/// Each changes one part of what a run can read.
const CHANGES: [(&str, Change); 23] = [
    ("another repository", |call| call.basis.as_mut().unwrap().repo = RepoId(2)),
    ("another generation", |call| call.basis.as_mut().unwrap().generation = 6),
    ("another pack", |call| call.basis.as_mut().unwrap().pack = Some([4; 32])),
    ("another share of the pack", |call| call.basis.as_mut().unwrap().carried = 6),
    ("no pack", |call| call.basis.as_mut().unwrap().pack = None),
    ("an update that is not shown", |call| call.basis.as_mut().unwrap().tips = vec![Oid::ZERO]),
    ("a repository that cannot be told", |call| call.basis = None),
    ("another configuration", |call| call.config = Arc::from("{ }")),
    ("the repository of the facts", |call| facts(call, |push| push.repo = RepoId(2))),
    ("another path", |call| facts(call, |push| push.repo_path = "owner-1/other".into())),
    ("another default branch", |call| facts(call, |push| push.default_branch = "trunk".into())),
    ("another account", |call| facts(call, |push| push.actor = AccountId(2))),
    ("another name", |call| facts(call, |push| push.actor_name = "bob".into())),
    ("another role", |call| facts(call, |push| push.role = Role::Admin)),
    ("another door", |call| facts(call, |push| push.door = Door::Ssh)),
    ("an option", |call| facts(call, |push| push.options = vec![String::new()])),
    ("options joined", |call| facts(call, |push| push.options = vec!["ab".into()])),
    ("options apart", |call| facts(call, |push| push.options = vec!["a".into(), "b".into()])),
    ("another ref", |call| facts(call, |push| push.updates[0].update.name = RefName::branch("next").unwrap())),
    ("another old id", |call| facts(call, |push| push.updates[0].update.old = Oid([9; 20]))),
    ("another new id", |call| facts(call, |push| push.updates[0].update.new = Oid([9; 20]))),
    ("a forced update", |call| facts(call, |push| push.updates[0].forced = true)),
    ("what is not shown, twice", |call| call.basis.as_mut().unwrap().tips.push(Oid::ZERO)),
];

#[tokio::test]
async fn an_equal_push_is_answered_without_a_run_and_any_other_is_not() {
    let bench = Bench::new(Limits::default());
    let digest = bench.install("refuse").await;
    let equal = based(call(digest, 1, Arc::new(Empty)));
    let first = bench.host.check(equal.clone()).await;
    assert_eq!((first.source, first.log.len()), (Source::Run, 1));
    let mut again = equal.clone();
    facts(&mut again, |push| push.id = PushId(2));
    let second = bench.host.check(again).await;
    assert_eq!((second.source, second.outcome == first.outcome), (Source::Cached, true));
    assert!(second.usage.fuel == 0 && second.log.is_empty(), "nothing ran: {second:?}");
    for (what, change) in CHANGES {
        let mut other = equal.clone();
        change(&mut other);
        assert_eq!(bench.host.check(other).await.source, Source::Run, "{what}");
    }
    let newer = bench.host.prepare(component_of("refuse", |text| text.replace("1.0.0", "2.0.0"))).await.unwrap().digest;
    assert_eq!(bench.host.check(PolicyCall { digest: newer, ..equal.clone() }).await.source, Source::Run, "another component");
    assert_eq!(bench.host.check(equal.clone()).await.source, Source::Cached, "and the first is still there");
    bench.host.forget(digest).await;
    assert!(matches!(bench.host.check(equal).await.outcome, PolicyOutcome::Fault(..)), "what is forgotten answers nothing");
}

#[tokio::test]
async fn a_failure_of_any_class_is_never_kept() {
    let bench = Bench::new(Limits { fuel: 10_000_000, ..Limits::default() });
    for fixture in ["loop", "memory", "trap", "host-storm", "unknown-update", "event-and-policy"] {
        let digest = bench.install(fixture).await;
        for _ in 0..2 {
            let report = bench.host.check(based(call(digest, 1, Arc::new(Empty)))).await;
            assert!(report.source == Source::Run && matches!(report.outcome, PolicyOutcome::Fault(..)), "{fixture}: {report:?}");
        }
    }
}

#[tokio::test]
async fn what_met_a_bound_while_it_read_is_asked_again() {
    let bench = Bench::new(Limits::default());
    let reads = component_of("accept", |text| {
        let accept = "(call $accept (local.get 0) (local.get 1)))";
        let read = "(call $new-commits (local.get 1) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 3072))";
        text.replace(accept, &format!("{read} {accept}"))
    });
    let digest = bench.host.prepare(reads).await.unwrap().digest;
    for _ in 0..2 {
        let report = bench.host.check(based(call(digest, 1, Arc::new(Bounded)))).await;
        assert!(report.source == Source::Run && matches!(report.outcome, PolicyOutcome::Verdicts(_)), "{report:?}");
    }
    for source in [Source::Run, Source::Cached] {
        assert_eq!(bench.host.check(based(call(digest, 1, Arc::new(Empty)))).await.source, source);
    }
}

#[tokio::test]
async fn no_more_is_kept_than_there_is_room_for() {
    let bench = Bench::new(Limits { kept_answers: 3, ..Limits::default() });
    let digest = bench.install("accept").await;
    let at = async |generation: i64| {
        let mut call = based(call(digest, 1, Arc::new(Empty)));
        call.basis.as_mut().unwrap().generation = generation;
        bench.host.check(call).await.source
    };
    for generation in 0..4 {
        assert_eq!(at(generation).await, Source::Run);
    }
    assert_eq!([at(1).await, at(2).await, at(3).await], [Source::Cached; 3]);
    assert_eq!(at(0).await, Source::Run, "the oldest made room");
}
