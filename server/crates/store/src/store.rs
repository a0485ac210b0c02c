//! Opening the database; a reader on any connection; the one writer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::any::{Any, AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, Either, Executor, Transaction};

use crate::error::Cause;
use crate::options::{Engine, StoreOptions, sqlite_url};
use crate::sql::{Cols, Map, Sql, sql};
use crate::tx::Tx;
use crate::{Error, Result, backup, migrate};

/// For every connection to SQLite. FULL: a commit that was answered survives a power cut, also in WAL mode.
const PRAGMAS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY";
/// For the readers of SQLite: a write that strays there is refused instead of meeting the writer.
const READ_ONLY: &str = "PRAGMA query_only = ON";
/// How often a PostgreSQL that is starting is asked again.
const AGAIN: Duration = Duration::from_millis(250);

/// What the connections of a pool are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// SQLite's one writer.
    Writer,
    /// SQLite's readers.
    Reader,
    /// PostgreSQL's connections.
    Any,
}

/// What becomes of the schema when a database is opened.
#[derive(Clone, Copy, Debug)]
enum Schema {
    /// Missing migrations are applied.
    Raised,
    /// It is looked at alone.
    Kept,
}

impl Schema {
    async fn settle(self, pool: &AnyPool, engine: Engine) -> Result<()> {
        match self {
            Schema::Raised => migrate::run(pool, engine).await,
            Schema::Kept => {
                let mut connection = pool.acquire().await?;
                if !backup::has_table(&mut connection, engine, migrate::HISTORY_TABLE).await? {
                    return Err(Error::NoSchema);
                }
                migrate::check(&mut connection, engine).await.map(drop)
            }
        }
    }
}

/// The database, cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    engine: Engine,
    readers: AnyPool,
    /// SQLite: a pool of exactly one, so that writers queue here and never meet BUSY. PostgreSQL: the same pool as above.
    writer: AnyPool,
}

impl Store {
    /// Connects, brings the schema up to date and refuses one that is newer than this program.
    pub async fn open(options: &StoreOptions) -> Result<Store> {
        Store::connect(options, Schema::Raised).await
    }

    /// Connects to a database whose schema stays as it is, perhaps older than this program: only for what is written with care for
    /// that, such as a backup before an upgrade.
    pub async fn attach(options: &StoreOptions) -> Result<Store> {
        Store::connect(options, Schema::Kept).await
    }

    async fn connect(options: &StoreOptions, schema: Schema) -> Result<Store> {
        sqlx::any::install_default_drivers();
        let engine = options.engine()?;
        let store = match engine {
            Engine::Sqlite => {
                let url = sqlite_url(&options.sqlite_path()?)?;
                let writer = pool(&url, Role::Writer, 1, options.acquire_timeout).await?;
                schema.settle(&writer, engine).await?;
                let readers = pool(&url, Role::Reader, options.connections.max(1), options.acquire_timeout).await?;
                Inner { engine, readers, writer }
            }
            Engine::Postgres => {
                reach(&options.url, options.acquire_timeout).await?;
                let writer = pool(&options.url, Role::Any, options.connections.max(2), options.acquire_timeout).await?;
                schema.settle(&writer, engine).await?;
                Inner { engine, readers: writer.clone(), writer }
            }
        };
        Ok(Store(Arc::new(store)))
    }

    /// Begins a write transaction. SQLite has one writer: hold it briefly, and never across a network call.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(Tx::new(self.0.writer.begin_with(self.0.engine.begin_write()).await?, self.0.engine))
    }

    /// Which database it is.
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// Whether the database answers and takes writes; for readiness. Writes one row and rolls back.
    pub async fn check(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.exec(sql("INSERT INTO meta (name, value) VALUES ('probe', '') ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value")).await?;
        tx.rollback().await
    }

    /// The settings of SQLite on which durability rests, as a connection answers for them; empty for PostgreSQL.
    pub async fn sqlite_promises(&self) -> Result<Vec<(String, String)>> {
        let mut answers = Vec::new();
        if self.0.engine == Engine::Sqlite {
            let mode = self.one(sql("PRAGMA journal_mode"), |c| c.text()).await?;
            let synchronous = self.one(sql("PRAGMA synchronous"), |c| c.int()).await?;
            let foreign_keys = self.one(sql("PRAGMA foreign_keys"), |c| c.int()).await?;
            answers.push(("journal_mode".to_owned(), mode));
            answers.push(("synchronous".to_owned(), synchronous.to_string()));
            answers.push(("foreign_keys".to_owned(), foreign_keys.to_string()));
        }
        Ok(answers)
    }

    /// Waits for connections in use and closes them; SQLite folds its log into the file.
    pub async fn close(&self) {
        self.0.readers.close().await;
        self.0.writer.close().await;
    }

    /// At most one row.
    pub(crate) async fn opt<T>(&self, statement: Sql, map: Map<T>) -> Result<Option<T>> {
        let mut connection = self.0.readers.acquire().await?;
        match opt(&mut connection, &statement, map).await {
            Err(error) if self.is_stale(&error) => opt(&mut *self.replace(connection).await?, &statement, map).await,
            done => done,
        }
    }

    /// Exactly one row, as an aggregate gives.
    pub(crate) async fn one<T>(&self, statement: Sql, map: Map<T>) -> Result<T> {
        self.opt(statement, map).await?.ok_or_else(|| Error::Corrupt("an aggregate gave no row".to_owned()))
    }

    /// All rows.
    pub(crate) async fn all<T>(&self, statement: Sql, map: Map<T>) -> Result<Vec<T>> {
        let mut connection = self.0.readers.acquire().await?;
        match all(&mut connection, &statement, map).await {
            Err(error) if self.is_stale(&error) => all(&mut *self.replace(connection).await?, &statement, map).await,
            done => done,
        }
    }

    /// Begins reads that all see one moment.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot> {
        let begin = self.0.engine.begin_snapshot();
        match self.0.readers.begin_with(begin).await.map_err(Error::from) {
            Err(error) if self.is_stale(&error) => Ok(Snapshot(self.0.readers.begin_with(begin).await?)),
            done => done.map(Snapshot),
        }
    }

    /// Whether a connection may have died in the pool, as after a restart of PostgreSQL. Such a read is done once more:
    /// reading twice does no harm, and testing each connection before use would double the cost of a point read.
    fn is_stale(&self, error: &Error) -> bool {
        self.0.engine == Engine::Postgres && matches!(error, Error::Unavailable(_))
    }

    async fn replace(&self, mut stale: PoolConnection<Any>) -> Result<PoolConnection<Any>> {
        stale.close_on_drop();
        drop(stale);
        let mut connection = self.0.readers.acquire().await?;
        // Others may have died with it: the first that answers is taken.
        for _ in 0..self.0.readers.size() {
            if connection.ping().await.is_ok() {
                break;
            }
            connection.close_on_drop();
            connection = self.0.readers.acquire().await?;
        }
        Ok(connection)
    }
}

/// Reads that all see one moment. Ends when dropped.
pub(crate) struct Snapshot(Transaction<'static, Any>);

impl Snapshot {
    pub(crate) async fn opt<T>(&mut self, statement: Sql, map: Map<T>) -> Result<Option<T>> {
        opt(&mut self.0, &statement, map).await
    }

    pub(crate) async fn all<T>(&mut self, statement: Sql, map: Map<T>) -> Result<Vec<T>> {
        all(&mut self.0, &statement, map).await
    }

    /// For reads that stream.
    pub(crate) fn into_inner(self) -> Transaction<'static, Any> {
        self.0
    }

    /// Ends it now, so that the connection goes back clean.
    pub(crate) async fn end(self) -> Result<()> {
        Ok(self.0.commit().await?)
    }
}

/// One connection for writing, to a database whose schema is left as it is.
pub(crate) async fn pool_alone(options: &StoreOptions) -> Result<AnyPool> {
    sqlx::any::install_default_drivers();
    match options.engine()? {
        Engine::Sqlite => pool(&sqlite_url(&options.sqlite_path()?)?, Role::Writer, 1, options.acquire_timeout).await,
        Engine::Postgres => {
            reach(&options.url, options.acquire_timeout).await?;
            pool(&options.url, Role::Any, 1, options.acquire_timeout).await
        }
    }
}

/// Proves that PostgreSQL is there, and says what is wrong if it is not: the pool only knows that its time is over. One that is
/// still starting, as after a reboot of both, is waited for.
async fn reach(url: &str, patience: Duration) -> Result<()> {
    let options: PgConnectOptions = url.parse()?;
    let place = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}, port {}", options.get_host(), options.get_port()),
    };
    let until = tokio::time::Instant::now() + patience;
    let cause = loop {
        let reached = tokio::time::timeout_at(until, PgConnection::connect_with(&options)).await;
        let (cause, starting) = match reached {
            Ok(Ok(connection)) => return Ok(connection.close().await?),
            // The driver's words around the system's own would tell the reason twice.
            Ok(Err(sqlx::Error::Io(error))) => {
                let starting = matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound);
                (Cause::new(error), starting)
            }
            // "the database system is starting up"
            Ok(Err(error)) => {
                let starting = error.as_database_error().is_some_and(|e| e.code().as_deref() == Some("57P03"));
                (Cause::new(error), starting)
            }
            Err(_) => (Cause::new(format!("no answer within {} seconds", patience.as_secs())), false),
        };
        if !starting || tokio::time::Instant::now() + AGAIN >= until {
            break cause;
        }
        tokio::time::sleep(AGAIN).await;
    };
    Err(Error::Unreachable { place, cause })
}

async fn pool(url: &str, role: Role, size: u32, acquire_timeout: Duration) -> Result<AnyPool> {
    let options: AnyConnectOptions = url.parse()?;
    let mut pool = AnyPoolOptions::new().max_connections(size).acquire_timeout(acquire_timeout).test_before_acquire(false);
    pool = pool.after_connect(move |connection, _| {
        Box::pin(async move {
            if role != Role::Any {
                connection.execute(PRAGMAS).await?;
            }
            if role == Role::Reader {
                connection.execute(READ_ONLY).await?;
            }
            Ok(())
        })
    });
    if role == Role::Writer {
        pool = pool.after_release(|connection, _| Box::pin(is_clean(connection)));
    }
    Ok(pool.connect_with(options.disable_statement_logging()).await?)
}

/// Whether a connection may be used again. SQLite rolls back by itself when the disk is full; the driver's own ROLLBACK then fails
/// and leaves it counting a transaction that is none, in which no other can ever begin.
async fn is_clean(connection: &mut AnyConnection) -> sqlx::Result<bool> {
    // The rollback of a dropped transaction waits in a queue; an answer means that it is through.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

pub(crate) async fn opt<T>(connection: &mut AnyConnection, statement: &Sql, map: Map<T>) -> Result<Option<T>> {
    if statement.several() {
        return Ok(all(connection, statement, map).await?.into_iter().next());
    }
    match statement.to_query().fetch_optional(connection).await? {
        Some(row) => map(&mut Cols::new(&row)).map(Some),
        None => Ok(None),
    }
}

pub(crate) async fn all<T>(connection: &mut AnyConnection, statement: &Sql, map: Map<T>) -> Result<Vec<T>> {
    // One by one: as a driver has it, a row takes many times the memory of what is made of it.
    let mut rows = statement.to_query().fetch(connection);
    let mut all = Vec::new();
    while let Some(row) = rows.try_next().await? {
        all.push(map(&mut Cols::new(&row))?);
    }
    Ok(all)
}

/// Rows that the statement wrote; of several, the last.
pub(crate) async fn exec(connection: &mut AnyConnection, statement: &Sql) -> Result<u64> {
    let mut results = connection.fetch_many(statement.to_query());
    let mut wrote = 0;
    while let Some(result) = results.try_next().await? {
        if let Either::Left(done) = result {
            wrote = done.rows_affected();
        }
    }
    Ok(wrote)
}

/// Declares reading methods once, for [`Store`] and for [`Tx`].
macro_rules! reads {
    ($($(#[$doc:meta])* pub async fn $name:ident($db:ident $(, $arg:ident: $type:ty)* $(,)?) -> $result:ty $body:block)+) => {
        impl $crate::Store {
            $($(#[$doc])* pub async fn $name(&self, $($arg: $type),*) -> $result { let $db = self; $body })+
        }
        impl $crate::Tx {
            $($(#[$doc])* pub async fn $name(&mut self, $($arg: $type),*) -> $result { let $db = self; $body })+
        }
    };
}
pub(crate) use reads;

#[cfg(test)]
mod tests;
