//! Packs that are known to be damaged, and what their repositories gave up.

use crate::support::{NOW, after, hash, oid};

both! {
    async fn damage_is_marked_once_for_all_who_have_the_pack_and_ends(db) {
        let alice = db.user("alice").await;
        let (hurt, twin, well) = (db.repo(alice, "hurt").await, db.repo(alice, "twin").await, db.repo(alice, "well").await);
        let mut tx = db.store.begin().await.unwrap();
        for (number, repos) in [(1, vec![hurt, twin]), (2, vec![well])] {
            tx.keep_pack(&hash(number), 10, 1, NOW, NOW).await.unwrap();
            for repo in repos {
                assert!(tx.adopt_pack(repo, &hash(number), true, None, NOW).await.unwrap());
            }
        }
        assert!(tx.insert_damage(&hash(1), Some(oid(3)), "flipped", NOW).await.unwrap());
        assert!(!tx.insert_damage(&hash(1), None, "again", NOW).await.unwrap(), "it is known");
        assert!(!tx.insert_damage(&hash(9), None, "none", NOW).await.unwrap(), "nobody has it");
        assert!(tx.bump_generation(hurt).await.unwrap());
        tx.commit().await.unwrap();
        let repos = db.store.list_pack_repos(&hash(1)).await.unwrap();
        assert_eq!(repos, [(hurt, "alice/hurt".to_owned()), (twin, "alice/twin".to_owned())]);
        for (repo, damaged) in [(hurt, true), (twin, true), (well, false)] {
            assert_eq!(db.store.is_repo_damaged(repo).await.unwrap(), damaged);
            assert_eq!(db.store.load_snapshot(repo).await.unwrap().unwrap().packs[0].damaged, damaged);
        }
        assert_eq!(db.store.count_damaged_packs().await.unwrap(), 1);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_damage(&hash(1)).await.unwrap());
        assert!(!tx.delete_damage(&hash(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!db.store.is_pack_damaged(&hash(1)).await.unwrap() && !db.store.is_repo_damaged(twin).await.unwrap());
    }

    async fn what_a_damaged_repository_had_is_not_swept(db) {
        let alice = db.user("alice").await;
        let (hurt, well) = (db.repo(alice, "hurt").await, db.repo(alice, "well").await);
        let mut tx = db.store.begin().await.unwrap();
        // One that two had is given up by the one without damage last.
        tx.keep_pack(&hash(1), 10, 1, NOW, NOW).await.unwrap();
        assert!(tx.adopt_pack(well, &hash(1), true, None, NOW).await.unwrap());
        for (repo, old, new) in [(hurt, 1, 2), (well, 3, 4)] {
            for number in [old, new] {
                tx.keep_pack(&hash(number), 10, 1, NOW, NOW).await.unwrap();
                assert!(tx.adopt_pack(repo, &hash(number), true, None, NOW).await.unwrap());
            }
            assert!(tx.supersede_pack(repo, &hash(old), NOW).await.unwrap());
        }
        assert!(tx.supersede_pack(well, &hash(1), NOW).await.unwrap());
        // What no repository ever gave up is none's last copy.
        tx.keep_pack(&hash(5), 10, 1, NOW, NOW).await.unwrap();
        assert!(tx.insert_damage(&hash(2), None, "cut off", NOW).await.unwrap());
        tx.commit().await.unwrap();
        let unheld = async || db.store.list_unheld_packs(after(60), 10).await.unwrap().into_iter().map(|pack| pack.hash).collect::<Vec<_>>();
        assert_eq!(unheld().await, [hash(5)]);
        assert_eq!(db.store.list_crowded_repos(0, 1).await.unwrap(), [well], "one with damage takes no other's turn");
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.mark_pack_dead(&hash(1), after(60)).await.unwrap() && !tx.mark_pack_dead(&hash(3), after(60)).await.unwrap());
        assert!(tx.mark_pack_dead(&hash(5), after(60)).await.unwrap());
        assert!(tx.delete_damage(&hash(2)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(unheld().await, [hash(1), hash(3)]);
        assert_eq!(db.store.list_crowded_repos(0, 1).await.unwrap(), [hurt]);
        // One that is damaged and given up goes with its mark.
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.insert_damage(&hash(1), None, "missing", NOW).await.unwrap());
        assert!(tx.mark_pack_dead(&hash(1), after(60)).await.unwrap() && tx.delete_dead_pack(&hash(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.count_damaged_packs().await.unwrap(), 0);
    }
}
