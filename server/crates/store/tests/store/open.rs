//! Opening a database: again, newer, foreign, not there.

use hardie_store::{Engine, Error, Store, StoreOptions};

use crate::support::Db;

both! {
    async fn opening_again_finds_what_was_written(db) {
        let alice = db.user("alice").await;
        db.store.check().await.unwrap();
        db.store.close().await;
        let again = Store::open(&db.options).await.unwrap();
        assert_eq!(again.find_account_by_name("alice").await.unwrap().unwrap().id, alice);
        assert_eq!(again.find_meta("probe").await.unwrap(), None, "a check leaves nothing behind");
        again.close().await;
    }

    async fn many_nodes_may_start_at_once(db) {
        let starts: Vec<_> = (0..4).map(|_| { let options = db.options.clone(); tokio::spawn(async move { Store::open(&options).await }) }).collect();
        for start in starts {
            start.await.unwrap().unwrap().close().await;
        }
    }

    async fn a_schema_that_is_newer_or_foreign_is_refused(db) {
        let mut tx = db.store.begin().await.unwrap();
        tx.set_meta("kept", "yes").await.unwrap();
        assert_eq!(tx.set_meta_once("kept", "no").await.unwrap(), "yes");
        tx.commit().await.unwrap();
        alter(&db, "INSERT INTO schema_history (version, name, fingerprint) VALUES (9999, 'later', 0)").await;
        match Store::open(&db.options).await {
            Err(error @ Error::NewerSchema { found: 9999, .. }) => assert!(error.to_string().contains("newer hardie")),
            other => panic!("{other:?}"),
        }
        alter(&db, "DELETE FROM schema_history WHERE version = 9999").await;
        alter(&db, "UPDATE schema_history SET fingerprint = 1 WHERE version = 1").await;
        assert!(matches!(Store::open(&db.options).await, Err(Error::ForeignSchema { version: 1, .. })));
        assert_eq!(db.store.find_meta("kept").await.unwrap().as_deref(), Some("yes"));
    }
}

both! {
    async fn rules_of_before_priorities_are_found_after_an_upgrade_as_those_that_always_hold(db) {
        let alice = db.user("alice").await;
        let tool = db.repo(alice, "tool").await;
        // As an older hardie left it.
        for statement in [
            "DROP TABLE path_rule",
            "DROP TABLE tag_protection",
            "DROP TABLE gpg_key_part",
            "DROP TABLE gpg_key",
            "ALTER TABLE branch_protection DROP COLUMN priority",
            "ALTER TABLE branch_protection DROP COLUMN settings",
            "DELETE FROM schema_history WHERE name LIKE '%_rules'",
            "INSERT INTO branch_protection (repo_id, pattern, allow_force, allow_delete, created_at, updated_at) \
             SELECT id, 'release/1', 1, 1, 5, 6 FROM repo",
            "INSERT INTO branch_protection (repo_id, pattern, allow_force, allow_delete, created_at, updated_at) \
             SELECT id, 'release/*', 0, 0, 7, 8 FROM repo",
        ] {
            alter(&db, statement).await;
        }
        let again = Store::open(&db.options).await.unwrap();
        let rules = again.list_protections(tool).await.unwrap();
        let shown: Vec<_> =
            rules.iter().map(|r| (r.pattern.as_str(), r.priority, r.allow_force, r.allow_delete, r.settings.as_str())).collect();
        assert_eq!(shown, [("release/*", 0, false, false, "{}"), ("release/1", 0, true, true, "{}")]);
        assert_eq!(again.list_ref_rules(tool).await.unwrap().len(), 2);
        again.close().await;
    }
}

/// As another program would.
async fn alter(db: &Db, statement: &'static str) {
    use sqlx::{Connection, Executor};
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&db.options.url).await.unwrap();
    connection.execute(statement).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_refused_in_time() {
    let options = StoreOptions {
        acquire_timeout: std::time::Duration::from_millis(500),
        ..StoreOptions::new("postgres://hardie:hunter2@127.0.0.1:1/hardie")
    };
    let Err(error @ Error::Unreachable { .. }) = Store::open(&options).await else { panic!("port 1 answers") };
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(error.to_string(), "cannot connect to PostgreSQL at 127.0.0.1, port 1");
    assert!(cause.contains("refused") && !cause.contains("hunter2"), "{cause}");
    let folder = tempfile::tempdir().unwrap();
    let missing = StoreOptions::sqlite(&folder.path().join("missing/hardie.db"));
    assert!(matches!(Store::open(&missing).await, Err(Error::Unavailable(_))));
    assert!(matches!(Store::open(&StoreOptions::new("mysql://x")).await, Err(Error::Address(_))));
}

#[tokio::test]
async fn sqlite_keeps_its_promises_on_every_connection() {
    let db = Db::new(Engine::Sqlite).await;
    let pragmas = db.store.sqlite_promises().await.unwrap();
    assert_eq!(pragmas, [("journal_mode".into(), "wal".into()), ("synchronous".into(), "2".into()), ("foreign_keys".into(), "1".into())]);
}
