//! The chain over the audit log, and keys of requests that come twice.

use hardie_domain::audit::{AuditEntry, Link, Outcome};
use hardie_domain::ids::RepoId;
use hardie_store::audit::AuditFilter;

use crate::support::{Db, NOW, after, all, hash};

async fn write(db: &Db, detail: &str, outcome: Outcome, repo: Option<RepoId>, second: i64) {
    let mut tx = db.store.begin().await.unwrap();
    let line = AuditEntry { detail: detail.to_owned(), outcome, repo, more: 2, ..AuditEntry::by_server("test") };
    tx.insert_audit(&line, after(second)).await.unwrap();
    tx.commit().await.unwrap();
}

/// Seals all that waits; the head.
async fn seal(db: &Db) -> Link {
    let mut tx = db.store.begin().await.unwrap();
    let mut head = tx.lock_audit_chain().await.unwrap().head;
    for row in tx.list_unsealed_audit(100).await.unwrap() {
        head = head.next(&row);
        tx.seal_audit(row.id, head).await.unwrap();
    }
    tx.set_audit_head(head).await.unwrap();
    tx.commit().await.unwrap();
    head
}

both! {
    async fn lines_get_their_places_once_and_the_chain_can_be_computed_from_the_rows(db) {
        assert!(!db.store.has_unsealed_audit().await.unwrap());
        for detail in ["a", "b", "ü\n漢"] {
            write(&db, detail, Outcome::Done, None, 0).await;
        }
        assert_eq!(db.store.count_unsealed_audit().await.unwrap(), 3);
        let head = seal(&db).await;
        write(&db, "d", Outcome::Failed, Some(RepoId(7)), 1).await;
        let head = { assert_eq!(head.seq, 3); seal(&db).await };
        let rows = db.store.list_sealed_audit(&AuditFilter::default(), 0, 10).await.unwrap();
        let computed = rows.iter().fold(Link::BEGINNING, |at, row| { let next = at.next(row); assert_eq!(row.seal, Some(next)); next });
        assert_eq!((computed, db.store.audit_chain().await.unwrap().head), (head, head));
        assert_eq!((rows[3].times, rows[3].door.as_str(), rows[3].credential.as_str()), (3, "system", "system"));
        // A place is given once.
        let mut tx = db.store.begin().await.unwrap();
        tx.seal_audit(rows[0].id, Link { seq: 99, hash: hash(9) }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_sealed_audit(&AuditFilter::default(), 0, 10).await.unwrap(), rows);
        // What was rolled back has no place.
        let mut tx = db.store.begin().await.unwrap();
        tx.prune_audit(rows[1].seal.unwrap(), NOW).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(db.store.audit_chain().await.unwrap().base, Link::BEGINNING);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.prune_audit(rows[1].seal.unwrap(), NOW).await.unwrap(), 2);
        tx.commit().await.unwrap();
        let chain = db.store.audit_chain().await.unwrap();
        assert_eq!((chain.base, chain.pruned_at, chain.head), (rows[1].seal.unwrap(), Some(NOW), head));
        assert_eq!(db.store.list_sealed_audit(&AuditFilter::default(), 0, 10).await.unwrap(), rows[2..]);
    }

    async fn lines_are_found_by_owner_outcome_and_time(db) {
        let (ann, eve) = (db.user("ann").await, db.user("eve").await);
        let (tool, other) = (db.repo(ann, "tool").await, db.repo(eve, "other").await);
        for (second, (repo, outcome)) in [(tool, Outcome::Done), (tool, Outcome::Denied), (other, Outcome::Denied)].into_iter().enumerate() {
            write(&db, "x", outcome, Some(repo), i64::try_from(second).unwrap()).await;
        }
        let count = |filter| { let store = db.store.clone(); async move { store.list_audit(&filter, all()).await.unwrap().total } };
        let filter = AuditFilter::default();
        assert_eq!(count(AuditFilter { owner: Some(ann), ..filter }).await, 2);
        assert_eq!(count(AuditFilter { owner: Some(ann), outcome: Some(Outcome::Denied), ..filter }).await, 1);
        assert_eq!(count(AuditFilter { outcome: Some(Outcome::Done), ..filter }).await, 1);
        assert_eq!(count(AuditFilter { from: Some(after(1)), ..filter }).await, 2);
        assert_eq!(count(AuditFilter { from: Some(after(1)), to: Some(after(2)), ..filter }).await, 1);
    }

    async fn a_key_is_claimed_once_and_its_answer_is_that_of_the_one_who_claimed_it(db) {
        let (ann, eve) = (db.user("ann").await, db.user("eve").await);
        let (key, request) = (hash(1), hash(2));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.claim_idempotency(ann, &key, &request, "first", NOW).await.unwrap());
        assert!(!tx.claim_idempotency(ann, &key, &hash(3), "second", NOW).await.unwrap());
        assert!(tx.claim_idempotency(eve, &key, &request, "third", NOW).await.unwrap());
        tx.commit().await.unwrap();
        let row = db.store.find_idempotency(ann, &key).await.unwrap().unwrap();
        assert_eq!((row.request_hash, row.answer), (request, None));
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.answer_idempotency(ann, &key, "second", "k", b"forged").await.unwrap());
        assert!(!tx.release_idempotency(ann, &key, "second").await.unwrap());
        assert!(tx.answer_idempotency(ann, &key, "first", "k", b"sealed").await.unwrap());
        assert!(!tx.release_idempotency(ann, &key, "first").await.unwrap(), "what was done stays done");
        assert!(tx.release_idempotency(eve, &key, "third").await.unwrap());
        tx.commit().await.unwrap();
        let row = db.store.find_idempotency(ann, &key).await.unwrap().unwrap();
        assert_eq!(row.answer, Some(("k".to_owned(), b"sealed".to_vec())));
        assert_eq!((db.store.count_idempotency(ann).await.unwrap(), db.store.count_idempotency(eve).await.unwrap()), (1, 0));
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.delete_old_idempotency(NOW).await.unwrap(), 0);
        assert_eq!(tx.delete_old_idempotency(after(1)).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }
}
