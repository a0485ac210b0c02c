//! Failed sign-ins, counted per subject: an account's name or a client's network. The rule is `hardie_domain::throttle`.

use hardie_domain::time::Timestamp;

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// What is remembered of one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureRow {
    /// Failures in a row.
    pub failures: u32,
    /// The last of them.
    pub last_failure: Timestamp,
}

fn failure_row(cols: &mut Cols<'_>) -> Result<FailureRow> {
    let failures = u32::try_from(cols.count()?).unwrap_or(u32::MAX);
    Ok(FailureRow { failures, last_failure: cols.time()? })
}

reads! {
    /// Failures of a subject such as `account:alice` or `address:192.0.2.1`.
    pub async fn find_failures(db, subject: &str) -> Result<Option<FailureRow>> {
        db.opt(sql("SELECT failures, last_failure FROM sign_in_failure WHERE subject = $1").bind(subject), failure_row).await
    }
}

impl Tx {
    /// Counts one more failure; a last one before `forget_before` no longer counts.
    pub async fn add_failure(&mut self, subject: &str, at: Timestamp, forget_before: Timestamp) -> Result<FailureRow> {
        let statement = sql("INSERT INTO sign_in_failure (subject, failures, last_failure) VALUES ($1, 1, $2) \
             ON CONFLICT (subject) DO UPDATE SET last_failure = EXCLUDED.last_failure, \
             failures = CASE WHEN sign_in_failure.last_failure < $3 THEN 1 ELSE sign_in_failure.failures + 1 END \
             RETURNING failures, last_failure");
        self.one(statement.bind(subject).bind(at).bind(forget_before), failure_row).await
    }

    /// Forgets a subject after a sign-in that succeeded.
    pub async fn clear_failures(&mut self, subject: &str) -> Result<bool> {
        self.wrote(sql("DELETE FROM sign_in_failure WHERE subject = $1").bind(subject)).await
    }

    /// Removes subjects whose last failure is older; how many.
    pub async fn delete_old_failures(&mut self, before: Timestamp) -> Result<u64> {
        self.exec(sql("DELETE FROM sign_in_failure WHERE last_failure < $1").bind(before)).await
    }
}
