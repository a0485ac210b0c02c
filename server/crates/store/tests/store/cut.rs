//! The connection to the database is cut at COMMIT. SQLite has no connection to cut.

use hardie_domain::ids::PushId;
use hardie_domain::push::{RefOutcome, RefUpdate};
use hardie_store::pushes::{PushRefRow, PushState};
use hardie_store::{Engine, Error, Store, StoreOptions};

use crate::proxy::{Cut, Proxy};
use crate::support::{Db, NOW, name, oid};

async fn finish(store: &Store, push: PushId) -> Result<(), Error> {
    let update = RefUpdate { name: name("refs/heads/main"), old: oid(0), new: oid(1) };
    let row = PushRefRow { update, forced: false, outcome: RefOutcome::Accepted };
    let mut tx = store.begin().await?;
    assert!(tx.finish_push(push, PushState::Done, "", &[row], NOW).await?);
    tx.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_cut_is_unknown_and_the_row_of_the_push_tells() {
    let db = Db::new(Engine::Postgres).await;
    let repo = db.repo(db.user("alice").await, "tool").await;
    let proxy = Proxy::start(&db.options.url).await;
    let store = Store::open(&StoreOptions::new(proxy.url.clone())).await.unwrap();
    for (cut, expected, refs) in [(Cut::Before, PushState::Open, 0), (Cut::After, PushState::Done, 1)] {
        let push = db.push(repo).await;
        proxy.cut_one_after(0, cut);
        let outcome = finish(&store, push).await;
        proxy.cut(Cut::Never);
        assert!(matches!(outcome, Err(Error::CommitUnknown(_))), "{cut:?}: {outcome:?}");
        let row = store.find_push(push).await.unwrap().unwrap();
        assert_eq!((row.state, row.refs.len()), (expected, refs), "{cut:?}");
    }
    let push = db.push(repo).await;
    finish(&store, push).await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_died_in_the_pool_costs_a_reader_nothing() {
    let db = Db::new(Engine::Postgres).await;
    let repo = db.repo(db.user("alice").await, "tool").await;
    let store = Store::open(&StoreOptions { connections: 2, ..db.options.clone() }).await.unwrap();
    let (first, second) = tokio::join!(store.load_snapshot(repo), store.load_snapshot(repo));
    assert!(first.is_ok() && second.is_ok());
    terminate_others(&db).await;
    assert_eq!(store.find_generation(repo).await.unwrap(), Some(0));
    assert!(store.load_snapshot(repo).await.unwrap().is_some());
    store.close().await;
}

/// As a restart of the server would.
async fn terminate_others(db: &Db) {
    use sqlx::{Connection, Executor};
    let mut connection = sqlx::AnyConnection::connect(&db.options.url).await.unwrap();
    let all = "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS BIGINT) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    connection.execute(all).await.unwrap();
    connection.close().await.unwrap();
}
