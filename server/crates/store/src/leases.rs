//! Work that exactly one node does at a time. A lease is a row with an end: a node that dies is replaced when it runs out.

use hardie_domain::time::Timestamp;

use crate::sql::sql;
use crate::{Result, Tx};

impl Tx {
    /// Takes or extends a lease; `false` while another holder has it. `holder` is different for each process.
    pub async fn take_lease(&mut self, name: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool> {
        let statement = sql("INSERT INTO lease (name, holder, until_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE \
             SET holder = EXCLUDED.holder, until_at = EXCLUDED.until_at WHERE lease.holder = $2 OR lease.until_at <= $4");
        self.wrote(statement.bind(name).bind(holder).bind(until).bind(now)).await
    }

    /// Gives a lease back, so that another node need not wait for its end.
    pub async fn release_lease(&mut self, name: &str, holder: &str) -> Result<bool> {
        self.wrote(sql("DELETE FROM lease WHERE name = $1 AND holder = $2").bind(name).bind(holder)).await
    }

    /// Gives back what processes of a node held: their names begin with the node's and a slash.
    pub async fn release_leases_of_node(&mut self, node: &str) -> Result<u64> {
        self.exec(sql("DELETE FROM lease WHERE holder LIKE $1").bind(format!("{node}/%"))).await
    }
}
