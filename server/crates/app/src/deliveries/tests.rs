//! Deliveries as they go, with a handler that does as it is told and a clock that stands still.

mod ends;
mod leases;
mod rests;
mod shares;
mod turns;
mod world;

use std::time::Duration;

use hardie_domain::attempt::DeliveryState::{Dead, Done, Failed, Pending};
use hardie_domain::delivery::{EventOutcome, HttpRequest, ServiceError, Writes};
use hardie_domain::oid::Oid;
use hardie_domain::plugin_state::KEYS;
use hardie_domain::status::Finding;
use hardie_store::plugin_state::StateOf;
use hardie_store::plugins::Scope;

use crate::ports::Clock as _;
use world::{World, done, report, state, wrote};

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_order_with_their_facts() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    for kind in ["push", "status", "repository.updated"] {
        world.announce(kind, world.tool).await;
    }
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Done, 1), (2, Done, 1), (3, Done, 1)]);
    let calls = world.script.calls();
    let facts: Vec<_> = calls.iter().map(|c| (c.delivery.seq.0, c.delivery.kind.as_str(), c.delivery.repo_path.as_str())).collect();
    assert_eq!(facts, [(1, "push", "ann/tool"), (2, "status", "ann/tool"), (3, "repository.updated", "ann/tool")]);
    assert!(calls.iter().all(|call| call.repository.is_some() && &*call.config == "{\"x\":1}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_eight_times_and_holds_up_its_own_repository_alone() {
    let world =
        World::new(|call| if call.delivery.seq.0 == 1 { report(EventOutcome::Retry(None, "not yet".into())) } else { done() }).await;
    let id = world.install(Scope::Account(world.ann), "owners").await;
    for repo in [world.tool, world.tool, world.other] {
        world.announce("push", repo).await;
    }
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Failed, 1), (2, Pending, 0), (3, Done, 1)]);
    for (tries, pause) in [(2, 10), (3, 60), (4, 300), (5, 1800), (6, 7200), (7, 21_600), (8, 21_600)] {
        world.clock.advance(pause - 1);
        world.run().await;
        assert_eq!(world.told(id).await[0].2, tries - 1, "not before its time");
        world.clock.advance(1);
        world.run().await;
        assert_eq!(world.told(id).await[0].2, tries);
    }
    assert_eq!(world.told(id).await, [(1, Dead, 8), (2, Done, 1), (3, Done, 1)], "a dead one is in nobody's way");
    let row = world.row(id, 1).await;
    assert_eq!((row.outcome.as_str(), row.text.as_str()), ("retry", "not yet"));
    let ids: Vec<_> = world.script.calls().iter().filter(|c| c.delivery.seq.0 == 1).map(|c| c.delivery.id).collect();
    assert!(ids.len() == 8 && ids.iter().all(|one| *one == row.id), "the same id in every try");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_s_word_on_when_to_try_again_counts() {
    let world = World::new(|call| match call.delivery.seq.0 {
        1 => report(EventOutcome::Retry(Some(Duration::from_secs(7)), "busy".into())),
        _ => report(EventOutcome::Failed("never".into())),
    })
    .await;
    let id = world.install(Scope::Site, "site").await;
    world.announce("push", world.tool).await;
    world.announce("push", world.other).await;
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Failed, 1), (2, Dead, 1)]);
    world.clock.advance(7);
    world.run().await;
    assert_eq!(world.told(id).await[0], (1, Failed, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_state_is_refused_whole_and_says_why() {
    let world = World::new(|call| match call.delivery.seq.0 {
        1 => wrote(state("kept", "1")),
        2 => wrote(Writes { state: (0..=KEYS).map(|n| (format!("k{n}"), Some(Vec::new()))).collect(), ..Writes::default() }),
        3 => wrote(Writes { state: (0..17).map(|n| (format!("k{n}"), Some(vec![0; 65_536]))).collect(), ..Writes::default() }),
        4 => wrote(state("a\nb", "")),
        5 => wrote(Writes { state: vec![("big".into(), Some(vec![0; 65_537]))], ..Writes::default() }),
        _ => wrote(Writes { state: vec![("kept".into(), None), ("new".into(), Some(b"2".to_vec()))], ..Writes::default() }),
    })
    .await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    for _ in 0..6 {
        world.announce("push", world.tool).await;
    }
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Done, 1), (2, Dead, 1), (3, Dead, 1), (4, Dead, 1), (5, Dead, 1), (6, Done, 1)]);
    for (seq, why) in [(2, "10002 keys"), (3, "bytes, 1048576"), (4, "printable ASCII"), (5, "65537 bytes")] {
        let row = world.row(id, seq).await;
        assert!(row.outcome == "failed" && row.text.contains(why), "{seq}: {}", row.text);
    }
    let of = StateOf { installation: id, repo: Some(world.tool) };
    assert_eq!(world.app.store.list_state(of, "", "", 10).await.unwrap(), ["new"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_of_a_commit_that_nothing_reaches_is_left_out_and_told() {
    let finding = || Finding::new("success", "build", "", "").unwrap();
    let world = World::new(move |call| match call.delivery.seq.0 {
        1 => wrote(Writes { statuses: vec![(Oid([7; 20]), finding())], ..state("k", "v") }),
        2 => wrote(Writes { statuses: vec![(Oid([7; 20]), finding()); 101], ..Writes::default() }),
        _ => wrote(Writes { statuses: vec![(Oid([7; 20]), Finding { context: "c".repeat(255), ..finding() })], ..Writes::default() }),
    })
    .await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    for _ in 0..3 {
        world.announce("push", world.tool).await;
    }
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Done, 1), (2, Dead, 1), (3, Dead, 1)]);
    let text = async |seq| world.row(id, seq).await.text;
    assert!(text(1).await.contains("own/build of 0707"), "{}", text(1).await);
    assert!(text(2).await.contains("101 statuses") && text(3).await.contains("context"), "{}", text(3).await);
    assert_eq!(world.app.store.count_outbox().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_answer_what_is_committed() {
    let world = World::new(|call| {
        let services = &call.services;
        if call.delivery.attempt == 1 {
            assert_eq!(services.read_state("k").unwrap(), None);
            let request = HttpRequest { method: "GET".into(), url: "https://x.test/".into(), headers: Vec::new(), body: Vec::new() };
            let denied = services.send(request, Duration::from_secs(1)).unwrap_err();
            assert!(matches!(&denied, ServiceError::Denied(text) if text.contains("nothing is sent here")), "{denied}");
            let mut random = [1; 4];
            services.random(&mut random);
            return report(EventOutcome::Retry(Some(Duration::ZERO), format!("{:?}", random)));
        }
        assert_eq!(services.list_state("", "", 10).unwrap(), [""; 0], "nothing of the first try is there");
        wrote(state("k", &services.now().0.to_string()))
    })
    .await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.announce("push", world.tool).await;
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Done, 2)]);
    let of = StateOf { installation: id, repo: Some(world.tool) };
    assert_eq!(world.app.store.find_state(of, "k").await.unwrap(), Some(world.clock.now().0.to_string().into_bytes()));
}
