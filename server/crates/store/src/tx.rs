//! A write transaction: committed, or nothing of it happened.

use sqlx::Transaction;
use sqlx::any::Any;

use crate::options::Engine;
use crate::sql::{Map, Sql};
use crate::{Error, Result, store};

/// Statements that wait for the next one.
const WAITING: usize = 32;

/// Dropping it rolls back. Only [`Tx::commit`] makes anything last.
#[must_use = "a transaction that is not committed is rolled back"]
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    /// After a failed statement nothing may run. PostgreSQL would answer COMMIT with a silent ROLLBACK; SQLite may have rolled back
    /// by itself (a full disk), and what came next would be committed at once, alone.
    failed: bool,
    engine: Engine,
    /// Statements whose answers nobody needs. They go with the next one: each way to SQLite wakes its thread and this one again.
    waiting: Vec<Sql>,
}

impl Tx {
    pub(crate) fn new(inner: Transaction<'static, Any>, engine: Engine) -> Tx {
        Tx { inner, failed: false, engine, waiting: Vec::new() }
    }

    /// Makes it last. [`Error::CommitUnknown`]: read the rows again to know. [`Error::Aborted`]: nothing took effect.
    pub async fn commit(mut self) -> Result<()> {
        if self.failed {
            self.rollback().await?;
            return Err(Error::Aborted);
        }
        if let Err(error) = self.send_waiting().await {
            self.rollback().await?;
            return Err(error);
        }
        // What a commit refers to must be on disk by now; tests order this line against file syncs.
        tracing::debug!(target: "hardie::store::commit", "commit");
        self.inner.commit().await.map_err(Error::of_commit)
    }

    /// Takes everything back. Dropping does the same a little later.
    pub async fn rollback(self) -> Result<()> {
        match self.inner.rollback().await {
            // There is nothing left to take back, or no connection to say it over: it did not happen either way.
            Err(_) if self.failed => Ok(()),
            done => Ok(done?),
        }
    }

    pub(crate) async fn opt<T>(&mut self, statement: Sql, map: Map<T>) -> Result<Option<T>> {
        let statement = self.with_waiting(statement).await?;
        let result = store::opt(&mut self.inner, &statement, map).await;
        self.note(result)
    }

    pub(crate) async fn one<T>(&mut self, statement: Sql, map: Map<T>) -> Result<T> {
        self.opt(statement, map).await?.ok_or_else(|| Error::Corrupt("a statement gave no row".to_owned()))
    }

    pub(crate) async fn all<T>(&mut self, statement: Sql, map: Map<T>) -> Result<Vec<T>> {
        let statement = self.with_waiting(statement).await?;
        let result = store::all(&mut self.inner, &statement, map).await;
        self.note(result)
    }

    /// Rows that the statement wrote.
    pub(crate) async fn exec(&mut self, statement: Sql) -> Result<u64> {
        let statement = self.with_waiting(statement).await?;
        let result = store::exec(&mut self.inner, &statement).await;
        self.note(result)
    }

    /// Whether the statement wrote a row.
    pub(crate) async fn wrote(&mut self, statement: Sql) -> Result<bool> {
        Ok(self.exec(statement).await? > 0)
    }

    /// Has a statement carried out before whatever comes next, and before the commit at the latest. An error of it is the error of that:
    /// only for what has no answer and no conflict that the caller would deal with.
    pub(crate) async fn later(&mut self, statement: Sql) -> Result<()> {
        self.go_on()?;
        self.waiting.push(statement);
        if self.waiting.len() < WAITING { Ok(()) } else { self.send_waiting().await }
    }

    async fn send_waiting(&mut self) -> Result<()> {
        match self.waiting.pop() {
            Some(last) => self.exec(last).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// What waits and then this, as one; PostgreSQL takes statements with values one by one.
    async fn with_waiting(&mut self, statement: Sql) -> Result<Sql> {
        self.go_on()?;
        let waiting = std::mem::take(&mut self.waiting);
        if self.engine == Engine::Sqlite {
            return Ok(Sql::in_turn(waiting, statement));
        }
        for one in waiting {
            let result = store::exec(&mut self.inner, &one).await;
            self.note(result)?;
        }
        Ok(statement)
    }

    fn go_on(&self) -> Result<()> {
        if self.failed { Err(Error::Aborted) } else { Ok(()) }
    }

    fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        self.failed |= result.is_err();
        result
    }
}
