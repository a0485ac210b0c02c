//! Reading everything as of one moment.

use futures_util::TryStreamExt as _;
use sqlx::any::{Any, AnyRow};
use sqlx::{AnyConnection, Row as _, Transaction};
use tokio::sync::mpsc;

use super::columns::{self, Column, Kind};
use super::{Cell, FileSort, HeldFile, Table, counters, tables};
use crate::options::Engine;
use crate::sql::{Cols, count, owned};
use crate::store::{all, opt};
use crate::{Error, Result, Store, migrate};

/// What [`Dump::send`] sends.
#[derive(Debug)]
pub enum Item {
    /// The rows of another table follow.
    Table(&'static Table, Vec<Column>),
    /// One row, its cells in the order of the columns.
    Row(Vec<Cell>),
}

/// Reads that all see the moment at which it was begun. Dropping ends it.
pub struct Dump {
    inner: Transaction<'static, Any>,
    engine: Engine,
}

impl Store {
    /// Begins to read everything. SQLite cannot shorten its log while this lasts.
    pub async fn begin_dump(&self) -> Result<Dump> {
        let mut dump = Dump { inner: self.snapshot().await?.into_inner(), engine: self.engine() };
        // The moment is that of the first read, in both engines.
        dump.schema().await?;
        Ok(dump)
    }
}

impl Dump {
    /// The schema's version.
    pub async fn schema(&mut self) -> Result<i64> {
        migrate::version(&mut self.inner).await?.ok_or_else(|| Error::Corrupt("the database has no schema".to_owned()))
    }

    /// Sends a table's rows, as fast as they are taken. `false` if nobody takes them any more.
    pub async fn send(&mut self, table: &'static Table, out: &mpsc::Sender<Item>) -> Result<bool> {
        let columns = columns::columns(&mut self.inner, self.engine, table.name).await?;
        if columns.is_empty() {
            // The schema is older than the table.
            return Ok(true);
        }
        let kinds: Vec<Kind> = columns.iter().map(|column| column.kind).collect();
        let present = columns::tables(&mut self.inner, self.engine).await?;
        let only = if table.held.is_empty() { String::new() } else { format!(" WHERE {}", tables::is_held(table.held, &present)) };
        let text = format!("SELECT {} FROM {}{only} ORDER BY {}", columns::list(&columns), table.name, table.key);
        if out.send(Item::Table(table, columns)).await.is_err() {
            return Ok(false);
        }
        let query = owned(text).to_query();
        let mut rows = query.fetch(&mut *self.inner);
        while let Some(row) = rows.try_next().await? {
            if out.send(Item::Row(cells(&row, &kinds)?)).await.is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The highest id that each carried table gave out.
    pub async fn counters(&mut self) -> Result<Vec<(String, i64)>> {
        let mut counters = counters::read(&mut self.inner, self.engine).await?;
        counters.retain(|(table, _)| tables::find(table).is_some());
        Ok(counters)
    }

    /// The files of one sort that the rows name.
    pub async fn files(&mut self, sort: &FileSort) -> Result<Vec<HeldFile>> {
        held_files(&mut self.inner, self.engine, sort).await
    }

    /// How many repositories there are, those that can still be restored included.
    pub async fn count_repos(&mut self) -> Result<u64> {
        let found = opt(&mut self.inner, &owned("SELECT COUNT(*) FROM repo".to_owned()), count).await?;
        Ok(found.unwrap_or(0))
    }

    /// Ends it now, so that the connection goes back clean.
    pub async fn end(self) -> Result<()> {
        Ok(self.inner.commit().await?)
    }
}

pub(crate) async fn held_files(connection: &mut AnyConnection, engine: Engine, sort: &FileSort) -> Result<Vec<HeldFile>> {
    let present = columns::tables(connection, engine).await?;
    if !present.iter().any(|table| table == sort.table) {
        return Ok(Vec::new());
    }
    let (key, table, held) = (sort.key, sort.table, tables::is_held(sort.held, &present));
    all(connection, &owned(format!("SELECT {key}, bytes FROM {table} WHERE {held} ORDER BY {key}")), |c: &mut Cols<'_>| {
        Ok(HeldFile { hash: c.hash()?, bytes: c.count()? })
    })
    .await
}

fn cells(row: &AnyRow, kinds: &[Kind]) -> Result<Vec<Cell>> {
    let cell = |(at, kind): (usize, &Kind)| -> Result<Cell> {
        Ok(match kind {
            Kind::Int => row.try_get::<Option<i64>, _>(at)?.map_or(Cell::Null, Cell::Int),
            Kind::Text => row.try_get::<Option<String>, _>(at)?.map_or(Cell::Null, Cell::Text),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map_or(Cell::Null, Cell::Bytes),
        })
    };
    kinds.iter().enumerate().map(cell).collect()
}
