//! Who has how much room, and who is woken.

use std::time::Duration;

use hardie_domain::attempt::DeliveryState::{Done, Running};
use hardie_domain::delivery::Writes;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::status::Finding;
use hardie_store::plugins::Scope;

use super::world::{World, done, wrote};
use crate::Ctx;
use crate::repos::{RepoChange, delete_repo, transfer_repo, update_repo};

#[tokio::test(flavor = "multi_thread")]
async fn no_installation_takes_all_the_places() {
    let world = World::stuck().await;
    let (greedy, modest) =
        (world.install(Scope::Account(world.ann), "greedy").await, world.install(Scope::Account(world.bob), "modest").await);
    for n in 0..12 {
        let repo = world.repo(&format!("more{n}")).await;
        world.announce("push", repo).await;
    }
    let his = world.repo_of(world.bob, "his").await;
    world.announce("push", his).await;
    world.make().await;
    assert_eq!(world.dispatcher.round().await.unwrap(), 5);
    assert_eq!(world.told(greedy).await.iter().filter(|told| told.1 == Running).count(), 4);
    assert_eq!(world.told(modest).await, [(13, Running, 1)]);
    world.dispatcher.hand_over().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_needs_no_turn_that_pushes_need() {
    let finding = || Finding::new("success", "build", "", "").unwrap();
    let world = World::new(move |_| wrote(Writes { statuses: vec![(Oid([7; 20]), finding())], ..Writes::default() })).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.announce("push", world.tool).await;
    let mut turns = Vec::new();
    while let Ok(turn) = tokio::time::timeout(Duration::from_millis(20), world.app.git.work_permit()).await {
        turns.push(turn.unwrap());
    }
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Done, 1)]);
    assert!(!turns.is_empty() && world.row(id, 1).await.text.contains("was left out"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_owner_s_installations_take_all_the_places() {
    let world = World::stuck().await;
    let mut his = Vec::new();
    for n in 0..3 {
        his.push(world.install(Scope::Account(world.ann), &format!("greedy{n}")).await);
    }
    let own = world.install(Scope::Repo(world.tool), "own").await;
    let modest = world.install(Scope::Account(world.bob), "modest").await;
    for repo in [world.tool, world.other, world.repo("more").await, world.repo_of(world.bob, "his").await] {
        world.announce("push", repo).await;
    }
    world.make().await;
    let looked_at = world.app.store.list_due_deliveries(world.app.clock.now(), 4, 2).await.unwrap();
    assert!(looked_at.iter().any(|due| due.owner == Some(world.bob)), "what is looked at is shared as well: {looked_at:?}");
    assert_eq!(world.dispatcher.round().await.unwrap(), 5);
    assert_eq!(world.told(modest).await, [(4, Running, 1)]);
    for id in his.into_iter().chain([own]) {
        let running = world.told(id).await.into_iter().filter(|told| told.1 == Running).count();
        assert_eq!(running, 1, "those of one owner share in turn");
    }
    world.dispatcher.hand_over().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_repository_wakes_those_who_wait_for_events() {
    let world = World::new(|_| done()).await;
    world.app.wakes.hear(true);
    let path = RepoPath::parse("ann/tool").unwrap();
    let change = RepoChange { description: Some("a tool".into()), ..RepoChange::default() };
    update_repo(&world.app, &Ctx::system(), &path, change).await.unwrap();
    let is_woken = async || tokio::time::timeout(Duration::from_secs(5), world.app.wakes.announced()).await.is_ok();
    assert!(is_woken().await, "of an edit");
    transfer_repo(&world.app, &Ctx::system(), &path, "bob").await.unwrap();
    assert!(is_woken().await, "of a transfer");
    delete_repo(&world.app, &Ctx::system(), &RepoPath::parse("bob/tool").unwrap()).await.unwrap();
    assert!(is_woken().await, "of its end");
}
