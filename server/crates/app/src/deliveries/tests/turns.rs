//! Deliveries beside web requests that may write the same data.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::attempt::DeliveryState::Done;
use hardie_domain::names::AccountName;
use hardie_domain::scope::ScopeSet;
use hardie_store::plugins::Scope;

use super::world::{World, done};
use crate::Ctx;
use crate::plugins::{Asked, answer, enter_web, find_web};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_handled_while_a_request_that_may_write_waits_for_a_place() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    let app = world.app.clone();
    let actor = Actor {
        id: world.ann,
        name: AccountName::parse("ann").unwrap(),
        is_admin: false,
        credential: Credential::Password,
        scopes: ScopeSet::ALL,
        bound: None,
    };
    let ctx = Ctx { actor: Some(actor), ..Ctx::system() };
    let asking = tokio::spawn(async move {
        let found = find_web(&app, &ctx, id, "POST").await?;
        let place = enter_web(&app, &found, None).await?;
        let asked = Asked { method: "POST".into(), path: "/".into(), query: None, headers: Vec::new(), body: Vec::new() };
        answer(&app, &ctx, &found, &place, asked).await
    });
    world.script.waits.notified().await;
    world.announce("push", world.tool).await;
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Done, 1)]);
    assert!(!asking.is_finished());
    asking.abort();
}
