//! From the log to a delivery, from a delivery to its end; what installations keep.

use hardie_domain::attempt::{DeliveryState, MOST_CAUSED};
use hardie_domain::ids::{EventSeq, InstallationId, OutboxId, RepoId};
use hardie_domain::plugin::{Digest, Mode, Usage};
use hardie_domain::time::Timestamp;
use hardie_store::deliveries::{Claim, DeliveryFilter, DeliveryRange, End, Made};
use hardie_store::events::SEQUENCER;
use hardie_store::outbox::Cause;
use hardie_store::plugin_state::StateOf;
use hardie_store::plugins::{ComponentRow, InstallationChange, NewInstallation, Scope};
use hardie_store::{Engine, Store};

use crate::support::{Db, NOW, after, all, hash};

pub async fn install(db: &Db, scope: Scope, name: &str) -> InstallationId {
    let digest = Digest(hash(1));
    let component = ComponentRow {
        digest,
        name: "notify".into(),
        version: "1.0".into(),
        description: String::new(),
        worlds: vec!["events".into()],
        imports: Vec::new(),
        default_config: "{}".into(),
        size: 3,
        uploaded_by: None,
        created_at: NOW,
    };
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_component(&component, b"\0as").await.unwrap();
    let (mode, grants) = (Mode::Enforce, &[]);
    let new = NewInstallation { scope, name, digest, mode, fail_open: false, config: "{}", grants, by: None, at: NOW };
    let id = tx.insert_installation(&new).await.unwrap().unwrap();
    assert!(tx.insert_handler(id).await.unwrap());
    tx.commit().await.unwrap();
    id
}

async fn set_mode(db: &Db, scope: Scope, id: InstallationId, mode: Mode) {
    let mut tx = db.store.begin().await.unwrap();
    let change = InstallationChange { mode: Some(mode), ..InstallationChange::default() };
    assert!(tx.update_installation(scope, id, &change, None, NOW).await.unwrap());
    tx.commit().await.unwrap();
}

pub async fn announce(store: &Store, kind: &str, repo: RepoId, cause: Cause) {
    let mut tx = store.begin().await.unwrap();
    tx.insert_caused_outbox(kind, Some(repo), "{}", NOW, cause).await.unwrap();
    tx.commit().await.unwrap();
}

/// Orders what waits and makes deliveries of it.
pub async fn hand_on(store: &Store, now: Timestamp) -> Made {
    let mut tx = store.begin().await.unwrap();
    assert!(tx.take_lease(SEQUENCER, "me", now, now.plus_seconds(60)).await.unwrap());
    tx.sequence_events("me", now, 100).await.unwrap().unwrap();
    let made = tx.make_deliveries("me", now, 100).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    made
}

pub async fn claim(store: &Store, holder: &str, now: Timestamp) -> Option<Claim> {
    for due in store.list_due_deliveries(now, 10, 10).await.unwrap() {
        let mut tx = store.begin().await.unwrap();
        if let Some(claim) = tx.claim_delivery(due.id, due.installation, holder, now, now.plus_seconds(120)).await.unwrap() {
            tx.commit().await.unwrap();
            return Some(claim);
        }
    }
    None
}

pub fn end(state: DeliveryState, next_at: Option<Timestamp>) -> End<'static> {
    End { state, next_at, outcome: "x", text: "", log: "", usage: Usage::default() }
}

pub async fn finish(store: &Store, claim: &Claim, end: &End<'_>, now: Timestamp) -> bool {
    let mut tx = store.begin().await.unwrap();
    let ended = tx.end_try(claim, end, now).await.unwrap();
    tx.commit().await.unwrap();
    ended
}

async fn told(store: &Store, id: InstallationId) -> Vec<(i64, DeliveryState)> {
    let rows = store.list_deliveries(id, DeliveryFilter::default(), all()).await.unwrap();
    rows.items.iter().rev().map(|row| (row.seq.0, row.state)).collect()
}

const PENDING: DeliveryState = DeliveryState::Pending;
pub const DONE: DeliveryState = DeliveryState::Done;

both! {
    async fn an_event_is_delivered_once_to_each_who_is_told_of_it(db) {
        let (ann, bob) = (db.user("ann").await, db.user("bob").await);
        let (tool, other) = (db.repo(ann, "tool").await, db.repo(bob, "other").await);
        announce(&db.store, "push", tool, Cause::default()).await;
        hand_on(&db.store, NOW).await;
        let own = install(&db, Scope::Repo(tool), "own").await;
        let owners = install(&db, Scope::Account(ann), "owners").await;
        let site = install(&db, Scope::Site, "site").await;
        set_mode(&db, Scope::Repo(tool), own, Mode::Off).await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.set_handler_kinds(site, &["status".to_owned(), "push".to_owned()]).await.unwrap());
        tx.commit().await.unwrap();
        for (kind, repo) in [("push", tool), ("push", other), ("status.x", tool), ("repository.created", RepoId(99))] {
            announce(&db.store, kind, repo, Cause::default()).await;
        }
        let made = hand_on(&db.store, NOW).await;
        assert_eq!((made.events, made.deliveries, made.dropped.len()), (4, 6, 0));
        assert_eq!(told(&db.store, own).await, [(2, PENDING), (4, PENDING)], "held while it is off, nothing from before it was there");
        assert_eq!(told(&db.store, owners).await, [(2, PENDING), (4, PENDING)]);
        assert_eq!(told(&db.store, site).await, [(2, PENDING), (3, PENDING)], "of the kinds that it wants");
        assert_eq!(hand_on(&db.store, NOW).await, Made::default());
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.make_deliveries("somebody else", NOW, 100).await.unwrap(), None, "nobody works without the lease");
        drop(tx);
        let due = db.store.list_due_deliveries(NOW, 10, 10).await.unwrap();
        assert!(due.len() == 3 && due.iter().all(|due| due.installation != own), "{due:?}");
        assert!(due.iter().all(|due| due.owner == (due.installation == owners).then_some(ann)), "{due:?}");
        let rows = db.store.list_deliveries(site, DeliveryFilter { repo: Some(other), ..DeliveryFilter::default() }, all()).await.unwrap();
        assert_eq!((rows.total, rows.items[0].kind.as_str(), rows.items[0].repo), (1, "push", Some(other)));
    }

    async fn what_handlers_cause_is_delivered_to_a_depth(db) {
        let tool = db.repo(db.user("ann").await, "tool").await;
        let id = install(&db, Scope::Repo(tool), "own").await;
        let echo = install(&db, Scope::Repo(tool), "other").await;
        let other = Some(echo);
        for depth in 0..=5 {
            let root = (depth > 0).then_some(OutboxId(1));
            announce(&db.store, "status", tool, Cause { depth, installation: other, root }).await;
        }
        let made = hand_on(&db.store, NOW).await;
        assert_eq!((made.events, made.deliveries), (6, 4));
        assert_eq!(made.dropped, [(EventSeq(5), other), (EventSeq(6), other)]);
        assert_eq!(told(&db.store, id).await.len(), 4);
        assert_eq!(told(&db.store, echo).await, [], "nobody is told of what it did itself");
        let event = db.store.find_event(EventSeq(5)).await.unwrap().unwrap();
        assert_eq!(event.cause, Cause { depth: 4, installation: other, root: Some(OutboxId(1)) }, "the log has it all the same");
    }

    async fn what_handlers_make_of_one_push_is_told_up_to_a_number(db) {
        let tool = db.repo(db.user("ann").await, "tool").await;
        let (id, other) = (install(&db, Scope::Repo(tool), "own").await, install(&db, Scope::Repo(tool), "other").await);
        let mut tx = db.store.begin().await.unwrap();
        for n in 0..=MOST_CAUSED {
            let cause = Cause { depth: 1 + n % 3, installation: Some(other), root: Some(OutboxId(70)) };
            tx.insert_caused_outbox("status", Some(tool), "{}", NOW, cause).await.unwrap();
        }
        let cause = Cause { depth: 1, installation: Some(other), root: Some(OutboxId(71)) };
        tx.insert_caused_outbox("status", Some(tool), "{}", NOW, cause).await.unwrap();
        tx.commit().await.unwrap();
        let (mut deliveries, mut dropped) = (0, Vec::new());
        for _ in 0..3 {
            let made = hand_on(&db.store, NOW).await;
            (deliveries, dropped) = (deliveries + made.deliveries, [dropped, made.dropped].concat());
        }
        assert_eq!(dropped, [(EventSeq(i64::from(MOST_CAUSED) + 1), Some(other))]);
        assert_eq!(deliveries, u64::from(MOST_CAUSED) + 1, "and another push has a number of its own");
        assert_eq!(db.store.count_open_deliveries(id).await.unwrap(), deliveries);
    }

    async fn each_repository_is_told_in_order_and_waits_for_no_other(db) {
        let ann = db.user("ann").await;
        let (tool, other) = (db.repo(ann, "tool").await, db.repo(ann, "other").await);
        let id = install(&db, Scope::Site, "site").await;
        for repo in [tool, tool, other] {
            announce(&db.store, "push", repo, Cause::default()).await;
        }
        hand_on(&db.store, NOW).await;
        let (first, third) = (claim(&db.store, "a", NOW).await.unwrap(), claim(&db.store, "b", NOW).await.unwrap());
        assert_eq!((first.seq, first.attempt, third.seq), (EventSeq(1), 1, EventSeq(3)));
        assert_eq!(claim(&db.store, "a", NOW).await, None, "the second waits for the first");
        assert!(finish(&db.store, &first, &end(DeliveryState::Failed, Some(after(10))), NOW).await);
        assert_eq!(claim(&db.store, "a", after(9)).await, None, "it still waits");
        let again = claim(&db.store, "b", after(10)).await.unwrap();
        assert_eq!((again.id, again.attempt), (first.id, 2), "the id is the same");
        assert!(finish(&db.store, &again, &end(DeliveryState::Dead, None), after(10)).await);
        let next = db.store.next_delivery(&again).await.unwrap().unwrap();
        let second = claim(&db.store, "a", after(10)).await.unwrap();
        assert_eq!((second.id, second.seq), (next, EventSeq(2)), "a dead one is in nobody's way");
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.redeliver(id, second.id, after(11)).await.unwrap(), "it has not ended");
        assert!(tx.redeliver(id, first.id, after(11)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(claim(&db.store, "b", after(11)).await, None, "an earlier one that comes back waits for what is being tried");
        assert!(finish(&db.store, &second, &end(DONE, None), after(12)).await);
        assert_eq!(claim(&db.store, "b", after(12)).await.unwrap().id, first.id);
    }

    async fn a_try_whose_lease_ran_out_writes_nothing(db) {
        let tool = db.repo(db.user("ann").await, "tool").await;
        let id = install(&db, Scope::Repo(tool), "own").await;
        announce(&db.store, "push", tool, Cause::default()).await;
        hand_on(&db.store, NOW).await;
        let late = claim(&db.store, "a", NOW).await.unwrap();
        assert_eq!(claim(&db.store, "b", after(119)).await, None);
        assert!(!finish(&db.store, &late, &end(DONE, None), after(120)).await, "its lease is over, whoever has it now");
        let newer = claim(&db.store, "b", after(120)).await.unwrap();
        assert_eq!((newer.id, newer.attempt), (late.id, 2));
        assert!(!finish(&db.store, &late, &end(DONE, None), after(121)).await);
        let same_holder = Claim { attempt: 1, holder: "b".into(), ..late };
        assert!(!finish(&db.store, &same_holder, &end(DONE, None), after(121)).await, "an earlier try of the same process neither");
        assert!(finish(&db.store, &newer, &end(DONE, None), after(121)).await);
        assert!(!finish(&db.store, &newer, &end(DONE, None), after(122)).await, "and nothing ends twice");
        assert_eq!(told(&db.store, id).await, [(1, DONE)]);
        announce(&db.store, "push", tool, Cause::default()).await;
        hand_on(&db.store, after(200)).await;
        claim(&db.store, "a", after(200)).await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.release_deliveries("a", after(201)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(claim(&db.store, "node/first", after(201)).await.unwrap().attempt, 1, "nobody waits for a process that stopped, nor does its try count");
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.release_deliveries_of_node("nod", after(202)).await.unwrap(), 0, "another's, whose name is longer");
        assert_eq!(tx.release_deliveries_of_node("node", after(202)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(claim(&db.store, "node/second", after(202)).await.unwrap().attempt, 1, "nor for one that was killed");
    }

    async fn of_many_who_claim_at_once_one_tries(db) {
        let tool = db.repo(db.user("ann").await, "tool").await;
        install(&db, Scope::Repo(tool), "own").await;
        for _ in 0..3 {
            announce(&db.store, "push", tool, Cause::default()).await;
        }
        hand_on(&db.store, NOW).await;
        let tries = (0..8).map(|n| {
            let store = db.store.clone();
            tokio::spawn(async move { claim(&store, &format!("holder {n}"), NOW).await })
        });
        let mut won = Vec::new();
        for attempt in tries.collect::<Vec<_>>() {
            won.extend(attempt.await.unwrap());
        }
        assert_eq!(won.len(), 1, "{won:?}");
    }

    async fn who_rests_is_tried_once_when_the_rest_is_over(db) {
        let ann = db.user("ann").await;
        let (tool, other) = (db.repo(ann, "tool").await, db.repo(ann, "other").await);
        let id = install(&db, Scope::Site, "site").await;
        for repo in [tool, other] {
            announce(&db.store, "push", repo, Cause::default()).await;
        }
        hand_on(&db.store, NOW).await;
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.note_fault(id, after(-600), after(0)).await.unwrap().unwrap().faults, 1);
        assert_eq!(tx.note_fault(id, after(-500), after(100)).await.unwrap().unwrap().faults, 2);
        assert_eq!(tx.note_fault(id, after(1), after(601)).await.unwrap().unwrap().faults, 1, "the first is too long ago");
        assert!(tx.pause_handler(id, after(1200), 600, "it kept failing").await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(claim(&db.store, "a", after(1199)).await, None);
        let probe = claim(&db.store, "a", after(1200)).await.unwrap();
        assert!(probe.is_probe);
        assert_eq!(claim(&db.store, "a", after(1200)).await, None, "one try alone");
        assert_eq!(db.store.find_handler(id).await.unwrap().unwrap().pause_reason, "it kept failing");
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.end_try(&probe, &end(DONE, None), after(1201)).await.unwrap());
        assert!(tx.resume_handler(id).await.unwrap());
        assert!(!tx.resume_handler(id).await.unwrap());
        tx.commit().await.unwrap();
        let handler = db.store.find_handler(id).await.unwrap().unwrap();
        assert_eq!((handler.faults, handler.paused_until, handler.pause_seconds), (0, None, 0));
        assert!(!claim(&db.store, "a", after(1201)).await.unwrap().is_probe);
    }

    async fn state_is_kept_apart_and_goes_with_what_it_belongs_to(db) {
        let ann = db.user("ann").await;
        let (tool, other) = (db.repo(ann, "tool").await, db.repo(ann, "other").await);
        let (one, two) = (install(&db, Scope::Site, "one").await, install(&db, Scope::Site, "two").await);
        let of = |installation, repo| StateOf { installation, repo };
        let mut tx = db.store.begin().await.unwrap();
        for key in ["b/2", "a", "b/1", "b/3", "b", "B/1", "b0"] {
            tx.set_state(of(one, Some(tool)), key, b"four").await.unwrap();
        }
        tx.set_state(of(one, Some(tool)), "a", b"\0\xff").await.unwrap();
        for (installation, repo) in [(one, None), (one, Some(other)), (two, Some(tool))] {
            tx.set_state(of(installation, repo), "a", b"others").await.unwrap();
        }
        assert!(tx.delete_state(of(one, Some(tool)), "b0").await.unwrap());
        assert!(!tx.delete_state(of(one, Some(tool)), "b0").await.unwrap());
        tx.commit().await.unwrap();
        let mine = of(one, Some(tool));
        assert_eq!(db.store.find_state(mine, "a").await.unwrap().as_deref(), Some(&b"\0\xff"[..]));
        assert_eq!(db.store.find_state(mine, "b0").await.unwrap(), None);
        let list = async |prefix: &str, behind: &str, limit| db.store.list_state(mine, prefix, behind, limit).await.unwrap();
        assert_eq!(list("", "", 10).await, ["B/1", "a", "b", "b/1", "b/2", "b/3"], "by their bytes");
        assert_eq!(list("b/", "b/1", 1).await, ["b/2"]);
        assert_eq!(db.store.count_state(mine).await.unwrap(), (6, 3 + 5 + 4 * 7));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_repo(tool, NOW).await.unwrap() && tx.purge_repo(tool, after(1)).await.unwrap());
        assert!(tx.delete_installation(Scope::Site, two).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.count_state(mine).await.unwrap(), (0, 0));
        assert_eq!(db.store.count_state(of(one, Some(other))).await.unwrap(), (1, 7));
        assert_eq!(db.store.count_state(of(two, Some(tool))).await.unwrap(), (0, 0));
    }

    async fn deliveries_go_with_their_repository_and_their_installation(db) {
        let ann = db.user("ann").await;
        let (tool, other) = (db.repo(ann, "tool").await, db.repo(ann, "other").await);
        let (one, two) = (install(&db, Scope::Site, "one").await, install(&db, Scope::Site, "two").await);
        for repo in [tool, other] {
            announce(&db.store, "push", repo, Cause::default()).await;
        }
        hand_on(&db.store, NOW).await;
        let running = claim(&db.store, "a", NOW).await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_repo(tool, NOW).await.unwrap() && tx.purge_repo(tool, after(1)).await.unwrap());
        assert!(tx.delete_installation(Scope::Site, two).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!((told(&db.store, one).await, told(&db.store, two).await), (vec![(2, PENDING)], vec![]));
        assert!(!finish(&db.store, &running, &end(DONE, None), after(1)).await, "and what is being tried writes nothing");
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_handler(one).await.unwrap() && !tx.delete_handler(one).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(claim(&db.store, "a", after(1)).await, None, "nobody would ever try it");
        assert_eq!(db.store.list_unheard_installations().await.unwrap(), [one]);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.skip_deliveries(one, "unheard", after(1), 10).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(told(&db.store, one).await, [(2, DeliveryState::Skipped)]);
        assert_eq!(db.store.list_unheard_installations().await.unwrap(), []);
        assert!(!db.store.has_handlers().await.unwrap());
    }

    async fn what_is_old_goes_from_the_beginning_of_the_log(db) {
        let tool = db.repo(db.user("ann").await, "tool").await;
        let id = install(&db, Scope::Repo(tool), "own").await;
        for _ in 0..4 {
            announce(&db.store, "push", tool, Cause::default()).await;
        }
        hand_on(&db.store, NOW).await;
        let first = claim(&db.store, "a", NOW).await.unwrap();
        assert!(finish(&db.store, &first, &End { log: "a\nb", ..end(DONE, None) }, NOW).await);
        let second = claim(&db.store, "a", NOW).await.unwrap();
        assert!(finish(&db.store, &second, &End { log: "c", ..end(DONE, None) }, after(5)).await);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.delete_old_events(NOW, 10).await.unwrap(), 0, "none is older");
        assert_eq!(tx.delete_old_events(after(1), 1).await.unwrap(), 1);
        assert_eq!(tx.delete_old_events(after(1), 10).await.unwrap(), 1, "an open delivery keeps its event, and all after it");
        assert_eq!(tx.first_event().await.unwrap(), EventSeq(3));
        assert!(!tx.redeliver(id, first.id, after(6)).await.unwrap(), "there is nothing left to deliver");
        assert_eq!(tx.redeliver_range(id, DeliveryRange::default(), after(6), 10).await.unwrap(), (0, None));
        assert_eq!(tx.list_installations_with_many_logs(1).await.unwrap(), [id]);
        assert_eq!(tx.trim_delivery_logs(id, 1, 10).await.unwrap(), 1);
        assert_eq!(tx.list_installations_with_many_logs(1).await.unwrap(), []);
        assert_eq!(tx.list_installations_with_old_deliveries(NOW).await.unwrap(), []);
        assert_eq!(tx.list_installations_with_old_deliveries(after(1)).await.unwrap(), [id]);
        assert_eq!(tx.skip_old_deliveries(id, after(1), "too old", after(7), 1).await.unwrap(), 1, "a few at a time");
        assert_eq!(tx.skip_old_deliveries(id, after(1), "too old", after(7), 10).await.unwrap(), 1);
        assert_eq!(tx.delete_old_deliveries(id, after(1), 10).await.unwrap(), 1, "the second ended later");
        let from = |place| DeliveryRange { from: Some(EventSeq(place)), ..DeliveryRange::default() };
        assert_eq!(tx.redeliver_range(id, from(3), after(8), 1).await.unwrap(), (1, Some(EventSeq(4))), "the rest begins there");
        assert_eq!(tx.skip_deliveries(id, "not yet", after(8), 10).await.unwrap(), 1);
        assert_eq!(tx.redeliver_range(id, from(4), after(8), 1).await.unwrap(), (1, None));
        assert_eq!(tx.skip_old_deliveries(id, after(1), "too old", after(8), 10).await.unwrap(), 0, "it waits since it was asked for");
        tx.commit().await.unwrap();
        assert_eq!(told(&db.store, id).await, [(2, DONE), (3, DeliveryState::Skipped), (4, PENDING)]);
        assert_eq!(db.store.find_delivery(id, second.id).await.unwrap().unwrap().log, "c");
        assert_eq!(db.store.count_deliveries(id).await.unwrap(), [(DONE, 1), (PENDING, 1), (DeliveryState::Skipped, 1)]);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.skip_deliveries(id, "nobody wants it", after(9), 10).await.unwrap(), 1);
        assert_eq!(tx.delete_old_events(after(1), 10).await.unwrap(), 2);
        tx.commit().await.unwrap();
        assert_eq!((db.store.first_event().await.unwrap(), db.store.last_event().await.unwrap()), (EventSeq(5), EventSeq(4)));
        announce(&db.store, "push", tool, Cause::default()).await;
        assert_eq!(hand_on(&db.store, after(10)).await.deliveries, 1);
        assert_eq!(db.store.last_event().await.unwrap(), EventSeq(5), "numbers go on");
    }
}

/// Only PostgreSQL has several writers at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_long_transaction_announced_is_delivered_after_it_commits() {
    let db = Db::new(Engine::Postgres).await;
    let tool = db.repo(db.user("ann").await, "tool").await;
    let id = install(&db, Scope::Repo(tool), "own").await;
    let mut slow = db.store.begin().await.unwrap();
    slow.insert_outbox("push", Some(tool), "{}", NOW).await.unwrap();
    for _ in 0..3 {
        announce(&db.store, "status", tool, Cause::default()).await;
    }
    assert_eq!(hand_on(&db.store, NOW).await.deliveries, 3);
    slow.commit().await.unwrap();
    assert_eq!(hand_on(&db.store, NOW).await.deliveries, 1);
    let row = db.store.list_deliveries(id, DeliveryFilter::default(), all()).await.unwrap().items.remove(0);
    assert_eq!((row.seq, row.kind.as_str()), (EventSeq(4), "push"));
}
