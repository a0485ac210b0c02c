//! The tables and columns that a database really has.

use sqlx::AnyConnection;

use crate::options::Engine;
use crate::sql::{Cols, sql};
use crate::store::all;
use crate::{Error, Result};

/// The type of a column: there are three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A bigint.
    Int,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
}

/// Tables of the database, in order of their names.
pub(crate) async fn tables(connection: &mut AnyConnection, engine: Engine) -> Result<Vec<String>> {
    let text = match engine {
        Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema() \
             AND table_type = 'BASE TABLE' ORDER BY CAST(table_name AS TEXT) COLLATE \"C\""
        }
    };
    all(connection, &sql(text), |c: &mut Cols<'_>| c.text()).await
}

/// Whether there is a table of this name.
pub(crate) async fn has_table(connection: &mut AnyConnection, engine: Engine, name: &str) -> Result<bool> {
    Ok(tables(connection, engine).await?.iter().any(|table| table == name))
}

/// Columns of a table in their order; none if it is not there. A name that would have to be quoted is refused, since statements are
/// made of them.
pub(crate) async fn columns(connection: &mut AnyConnection, engine: Engine, table: &str) -> Result<Vec<Column>> {
    let text = match engine {
        Engine::Sqlite => "SELECT name, type FROM pragma_table_info($1) ORDER BY cid",
        Engine::Postgres => {
            "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns \
             WHERE table_schema = current_schema() AND CAST(table_name AS TEXT) = $1 ORDER BY ordinal_position"
        }
    };
    let found = all(connection, &sql(text).bind(table), |c: &mut Cols<'_>| Ok((c.text()?, c.text()?))).await?;
    found.into_iter().map(|(name, kind)| column(table, name, &kind)).collect()
}

fn column(table: &str, name: String, kind: &str) -> Result<Column> {
    let known = match kind {
        "INTEGER" | "BIGINT" | "bigint" => Kind::Int,
        "TEXT" | "text" => Kind::Text,
        "BLOB" | "bytea" => Kind::Bytes,
        _ => return Err(Error::Corrupt(format!("column {table}.{name} has the type {kind}, which a backup cannot carry"))),
    };
    match name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        true => Ok(Column { name, kind: known }),
        false => Err(Error::Corrupt(format!("a column of {table} is named {name:?}"))),
    }
}

/// The names as a statement takes them.
pub(crate) fn list(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}
