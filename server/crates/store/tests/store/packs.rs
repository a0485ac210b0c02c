//! The life of a pack.

use hardie_domain::ids::PushId;
use hardie_store::packs::{PackState, Staging};

use crate::support::{Db, NOW, after, hash};

async fn stage(db: &Db, number: u8, push: PushId, lease: i64) -> Staging {
    let mut tx = db.store.begin().await.unwrap();
    let staging = tx.stage_pack(&hash(number), push, 10, 1, NOW, after(lease)).await.unwrap();
    tx.commit().await.unwrap();
    staging
}

async fn mark_dead(db: &Db, number: u8, at: i64) -> bool {
    let mut tx = db.store.begin().await.unwrap();
    let dead = tx.mark_pack_dead(&hash(number), after(at)).await.unwrap();
    tx.commit().await.unwrap();
    dead
}

both! {
    async fn a_pack_goes_from_staged_to_live_to_dead_to_gone(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let push = db.push(repo).await;
        assert_eq!(stage(&db, 1, push, 60).await, Staging::Fresh);
        assert!(!mark_dead(&db, 1, 59).await, "a push holds it");
        assert!(db.store.list_unheld_packs(after(59), 10).await.unwrap().is_empty());
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.renew_stage(&hash(1), push, after(90)).await.unwrap());
        assert!(tx.publish_pack(repo, &hash(1), push, true, after(5)).await.unwrap());
        tx.set_pushed_at(repo, after(5)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_pack(&hash(1)).await.unwrap().unwrap().state, PackState::Live);
        let held = db.store.list_repo_packs(repo).await.unwrap();
        assert!(held.len() == 1 && held[0].closed && held[0].bytes == 10);
        assert_eq!(db.store.load_snapshot(repo).await.unwrap().unwrap().packs, held);
        assert_eq!(db.store.find_repo(repo).await.unwrap().unwrap().size_bytes, 10);
        assert_eq!(db.store.total_pack_bytes().await.unwrap(), 10);
        assert!(!mark_dead(&db, 1, 1000).await, "a repository holds it");

        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_repo(repo, NOW).await.unwrap());
        assert!(tx.purge_repo(repo, after(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_unheld_packs(after(1), 10).await.unwrap()[0].hash, hash(1));
        assert!(mark_dead(&db, 1, 1).await);
        assert!(!mark_dead(&db, 1, 1).await);
        assert_eq!(db.store.list_dead_packs(&[0; 32], 10).await.unwrap(), [hash(1)]);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_dead_pack(&hash(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_pack(&hash(1)).await.unwrap(), None);
        assert_eq!(db.store.total_pack_bytes().await.unwrap(), 0);
    }

    async fn a_dying_pack_cannot_be_taken_up(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let (first, second) = (db.push(repo).await, db.push(repo).await);
        assert_eq!(stage(&db, 1, first, 60).await, Staging::Fresh);
        assert!(mark_dead(&db, 1, 61).await, "the lease ended");
        assert_eq!(stage(&db, 1, second, 60).await, Staging::Dying);
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.publish_pack(repo, &hash(1), first, true, NOW).await.unwrap(), "its file may be gone");
        tx.rollback().await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_dead_pack(&hash(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(stage(&db, 1, second, 60).await, Staging::Fresh);
    }

    async fn the_same_bytes_in_two_pushes_live_as_long_as_one_of_them_holds_them(db) {
        let alice = db.user("alice").await;
        let (left, right) = (db.repo(alice, "left").await, db.repo(alice, "right").await);
        let (refused, accepted) = (db.push(left).await, db.push(right).await);
        assert_eq!(stage(&db, 1, refused, 60).await, Staging::Fresh);
        assert_eq!(stage(&db, 1, accepted, 60).await, Staging::Present);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.unstage_packs(refused).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert!(!mark_dead(&db, 1, 30).await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.publish_pack(left, &hash(1), refused, true, NOW).await.unwrap(), "it gave its hold up");
        tx.rollback().await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.publish_pack(right, &hash(1), accepted, false, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!mark_dead(&db, 1, 1000).await);
        assert!(db.store.list_repo_packs(left).await.unwrap().is_empty());
    }

    async fn a_sweeper_and_a_push_that_race_never_both_win(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        for round in 0..20u8 {
            let (old, new) = (db.push(repo).await, db.push(repo).await);
            assert_eq!(stage(&db, round, old, -10).await, Staging::Fresh);
            let pusher = tokio::spawn({
                let store = db.store.clone();
                async move {
                    let mut tx = store.begin().await.unwrap();
                    let staging = tx.stage_pack(&hash(round), new, 10, 1, NOW, after(60)).await.unwrap();
                    tx.commit().await.unwrap();
                    staging
                }
            });
            let sweeper = tokio::spawn({
                let store = db.store.clone();
                async move {
                    let mut tx = store.begin().await.unwrap();
                    let dead = tx.mark_pack_dead(&hash(round), NOW).await.unwrap();
                    tx.commit().await.unwrap();
                    dead
                }
            });
            let (staging, dead) = (pusher.await.unwrap(), sweeper.await.unwrap());
            assert_eq!(staging == Staging::Dying, dead, "round {round}");
        }
    }

    async fn once_closed_always_closed(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        for closed in [false, true, false] {
            let push = db.push(repo).await;
            stage(&db, 1, push, 60).await;
            let mut tx = db.store.begin().await.unwrap();
            assert!(tx.publish_pack(repo, &hash(1), push, closed, NOW).await.unwrap());
            tx.commit().await.unwrap();
        }
        assert!(db.store.list_repo_packs(repo).await.unwrap()[0].closed);
        assert_eq!(db.store.list_packs(&[0; 32], 10).await.unwrap().len(), 1);
        assert_eq!(db.store.list_packs(&hash(1), 10).await.unwrap().len(), 0);
    }

    async fn holds_that_ended_are_removed(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let push = db.push(repo).await;
        stage(&db, 1, push, 10).await;
        stage(&db, 2, push, 100).await;
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.delete_expired_stages(after(50)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let unheld = db.store.list_unheld_packs(after(50), 10).await.unwrap();
        assert_eq!(unheld.iter().map(|p| p.hash).collect::<Vec<_>>(), [hash(1)]);
    }
}
