//! Deliveries beside web requests that may write the same data, and what those find that have waited.

use std::sync::Arc;

use hardie_domain::access::{Actor, Credential};
use hardie_domain::attempt::DeliveryState::Done;
use hardie_domain::ids::{InstallationId, SessionId};
use hardie_domain::names::AccountName;
use hardie_domain::plugin::Mode;
use hardie_domain::scope::ScopeSet;
use hardie_store::plugin_state::StateOf;
use hardie_store::plugins::Scope;
use tokio::task::JoinHandle;

use super::world::{World, done};
use crate::plugins::{Answered, Asked, answer, enter_web, find_web};
use crate::{Ctx, Error, Result};

/// Ann's request, when it was found and waits for a place to run.
async fn waiting(world: &World, id: InstallationId, method: &str) -> JoinHandle<Result<Answered>> {
    waiting_by(world, id, method, Credential::Password).await
}

async fn waiting_by(world: &World, id: InstallationId, method: &str, credential: Credential) -> JoinHandle<Result<Answered>> {
    let (app, method) = (world.app.clone(), method.to_owned());
    let actor = Actor {
        id: world.ann,
        name: AccountName::parse("ann").unwrap(),
        is_admin: false,
        credential,
        scopes: ScopeSet::ALL,
        bound: None,
        narrowing: None,
    };
    let ctx = Ctx { actor: Some(actor), ..Ctx::system() };
    let asking = tokio::spawn(async move {
        let found = find_web(&app, &ctx, id, &method).await?;
        let place = enter_web(&app, &found, None).await?;
        let asked = Asked { method, path: "/".into(), query: None, headers: Vec::new(), body: Vec::new() };
        answer(&app, &ctx, &found, &place, asked).await
    });
    world.script.waits.notified().await;
    asking
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_handled_while_a_request_that_may_write_waits_for_a_place() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    let asking = waiting(&world, id, "POST").await;
    world.announce("push", world.tool).await;
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Done, 1)]);
    assert!(!asking.is_finished());
    asking.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_an_event_holds_no_place_to_run() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    let handling = world.app.web.turn(StateOf { installation: id, repo: Some(world.tool) }).read().await.unwrap();
    let asking = waiting(&world, id, "POST").await;
    // It gets the place, finds the data taken, and gives the place back: one that is added is there for others.
    world.script.places.add_permits(1);
    let others = Arc::clone(&world.script.places).acquire_owned().await.unwrap();
    assert!(!asking.is_finished());
    drop((handling, others));
    let ended = asking.await.unwrap();
    assert!(!matches!(&ended, Err(Error::NotFound(_))), "{ended:?}");
    assert_eq!(world.script.places.available_permits(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_right_while_a_request_waited_is_not_served() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    for method in ["GET", "POST"] {
        let asking = waiting(&world, id, method).await;
        world.set_mode(id, Mode::Off).await;
        world.script.places.add_permits(1);
        assert!(matches!(asking.await.unwrap(), Err(Error::NotFound("plugin"))), "{method}: it was switched off");
        world.script.places.forget_permits(1);
        world.set_mode(id, Mode::Enforce).await;
    }
    let asking = waiting_by(&world, id, "GET", Credential::Session(SessionId(4711))).await;
    world.script.places.add_permits(1);
    assert!(matches!(asking.await.unwrap(), Err(Error::Unauthenticated(_))), "the session ended");
    world.script.places.forget_permits(1);
    let asking = waiting(&world, id, "GET").await;
    world.give_away(world.tool).await;
    world.script.places.add_permits(1);
    assert!(matches!(asking.await.unwrap(), Err(Error::NotFound("plugin"))), "the repository is somebody else's");
    assert_eq!(world.script.asked(), 0, "nothing ran");
}
