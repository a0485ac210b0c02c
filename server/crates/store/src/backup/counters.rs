//! The highest id that each table ever gave out, those of rows that are gone included: an id that comes twice would meet what
//! still speaks of the first, as `event.outbox_id` does.

use sqlx::AnyConnection;

use crate::Result;
use crate::options::Engine;
use crate::sql::{Cols, owned, sql};
use crate::store::{all, exec, opt};

/// The column that counts, where a table has one.
const COLUMN: &str = "id";

/// Table and highest id, in order of names; only tables that gave one out.
pub(crate) async fn read(connection: &mut AnyConnection, engine: Engine) -> Result<Vec<(String, i64)>> {
    match engine {
        Engine::Sqlite => {
            let text = "SELECT name, seq FROM sqlite_sequence WHERE seq > 0 ORDER BY name";
            all(connection, &sql(text), |c: &mut Cols<'_>| Ok((c.text()?, c.int()?))).await
        }
        Engine::Postgres => {
            let mut counters = Vec::new();
            for table in counting(connection).await? {
                let last = last(connection, &table).await?;
                counters.extend((last > 0).then_some((table, last)));
            }
            Ok(counters)
        }
    }
}

/// Tables of PostgreSQL that count.
async fn counting(connection: &mut AnyConnection) -> Result<Vec<String>> {
    let text = "SELECT CAST(table_name AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema() \
         AND is_identity = 'YES' AND column_name = $1 ORDER BY CAST(table_name AS TEXT) COLLATE \"C\"";
    all(connection, &sql(text).bind(COLUMN), |c: &mut Cols<'_>| c.text()).await
}

async fn last(connection: &mut AnyConnection, table: &str) -> Result<i64> {
    let last = "SELECT CAST(COALESCE(pg_sequence_last_value(CAST(pg_get_serial_sequence($1, $2) AS regclass)), 0) AS BIGINT)";
    Ok(opt(connection, &sql(last).bind(table).bind(COLUMN), |c: &mut Cols<'_>| c.int()).await?.unwrap_or(0))
}

/// Moves every counter to the highest id of its rows, where it is behind. SQLite does so by itself with each row.
pub(crate) async fn catch_up(connection: &mut AnyConnection, engine: Engine) -> Result<()> {
    if engine == Engine::Sqlite {
        return Ok(());
    }
    for table in counting(connection).await? {
        let highest = owned(format!("SELECT COALESCE(MAX({COLUMN}), 0) FROM {}", quoted(&table)));
        let highest = opt(connection, &highest, |c: &mut Cols<'_>| c.int()).await?.unwrap_or(0);
        if highest > last(connection, &table).await? {
            write(connection, engine, &table, highest).await?;
        }
    }
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Lets a table count on from `last`; `false` if it does not count.
pub(crate) async fn write(connection: &mut AnyConnection, engine: Engine, table: &str, last: i64) -> Result<bool> {
    match engine {
        Engine::Sqlite => {
            let counts = sql("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1 AND sql LIKE '%AUTOINCREMENT%'");
            if opt(connection, &counts.bind(table), |c: &mut Cols<'_>| c.int()).await?.is_none() {
                return Ok(false);
            }
            // The table of counters has no unique index to meet a conflict on.
            exec(connection, &sql("DELETE FROM sqlite_sequence WHERE name = $1").bind(table)).await?;
            exec(connection, &sql("INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)").bind(table).bind(last)).await?;
            Ok(true)
        }
        Engine::Postgres => {
            let counts = sql(
                "SELECT CAST(1 AS BIGINT) FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES' \
                 AND CAST(table_name AS TEXT) = $1 AND column_name = $2",
            );
            let is_there = opt(connection, &counts.bind(table).bind(COLUMN), |c: &mut Cols<'_>| c.int()).await?;
            if is_there.is_none() {
                return Ok(false);
            }
            let set = sql("SELECT setval(CAST(pg_get_serial_sequence($1, $2) AS regclass), $3)");
            opt(connection, &set.bind(table).bind(COLUMN).bind(last), |c: &mut Cols<'_>| c.int()).await?;
            Ok(true)
        }
    }
}
