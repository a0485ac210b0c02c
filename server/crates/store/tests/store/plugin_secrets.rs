//! Secrets as rows, and hosts of installations.

use hardie_domain::ids::InstallationId;
use hardie_store::plugin_secrets::SecretRow;
use hardie_store::plugins::Scope;

use crate::deliveries::install;
use crate::support::{NOW, after};

fn secret(installation: InstallationId, name: &str, sealed: &[u8]) -> SecretRow {
    SecretRow {
        installation,
        name: name.into(),
        destination: "https://chat.example".into(),
        header: "x-key".into(),
        key_id: "one".into(),
        sealed: sealed.to_vec(),
        set_by: None,
        set_at: NOW,
    }
}

both! {
    async fn secrets_are_kept_by_name_and_go_with_their_installation(db) {
        let alice = db.user("alice").await;
        let (first, second) = (install(&db, Scope::Site, "a").await, install(&db, Scope::Account(alice), "b").await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.set_secret(&secret(first, "b", b"\0\xff")).await.unwrap());
        assert!(tx.set_secret(&secret(first, "a", b"1")).await.unwrap());
        assert!(tx.set_secret(&secret(second, "a", b"2")).await.unwrap());
        let again = SecretRow { sealed: b"3".to_vec(), header: String::new(), set_by: Some(alice), set_at: after(1), ..secret(first, "a", b"") };
        assert!(!tx.set_secret(&again).await.unwrap(), "it was there");
        assert_eq!(tx.count_secrets_of(first).await.unwrap(), 2);
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_secrets(first).await.unwrap(), [again.clone(), secret(first, "b", b"\0\xff")]);
        assert_eq!(db.store.count_secrets_by_key().await.unwrap(), [("one".to_owned(), 3)]);
        let page = async |after: InstallationId, name: &str| -> Vec<(InstallationId, String)> {
            let rows = db.store.list_secrets_after(after, name, 2).await.unwrap();
            rows.into_iter().map(|row| (row.installation, row.name)).collect()
        };
        assert_eq!(page(InstallationId(0), "").await, [(first, "a".to_owned()), (first, "b".to_owned())]);
        assert_eq!(page(first, "b").await, [(second, "a".to_owned())]);

        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.reseal_secret(&secret(first, "a", b"1"), "two", b"4").await.unwrap(), "it was set anew meanwhile");
        assert!(tx.reseal_secret(&again, "two", b"4").await.unwrap());
        assert!(tx.delete_secret(first, "b").await.unwrap() && !tx.delete_secret(first, "b").await.unwrap());
        assert!(tx.lock_installation(Scope::Account(alice), first).await.unwrap().is_none(), "it is looked up in its scope");
        assert_eq!(tx.lock_installation(Scope::Site, first).await.unwrap().unwrap().hosts, [""; 0]);
        assert!(tx.set_installation_hosts(first, &["https://a.example".into(), "POST https://b.example".into()]).await.unwrap());
        tx.commit().await.unwrap();
        let resealed = SecretRow { key_id: "two".into(), sealed: b"4".to_vec(), ..again };
        assert_eq!(db.store.list_secrets(first).await.unwrap(), [resealed]);
        assert_eq!(db.store.find_installation(first).await.unwrap().unwrap().hosts, ["https://a.example", "POST https://b.example"]);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_installation(Scope::Site, first).await.unwrap());
        tx.commit().await.unwrap();
        assert!(db.store.list_secrets(first).await.unwrap().is_empty());
        assert_eq!(db.store.count_secrets_by_key().await.unwrap(), [("one".to_owned(), 1)]);
    }
}
