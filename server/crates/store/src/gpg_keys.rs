//! OpenPGP keys of users. Unlike an SSH key one may be several users': it signs, and opens nothing.

use hardie_domain::ids::{AccountId, GpgKeyId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{AT_ONCE, Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpgKeyRow {
    /// Its id.
    pub id: GpgKeyId,
    /// Whose it is.
    pub account: AccountId,
    /// In capitals.
    pub fingerprint: String,
    /// The public key in its armour.
    pub armour: String,
    /// Whether its owner has signed a text of this server with it.
    pub proven: bool,
    /// When it was added.
    pub created_at: Timestamp,
}

const SELECT: &str = "SELECT k.id, k.account_id, k.fingerprint, k.armour, k.proven, k.created_at FROM gpg_key k";

fn key_row(cols: &mut Cols<'_>) -> Result<GpgKeyRow> {
    Ok(GpgKeyRow {
        id: cols.id(GpgKeyId)?,
        account: cols.id(AccountId)?,
        fingerprint: cols.text()?,
        armour: cols.text()?,
        proven: cols.flag()?,
        created_at: cols.time()?,
    })
}

reads! {
    /// One key of a user.
    pub async fn find_gpg_key(db, account: AccountId, id: GpgKeyId) -> Result<Option<GpgKeyRow>> {
        db.opt(sql(SELECT).push(" WHERE k.id = ").push_bind(id).push(" AND k.account_id = ").push_bind(account), key_row).await
    }

    /// Keys of a user, newest first.
    pub async fn list_gpg_keys(db, account: AccountId, page: Page) -> Result<Paged<GpgKeyRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM gpg_key WHERE account_id = $1").bind(account), count).await?;
        let statement = sql(SELECT).push(" WHERE k.account_id = ").push_bind(account).push(" ORDER BY k.id DESC").page(page);
        Ok(Paged { items: db.all(statement, key_row).await?, total })
    }

    /// Keys of these users of which the key itself or a subkey has one of these ids. Fifty of each count.
    pub async fn find_gpg_keys_by_ids(db, accounts: &[AccountId], key_ids: &[String]) -> Result<Vec<GpgKeyRow>> {
        let (accounts, key_ids) = (accounts.get(..AT_ONCE).unwrap_or(accounts), key_ids.get(..AT_ONCE).unwrap_or(key_ids));
        if accounts.is_empty() || key_ids.is_empty() {
            return Ok(Vec::new());
        }
        let statement = sql(SELECT).push(" WHERE k.account_id").push_in(accounts);
        let statement = statement.push(" AND k.id IN (SELECT gpg_key_id FROM gpg_key_part WHERE key_id").push_in(key_ids);
        db.all(statement.push(") ORDER BY k.id"), key_row).await
    }
}

impl Tx {
    /// Adds a key with the ids of its parts; `None` if the user has it already.
    pub async fn insert_gpg_key(
        &mut self,
        account: AccountId,
        fingerprint: &str,
        armour: &str,
        key_ids: &[String],
        proven: bool,
        at: Timestamp,
    ) -> Result<Option<GpgKeyId>> {
        let statement = sql("INSERT INTO gpg_key (account_id, fingerprint, armour, proven, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT DO NOTHING RETURNING id");
        let statement = statement.bind(account).bind(fingerprint).bind(armour).bind(proven).bind(at);
        let Some(id) = self.opt(statement, |cols| cols.id(GpgKeyId)).await? else { return Ok(None) };
        for key_id in key_ids {
            let part = sql("INSERT INTO gpg_key_part (gpg_key_id, key_id) VALUES ($1, $2) ON CONFLICT DO NOTHING");
            self.exec(part.bind(id).bind(key_id.as_str())).await?;
        }
        Ok(Some(id))
    }

    /// Notes that its owner has signed with it.
    pub async fn prove_gpg_key(&mut self, account: AccountId, id: GpgKeyId) -> Result<bool> {
        self.wrote(sql("UPDATE gpg_key SET proven = 1 WHERE id = $1 AND account_id = $2").bind(id).bind(account)).await
    }

    /// Removes a key of a user.
    pub async fn delete_gpg_key(&mut self, account: AccountId, id: GpgKeyId) -> Result<bool> {
        self.wrote(sql("DELETE FROM gpg_key WHERE id = $1 AND account_id = $2").bind(id).bind(account)).await
    }
}
