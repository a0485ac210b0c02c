//! A backup by a program that is newer than the database.

use sqlx::Connection as _;

use super::{SORTS, TABLES};
use crate::options::{Engine, sqlite_url};
use crate::{Error, Store, StoreOptions, migrate};

#[tokio::test(flavor = "multi_thread")]
async fn an_older_schema_is_read_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let options = StoreOptions::sqlite(&path);
    assert!(matches!(Store::attach(&options).await, Err(Error::NoSchema)));
    let mut connection = sqlx::AnyConnection::connect(&sqlite_url(&path).unwrap()).await.unwrap();
    migrate::raise(&mut connection, Engine::Sqlite, 1).await.unwrap();
    connection.close().await.unwrap();
    let store = Store::attach(&options).await.unwrap();
    let mut dump = store.begin_dump().await.unwrap();
    assert_eq!(dump.schema().await.unwrap(), 1);
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1000);
    for table in TABLES {
        assert!(dump.send(table, &sender).await.unwrap());
    }
    drop(sender);
    while let Some(item) = receiver.recv().await {
        if let super::Item::Table(table, columns) = item {
            assert!(table.name != "pack" || columns.iter().all(|column| column.name != "keep_until"));
        }
    }
    for sort in SORTS {
        assert_eq!(dump.files(sort).await.unwrap(), []);
    }
    dump.end().await.unwrap();
    assert_eq!(store.begin_dump().await.unwrap().schema().await.unwrap(), 1, "nothing was migrated");
}
