//! What a backup carries, and from which engine to which.

use std::collections::BTreeMap;

use hardie_store::backup::load::Insert;
use hardie_store::backup::tables::{LEFT, TABLES};
use hardie_store::backup::{Cell, Column, Content, Dump, Item, Kind, Load, SORTS, Table, known_schema, load};
use hardie_store::{Engine, Error, Store, StoreOptions};
use tokio::sync::mpsc;

use crate::support::{Db, NOW, after, hash};

/// Rows by table, in order, and the highest ids.
type Everything = (Vec<(&'static str, Vec<Column>, Vec<Vec<Cell>>)>, Vec<(String, i64)>);

async fn everything(store: &Store) -> Everything {
    let mut dump = store.begin_dump().await.unwrap();
    let mut tables = Vec::new();
    for table in TABLES {
        tables.push(rows(&mut dump, table).await);
    }
    let counters = dump.counters().await.unwrap();
    dump.end().await.unwrap();
    (tables, counters)
}

async fn rows(dump: &mut Dump, table: &'static Table) -> (&'static str, Vec<Column>, Vec<Vec<Cell>>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let (sent, items) = tokio::join!(async { dump.send(table, &{ sender }).await.unwrap() }, async {
        let mut items = Vec::new();
        while let Some(item) = receiver.recv().await {
            items.push(item);
        }
        items
    });
    assert!(sent);
    let mut found = (table.name, Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Table(of, columns) => {
                assert_eq!(of.name, table.name);
                found.1 = columns;
            }
            Item::Row(row) => found.2.push(row),
        }
    }
    found
}

/// A row that satisfies every constraint: all ids are 1 and all hashes the same.
fn sample(table: &str, column: &Column) -> Cell {
    match (column.kind, table, column.name.as_str()) {
        (Kind::Int, ..) => Cell::Int(1),
        (Kind::Bytes, ..) => Cell::Bytes(hash(1).to_vec()),
        (_, "account", "kind") => Cell::Text("user".to_owned()),
        (_, "account" | "repo", "visibility") => Cell::Text("public".to_owned()),
        (_, "commit_status", "state") => Cell::Text("failure".to_owned()),
        (_, "push", "state") => Cell::Text("done".to_owned()),
        (_, "pack" | "lfs_object", "state") => Cell::Text("live".to_owned()),
        (_, "delivery", "state") => Cell::Text("dead".to_owned()),
        (_, "team", "permission") => Cell::Text("read".to_owned()),
        (_, "repo_mark", "kind") => Cell::Text("star".to_owned()),
        (_, "installation", "scope") => Cell::Text("repo".to_owned()),
        (_, "installation", "mode") => Cell::Text("enforce".to_owned()),
        _ => Cell::Text("ü\n\"\\' 漢".to_owned()),
    }
}

/// One row in every table.
async fn fill(options: &StoreOptions) {
    let mut load = Load::begin(options, known_schema()).await.unwrap();
    for table in TABLES {
        let columns = load.columns(table).await.unwrap();
        let row = columns.iter().map(|column| sample(table.name, column)).collect();
        load.insert(&Insert::new(table, &columns), row).await.unwrap_or_else(|error| panic!("{}: {error:?}", table.name));
    }
    for (table, last) in [("account", 5), ("outbox", 77)] {
        let table = TABLES.iter().find(|t| t.name == table).unwrap();
        assert!(load.set_counter(table, last).await.unwrap());
    }
    load.commit("a test", NOW).await.unwrap();
}

fn assert_same(found: &Everything, expected: &Everything) {
    for (found, expected) in found.0.iter().zip(&expected.0) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.1, expected.1);
}

async fn copy(from: &Store, to: &StoreOptions) {
    let (tables, counters) = everything(from).await;
    let mut load = Load::begin(to, known_schema()).await.unwrap();
    for (name, columns, rows) in tables {
        let table = TABLES.iter().find(|table| table.name == name).unwrap();
        assert_eq!(load.columns(table).await.unwrap(), columns, "{name}");
        let insert = Insert::new(table, &columns);
        for row in rows {
            load.insert(&insert, row).await.unwrap();
        }
    }
    for (name, last) in counters {
        let table = TABLES.iter().find(|table| table.name == name).unwrap();
        assert!(load.set_counter(table, last).await.unwrap());
    }
    load.commit("a copy", NOW).await.unwrap();
}

/// The tables and columns of the database, as it tells anybody who asks.
async fn schema(db: &Db) -> BTreeMap<String, Vec<String>> {
    use sqlx::{Connection, Row};
    let mut connection = sqlx::AnyConnection::connect(&db.options.url).await.unwrap();
    let text = match db.store.engine() {
        Engine::Sqlite => {
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        }
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in sqlx::query(text).fetch_all(&mut connection).await.unwrap() {
        found.entry(row.get(0)).or_default().push(row.get(1));
    }
    connection.close().await.unwrap();
    found.values_mut().for_each(|columns| columns.sort());
    found
}

both! {
    async fn every_table_is_carried_or_left_behind_on_purpose_and_carried_whole(db) {
        let schema = schema(&db).await;
        let mut listed: Vec<&str> = TABLES.iter().map(|table| table.name).chain(LEFT.iter().map(|(name, _)| *name)).collect();
        listed.sort_unstable();
        assert_eq!(schema.keys().map(String::as_str).collect::<Vec<_>>(), listed, "backup/tables.rs lists every table once");
        fill(&db.options).await;
        for (name, columns, rows) in everything(&db.store).await.0 {
            let mut columns: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            columns.sort_unstable();
            assert_eq!(columns, schema[name], "{name}");
            assert_eq!(rows.len(), 1, "{name}");
        }
    }

    async fn rows_come_back_the_same_by_way_of_the_other_engine(db) {
        fill(&db.options).await;
        let before = everything(&db.store).await;
        let other = match db.store.engine() {
            Engine::Sqlite => Engine::Postgres,
            Engine::Postgres => Engine::Sqlite,
        };
        let (over, back) = (Db::new(other).await, Db::new(db.store.engine()).await);
        copy(&db.store, &over.options).await;
        assert_same(&everything(&over.store).await, &before);
        copy(&over.store, &back.options).await;
        assert_same(&everything(&back.store).await, &before);
        // What was given out once is not given out again.
        let mut tx = back.store.begin().await.unwrap();
        tx.insert_outbox("x", None, "{}", NOW).await.unwrap();
        tx.commit().await.unwrap();
        let counters = everything(&back.store).await.1;
        assert!(counters.contains(&("outbox".to_owned(), 78)), "{counters:?}");
        assert_eq!(back.user("bob").await.0, 6);
    }

    async fn only_an_empty_database_is_filled_and_only_whole(db) {
        let held = async || load::look(&db.options).await.unwrap();
        assert_eq!(held().await, Content::Nothing);
        drop(Load::begin(&db.options, known_schema()).await.unwrap());
        assert_eq!(held().await, Content::Nothing, "what was not committed did not happen");
        assert!(matches!(Load::begin(&db.options, known_schema() + 1).await, Err(Error::NewerSchema { .. })));
        assert!(matches!(Load::begin(&db.options, 1).await, Err(Error::OtherSchema { wanted: 1, .. })));
        db.user("alice").await;
        assert_eq!(held().await, Content::Table("account".to_owned()));
        let refused = Load::begin(&db.options, known_schema()).await.map(drop).unwrap_err().to_string();
        assert!(refused.contains("not empty") && refused.contains("account"), "{refused}");
        let filled = Db::new(db.store.engine()).await;
        fill(&filled.options).await;
        assert_eq!(load::look(&filled.options).await.unwrap(), Content::Restored("a test".to_owned()));
    }

    async fn files_that_rows_name_are_listed_and_no_others(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let push = db.push(repo).await;
        let mut tx = db.store.begin().await.unwrap();
        for number in [1, 2] {
            tx.stage_pack(&hash(number), push, 10, 1, NOW, after(60)).await.unwrap();
        }
        assert!(tx.publish_pack(repo, &hash(2), push, true, NOW).await.unwrap());
        tx.commit().await.unwrap();
        let mut dump = db.store.begin_dump().await.unwrap();
        let files = dump.files(&SORTS[0]).await.unwrap();
        assert!(files.len() == 1 && files[0].hash == hash(2) && files[0].bytes == 10, "{files:?}");
        let pack = TABLES.iter().find(|table| table.name == "pack").unwrap();
        assert_eq!(rows(&mut dump, pack).await.2.len(), 1, "what is only staged is nobody's yet");
    }

    async fn no_pack_dies_while_a_backup_holds_the_files(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let push = db.push(repo).await;
        let mut tx = db.store.begin().await.unwrap();
        tx.stage_pack(&hash(1), push, 10, 1, NOW, after(-1)).await.unwrap();
        assert!(tx.hold_files("one", NOW, after(60)).await.unwrap());
        assert!(tx.hold_files("two", NOW, after(30)).await.unwrap());
        assert!(tx.hold_files("two", NOW, after(40)).await.unwrap(), "for longer");
        tx.commit().await.unwrap();
        let dies = async |at: i64| {
            let mut tx = db.store.begin().await.unwrap();
            let dead = tx.mark_pack_dead(&hash(1), after(at)).await.unwrap();
            tx.rollback().await.unwrap();
            dead
        };
        assert!(!dies(59).await);
        assert!(dies(60).await, "a backup that was killed holds nothing for ever");
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.let_files_go("one").await.unwrap());
        tx.commit().await.unwrap();
        assert!(!dies(39).await, "the other one is still at work");
        assert!(dies(40).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_older_schema_are_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions::sqlite(&folder.path().join("new.db"));
    let mut load = Load::begin(&options, 1).await.unwrap();
    for table in TABLES {
        let columns = load.columns(table).await.unwrap();
        if columns.is_empty() {
            continue;
        }
        assert!(table.name != "pack" || !columns.iter().any(|column| column.name == "keep_until"), "schema 1 has no such column");
        let row = columns.iter().map(|column| sample(table.name, column)).collect();
        load.insert(&Insert::new(table, &columns), row).await.unwrap();
    }
    load.commit("an old one", NOW).await.unwrap();
    let store = Store::open(&options).await.unwrap();
    let (_, columns, rows) = everything(&store).await.0.into_iter().find(|(name, ..)| *name == "pack").unwrap();
    let at = columns.iter().position(|column| column.name == "keep_until").unwrap();
    assert_eq!(rows[0][at], Cell::Int(0));
}

/// Where an older schema is laid out: nothing is there.
async fn emptied(db: &Db) -> (StoreOptions, tempfile::TempDir) {
    use sqlx::{Connection as _, Executor as _};
    let folder = tempfile::tempdir().unwrap();
    let options = match db.store.engine() {
        Engine::Sqlite => StoreOptions::sqlite(&folder.path().join("old.db")),
        Engine::Postgres => {
            let mut connection = sqlx::AnyConnection::connect(&db.options.url).await.unwrap();
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
            db.options.clone()
        }
    };
    (options, folder)
}

both! {
    async fn organisations_of_the_schema_before_teams_have_a_team_of_their_owners(db) {
        use hardie_domain::ids::{AccountId, RepoId};
        let (options, _folder) = emptied(&db).await;
        let mut load = Load::begin(&options, 19).await.unwrap();
        for (table, changes) in [
            ("account", &[("id", 1), ("kind", 0)][..]),
            ("account", &[("id", 2), ("lower_name", 2), ("lower_email", 2)]),
            ("org_member", &[("user_id", 2), ("role", 0)]),
            ("repo", &[]),
        ] {
            let table = TABLES.iter().find(|t| t.name == table).unwrap();
            let columns = load.columns(table).await.unwrap();
            let cell = |column: &Column| match (column.kind, changes.iter().find(|(name, _)| *name == column.name)) {
                (_, None) => sample(table.name, column),
                (Kind::Int, Some((_, number))) => Cell::Int(*number),
                (_, Some(("kind", _))) => Cell::Text("org".to_owned()),
                (_, Some(("role", _))) => Cell::Text("owner".to_owned()),
                (_, Some((_, number))) => Cell::Text(number.to_string()),
            };
            let row = columns.iter().map(cell).collect();
            load.insert(&Insert::new(table, &columns), row).await.unwrap();
        }
        load.commit("an old one", NOW).await.unwrap();
        let store = Store::open(&options).await.unwrap();
        let teams = store.list_teams(AccountId(1), "", false, hardie_domain::page::Page::new(None, None)).await.unwrap();
        let owners = teams.items.first().unwrap();
        assert_eq!((teams.total, owners.team.is_owners(), owners.team.name.as_str()), (1, true, "Owners"));
        assert!(store.is_team_member(owners.team.id, AccountId(2)).await.unwrap());
        assert!(store.reaches_repo(owners.team.id, RepoId(1)).await.unwrap());
        let role = store.find_org_role(AccountId(1), AccountId(2)).await.unwrap();
        assert_eq!(role, Some(hardie_store::org_members::OrgRole::Owner));
        store.close().await;
    }

    async fn deliveries_of_the_schema_before_webhooks_keep_their_ids_and_go_on_counting(db) {
        use hardie_domain::ids::{EventSeq, InstallationId, RepoId};
        use hardie_store::deliveries::DeliveryFilter;
        use hardie_store::webhooks::NewWebhookDelivery;
        let (options, _folder) = emptied(&db).await;
        let mut load = Load::begin(&options, 15).await.unwrap();
        for table in TABLES {
            let columns = load.columns(table).await.unwrap();
            if columns.is_empty() {
                continue;
            }
            let row = columns.iter().map(|column| sample(table.name, column)).collect();
            load.insert(&Insert::new(table, &columns), row).await.unwrap();
        }
        let delivery = TABLES.iter().find(|table| table.name == "delivery").unwrap();
        assert!(load.set_counter(delivery, 9).await.unwrap());
        load.commit("an old one", NOW).await.unwrap();
        let store = Store::open(&options).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let (webhook, repo) = (InstallationId(1), Some(RepoId(1)));
        let new = NewWebhookDelivery { webhook, repo, seq: EventSeq(1), part: 1, about: "push" };
        assert!(tx.insert_webhook_delivery(&new, NOW).await.unwrap());
        tx.commit().await.unwrap();
        let rows = store.list_deliveries(webhook, DeliveryFilter::default(), crate::support::all()).await.unwrap().items;
        assert_eq!(rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), [10, 1], "no id comes twice");
        let (_, columns, rows) = everything(&store).await.0.into_iter().find(|(name, ..)| *name == "delivery").unwrap();
        let of = |name: &str| rows[0][columns.iter().position(|column| column.name == name).unwrap()].clone();
        assert_eq!((of("lane"), of("part"), of("claims")), (Cell::Int(1), Cell::Int(0), Cell::Int(1)), "in the order of its repository");
        store.close().await;
    }
}
