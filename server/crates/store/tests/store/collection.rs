//! When repositories are looked at, cruft packs and the epochs that collection moves.

use hardie_domain::oid::Oid;
use hardie_store::refs::NewReflog;

use crate::support::{NOW, after, hash, name, oid};

both! {
    async fn the_repository_that_waits_for_longest_is_next(db) {
        let alice = db.user("alice").await;
        let (first, second) = (db.repo(alice, "first").await, db.repo(alice, "second").await);
        assert_eq!(db.store.next_to_collect(after(1000)).await.unwrap(), None, "nothing was dropped in a new one");
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.collect_by(first, after(20)).await.unwrap());
        assert!(!tx.collect_by(first, after(30)).await.unwrap(), "the earlier time stands");
        assert!(tx.collect_by(second, after(10)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.next_to_collect(after(9)).await.unwrap(), None);
        assert_eq!(db.store.next_to_collect(after(10)).await.unwrap(), Some(second));
        let mut tx = db.store.begin().await.unwrap();
        let generation = tx.find_generation(second).await.unwrap().unwrap();
        assert!(tx.set_collect_at(second, generation, None, after(50)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_collect_at(second).await.unwrap(), None);
        assert_eq!(db.store.next_to_collect(after(30)).await.unwrap(), Some(first));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.set_collect_at(first, generation - 1, None, after(50)).await.unwrap(), "a push came meanwhile");
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_collect_at(first).await.unwrap(), Some(after(50)));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_repo(first, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.next_to_collect(after(60)).await.unwrap(), None, "a deleted one is left as it is");
    }

    async fn a_cruft_pack_is_one_until_a_push_brings_it_again(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let mut tx = db.store.begin().await.unwrap();
        tx.keep_pack(&hash(1), 10, 1, NOW, after(60)).await.unwrap();
        assert!(tx.adopt_pack(repo, &hash(1), false, Some(after(5)), NOW).await.unwrap());
        tx.commit().await.unwrap();
        let held = db.store.list_repo_packs(repo).await.unwrap();
        assert_eq!((held[0].closed, held[0].unreached_since), (false, Some(after(5))));
        assert_eq!(db.store.load_snapshot(repo).await.unwrap().unwrap().packs, held);
        assert!(db.store.list_crowded_repos(0, 10).await.unwrap().is_empty(), "cruft is not folded");
        let push = db.push(repo).await;
        let mut tx = db.store.begin().await.unwrap();
        tx.stage_pack(&hash(1), push, 10, 1, NOW, after(60)).await.unwrap();
        assert!(tx.publish_pack(repo, &hash(1), push, true, after(6)).await.unwrap());
        tx.commit().await.unwrap();
        let held = db.store.list_repo_packs(repo).await.unwrap();
        assert_eq!((held[0].closed, held[0].unreached_since), (true, None));
        assert_eq!(db.store.list_crowded_repos(0, 10).await.unwrap(), [repo]);
    }

    async fn a_file_is_let_go_only_when_no_repository_holds_it(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let mut tx = db.store.begin().await.unwrap();
        tx.keep_pack(&hash(1), 10, 1, NOW, after(1000)).await.unwrap();
        assert!(tx.adopt_pack(repo, &hash(1), true, None, NOW).await.unwrap());
        assert!(!tx.let_pack_go(&hash(1), after(1)).await.unwrap());
        assert!(tx.supersede_pack(repo, &hash(1), after(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert!(db.store.list_unheld_packs(after(2), 10).await.unwrap().is_empty(), "it was to be kept for longer");
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.let_pack_go(&hash(1), after(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_unheld_packs(after(2), 10).await.unwrap().len(), 1);
    }

    async fn the_reflog_names_what_refs_were_lately(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let (push, branch) = (db.push(repo).await, name("refs/heads/main"));
        let mut tx = db.store.begin().await.unwrap();
        for (old, new, at) in [(Oid::ZERO, oid(1), NOW), (oid(1), oid(2), after(10)), (oid(2), Oid::ZERO, after(20)), (Oid::ZERO, oid(2), after(30))] {
            tx.append_reflog(&NewReflog { repo, name: &branch, old, new, push, actor: None, at }).await.unwrap();
        }
        tx.commit().await.unwrap();
        let lately = async |since| {
            let mut oids = db.store.list_reflog_oids(repo, since).await.unwrap();
            oids.sort_unstable();
            oids
        };
        assert_eq!(lately(NOW).await, [oid(1), oid(2)]);
        assert_eq!(lately(after(10)).await, [oid(1), oid(2)]);
        assert_eq!(lately(after(11)).await, [oid(2)]);
        assert_eq!(lately(after(31)).await, [] as [Oid; 0]);
    }

    async fn epochs_move_and_a_backup_is_seen(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let before = db.store.find_repo(repo).await.unwrap().unwrap();
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.bump_gc(repo).await.unwrap() && tx.bump_expiry(repo).await.unwrap());
        assert!(tx.hold_files("one", NOW, after(60)).await.unwrap());
        tx.commit().await.unwrap();
        let now = db.store.find_repo(repo).await.unwrap().unwrap();
        assert_eq!((now.gc_epoch, now.generation), (before.gc_epoch + 1, before.generation + 1));
        assert_eq!(db.store.find_epochs(repo).await.unwrap().unwrap().1, 1);
        assert!(db.store.is_backup_under_way(after(59)).await.unwrap());
        assert!(!db.store.is_backup_under_way(after(60)).await.unwrap());
    }
}
