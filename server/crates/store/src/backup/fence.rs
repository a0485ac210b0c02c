//! While a backup copies files, none that its rows may name is removed. A backup that was killed stops nobody for longer than its
//! lease.

use hardie_domain::time::Timestamp;

use crate::sql::sql;
use crate::{Result, Tx};

/// Leases of backups begin so; `0` follows `/`.
const PREFIX: &str = "backup/";

/// A condition for statements whose `$2` is the time: no backup is under way. Whoever begins to remove a file that rows name asks it
/// in the statement that settles the removal. A backup takes its lease before it looks at the rows, so what was settled before is
/// not named by it.
pub(crate) const NO_BACKUP: &str =
    "NOT EXISTS (SELECT 1 FROM lease l WHERE l.name >= 'backup/' AND l.name < 'backup0' AND l.until_at > $2)";

impl Tx {
    /// Keeps all files until `until`; again to keep them for longer. `name` is the backup's own.
    pub async fn hold_files(&mut self, name: &str, now: Timestamp, until: Timestamp) -> Result<bool> {
        // What killed backups left.
        let over = sql("DELETE FROM lease WHERE name >= 'backup/' AND name < 'backup0' AND until_at <= $1");
        self.exec(over.bind(now)).await?;
        self.take_lease(&format!("{PREFIX}{name}"), name, now, until).await
    }

    /// Ends it.
    pub async fn let_files_go(&mut self, name: &str) -> Result<bool> {
        self.release_lease(&format!("{PREFIX}{name}"), name).await
    }
}
