//! Secrets of installations, as they are kept: sealed. What seals them is not this crate's.

use hardie_domain::ids::{AccountId, InstallationId, RepoId};
use hardie_domain::time::Timestamp;
use hardie_domain::webhook::BUILT_IN;

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// Whose it is.
    pub installation: InstallationId,
    /// Its name, unique in the installation.
    pub name: String,
    /// Where it may go: scheme, host and port.
    pub destination: String,
    /// The one header in which it may stand; empty for any place.
    pub header: String,
    /// Which key sealed it.
    pub key_id: String,
    /// What that key made of it.
    pub sealed: Vec<u8>,
    /// Who set it; `None` if the account is gone or it was done on the command line.
    pub set_by: Option<AccountId>,
    /// When.
    pub set_at: Timestamp,
}

fn secret_row(cols: &mut Cols<'_>) -> Result<SecretRow> {
    Ok(SecretRow {
        installation: cols.id(InstallationId)?,
        name: cols.text()?,
        destination: cols.text()?,
        header: cols.text()?,
        key_id: cols.text()?,
        sealed: cols.bytes()?,
        set_by: cols.opt_id(AccountId)?,
        set_at: cols.time()?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        sql(concat!("SELECT installation_id, name, destination, header, key_id, sealed, set_by, set_at FROM installation_secret ", $rest))
    };
}

reads! {
    /// All secrets of an installation, by name.
    pub async fn list_secrets(db, installation: InstallationId) -> Result<Vec<SecretRow>> {
        db.all(select!("WHERE installation_id = $1 ORDER BY name").bind(installation), secret_row).await
    }

    /// Secrets of any installation that come after this one, in order; at most `limit`.
    pub async fn list_secrets_after(db, installation: InstallationId, name: &str, limit: u32) -> Result<Vec<SecretRow>> {
        let statement = select!("WHERE installation_id > $1 OR (installation_id = $1 AND name > $2) ORDER BY installation_id, name LIMIT $3");
        db.all(statement.bind(installation).bind(name).bind(limit), secret_row).await
    }

    /// How many secrets each key sealed.
    pub async fn count_secrets_by_key(db) -> Result<Vec<(String, u64)>> {
        let statement = sql("SELECT key_id, COUNT(*) FROM installation_secret GROUP BY key_id ORDER BY key_id");
        db.all(statement, |cols| Ok((cols.text()?, cols.count()?))).await
    }

    /// How many secrets an installation has.
    pub async fn count_secrets_of(db, installation: InstallationId) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM installation_secret WHERE installation_id = $1").bind(installation), |cols| cols.count()).await
    }
}

impl Tx {
    /// Keeps a secret, in place of the one of its name; whether that is new.
    pub async fn set_secret(&mut self, new: &SecretRow) -> Result<bool> {
        let made = sql("INSERT INTO installation_secret (installation_id, name, destination, header, key_id, sealed, set_by, set_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING");
        let changed =
            sql("UPDATE installation_secret SET destination = $3, header = $4, key_id = $5, sealed = $6, set_by = $7, set_at = $8 \
             WHERE installation_id = $1 AND name = $2");
        for (statement, is_new) in [(made, true), (changed, false)] {
            let statement = statement
                .bind(new.installation)
                .bind(new.name.as_str())
                .bind(new.destination.as_str())
                .bind(new.header.as_str())
                .bind(new.key_id.as_str())
                .bind(new.sealed.as_slice())
                .bind(new.set_by)
                .bind(new.set_at);
            if self.wrote(statement).await? {
                return Ok(is_new);
            }
        }
        Ok(false)
    }

    /// Exchanges what is kept of a secret for the same under another key; `false` if it was set anew or removed meanwhile.
    pub async fn reseal_secret(&mut self, old: &SecretRow, key_id: &str, sealed: &[u8]) -> Result<bool> {
        let statement =
            sql("UPDATE installation_secret SET key_id = $4, sealed = $5 WHERE installation_id = $1 AND name = $2 AND sealed = $3");
        let statement = statement.bind(old.installation).bind(old.name.as_str()).bind(old.sealed.as_slice());
        self.wrote(statement.bind(key_id).bind(sealed)).await
    }

    /// Forgets what the plugins of one repository were granted to send, and their secrets; how many plugins had any. Webhooks go with the
    /// repository as they are.
    pub async fn revoke_sending(&mut self, repo: RepoId) -> Result<u64> {
        let secrets = sql("DELETE FROM installation_secret WHERE installation_id IN \
             (SELECT id FROM installation WHERE scope = 'repo' AND scope_id = $1 AND digest <> $2)");
        self.exec(secrets.bind(repo).bind(BUILT_IN)).await?;
        let hosts = sql("UPDATE installation SET hosts = '' WHERE scope = 'repo' AND scope_id = $1 AND hosts <> '' AND digest <> $2");
        self.exec(hosts.bind(repo).bind(BUILT_IN)).await
    }

    /// Forgets a secret; whether it was there.
    pub async fn delete_secret(&mut self, installation: InstallationId, name: &str) -> Result<bool> {
        let statement = sql("DELETE FROM installation_secret WHERE installation_id = $1 AND name = $2");
        self.wrote(statement.bind(installation).bind(name)).await
    }
}
