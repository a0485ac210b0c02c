//! Refs: compare and swap, order, conflicts, snapshots.

use hardie_domain::ids::RepoId;
use hardie_domain::refname::RefName;
use hardie_store::refs::NewReflog;

use crate::support::{Db, NOW, after, all, name, oid};

async fn set(db: &Db, repo: RepoId, names: &[&[u8]]) {
    let mut tx = db.store.begin().await.unwrap();
    for name in names {
        assert!(tx.update_ref(repo, &RefName::parse(name).unwrap(), None, Some((oid(1), None))).await.unwrap());
    }
    tx.commit().await.unwrap();
}

both! {
    async fn a_ref_moves_only_from_what_it_is(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let main = name("refs/heads/main");
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.update_ref(repo, &main, None, None).await.unwrap(), "absent is absent");
        assert!(!tx.update_ref(repo, &main, Some(oid(1)), Some((oid(2), None))).await.unwrap());
        assert!(!tx.update_ref(repo, &main, Some(oid(1)), None).await.unwrap());
        assert!(tx.update_ref(repo, &main, None, Some((oid(1), Some(oid(9))))).await.unwrap());
        assert!(!tx.update_ref(repo, &main, None, Some((oid(2), None))).await.unwrap());
        assert!(!tx.update_ref(repo, &main, None, None).await.unwrap());
        assert_eq!(tx.find_ref(repo, &main).await.unwrap().unwrap().peeled, Some(oid(9)));
        assert!(tx.update_ref(repo, &main, Some(oid(1)), Some((oid(2), None))).await.unwrap());
        tx.commit().await.unwrap();
        let row = db.store.find_ref(repo, &main).await.unwrap().unwrap();
        assert_eq!((row.oid, row.peeled), (oid(2), None));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.update_ref(repo, &main, Some(oid(2)), None).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.count_refs(repo).await.unwrap(), 0);
    }

    async fn of_racing_updates_exactly_one_wins(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        set(&db, repo, &[b"refs/heads/main"]).await;
        let mut current = oid(1);
        for round in 0..20u8 {
            let (left, right) = (oid(100 + round), oid(200 + round));
            let race = |new| {
                let (store, old) = (db.store.clone(), current);
                tokio::spawn(async move {
                    let mut tx = store.begin().await.unwrap();
                    tx.lock_repo(repo).await.unwrap().unwrap();
                    let won = tx.update_ref(repo, &name("refs/heads/main"), Some(old), Some((new, None))).await.unwrap();
                    tx.commit().await.unwrap();
                    won
                })
            };
            let (a, b) = (race(left), race(right));
            let (a, b) = (a.await.unwrap(), b.await.unwrap());
            assert!(a ^ b, "round {round}: {a} {b}");
            current = db.store.find_ref(repo, &name("refs/heads/main")).await.unwrap().unwrap().oid;
            assert_eq!(current, if a { left } else { right });
        }
        assert_eq!(db.store.find_generation(repo).await.unwrap(), Some(40));
    }

    async fn refs_are_sorted_by_bytes_whatever_the_locale(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let mut names: Vec<&[u8]> = vec![
            b"refs/heads/a", b"refs/heads/B", b"refs/heads/a-b", b"refs/heads/a/b0", b"refs/heads/\xff\xfe", b"refs/heads/_", "refs/heads/ü".as_bytes(),
            b"refs/tags/A", b"refs/tags/a",
        ];
        names.retain(|n| *n != b"refs/heads/a");
        set(&db, repo, &names).await;
        names.sort_unstable();
        let snapshot = db.store.load_snapshot(repo).await.unwrap().unwrap();
        assert_eq!(snapshot.refs.iter().map(|r| r.name.as_bytes()).collect::<Vec<_>>(), names);
        assert_eq!(snapshot.owner.name.as_str(), "alice");
        assert!(snapshot.packs.is_empty());
    }

    async fn a_ref_that_would_be_a_folder_is_found(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        set(&db, repo, &[b"refs/heads/a", b"refs/heads/a-b", b"refs/heads/d/e/f", b"refs/heads/d0"]).await;
        for (asked, expected) in [
            ("refs/heads/a/x", Some("refs/heads/a")),
            ("refs/heads/a/x/y", Some("refs/heads/a")),
            ("refs/heads/d", Some("refs/heads/d/e/f")),
            ("refs/heads/d/e", Some("refs/heads/d/e/f")),
            ("refs/heads/a", None),
            ("refs/heads/d/e/f", None),
            ("refs/heads/d/g", None),
            ("refs/heads/a-", None),
        ] {
            let found = db.store.refs_conflicting(repo, &name(asked)).await.unwrap();
            assert_eq!(found.first().map(ToString::to_string).as_deref(), expected, "{asked}");
        }
    }

    async fn a_snapshot_is_of_one_moment(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let (first, second) = (name("refs/heads/first"), name("refs/heads/second"));
        let writer = tokio::spawn({
            let (store, first, second) = (db.store.clone(), first.clone(), second.clone());
            async move {
                let mut old = None;
                for round in 1..=60u8 {
                    let mut tx = store.begin().await.unwrap();
                    tx.lock_repo(repo).await.unwrap().unwrap();
                    for name in [&first, &second] {
                        assert!(tx.update_ref(repo, name, old, Some((oid(round), None))).await.unwrap());
                    }
                    tx.commit().await.unwrap();
                    old = Some(oid(round));
                }
            }
        });
        while !writer.is_finished() {
            let snapshot = db.store.load_snapshot(repo).await.unwrap().unwrap();
            let oids: Vec<_> = snapshot.refs.iter().map(|r| r.oid).collect();
            match snapshot.repo.generation {
                0 => assert!(oids.is_empty()),
                n => assert_eq!(oids, [oid(u8::try_from(n).unwrap()); 2]),
            }
        }
        writer.await.unwrap();
    }

    async fn the_reflog_remembers_newest_first(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let push = db.push(repo).await;
        let mut tx = db.store.begin().await.unwrap();
        for (at, ref_name) in (1..=3u8).zip(["refs/heads/a", "refs/heads/b", "refs/heads/a"]) {
            let name = name(ref_name);
            let entry = NewReflog { repo, name: &name, old: oid(at - 1), new: oid(at), push, actor: None, at: after(i64::from(at)) };
            tx.append_reflog(&entry).await.unwrap();
        }
        tx.commit().await.unwrap();
        let rows = db.store.list_reflog(repo, None, all()).await.unwrap();
        assert_eq!(rows.items.iter().map(|r| r.new).collect::<Vec<_>>(), [oid(3), oid(2), oid(1)]);
        let of_a = db.store.list_reflog(repo, Some(&name("refs/heads/a")), all()).await.unwrap();
        assert_eq!((of_a.total, of_a.items[1].old.is_zero(), of_a.items[0].push), (2, true, Some(push)));
        assert!(of_a.items[0].at > NOW);
    }
}
