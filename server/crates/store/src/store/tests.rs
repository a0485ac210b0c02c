//! A disk that fills up, by SQLite's own bound on the pages of a file.

use sqlx::Executor;

use super::Store;
use crate::sql::sql;
use crate::{Error, StoreOptions};

/// Bounds the file at what it has now and a little more, on the connection that is the writer at this moment.
async fn fill(store: &Store) {
    let mut writer = store.0.writer.acquire().await.unwrap();
    writer.execute("PRAGMA max_page_count = 1").await.unwrap();
}

async fn write(store: &Store, times: usize) -> Result<(), Error> {
    let mut tx = store.begin().await?;
    for _ in 0..times {
        tx.exec(sql("INSERT INTO outbox (kind, payload, at) VALUES ('x', $1, 0)").bind("x".repeat(10_000))).await?;
    }
    tx.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_named_reads_go_on_and_writes_come_back_with_the_space() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreOptions::sqlite(&folder.path().join("hardie.db"))).await.unwrap();
    write(&store, 1).await.unwrap();
    for _ in 0..3 {
        fill(&store).await;
        assert!(matches!(write(&store, 50).await, Err(Error::Full(_))));
        assert_eq!(store.count_outbox().await.unwrap(), 1, "nothing of it happened");
    }
    // A new connection has no such bound: the space is back.
    write(&store, 1).await.unwrap();
    assert_eq!(store.count_outbox().await.unwrap(), 2);
    store.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_statement_a_transaction_does_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreOptions::sqlite(&folder.path().join("hardie.db"))).await.unwrap();
    fill(&store).await;
    let mut tx = store.begin().await.unwrap();
    let big = sql("INSERT INTO outbox (kind, payload, at) VALUES ('x', $1, 0)").bind("x".repeat(1_000_000));
    assert!(matches!(tx.exec(big).await, Err(Error::Full(_))));
    let small = tx.exec(sql("INSERT INTO meta (name, value) VALUES ('a', 'b')")).await;
    assert!(matches!(small, Err(Error::Aborted)), "SQLite would have committed it at once: {small:?}");
    assert!(matches!(tx.commit().await, Err(Error::Aborted)));
    assert_eq!(store.find_meta("a").await.unwrap(), None);
    store.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreOptions::sqlite(&folder.path().join("hardie.db"))).await.unwrap();
    let stray = store.opt(sql("INSERT INTO meta (name, value) VALUES ('a', 'b') RETURNING name"), |c| c.text()).await;
    assert!(stray.is_err());
    assert_eq!(store.find_meta("a").await.unwrap(), None);
}
