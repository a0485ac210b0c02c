//! Writing everything into an empty database, in one transaction together with the schema.

use hardie_domain::time::Timestamp;
use sqlx::any::Any;
use sqlx::{AnyConnection, Transaction};

use super::columns::{self, Column, Kind};
use super::dump::held_files;
use super::{Cell, FileSort, HeldFile, TABLES, Table, counters, tables};
use crate::options::{Engine, StoreOptions};
use crate::sql::{Cols, Sql, Value, owned, sql};
use crate::store::{exec, opt};
use crate::{Error, Result, migrate, store};

/// The lease that tells a restore that was cut off after its commit.
const LEASE: &str = "restore";

/// What a database holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing, or a schema without rows.
    Nothing,
    /// Rows in this table, or a table that is not ours.
    Table(String),
    /// What the restore of this name wrote.
    Restored(String),
}

/// Looks what the database holds, and changes nothing.
pub async fn look(options: &StoreOptions) -> Result<Content> {
    let engine = options.engine()?;
    let pool = store::pool_alone(options).await?;
    let found = content(&mut *pool.acquire().await?, engine).await;
    pool.close().await;
    found
}

async fn content(connection: &mut AnyConnection, engine: Engine) -> Result<Content> {
    let present = columns::tables(connection, engine).await?;
    let is_ours = |name: &String| tables::find(name).is_some() || tables::LEFT.iter().any(|(left, _)| left == name);
    if let Some(foreign) = present.iter().find(|name| !is_ours(name)) {
        return Ok(Content::Table(foreign.clone()));
    }
    if present.iter().any(|name| name == "lease") {
        let holder = opt(connection, &sql("SELECT holder FROM lease WHERE name = $1").bind(LEASE), |c: &mut Cols<'_>| c.text()).await?;
        if let Some(holder) = holder {
            return Ok(Content::Restored(holder));
        }
    }
    for table in TABLES.iter().filter(|table| !table.seeded && present.iter().any(|name| name == table.name)) {
        let text = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT {} FROM {} LIMIT 1) AS first", table.key, table.name);
        if opt(connection, &owned(text), |c: &mut Cols<'_>| c.int()).await? != Some(0) {
            return Ok(Content::Table(table.name.to_owned()));
        }
    }
    Ok(Content::Nothing)
}

/// Rows on their way into a database. Dropping it leaves the database as it was.
pub struct Load {
    inner: Transaction<'static, Any>,
    engine: Engine,
    pool: sqlx::AnyPool,
}

impl Load {
    /// Makes the schema as it was at this version. [`Error::Occupied`] unless the database is empty.
    pub async fn begin(options: &StoreOptions, schema: i64) -> Result<Load> {
        let engine = options.engine()?;
        if schema > migrate::known() {
            return Err(Error::NewerSchema { found: schema, known: migrate::known() });
        }
        let pool = store::pool_alone(options).await?;
        let mut inner = pool.begin_with(engine.begin_write()).await?;
        migrate::lock(&mut inner, engine).await?;
        match content(&mut inner, engine).await? {
            Content::Nothing => {}
            Content::Table(name) => return Err(Error::Occupied(name)),
            Content::Restored(_) => return Err(Error::Occupied("what an earlier restore wrote".to_owned())),
        }
        migrate::raise(&mut inner, engine, schema).await?;
        let found = migrate::version(&mut inner).await?.unwrap_or(0);
        if found != schema {
            return Err(Error::OtherSchema { found, wanted: schema });
        }
        // An older schema has not all of them; what its migrations put there later is right.
        let present = columns::tables(&mut inner, engine).await?;
        for table in TABLES.iter().filter(|table| table.seeded && present.iter().any(|name| name == table.name)) {
            exec(&mut inner, &owned(format!("DELETE FROM {}", table.name))).await?;
        }
        Ok(Load { inner, engine, pool })
    }

    /// The columns of a table in this schema.
    pub async fn columns(&mut self, table: &Table) -> Result<Vec<Column>> {
        columns::columns(&mut self.inner, self.engine, table.name).await
    }

    /// Writes one row, its cells in the order of `columns`.
    pub async fn insert(&mut self, insert: &Insert, row: Vec<Cell>) -> Result<()> {
        exec(&mut self.inner, &insert.with(row)).await.map(drop)
    }

    /// Lets a table count on from the highest id that it ever gave out; `false` if it does not count.
    pub async fn set_counter(&mut self, table: &Table, last: i64) -> Result<bool> {
        counters::write(&mut self.inner, self.engine, table.name, last).await
    }

    /// The files of one sort that the rows name.
    pub async fn files(&mut self, sort: &FileSort) -> Result<Vec<HeldFile>> {
        held_files(&mut self.inner, self.engine, sort).await
    }

    /// Brings the schema up to date and makes everything last, under the name of this restore.
    pub async fn commit(mut self, name: &str, at: Timestamp) -> Result<()> {
        counters::catch_up(&mut self.inner, self.engine).await?;
        migrate::raise(&mut self.inner, self.engine, migrate::known()).await?;
        let lease = sql("INSERT INTO lease (name, holder, until_at) VALUES ($1, $2, $3)");
        exec(&mut self.inner, &lease.bind(LEASE).bind(name).bind(at)).await?;
        self.inner.commit().await.map_err(Error::of_commit)?;
        self.pool.close().await;
        Ok(())
    }
}

/// The statement that writes rows of one table.
#[derive(Debug)]
pub struct Insert {
    statement: Sql,
    kinds: Vec<Kind>,
}

impl Insert {
    /// For rows with these columns, as [`Load::columns`] gave them.
    pub fn new(table: &Table, columns: &[Column]) -> Insert {
        let places: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
        let text = format!("INSERT INTO {} ({}) VALUES ({})", table.name, columns::list(columns), places.join(", "));
        Insert { statement: owned(text), kinds: columns.iter().map(|column| column.kind).collect() }
    }

    fn with(&self, row: Vec<Cell>) -> Sql {
        row.into_iter().zip(&self.kinds).fold(self.statement.clone(), |statement, (cell, kind)| {
            statement.bind(match (cell, kind) {
                (Cell::Int(value), _) => Value::Int(Some(value)),
                (Cell::Text(value), _) => Value::Text(Some(value)),
                (Cell::Bytes(value), _) => Value::Blob(Some(value)),
                // PostgreSQL wants to know the type of what is not there.
                (Cell::Null, Kind::Int) => Value::Int(None),
                (Cell::Null, Kind::Text) => Value::Text(None),
                (Cell::Null, Kind::Bytes) => Value::Blob(None),
            })
        })
    }
}
