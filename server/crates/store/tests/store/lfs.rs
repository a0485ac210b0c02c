//! The life of an LFS object, and locks on paths.

use hardie_domain::ids::{AccountId, LfsLockId, RepoId};
use hardie_domain::lfs::{LfsObject, LfsOid};
use hardie_store::lfs::{Adopted, NewRepoLfs};
use hardie_store::lfs_locks::LfsLockFilter;
use hardie_store::packs::Staging;
use hardie_store::repos::RepoChange;

use crate::support::{Db, NOW, after, hash};

fn oid(number: u8) -> LfsOid {
    LfsOid(hash(number))
}

fn object(number: u8) -> LfsObject {
    LfsObject { oid: oid(number), size: u64::from(number) * 10 }
}

async fn stage(db: &Db, number: u8, keep: i64) -> Staging {
    let mut tx = db.store.begin().await.unwrap();
    let staging = tx.stage_lfs(&object(number), NOW, after(keep)).await.unwrap();
    tx.commit().await.unwrap();
    staging
}

async fn adopt(db: &Db, repo: RepoId, uploader: AccountId, number: u8) -> Adopted {
    let mut tx = db.store.begin().await.unwrap();
    let adopted = tx.adopt_lfs(&NewRepoLfs { repo, oid: oid(number), uploader, at: NOW }).await.unwrap();
    tx.commit().await.unwrap();
    adopted
}

async fn mark_dead(db: &Db, number: u8, at: i64) -> bool {
    let mut tx = db.store.begin().await.unwrap();
    let dead = tx.mark_lfs_dead(&oid(number), after(at)).await.unwrap();
    tx.commit().await.unwrap();
    dead
}

both! {
    async fn an_lfs_object_goes_from_staged_to_live_to_dead_to_gone(db) {
        let alice = db.user("alice").await;
        let repo = db.repo(alice, "tool").await;
        assert_eq!(stage(&db, 1, 60).await, Staging::Fresh);
        assert_eq!(stage(&db, 1, 50).await, Staging::Present);
        assert!(db.store.list_unheld_lfs(after(59), 10).await.unwrap().is_empty());
        assert!(!mark_dead(&db, 1, 59).await, "somebody is bringing it");
        assert_eq!(adopt(&db, repo, alice, 1).await, Adopted::Done);
        assert_eq!(adopt(&db, repo, alice, 1).await, Adopted::Done, "twice is once");
        assert!(!mark_dead(&db, 1, 1000).await, "a repository has it");
        assert_eq!(db.store.total_lfs_bytes().await.unwrap(), 10);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_repo(repo, NOW).await.unwrap());
        assert!(tx.purge_repo(repo, after(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_unheld_lfs(after(61), 10).await.unwrap(), [oid(1)]);
        assert!(mark_dead(&db, 1, 61).await);
        assert_eq!(stage(&db, 1, 60).await, Staging::Dying);
        assert_eq!(adopt(&db, repo, alice, 1).await, Adopted::Swept);
        assert_eq!(db.store.list_dead_lfs(&LfsOid([0; 32]), 10).await.unwrap(), [oid(1)]);
        assert_eq!(db.store.list_dead_lfs(&oid(1), 10).await.unwrap(), []);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_dead_lfs(&oid(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(stage(&db, 1, 60).await, Staging::Fresh);
    }

    async fn an_lfs_object_is_its_own_repositorys_alone(db) {
        let alice = db.user("alice").await;
        let (left, right) = (db.repo(alice, "left").await, db.repo(alice, "right").await);
        for number in 1..=120 {
            stage(&db, number, 60).await;
            if number % 2 == 0 {
                assert_eq!(adopt(&db, left, alice, number).await, Adopted::Done);
            }
        }
        let all: Vec<LfsOid> = (1..=120).map(oid).collect();
        let mut found = db.store.find_repo_lfs(left, &all).await.unwrap();
        found.sort_by_key(|object| object.oid);
        assert_eq!(found, (1..=60).map(|n| object(n * 2)).collect::<Vec<_>>());
        assert_eq!(db.store.find_repo_lfs(right, &all).await.unwrap(), []);
        assert_eq!(db.store.find_repo_lfs(left, &[oid(2)]).await.unwrap(), [object(2)]);
        assert_eq!(db.store.find_repo_lfs(left, &[oid(3)]).await.unwrap(), []);
        assert_eq!(db.store.find_repo_lfs(left, &[]).await.unwrap(), []);
        assert_eq!(db.store.list_repo_lfs(left, &oid(4), 2).await.unwrap(), [object(6), object(8)]);
    }

    async fn an_lfs_object_does_not_come_into_a_repository_that_is_archived_or_gone(db) {
        let alice = db.user("alice").await;
        let (archived, deleted) = (db.repo(alice, "archived").await, db.repo(alice, "deleted").await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.update_repo(archived, &RepoChange { archived: Some(true), ..RepoChange::default() }, NOW).await.unwrap());
        assert!(tx.delete_repo(deleted, NOW).await.unwrap());
        tx.commit().await.unwrap();
        stage(&db, 1, 60).await;
        for repo in [archived, deleted] {
            assert_eq!(adopt(&db, repo, alice, 1).await, Adopted::NotWritable);
        }
    }

    async fn a_path_has_one_lock_and_a_lock_is_found_under_its_repository_alone(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let (left, right) = (db.repo(alice, "left").await, db.repo(alice, "right").await);
        let lock = async |repo, path: &str, owner| {
            let mut tx = db.store.begin().await.unwrap();
            let id = tx.insert_lfs_lock(repo, path, owner, NOW).await.unwrap();
            tx.commit().await.unwrap();
            id
        };
        let first = lock(left, "a.psd", alice).await.unwrap();
        assert_eq!(lock(left, "a.psd", bob).await, None);
        let second = lock(left, "A.psd", bob).await.unwrap();
        assert!(lock(right, "a.psd", bob).await.is_some());
        assert!(second > first);
        let list = async |filter, limit| db.store.list_lfs_locks(left, filter, limit).await.unwrap();
        let ids = |rows: Vec<hardie_store::lfs_locks::LfsLockRow>| rows.iter().map(|r| r.id).collect::<Vec<LfsLockId>>();
        let found = list(LfsLockFilter { path: Some("A.psd"), ..LfsLockFilter::default() }, 10).await;
        assert!(found.len() == 1 && found[0].owner == bob && found[0].owner_name.as_str() == "bob" && found[0].locked_at == NOW);
        assert_eq!(ids(list(LfsLockFilter::default(), 1).await), [first]);
        assert_eq!(ids(list(LfsLockFilter { after: Some(first), ..LfsLockFilter::default() }, 10).await), [second]);
        assert_eq!(ids(list(LfsLockFilter { id: Some(first), ..LfsLockFilter::default() }, 10).await), [first]);
        assert_eq!(db.store.count_lfs_locks(left).await.unwrap(), 2);
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.delete_lfs_lock(right, first).await.unwrap(), "another repository's");
        assert!(tx.delete_lfs_lock(left, first).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(ids(list(LfsLockFilter::default(), 10).await), [second]);
    }
}
