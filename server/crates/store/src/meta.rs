//! Few facts about the whole installation, by name.

use crate::sql::sql;
use crate::store::reads;
use crate::{Result, Tx};

reads! {
    /// One fact.
    pub async fn find_meta(db, name: &str) -> Result<Option<String>> {
        db.opt(sql("SELECT value FROM meta WHERE name = $1").bind(name), |c| c.text()).await
    }
}

impl Tx {
    /// Keeps a fact.
    pub async fn set_meta(&mut self, name: &str, value: &str) -> Result<()> {
        let statement = sql("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value");
        self.exec(statement.bind(name).bind(value)).await.map(|_| ())
    }

    /// Keeps a fact unless there is one of this name; what holds now.
    pub async fn set_meta_once(&mut self, name: &str, value: &str) -> Result<String> {
        self.exec(sql("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING").bind(name).bind(value)).await?;
        Ok(self.find_meta(name).await?.unwrap_or_default())
    }
}
