//! Many calls at once, calls that nobody waits for any more, and places that somebody used before.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hardie_domain::plugin::{FailureClass, PolicyOutcome};
use hardie_plugin_host::{Allocation, Limits, PluginHost};

use crate::isolation::{Empty, call};
use crate::support::{Bench, component, options};

#[tokio::test]
async fn nothing_of_one_component_is_left_for_another() {
    for allocation in [Allocation::Pooling, Allocation::OnDemand] {
        let folder = tempfile::tempdir().unwrap();
        // One place, so that the second has to take the very one that the first had.
        let limits = Limits { running: 1, ..Limits::default() };
        let host = PluginHost::open(hardie_plugin_host::HostOptions { allocation, ..options(folder.path(), limits) }).unwrap();
        let leave = host.prepare(component("leave")).await.unwrap().digest;
        let find = host.prepare(component("find")).await.unwrap().digest;
        for round in 0..50 {
            for digest in [leave, find] {
                let report = host.check(call(digest, 1, Arc::new(Empty))).await;
                assert!(matches!(report.outcome, PolicyOutcome::Verdicts(_)), "{allocation:?}, round {round}: {:?}", report.outcome);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_pushes_at_once_are_judged_or_turned_away_and_leave_nothing() {
    let bench = Bench::new(Limits { running: 4, waiting: 1_000, ..Limits::default() });
    let digest = bench.install("accept").await;
    let calls: Vec<_> = (0..5_000)
        .map(|nth| {
            let (host, call) = (bench.host.clone(), call(digest, nth % 50, Arc::new(Empty)));
            tokio::spawn(async move { host.check(call).await })
        })
        .collect();
    let (mut judged, mut turned_away) = (0, 0);
    for call in calls {
        match call.await.unwrap().outcome {
            PolicyOutcome::Verdicts(_) => judged += 1,
            PolicyOutcome::Fault(FailureClass::Unavailable, text) => {
                assert!(text.contains("waiting") || text.contains("wait"), "{text}");
                turned_away += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    println!("{judged} judged, {turned_away} turned away");
    assert!(judged >= 1_000 && judged + turned_away == 5_000);
    let after = bench.host.check(call(digest, 1, Arc::new(Empty))).await;
    assert!(matches!(after.outcome, PolicyOutcome::Verdicts(_)), "every place is back: {:?}", after.outcome);
}

#[tokio::test]
async fn a_call_that_is_dropped_wherever_it_waits_gives_everything_back() {
    let bench = Bench::new(Limits { running: 1, waiting: 1, ..Limits::default() });
    let digest = bench.install("accept").await;
    let mut longest = 0;
    // Dropped after so many polls, until one is over before that.
    for polls in 1.. {
        if polled(bench.host.check(call(digest, 1, Arc::new(Empty))), polls).await.is_some() {
            break;
        }
        longest = polls;
        let next = tokio::time::timeout(Duration::from_secs(20), bench.host.check(call(digest, 2, Arc::new(Empty)))).await.unwrap();
        assert!(matches!(next.outcome, PolicyOutcome::Verdicts(_)), "after {polls} polls: {:?}", next.outcome);
    }
    assert!(longest > 0, "it never waited, so nothing was dropped");
    // And while it waits for a place, and for the compiler.
    let burning = Bench::new(Limits { running: 1, waiting: 1, fuel: u64::MAX / 2, wall: Duration::from_millis(100), ..Limits::default() });
    let bad = burning.install("loop").await;
    let running = tokio::spawn({
        let (host, call) = (burning.host.clone(), call(bad, 1, Arc::new(Empty)));
        async move { host.check(call).await }
    });
    // One turn of this thread, and it has the place.
    tokio::task::yield_now().await;
    let mut dropped = 0;
    for _ in 0..20 {
        // On a busy machine so much happens between two polls that either may be over: it
        // found the running call where it waits itself, or the compiler was done.
        dropped += usize::from(polled(burning.host.check(call(bad, 2, Arc::new(Empty))), 1).await.is_none());
        let _ = polled(burning.host.prepare(component("accept")), 2).await;
    }
    assert!(dropped > 0, "none of them waited, so nothing was dropped");
    running.await.unwrap();
    let good = burning.install("accept").await;
    let report = burning.host.check(call(good, 3, Arc::new(Empty))).await;
    assert!(matches!(report.outcome, PolicyOutcome::Verdicts(_)), "{:?}", report.outcome);
}

/// What a future answers; `None` if it is given up after so many polls.
async fn polled<F: Future>(call: F, mut left: usize) -> Option<F::Output> {
    let mut call = pin!(call);
    std::future::poll_fn(move |context| {
        left -= 1;
        match call.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
