//! What is skipped, refused, forgotten, or delivered again.

use std::sync::{Arc, Mutex};

use hardie_domain::attempt::DeliveryState::{Dead, Done, Pending, Skipped};
use hardie_domain::ids::EventSeq;
use hardie_domain::plugin::Mode;
use hardie_store::plugin_state::StateOf;
use hardie_store::plugins::Scope;

use super::super::{Old, clear_out, forget_old, skip_waiting};
use super::world::{World, done, state, wrote};
use crate::Ctx;
use crate::plugins::{DeliveryRange, Receiver, Redelivered, Target, redeliver, redeliver_range};

#[tokio::test(flavor = "multi_thread")]
async fn much_is_let_go_in_parts() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.set_mode(id, Mode::Off).await;
    world.announce_many("push", world.tool, 2001).await;
    world.make().await;
    skip_waiting(&world.app, id, "nobody wants it").await.unwrap();
    assert_eq!(world.app.store.count_deliveries(id).await.unwrap(), [(Skipped, 2001)]);
    world.clock.advance(30 * 24 * 3600 + 1);
    let old = forget_old(&world.app).await.unwrap();
    assert_eq!((old.skipped, old.deliveries, old.events), (0, 2001, 2001));
    world.announce_many("push", world.tool, 1001).await;
    world.make().await;
    let mut tx = world.app.store.begin().await.unwrap();
    tx.set_state(StateOf { installation: id, repo: None }, "k", b"v").await.unwrap();
    assert!(tx.delete_handler(id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(forget_old(&world.app).await.unwrap().skipped, 1001, "nobody is left to be told");
    clear_out(&world.app, id).await.unwrap();
    assert_eq!(world.app.store.count_deliveries(id).await.unwrap(), []);
    assert_eq!(world.app.store.count_state(StateOf { installation: id, repo: None }).await.unwrap(), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_it_was_off_is_delivered_afterwards() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.set_mode(id, Mode::Off).await;
    for _ in 0..3 {
        world.announce("push", world.tool).await;
    }
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Pending, 0), (2, Pending, 0), (3, Pending, 0)]);
    world.set_mode(id, Mode::Monitor).await;
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Done, 1), (2, Done, 1), (3, Done, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_went_to_another_owner_is_not_shown_to_the_first_one_s_plugin() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Account(world.ann), "owners").await;
    world.announce("push", world.tool).await;
    world.make().await;
    world.give_away(world.tool).await;
    world.announce("repository.transferred", world.tool).await;
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Skipped, 1)]);
    assert!(world.script.calls().is_empty() && world.row(id, 1).await.text.contains("another owner"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_another_owner_deleted_is_not_told_of_to_the_first_one_s_plugin() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Account(world.ann), "owners").await;
    for repo in [world.tool, world.other] {
        world.announce("push", repo).await;
    }
    world.make().await;
    world.give_away(world.tool).await;
    world.delete(world.tool).await;
    world.delete(world.other).await;
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Skipped, 1), (2, Done, 1)], "what one deletes oneself is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_hands_while_a_handler_runs_gets_nothing_of_what_it_writes() {
    let given = Arc::new(Mutex::new(None));
    let give = Arc::clone(&given);
    let world = Arc::new(
        World::new(move |_| {
            let (world, runtime): (Arc<World>, tokio::runtime::Handle) = give.lock().unwrap().take().unwrap();
            runtime.block_on(world.give_away(world.tool));
            wrote(state("k", "v"))
        })
        .await,
    );
    let id = world.install(Scope::Account(world.ann), "owners").await;
    world.announce("push", world.tool).await;
    *given.lock().unwrap() = Some((Arc::clone(&world), tokio::runtime::Handle::current()));
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Dead, 1)]);
    let of = StateOf { installation: id, repo: Some(world.tool) };
    assert_eq!(world.app.store.count_state(of).await.unwrap(), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_too_long_is_skipped_and_then_forgotten() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.announce("push", world.tool).await;
    world.run().await;
    world.set_mode(id, Mode::Off).await;
    world.announce("push", world.tool).await;
    world.make().await;
    world.clock.advance(30 * 24 * 3600);
    assert_eq!(forget_old(&world.app).await.unwrap(), Old::default(), "not a moment earlier");
    world.clock.advance(1);
    let old = forget_old(&world.app).await.unwrap();
    assert_eq!((old.skipped, old.deliveries, old.events), (1, 1, 2));
    assert_eq!(world.told(id).await, [(2, Skipped, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_begins_anew_as_far_as_there_is_room_and_says_where_the_rest_is() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Site, "site").await;
    world.set_mode(id, Mode::Off).await;
    world.announce_many("push", world.tool, 1003).await;
    world.make().await;
    let skip = async || skip_waiting(&world.app, id, "not needed").await.unwrap();
    let again = async |from| {
        let range = DeliveryRange { from: Some(EventSeq(from)), ..DeliveryRange::default() };
        redeliver_range(&world.app, &Ctx::system(), &Target::Site, Receiver::Plugin, id, range, false).await
    };
    let would = async |from| {
        let range = DeliveryRange { from: Some(EventSeq(from)), ..DeliveryRange::default() };
        redeliver_range(&world.app, &Ctx::system(), &Target::Site, Receiver::Plugin, id, range, true).await
    };
    let first = world.row(id, 1003).await.id;
    let full = again(1).await.unwrap_err().to_string();
    assert!(full.contains("1003 deliveries to site wait already"), "{full}");
    skip().await;
    let counts = async || world.app.store.count_deliveries(id).await.unwrap();
    let before = counts().await;
    assert_eq!(would(1).await.unwrap(), Redelivered { begun: 1000, next: Some(EventSeq(1001)) });
    assert_eq!(counts().await, before, "a dry run changes nothing");
    assert_eq!(again(1).await.unwrap(), Redelivered { begun: 1000, next: Some(EventSeq(1001)) });
    assert!(again(1001).await.is_err(), "no more until they are through");
    let one = redeliver(&world.app, &Ctx::system(), &Target::Site, Receiver::Plugin, id, first).await.unwrap_err().to_string();
    assert!(one.contains("1000 deliveries"), "{one}");
    skip().await;
    assert_eq!(again(1001).await.unwrap(), Redelivered { begun: 3, next: None });
}
