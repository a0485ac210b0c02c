//! All or nothing, and what is said when it is unclear which.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hardie_domain::access::Role;
use hardie_domain::audit::AuditEntry;
use hardie_domain::ids::RepoId;
use hardie_domain::page::Page;
use hardie_store::accounts::AccountChange;
use hardie_store::audit::AuditFilter;
use hardie_store::org_members::OrgRole;
use hardie_store::refs::NewReflog;
use hardie_store::{Engine, Error, Store, StoreOptions};

use crate::support::{Db, NOW, name, oid};

fn line(detail: &str) -> AuditEntry {
    AuditEntry { action: "test", detail: detail.to_owned(), ..AuditEntry::default() }
}

both! {
    async fn what_is_not_committed_did_not_happen(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let mut tx = db.store.begin().await.unwrap();
        tx.lock_repo(repo).await.unwrap().unwrap();
        assert!(tx.update_ref(repo, &name("refs/heads/main"), None, Some((oid(1), None))).await.unwrap());
        drop(tx);
        assert_eq!(db.store.count_refs(repo).await.unwrap(), 0);
        assert_eq!(db.store.find_generation(repo).await.unwrap(), Some(0));
    }

    async fn a_transaction_whose_statement_failed_is_never_reported_as_committed(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let push = db.push(repo).await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.update_ref(repo, &name("refs/heads/main"), None, Some((oid(1), None))).await.unwrap());
        // There is no such push.
        let nowhere = hardie_domain::ids::PushId(push.0 + 1000);
        let failed = tx.stage_pack(&[1; 32], nowhere, 1, 1, NOW, NOW).await;
        assert!(matches!(failed, Err(Error::Database(_))), "{failed:?}");
        assert!(matches!(tx.commit().await, Err(Error::Aborted)));
        assert_eq!(db.store.count_refs(repo).await.unwrap(), 0);
    }

    async fn what_waits_for_the_next_statement_comes_before_it_and_is_not_counted_with_it(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let mut tx = db.store.begin().await.unwrap();
        // More than wait at most.
        for n in 0..40 {
            tx.insert_audit(&line(&format!("{n}")), NOW).await.unwrap();
        }
        let seen = tx.list_audit(&AuditFilter::default(), Page::new(None, Some(50))).await.unwrap();
        let order: Vec<String> = (0..40).rev().map(|n| n.to_string()).collect();
        assert_eq!(seen.items.iter().map(|row| row.detail.clone()).collect::<Vec<_>>(), order);
        tx.insert_audit(&line("last"), NOW).await.unwrap();
        // Its one row is not that of the statement before it.
        assert!(!tx.update_ref(repo, &name("refs/heads/main"), Some(oid(1)), Some((oid(2), None))).await.unwrap());
        tx.insert_audit(&line("found"), NOW).await.unwrap();
        assert!(tx.find_ref(repo, &name("refs/heads/main")).await.unwrap().is_none());
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_audit(&AuditFilter::default(), Page::new(None, Some(50))).await.unwrap().total, 42);
    }

    async fn what_waits_is_committed_with_the_rest_or_fails_it(db) {
        let mut tx = db.store.begin().await.unwrap();
        tx.insert_audit(&line("alone"), NOW).await.unwrap();
        tx.commit().await.unwrap();
        let repo = db.repo(db.user("alice").await, "tool").await;
        let (push, main, nobody) = (db.push(repo).await, name("refs/heads/main"), RepoId(i64::MAX));
        let entry = NewReflog { repo, name: &main, old: oid(1), new: oid(2), actor: None, push, at: NOW };
        for look_before in [false, true] {
            let mut tx = db.store.begin().await.unwrap();
            tx.insert_audit(&line("lost"), NOW).await.unwrap();
            // There is no such repository.
            tx.append_reflog(&NewReflog { repo: nobody, ..entry }).await.unwrap();
            if look_before {
                assert!(matches!(tx.count_admins().await, Err(Error::Database(_))));
                assert!(matches!(tx.commit().await, Err(Error::Aborted)));
            } else {
                assert!(matches!(tx.commit().await, Err(Error::Database(_))));
            }
        }
        assert_eq!(db.store.list_audit(&AuditFilter::default(), Page::new(None, Some(50))).await.unwrap().total, 1);
    }

    async fn whoever_waited_for_a_repository_sees_the_rules_as_they_are_after_the_wait(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let mut first = db.store.begin().await.unwrap();
        let before = first.lock_repo(repo).await.unwrap().unwrap().rules_epoch;
        let store = db.store.clone();
        let second = tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            tx.lock_repo(repo).await.unwrap().unwrap().rules_epoch
        });
        // Long enough for the second to stand at the lock.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(first.bump_site_rules().await.unwrap());
        first.commit().await.unwrap();
        assert_eq!(second.await.unwrap(), before + 1);
    }

    async fn a_transfer_never_gives_an_epoch_that_was_there_before(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let repo = db.repo(alice, "tool").await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.bump_account_rules(alice).await.unwrap());
        tx.commit().await.unwrap();
        let before = db.store.find_repo(repo).await.unwrap().unwrap();
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.move_repo(repo, bob, &before.name, NOW).await.unwrap());
        tx.commit().await.unwrap();
        let after = db.store.find_repo(repo).await.unwrap().unwrap();
        assert!(after.rules_epoch > before.rules_epoch, "{} after {}", after.rules_epoch, before.rules_epoch);
    }

    async fn many_writers_at_once_lose_nothing(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let writers: Vec<_> = (0..8u8).map(|writer| {
            let store = db.store.clone();
            tokio::spawn(async move {
                for round in 0..10u8 {
                    let mut tx = store.begin().await.unwrap();
                    tx.lock_repo(repo).await.unwrap().unwrap();
                    let ref_name = name(&format!("refs/heads/w{writer}-{round}"));
                    assert!(tx.update_ref(repo, &ref_name, None, Some((oid(round), None))).await.unwrap());
                    tx.commit().await.unwrap();
                }
            })
        }).collect();
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(db.store.count_refs(repo).await.unwrap(), 80);
        assert_eq!(db.store.find_generation(repo).await.unwrap(), Some(80));
    }

    async fn two_users_who_take_one_address_at_once_are_told_apart(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        for round in 0..10 {
            let take = |id| {
                let store = db.store.clone();
                tokio::spawn(async move {
                    let mut tx = store.begin().await.unwrap();
                    let email = format!("shared{round}@example.org");
                    let change = AccountChange { email: Some(&email), ..AccountChange::default() };
                    let taken = tx.update_account(id, &change, NOW).await.unwrap().is_ok();
                    match taken {
                        true => tx.commit().await.unwrap(),
                        false => drop(tx),
                    }
                    taken
                })
            };
            let (a, b) = (take(alice), take(bob));
            assert!(a.await.unwrap() ^ b.await.unwrap(), "round {round}");
        }
    }

    async fn of_two_last_administrators_who_leave_at_once_one_stays(db) {
        let admins = [db.user("alice").await, db.user("bob").await];
        let set = async |store: Store, id, is_admin| {
            let mut tx = store.begin().await.unwrap();
            let change = AccountChange { is_admin: Some(is_admin), ..AccountChange::default() };
            tx.update_account(id, &change, NOW).await.unwrap().unwrap().unwrap();
            let stays = tx.count_admins().await.unwrap() > 0;
            match stays {
                true => tx.commit().await.unwrap(),
                false => drop(tx),
            }
            stays
        };
        for round in 0..10 {
            for id in admins {
                set(db.store.clone(), id, true).await;
            }
            let [a, b] = admins.map(|id| tokio::spawn(set(db.store.clone(), id, false)));
            assert!(a.await.unwrap() ^ b.await.unwrap(), "round {round}");
            assert_eq!(db.store.count_admins().await.unwrap(), 1);
        }
    }

    async fn of_two_last_owners_who_leave_at_once_one_stays(db) {
        let (org, owners) = (db.org("acme").await, [db.user("alice").await, db.user("bob").await]);
        for round in 0..10 {
            let mut tx = db.store.begin().await.unwrap();
            for owner in owners {
                tx.set_org_member(org, owner, OrgRole::Owner, NOW).await.unwrap();
            }
            tx.commit().await.unwrap();
            let leave = |owner, steps_down: bool| {
                let store = db.store.clone();
                tokio::spawn(async move {
                    let mut tx = store.begin().await.unwrap();
                    match steps_down {
                        true => tx.set_org_member(org, owner, OrgRole::Member(Role::Read), NOW).await.unwrap(),
                        false => assert!(tx.delete_org_member(org, owner).await.unwrap()),
                    }
                    let stays = tx.count_org_owners(org).await.unwrap() > 0;
                    match stays {
                        true => tx.commit().await.unwrap(),
                        false => drop(tx),
                    }
                    stays
                })
            };
            let (a, b) = (leave(owners[0], round % 2 == 0), leave(owners[1], false));
            assert!(a.await.unwrap() ^ b.await.unwrap(), "round {round}");
            assert_eq!(db.store.count_org_owners(org).await.unwrap(), 1);
        }
    }

    async fn a_writer_that_cannot_have_its_turn_says_so_in_time(db) {
        let options = StoreOptions { acquire_timeout: std::time::Duration::from_millis(300), connections: 2, ..db.options.clone() };
        let store = Store::open(&options).await.unwrap();
        let held = [store.begin().await.unwrap()];
        let more = match store.engine() {
            Engine::Sqlite => None,
            Engine::Postgres => Some(store.begin().await.unwrap()),
        };
        assert!(matches!(store.begin().await, Err(Error::Unavailable(_))));
        drop((held, more));
        store.begin().await.unwrap().commit().await.unwrap();
        store.close().await;
    }
}

/// Reads go on while somebody writes.
#[tokio::test(flavor = "multi_thread")]
async fn readers_do_not_wait_for_the_one_writer_of_sqlite() {
    let db = Db::new(Engine::Sqlite).await;
    let repo = db.repo(db.user("alice").await, "tool").await;
    let mut tx = db.store.begin().await.unwrap();
    tx.lock_repo(repo).await.unwrap().unwrap();
    assert_eq!(db.store.find_generation(repo).await.unwrap(), Some(0));
    tx.commit().await.unwrap();
    assert_eq!(db.store.find_generation(repo).await.unwrap(), Some(1));
}

/// What [`recorded_commits`] subscribes.
struct Recorder(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Recorder {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        self.0.lock().unwrap().push(event.metadata().target().to_owned());
    }
}

#[tokio::test]
async fn every_commit_is_announced_before_it_happens_and_a_rollback_is_not() {
    use tracing_subscriber::layer::SubscriberExt;
    let db = Db::new(Engine::Sqlite).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(Recorder(seen.clone())));
    db.store.begin().await.unwrap().rollback().await.unwrap();
    assert!(!seen.lock().unwrap().iter().any(|t| t == "hardie::store::commit"));
    db.store.begin().await.unwrap().commit().await.unwrap();
    assert_eq!(seen.lock().unwrap().iter().filter(|t| *t == "hardie::store::commit").count(), 1);
}
