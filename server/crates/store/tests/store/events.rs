//! Outbox, event log, audit, leases.

use hardie_domain::audit::AuditEntry;
use hardie_domain::ids::EventSeq;
use hardie_store::audit::AuditFilter;
use hardie_store::events::{BATCH_BYTES, SEQUENCER};
use hardie_store::{Engine, Store};

use crate::support::{Db, NOW, after, all};

async fn announce(store: &Store, payload: &str) {
    let mut tx = store.begin().await.unwrap();
    tx.insert_outbox("push", None, payload, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn sequence(store: &Store, holder: &str) -> Option<u64> {
    let mut tx = store.begin().await.unwrap();
    let given = tx.sequence_events(holder, NOW, 100).await.unwrap();
    tx.commit().await.unwrap();
    given
}

async fn take(store: &Store, holder: &str, from: i64, until: i64) -> bool {
    let mut tx = store.begin().await.unwrap();
    let taken = tx.take_lease(SEQUENCER, holder, after(from), after(until)).await.unwrap();
    tx.commit().await.unwrap();
    taken
}

async fn log(store: &Store) -> Vec<(i64, String)> {
    store.list_events_since(EventSeq(0), 100).await.unwrap().into_iter().map(|e| (e.seq.0, e.payload)).collect()
}

both! {
    async fn large_events_are_read_a_few_at_a_time_and_none_is_left_out(db) {
        assert!(take(&db.store, "me", 0, 60).await);
        let large = "x".repeat(BATCH_BYTES * 2 / 3);
        for payload in [&large, &large, &large, "small"] {
            announce(&db.store, payload).await;
        }
        announce(&db.store, &"é".repeat(BATCH_BYTES)).await;
        announce(&db.store, "last").await;
        assert_eq!(sequence(&db.store, "me").await, Some(6));
        let (mut at, mut pages) = (EventSeq(0), Vec::new());
        loop {
            let page: Vec<i64> = db.store.list_events_since(at, 100).await.unwrap().into_iter().map(|event| event.seq.0).collect();
            let Some(last) = page.last() else { break };
            at = EventSeq(*last);
            pages.push(page);
        }
        // One that is larger than all together may be is read alone, or as the last of a page.
        assert_eq!(pages, [vec![1, 2], vec![3, 4, 5], vec![6]]);
    }

    async fn events_get_their_order_once_without_gaps(db) {
        assert_eq!(sequence(&db.store, "me").await, None, "nobody works without the lease");
        assert!(take(&db.store, "me", 0, 60).await);
        assert_eq!(sequence(&db.store, "me").await, Some(0));
        for payload in ["a", "b", "c"] {
            announce(&db.store, payload).await;
        }
        let mut tx = db.store.begin().await.unwrap();
        tx.insert_outbox("push", None, "never committed", NOW).await.unwrap();
        tx.rollback().await.unwrap();
        announce(&db.store, "d").await;
        assert_eq!(db.store.count_outbox().await.unwrap(), 4);
        assert!(db.store.has_outbox().await.unwrap());
        assert_eq!(sequence(&db.store, "me").await, Some(4));
        assert_eq!(sequence(&db.store, "me").await, Some(0));
        announce(&db.store, "e").await;
        assert_eq!(sequence(&db.store, "me").await, Some(1));
        let expected: Vec<_> = (1i64..).zip(["a", "b", "c", "d", "e"].map(String::from)).collect();
        assert_eq!(log(&db.store).await, expected);
        assert_eq!(db.store.last_event().await.unwrap(), EventSeq(5));
        assert_eq!(db.store.list_events_since(EventSeq(3), 1).await.unwrap()[0].payload, "d");
        assert_eq!(db.store.count_outbox().await.unwrap(), 0);
        assert!(!db.store.has_outbox().await.unwrap());
        assert!(db.store.list_repo_events_since(hardie_domain::ids::RepoId(1), EventSeq(0), 9).await.unwrap().is_empty());
    }

    async fn one_holder_at_a_time_has_the_lease(db) {
        assert!(take(&db.store, "first", 0, 60).await);
        assert!(!take(&db.store, "second", 59, 120).await);
        assert!(take(&db.store, "first", 30, 90).await, "its holder extends it");
        assert!(!take(&db.store, "second", 89, 150).await);
        assert_eq!(sequence(&db.store, "second").await, None);
        assert!(take(&db.store, "second", 90, 150).await, "it ran out");
        assert_eq!(sequence(&db.store, "first").await, None, "a late holder gives no more numbers");
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.release_lease(SEQUENCER, "first").await.unwrap());
        assert!(tx.release_lease(SEQUENCER, "second").await.unwrap());
        tx.commit().await.unwrap();
        assert!(take(&db.store, "node/third", 100, 160).await);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.release_leases_of_node("nod").await.unwrap(), 0);
        assert_eq!(tx.release_leases_of_node("node").await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert!(take(&db.store, "node/fourth", 101, 160).await, "nobody waits for one of the same node that was killed");
    }

    async fn the_audit_log_is_filtered_and_outlives_what_it_speaks_of(db) {
        let alice = db.user("alice").await;
        let repo = db.repo(alice, "tool").await;
        let entry = |action| AuditEntry {
            action, actor: Some(alice), repo: Some(repo), address: Some("::1".into()), detail: "x".into(), ..AuditEntry::default()
        };
        let mut tx = db.store.begin().await.unwrap();
        for action in ["repository.create", "repository", "repositoryx", "repository-x", "push"] {
            tx.insert_audit(&entry(action), NOW).await.unwrap();
        }
        tx.insert_audit(&AuditEntry { repo: None, account: Some(alice), ..entry("token.create") }, NOW).await.unwrap();
        assert!(tx.delete_repo(repo, NOW).await.unwrap());
        assert!(tx.purge_repo(repo, after(1)).await.unwrap());
        tx.commit().await.unwrap();
        let count = |filter| { let store = db.store.clone(); async move { store.list_audit(&filter, all()).await.unwrap().total } };
        assert_eq!(count(AuditFilter::default()).await, 6);
        assert_eq!(count(AuditFilter { repo: Some(repo), ..AuditFilter::default() }).await, 5);
        assert_eq!(count(AuditFilter { account: Some(alice), ..AuditFilter::default() }).await, 1);
        assert_eq!(count(AuditFilter { actor: Some(alice), action: Some("repository"), ..AuditFilter::default() }).await, 2);
        let newest = &db.store.list_audit(&AuditFilter::default(), all()).await.unwrap().items[0];
        assert_eq!((newest.action.as_str(), newest.address.as_deref()), ("token.create", Some("::1")));
    }
}

/// Only PostgreSQL has several writers at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_held_open_across_later_commits_loses_no_event() {
    let db = Db::new(Engine::Postgres).await;
    assert!(take(&db.store, "me", 0, 60).await);
    let mut slow = db.store.begin().await.unwrap();
    slow.insert_outbox("push", None, "slow", NOW).await.unwrap();
    announce(&db.store, "fast").await;
    assert_eq!(sequence(&db.store, "me").await, Some(1));
    let read_up_to = db.store.last_event().await.unwrap();
    slow.commit().await.unwrap();
    assert_eq!(sequence(&db.store, "me").await, Some(1));
    // Its outbox id is lower, its place in the log is higher: a reader at `read_up_to` finds it.
    let rest = db.store.list_events_since(read_up_to, 10).await.unwrap();
    assert_eq!(rest.iter().map(|e| (e.seq.0, e.payload.as_str())).collect::<Vec<_>>(), [(2, "slow")]);
    assert_eq!(log(&db.store).await, [(1, "fast".into()), (2, "slow".into())]);
}
