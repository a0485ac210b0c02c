//! Components and installations.

use hardie_domain::plugin::{Digest, Mode};
use hardie_store::plugins::{ComponentRow, InstallationChange, NewInstallation, Scope};
use hardie_store::versions::Exchange;

use crate::support::{Db, NOW, after, hash};

async fn component(db: &Db, number: u8) -> Digest {
    let row = ComponentRow {
        digest: Digest(hash(number)),
        name: "messages".into(),
        version: "1.0".into(),
        description: "d".into(),
        worlds: vec!["policy".into()],
        imports: vec!["hardie:plugin/log".into(), "hardie:plugin/config".into()],
        default_config: "{}".into(),
        size: 3,
        uploaded_by: None,
        created_at: NOW,
    };
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.insert_component(&row, b"\0as").await.unwrap());
    assert!(!tx.insert_component(&row, b"\0as").await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(db.store.find_component(row.digest).await.unwrap().as_ref(), Some(&row));
    row.digest
}

fn new(scope: Scope, digest: Digest) -> NewInstallation<'static> {
    NewInstallation { scope, name: "messages", digest, mode: Mode::Enforce, fail_open: false, config: "{}", grants: &[], by: None, at: NOW }
}

both! {
    async fn what_guards_a_repository_comes_from_three_scopes(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let (tool, other) = (db.repo(alice, "tool").await, db.repo(bob, "other").await);
        let digest = component(&db, 1).await;
        let before = db.store.find_repo(tool).await.unwrap().unwrap().rules_epoch;
        let mut tx = db.store.begin().await.unwrap();
        let own = tx.insert_installation(&new(Scope::Repo(tool), digest)).await.unwrap().unwrap();
        assert_eq!(tx.insert_installation(&new(Scope::Repo(tool), digest)).await.unwrap(), None, "a name is taken once in its scope");
        let owners = tx.insert_installation(&new(Scope::Account(alice), digest)).await.unwrap().unwrap();
        let site = tx.insert_installation(&new(Scope::Site, digest)).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert!(db.store.find_repo(tool).await.unwrap().unwrap().rules_epoch >= before + 3);
        let ids = |rows: Vec<hardie_store::plugins::InstallationRow>| rows.iter().map(|i| i.id).collect::<Vec<_>>();
        assert_eq!(ids(db.store.list_effective_installations(tool).await.unwrap()), [site, owners, own]);
        assert_eq!(ids(db.store.list_effective_installations(other).await.unwrap()), [site]);
        assert_eq!(ids(db.store.list_installations(Scope::Account(alice)).await.unwrap()), [owners]);
        assert_eq!(db.store.find_installation_by_name(Scope::Site, "messages").await.unwrap().unwrap().id, site);
        assert_eq!(db.store.find_component_bytes(digest).await.unwrap().as_deref(), Some(&b"\0as"[..]));
        assert_eq!(db.store.list_installed_digests().await.unwrap(), [digest]);
    }

    async fn an_upgrade_keeps_the_way_back(db) {
        let alice = db.user("alice").await;
        let scope = Scope::Repo(db.repo(alice, "tool").await);
        let mut digests = Vec::new();
        for number in 1..=5 {
            digests.push(component(&db, number).await);
        }
        let mut tx = db.store.begin().await.unwrap();
        let id = tx.insert_installation(&new(scope, digests[0])).await.unwrap().unwrap();
        let grants = ["a".to_owned(), "b".to_owned()];
        let to = |from: usize, to: usize, config: &'static str| Exchange {
            from: digests[from], had: None, to: digests[to], config, grants: &[], by: Some(alice), at: after(1),
        };
        let first = Exchange { grants: &grants, ..to(0, 1, "{\"a\":1}") };
        assert!(!tx.upgrade_installation(scope, id, &Exchange { had: Some("{\"b\":1}"), ..first }).await.unwrap(), "it was configured meanwhile");
        assert!(tx.upgrade_installation(scope, id, &first).await.unwrap());
        assert!(!tx.upgrade_installation(scope, id, &first).await.unwrap(), "it runs something else by now");
        assert!(!tx.upgrade_installation(Scope::Site, id, &to(1, 2, "{}")).await.unwrap(), "it is changed in its scope alone");
        let switch = InstallationChange { mode: Some(Mode::Off), config: Some("{\"a\":2}"), fail_open: Some(true), runs: None };
        let late = InstallationChange { runs: Some(digests[0]), ..switch };
        assert!(!tx.update_installation(scope, id, &late, None, after(2)).await.unwrap(), "another component accepted that");
        let switch = InstallationChange { runs: Some(digests[1]), ..switch };
        assert!(tx.update_installation(scope, id, &switch, None, after(2)).await.unwrap());
        assert!(!tx.update_installation(Scope::Site, id, &switch, None, NOW).await.unwrap());
        tx.commit().await.unwrap();
        let row = db.store.find_installation(id).await.unwrap().unwrap();
        assert_eq!((row.digest, row.mode, row.fail_open), (digests[1], Mode::Off, true));
        assert_eq!((row.config.as_str(), row.grants.as_slice(), row.updated_at), ("{\"a\":2}", &grants[..], after(2)));

        let versions = async || -> Vec<(Digest, String)> {
            db.store.list_versions(id).await.unwrap().into_iter().map(|v| (v.digest, v.config)).collect()
        };
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.upgrade_installation(scope, id, &to(1, 2, "{}")).await.unwrap());
        assert!(tx.upgrade_installation(scope, id, &to(2, 3, "{}")).await.unwrap());
        tx.commit().await.unwrap();
        let kept = versions().await;
        assert_eq!(kept.iter().map(|v| v.0).collect::<Vec<_>>(), [digests[3], digests[2], digests[1]], "the oldest is gone");
        assert_eq!(kept[2].1, "{\"a\":2}", "with the configuration that it had in the end");
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.rollback_installation(scope, id, &to(3, 0, "{}")).await.unwrap(), "what is not kept is no way back");
        drop(tx);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.rollback_installation(scope, id, &to(3, 1, "{}")).await.unwrap());
        assert!(tx.upgrade_installation(scope, id, &to(1, 4, "{}")).await.unwrap());
        tx.commit().await.unwrap();
        let kept: Vec<Digest> = versions().await.into_iter().map(|v| v.0).collect();
        assert_eq!(kept, [digests[4], digests[1]], "what was gone back from is forgotten");

        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.delete_unused_components(after(1)).await.unwrap().len(), 3, "both versions are needed");
        assert!(!tx.delete_installation(Scope::Account(alice), id).await.unwrap());
        assert!(tx.delete_installation(scope, id).await.unwrap());
        assert_eq!(tx.delete_unused_components(after(1)).await.unwrap().len(), 2);
        tx.commit().await.unwrap();
        assert!(db.store.list_components().await.unwrap().is_empty());
    }
}
