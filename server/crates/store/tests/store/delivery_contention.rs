//! Many who want the same deliveries: who is listed, who ends a try, and who changes the installation meanwhile.

use hardie_domain::attempt::DeliveryState;
use hardie_domain::plugin::Digest;
use hardie_store::Engine;
use hardie_store::deliveries::Due;
use hardie_store::outbox::Cause;
use hardie_store::plugin_state::StateOf;
use hardie_store::plugins::Scope;
use hardie_store::versions::Exchange;

use crate::deliveries::{DONE, announce, claim, end, finish, hand_on, install};
use crate::support::{Db, NOW, after, hash};

both! {
    async fn who_has_much_to_do_leaves_the_list_to_others(db) {
        let (ann, bob) = (db.user("ann").await, db.user("bob").await);
        let his = db.repo(bob, "his").await;
        let much = install(&db, Scope::Account(ann), "much").await;
        let little = install(&db, Scope::Repo(his), "little").await;
        for n in 0..6 {
            let repo = db.repo(ann, &format!("tool{n}")).await;
            announce(&db.store, "push", repo, Cause::default()).await;
        }
        announce(&db.store, "push", his, Cause::default()).await;
        let due = |due: Due| (due.id.0, due.installation, due.owner);
        hand_on(&db.store, NOW).await;
        let all: Vec<_> = db.store.list_due_deliveries(NOW, 2, 500).await.unwrap().into_iter().map(due).collect();
        assert_eq!(all, [(1, much, Some(ann)), (7, little, Some(bob)), (2, much, Some(ann))]);
        assert_eq!(db.store.list_due_deliveries(NOW, 4, 2).await.unwrap().len(), 2);
        assert!(db.store.list_due_deliveries(NOW, 4, 2).await.unwrap().iter().any(|due| due.installation == little));
    }

    async fn a_try_from_before_a_delivery_began_anew_ends_nothing(db) {
        let tool = db.repo(db.user("ann").await, "tool").await;
        let id = install(&db, Scope::Repo(tool), "own").await;
        announce(&db.store, "push", tool, Cause::default()).await;
        hand_on(&db.store, NOW).await;
        let paused = claim(&db.store, "a", NOW).await.unwrap();
        let second = claim(&db.store, "b", after(120)).await.unwrap();
        assert!(finish(&db.store, &second, &end(DONE, None), after(121)).await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.redeliver(id, second.id, after(122)).await.unwrap());
        tx.commit().await.unwrap();
        let anew = claim(&db.store, "a", after(122)).await.unwrap();
        assert_eq!((anew.attempt, paused.attempt, &anew.holder), (1, 1, &paused.holder), "it looks like the first");
        assert!(!finish(&db.store, &paused, &end(DeliveryState::Dead, None), after(123)).await);
        assert!(finish(&db.store, &anew, &end(DONE, None), after(123)).await);
    }
}

/// Only PostgreSQL has several writers at once: one removes or exchanges an installation while another ends a try of it.
#[tokio::test(flavor = "multi_thread")]
async fn who_changes_an_installation_and_who_ends_a_try_of_it_wait_for_each_other_in_turn() {
    let db = Db::new(Engine::Postgres).await;
    let tool = db.repo(db.user("ann").await, "tool").await;
    for (name, exchanges) in [("removed", false), ("exchanged", true)] {
        let id = install(&db, Scope::Site, name).await;
        announce(&db.store, "push", tool, Cause::default()).await;
        hand_on(&db.store, NOW).await;
        let claim = claim(&db.store, "a", NOW).await.unwrap();
        let mut ending = db.store.begin().await.unwrap();
        ending.lock_handler(id).await.unwrap().unwrap();
        let store = db.store.clone();
        let change = tokio::spawn(async move {
            let mut tx = store.begin().await?;
            match exchanges {
                true => {
                    let (from, to) = (Digest(hash(1)), Digest(hash(1)));
                    let exchange = Exchange { from, had: None, to, config: "{}", grants: &[], by: None, at: NOW };
                    tx.upgrade_installation(Scope::Site, id, &exchange).await?;
                    tx.delete_handler(id).await?;
                }
                false => drop(tx.delete_installation(Scope::Site, id).await?),
            }
            tx.commit().await
        });
        // Until it waits for something that the end of the try holds.
        while !change.is_finished() && !is_anybody_blocked(&db).await {}
        assert!(ending.end_try(&claim, &end(DONE, None), NOW).await.unwrap());
        ending.set_state(StateOf { installation: id, repo: Some(tool) }, "key", b"value").await.unwrap();
        ending.commit().await.unwrap();
        change.await.unwrap().unwrap();
    }
}

async fn is_anybody_blocked(db: &Db) -> bool {
    use sqlx::Connection;
    let mut connection = sqlx::AnyConnection::connect(&db.options.url).await.unwrap();
    let blocked = "SELECT CAST(COUNT(*) AS BIGINT) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let count: i64 = sqlx::query_scalar(blocked).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    count > 0
}
