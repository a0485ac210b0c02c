//! Deliveries as they go, with a handler that does as it is told and a clock that stands still.

mod world;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hardie_domain::attempt::DeliveryState::{Dead, Done, Failed, Pending, Running, Skipped};
use hardie_domain::delivery::{EventOutcome, HttpRequest, ServiceError, Writes};
use hardie_domain::oid::Oid;
use hardie_domain::plugin::{FailureClass, Mode};
use hardie_domain::plugin_state::KEYS;
use hardie_domain::status::Finding;
use hardie_store::audit::AuditFilter;
use hardie_store::plugin_state::StateOf;
use hardie_store::plugins::Scope;

use super::forget_old;
use crate::ports::Clock as _;
use world::{World, done, report, wrote};

fn trap() -> EventOutcome {
    EventOutcome::Fault(FailureClass::Trap, "unreachable".to_owned())
}

fn state(key: &str, value: &str) -> Writes {
    Writes { state: vec![(key.to_owned(), Some(value.as_bytes().to_vec()))], ..Writes::default() }
}

async fn audited(world: &World, action: &str) -> u64 {
    let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
    world.app.store.list_audit(&filter, world::all()).await.unwrap().total
}

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
async fn a_try_that_outlives_its_lease_writes_nothing() {
    let (paused, is_paused) = channel();
    let (go_on, may_go_on) = channel();
    let may_go_on = Mutex::new(may_go_on);
    let world = World::with_clock(move |call, clock| {
        if call.delivery.attempt == 1 {
            // Paused longer than the lease holds, while another process has its try.
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
        let (delivery, installation) = world.app.store.list_due_deliveries(world.clock.now(), 1).await.unwrap()[0];
        let mut tx = world.app.store.begin().await.unwrap();
        let until = world.clock.now().plus_seconds(120);
        tx.claim_delivery(delivery, installation, "it dies", world.clock.now(), until).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        world.clock.advance(120);
    }
    world.run().await;
    assert_eq!(world.told(id).await, [(1, Dead, 9)]);
    assert!(world.script.calls().is_empty() && world.row(id, 1).await.text.contains("stopped during its last try"));
}

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
async fn a_sandbox_that_is_busy_is_no_fault_of_the_handler() {
    let world = World::new(|_| report(EventOutcome::Fault(FailureClass::Unavailable, "busy".into()))).await;
    let id = world.install(Scope::Site, "site").await;
    for n in 0..6 {
        let repo = world.repo(&format!("more{n}")).await;
        world.announce("push", repo).await;
    }
    world.run_one_by_one().await;
    let handler = world.app.store.find_handler(id).await.unwrap().unwrap();
    assert_eq!((world.script.calls().len(), handler.faults, handler.paused_until), (6, 0, None));
    assert!(world.told(id).await.iter().all(|told| told.1 == Failed && told.2 == 1), "but it counts as a try");
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
            assert!(matches!(&denied, ServiceError::Denied(text) if text.contains("[outbound] hosts")), "{denied}");
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
async fn a_stop_gives_back_what_is_under_way() {
    let world = World::stuck().await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.announce("push", world.tool).await;
    world.make().await;
    assert_eq!(world.dispatcher.round().await.unwrap(), 1);
    assert_eq!(world.told(id).await, [(1, Running, 1)]);
    world.dispatcher.hand_over().await.unwrap();
    assert_eq!(world.told(id).await, [(1, Failed, 1)]);
    assert_eq!(world.app.store.list_due_deliveries(world.clock.now(), 9).await.unwrap().len(), 1, "at once");
}

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
async fn what_waited_too_long_is_skipped_and_then_forgotten() {
    let world = World::new(|_| done()).await;
    let id = world.install(Scope::Repo(world.tool), "own").await;
    world.announce("push", world.tool).await;
    world.run().await;
    world.set_mode(id, Mode::Off).await;
    world.announce("push", world.tool).await;
    world.make().await;
    world.clock.advance(30 * 24 * 3600);
    assert_eq!(forget_old(&world.app).await.unwrap(), super::Old::default(), "not a moment earlier");
    world.clock.advance(1);
    let old = forget_old(&world.app).await.unwrap();
    assert_eq!((old.skipped, old.deliveries, old.events), (1, 1, 2));
    assert_eq!(world.told(id).await, [(2, Skipped, 0)]);
}
