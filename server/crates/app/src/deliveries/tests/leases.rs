//! What becomes of a try that is late, or whose process stops.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};

use futures_util::FutureExt as _;
use hardie_domain::attempt::DeliveryState::{Dead, Done, Failed, Running};
use hardie_domain::ids::InstallationId;
use hardie_store::plugin_state::StateOf;
use hardie_store::plugins::Scope;

use super::super::dispatcher;
use super::world::{World, done, state, wrote};
use crate::ports::Clock as _;

/// A handler whose first try pauses for longer than its lease holds, while another process has the second; what lets the first go on.
async fn overtaken() -> (World, InstallationId, Sender<()>) {
    let (paused, is_paused) = channel();
    let (go_on, may_go_on) = channel();
    let (may_go_on, calls) = (Mutex::new(may_go_on), AtomicU32::new(0));
    let world = World::with_clock(move |_, clock| {
        if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            clock.advance(121);
            paused.send(()).unwrap();
            may_go_on.lock().unwrap().recv().unwrap();
            return wrote(state("who", "late"));
        }
        wrote(state("who", "second"))
    })
    .await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.announce("push", world.tool).await;
    world.make().await;
    assert_eq!(world.dispatcher.round().await.unwrap(), 1);
    tokio::task::spawn_blocking(move || is_paused.recv().unwrap()).await.unwrap();
    let other = world.second_dispatcher();
    assert_eq!(other.round().await.unwrap(), 1);
    other.idle().await;
    (world, id, go_on)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_outlives_its_lease_writes_nothing() {
    let (world, id, go_on) = overtaken().await;
    assert_eq!(world.told(id).await, [(1, Done, 2)]);
    go_on.send(()).unwrap();
    world.dispatcher.idle().await;
    assert_eq!(world.told(id).await, [(1, Done, 2)]);
    let of = StateOf { installation: id, repo: Some(world.tool) };
    assert_eq!(world.app.store.find_state(of, "who").await.unwrap().as_deref(), Some(&b"second"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_in_its_last_try_ends_the_delivery() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.announce("push", world.tool).await;
    world.make().await;
    for _ in 0..8 {
        let due = world.app.store.list_due_deliveries(world.clock.now(), 1, 1).await.unwrap().remove(0);
        let mut tx = world.app.store.begin().await.unwrap();
        let until = world.clock.now().plus_seconds(120);
        tx.claim_delivery(due.id, due.installation, "it dies", world.clock.now(), until).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        world.clock.advance(120);
    }
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Dead, 9)]);
    assert!(world.script.calls().is_empty() && world.row(id, 1).await.text.contains("stopped during its last try"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_try_before_the_delivery_began_anew_says_is_not_its_end() {
    let (world, id, go_on) = overtaken().await;
    let mut tx = world.app.store.begin().await.unwrap();
    assert!(tx.redeliver(id, world.row(id, 1).await.id, world.clock.now()).await.unwrap());
    tx.commit().await.unwrap();
    // By the same process, the first try of a delivery that began anew, and still under way when the old one ends.
    let due = world.app.store.list_due_deliveries(world.clock.now(), 1, 1).await.unwrap().remove(0);
    let claim = dispatcher::claim(&world.app, due.id, due.installation, "first").await.unwrap().unwrap();
    assert_eq!(claim.attempt, 1);
    go_on.send(()).unwrap();
    world.dispatcher.idle().await;
    assert_eq!(world.told(id).await, [(1, Running, 1)]);
    let of = StateOf { installation: id, repo: Some(world.tool) };
    assert_eq!(world.app.store.find_state(of, "who").await.unwrap().as_deref(), Some(&b"second"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_gives_back_what_is_under_way() {
    let world = World::stuck().await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.announce("push", world.tool).await;
    world.make().await;
    assert_eq!(world.dispatcher.round().await.unwrap(), 1);
    assert_eq!(world.told(id).await, [(1, Running, 1)]);
    world.dispatcher.hand_over().await.unwrap();
    assert_eq!(world.told(id).await, [(1, Failed, 0)], "the try does not count");
    assert_eq!(world.app.store.list_due_deliveries(world.clock.now(), 9, 9).await.unwrap().len(), 1, "at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_nobody_waits_for_is_not_answered() {
    let (begun, has_begun) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let (said, answer) = channel();
    let may_go_on = Mutex::new(may_go_on);
    let world = World::new(move |call| {
        begun.send(()).unwrap();
        may_go_on.lock().unwrap().recv().unwrap();
        said.send(call.services.read_state("k").map_err(|why| why.to_string())).unwrap();
        done()
    })
    .await;
    world.install(Scope::Repo(world.tool), "own").await;
    world.announce("push", world.tool).await;
    world.make().await;
    assert_eq!(world.dispatcher.round().await.unwrap(), 1);
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
    world.dispatcher.hand_over().await.unwrap();
    go_on.send(()).unwrap();
    let answer = tokio::task::spawn_blocking(move || answer.recv().unwrap()).await.unwrap();
    assert_eq!(answer.unwrap_err(), "nobody waits for the answer any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_request_that_writes_the_same_data_has_no_turn_during_a_try() {
    let (began, has_begun) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    let world = World::new(move |_| {
        began.send(()).unwrap();
        may_go_on.lock().unwrap().recv().unwrap();
        done()
    })
    .await;
    let id = world.install(Scope::Account(world.ann), "own").await;
    world.announce("push", world.tool).await;
    world.make().await;
    assert_eq!(world.dispatcher.round().await.unwrap(), 1);
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
    let turn = |repo| world.app.web.turn(StateOf { installation: id, repo: Some(repo) });
    let may_write = async |repo| turn(repo).first().await.unwrap().write().now_or_never().is_some();
    assert!(!may_write(world.tool).await, "it may have read what would be written over");
    assert!(may_write(world.other).await, "another repository's data is another's");
    go_on.send(()).unwrap();
    world.dispatcher.idle().await;
    assert!(may_write(world.tool).await);
    // And the other way round: a try begins when the request is over.
    let first = turn(world.tool).first().await.unwrap();
    let held = first.write().await.unwrap();
    world.announce("push", world.tool).await;
    world.make().await;
    assert_eq!(world.dispatcher.round().await.unwrap(), 1);
    assert_eq!(world.script.calls().len(), 1);
    go_on.send(()).unwrap();
    drop(held);
    world.dispatcher.idle().await;
    assert_eq!(world.script.calls().len(), 2);
}
