//! The components that an installation ran: a few, so that there is a way back.
//!
//! Kept like the steps of an editor's undo: a rollback goes to the newest before the one that runs, and an upgrade forgets what was
//! gone back from.

use hardie_domain::ids::{AccountId, InstallationId};
use hardie_domain::plugin::Digest;
use hardie_domain::time::Timestamp;

use crate::plugins::Scope;
use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// Versions kept for each installation, the one that runs included.
pub const KEPT: i64 = 3;

/// A component that an installation runs or ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// Which component.
    pub digest: Digest,
    /// The configuration with which it last ran, JSON. Of the one that runs it is the installation's that counts.
    pub config: String,
    /// Who put it to work.
    pub changed_by: Option<AccountId>,
    /// When.
    pub at: Timestamp,
}

/// What an installation is to run instead.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// What it runs now, or the exchange does not happen.
    pub from: Digest,
    /// And with which configuration, or the same; `None` for any.
    pub had: Option<&'a str>,
    /// Which component; its row exists.
    pub to: Digest,
    /// JSON, accepted by that component.
    pub config: &'a str,
    /// Imports that are granted.
    pub grants: &'a [String],
    /// Who does it.
    pub by: Option<AccountId>,
    /// Now.
    pub at: Timestamp,
}

fn version_row(cols: &mut Cols<'_>) -> Result<VersionRow> {
    Ok(VersionRow { digest: Digest(cols.hash()?), config: cols.text()?, changed_by: cols.opt_id(AccountId)?, at: cols.time()? })
}

reads! {
    /// The versions of an installation, newest first; what runs need not be the first of them.
    pub async fn list_versions(db, installation: InstallationId) -> Result<Vec<VersionRow>> {
        let statement = sql("SELECT digest, config, changed_by, at FROM installation_version WHERE installation_id = $1 ORDER BY id DESC");
        db.all(statement.bind(installation), version_row).await
    }
}

impl Tx {
    pub(crate) async fn insert_version(
        &mut self,
        id: InstallationId,
        digest: Digest,
        config: &str,
        by: Option<AccountId>,
        at: Timestamp,
    ) -> Result<()> {
        let statement =
            sql("INSERT INTO installation_version (installation_id, digest, config, changed_by, at) VALUES ($1, $2, $3, $4, $5)");
        self.exec(statement.bind(id).bind(digest).bind(config).bind(by).bind(at)).await.map(|_| ())
    }

    /// Puts a component to work as the newest version; those after the one that ran are forgotten, and the oldest. `false` if the
    /// installation is not in this scope or does not run what was thought.
    pub async fn upgrade_installation(&mut self, scope: Scope, id: InstallationId, new: &Exchange<'_>) -> Result<bool> {
        if !self.exchange(scope, id, new).await? {
            return Ok(false);
        }
        let after = sql("DELETE FROM installation_version WHERE installation_id = $1 AND (digest = $3 OR id > \
             (SELECT v.id FROM installation_version v WHERE v.installation_id = $1 AND v.digest = $2))");
        self.exec(after.bind(id).bind(new.from).bind(new.to)).await?;
        self.insert_version(id, new.to, new.config, new.by, new.at).await?;
        let oldest = sql("DELETE FROM installation_version WHERE installation_id = $1 AND id NOT IN \
             (SELECT v.id FROM installation_version v WHERE v.installation_id = $1 ORDER BY v.id DESC LIMIT $2)");
        self.exec(oldest.bind(id).bind(KEPT)).await?;
        Ok(true)
    }

    /// Puts a version that is kept to work again. `false` as for an upgrade, or if it is not kept any more.
    pub async fn rollback_installation(&mut self, scope: Scope, id: InstallationId, old: &Exchange<'_>) -> Result<bool> {
        let kept = sql("UPDATE installation_version SET at = $3, changed_by = $4 WHERE installation_id = $1 AND digest = $2");
        Ok(self.exchange(scope, id, old).await? && self.wrote(kept.bind(id).bind(old.to).bind(old.at).bind(old.by)).await?)
    }

    /// Moves the pointer, and notes with which configuration the one before ran.
    async fn exchange(&mut self, scope: Scope, id: InstallationId, new: &Exchange<'_>) -> Result<bool> {
        // As whoever ends a try does: it looks at the installation when it has the handler.
        self.lock_handler(id).await?;
        self.bump_scope(scope).await?;
        let ran = sql("UPDATE installation_version SET config = (SELECT i.config FROM installation i WHERE i.id = $1) \
             WHERE installation_id = $1 AND digest = $2");
        self.exec(ran.bind(id).bind(new.from)).await?;
        let statement = sql("UPDATE installation SET digest = $5, config = $6, grants = $7, changed_by = $8, updated_at = $9 \
             WHERE id = $1 AND scope = $2 AND scope_id = $3 AND digest = $4 AND config = COALESCE($10, config)")
        .bind(id)
        .bind(scope.as_str())
        .bind(scope.id())
        .bind(new.from)
        .bind(new.to)
        .bind(new.config)
        .bind(new.grants.join("\n"))
        .bind(new.by)
        .bind(new.at)
        .bind(new.had);
        self.wrote(statement).await
    }
}

#[cfg(test)]
mod tests {
    use hardie_domain::ids::InstallationId;
    use sqlx::{Connection as _, Executor as _};

    use crate::options::{Engine, sqlite_url};
    use crate::{Store, StoreOptions, migrate};

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_installed_before_there_were_versions_has_its_way_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        let options = StoreOptions::sqlite(&path);
        assert!(Store::attach(&options).await.is_err(), "there is nothing yet");
        let mut connection = sqlx::AnyConnection::connect(&sqlite_url(&path).unwrap()).await.unwrap();
        migrate::raise(&mut connection, Engine::Sqlite, 8).await.unwrap();
        let rows = "INSERT INTO plugin_component VALUES (zeroblob(32), 'a', '1', '', 'policy', '', '{}', 1, NULL, 1, zeroblob(1));
            INSERT INTO plugin_component SELECT CAST(printf('%032d', 7) AS BLOB), name, '2', '', worlds, '', '{}', 1, NULL, 1, bytes
                FROM plugin_component;
            INSERT INTO installation SELECT 3, 'site', 0, 'a', digest, zeroblob(32), 'enforce', 0, '{\"x\":1}', '', NULL, 5, 6
                FROM plugin_component WHERE version = '2';
            INSERT INTO installation SELECT 4, 'site', 0, 'b', zeroblob(32), NULL, 'off', 0, '{}', '', NULL, 7, 7";
        connection.execute(rows).await.unwrap();
        connection.close().await.unwrap();
        let store = Store::open(&options).await.unwrap();
        let newest = store.find_installation(InstallationId(3)).await.unwrap().unwrap().digest;
        let versions = store.list_versions(InstallationId(3)).await.unwrap();
        let shown: Vec<_> = versions.iter().map(|v| (v.digest.0 == [0; 32], v.config.as_str(), v.at.0)).collect();
        assert_eq!(shown, [(false, "{\"x\":1}", 6), (true, "{\"x\":1}", 5)]);
        assert_eq!(versions[0].digest, newest);
        assert_eq!(store.list_versions(InstallationId(4)).await.unwrap().len(), 1);
    }
}
