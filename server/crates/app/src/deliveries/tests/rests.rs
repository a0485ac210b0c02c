//! Who keeps failing, or cannot be called, is left alone for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hardie_domain::attempt::DeliveryState::{Dead, Done, Failed, Skipped};
use hardie_domain::delivery::EventOutcome;
use hardie_domain::plugin::FailureClass;
use hardie_store::plugins::Scope;

use super::world::{World, audited, done, report, trap};
use crate::ports::Clock as _;

#[tokio::test(flavor = "multi_thread")]
async fn five_faults_in_a_row_let_it_rest_and_a_good_try_ends_the_rest() {
    let healthy = Arc::new(AtomicU32::new(0));
    let heals = Arc::clone(&healthy);
    let world = World::new(move |_| if heals.load(Ordering::SeqCst) == 0 { report(trap()) } else { done() }).await;
    let id = world.install(Scope::Site, "site").await;
    let mut repos = vec![world.tool, world.other];
    for n in 0..4 {
        repos.push(world.repo(&format!("more{n}")).await);
    }
    for repo in &repos {
        world.announce("push", *repo).await;
    }
    world.run_one_by_one().await;
    assert_eq!(world.script.calls().len(), 5, "the sixth repository is not tried");
    let handler = world.app.store.find_handler(id).await.unwrap().unwrap();
    assert_eq!((handler.faults, handler.pause_seconds), (5, 600));
    assert!(handler.pause_reason.contains("trap: unreachable"), "{}", handler.pause_reason);
    assert_eq!(audited(&world, "plugin.pause").await, 1);
    world.clock.advance(599);
    world.run().await;
    assert_eq!(world.script.calls().len(), 5);
    world.clock.advance(1);
    world.run().await;
    assert_eq!(world.script.calls().len(), 6, "one try alone");
    assert_eq!(world.app.store.find_handler(id).await.unwrap().unwrap().pause_seconds, 1200, "twice as long");
    healthy.store(1, Ordering::SeqCst);
    world.clock.advance(1200);
    world.run().await;
    let handler = world.app.store.find_handler(id).await.unwrap().unwrap();
    assert_eq!((handler.faults, handler.paused_until), (0, None));
    assert!(world.told(id).await.iter().all(|(_, state, _)| *state == Done), "{:?}", world.told(id).await);
    assert_eq!((audited(&world, "plugin.pause").await, audited(&world, "plugin.resume").await), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_when_a_rest_began_does_not_make_it_longer() {
    let world = World::new(|_| report(trap())).await;
    let id = world.install(Scope::Site, "site").await;
    for n in 0..8 {
        let repo = world.repo(&format!("more{n}")).await;
        world.announce("push", repo).await;
    }
    world.run_together().await;
    let handler = world.app.store.find_handler(id).await.unwrap().unwrap();
    assert_eq!((world.script.calls().len(), handler.faults, handler.pause_seconds), (8, 8, 600));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_is_busy_is_no_fault_of_the_handler_which_waits_a_little() {
    let busy = Arc::new(AtomicU32::new(0));
    let is_busy = Arc::clone(&busy);
    let world = World::new(move |_| match is_busy.load(Ordering::SeqCst) {
        0 => report(EventOutcome::Fault(FailureClass::Unavailable, "busy".into())),
        1 => {
            is_busy.store(2, Ordering::SeqCst);
            report(trap())
        }
        _ => done(),
    })
    .await;
    let id = world.install(Scope::Site, "site").await;
    for n in 0..6 {
        let repo = world.repo(&format!("more{n}")).await;
        world.announce("push", repo).await;
    }
    let handler = async || world.app.store.find_handler(id).await.unwrap().unwrap();
    for (calls, wait) in [(1, 10), (2, 20), (3, 40)] {
        world.run_one_by_one().await;
        let handler = handler().await;
        assert_eq!((world.script.calls().len(), handler.faults, handler.pause_seconds), (calls, 0, wait), "one try, and not the next five");
        assert!(handler.pause_reason.contains("busy"), "{}", handler.pause_reason);
        world.clock.advance(i64::try_from(wait).unwrap() - 1);
        world.run_one_by_one().await;
        assert_eq!(world.script.calls().len(), calls, "not before its time");
        world.clock.advance(1);
    }
    assert!(world.told(id).await.iter().any(|told| told.1 == Failed && told.2 == 1), "but it counts as a try");
    busy.store(1, Ordering::SeqCst);
    world.run_one_by_one().await;
    assert_eq!((handler().await.faults, handler().await.paused_until), (0, None), "it could be called: one fault is no reason to rest");
    assert!(world.told(id).await.iter().filter(|told| told.1 == Done).count() > 1);
    assert_eq!((audited(&world, "plugin.pause").await, audited(&world, "plugin.resume").await), (0, 0), "nobody has to know");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_try_after_a_rest_is_not_spent_on_what_is_skipped() {
    let world = World::new(|call| if call.delivery.seq.0 == 1 { report(trap()) } else { done() }).await;
    let id = world.install(Scope::Account(world.ann), "owners").await;
    for repo in [world.tool, world.other] {
        world.announce("push", repo).await;
    }
    world.make().await;
    let mut tx = world.app.store.begin().await.unwrap();
    assert!(tx.pause_handler(id, world.clock.now(), 600, "it kept failing").await.unwrap());
    tx.commit().await.unwrap();
    world.give_away(world.tool).await;
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Skipped, 1), (2, Done, 1)], "without two more minutes");
    assert_eq!(world.app.store.find_handler(id).await.unwrap().unwrap().paused_until, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_many_instructions_is_tried_twice() {
    let world = World::new(|_| report(EventOutcome::Fault(FailureClass::OutOfFuel, "a loop".into()))).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.announce("push", world.tool).await;
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Failed, 1)]);
    world.clock.advance(10);
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Dead, 2)]);
}
