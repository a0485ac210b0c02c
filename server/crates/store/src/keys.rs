//! SSH public keys of users. A key belongs to one user only: it is how SSH tells who somebody is.

use hardie_domain::ids::{AccountId, KeyId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{AT_ONCE, Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it.
    pub title: String,
    /// The algorithm as on the wire, `ssh-ed25519`.
    pub algorithm: String,
    /// The wire form (RFC 4253, 6.6).
    pub blob: Vec<u8>,
    /// `SHA256:…` as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last proved its owner.
    pub last_used_at: Option<Timestamp>,
}

/// A key to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewKey<'a> {
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it.
    pub title: &'a str,
    /// The algorithm as on the wire.
    pub algorithm: &'a str,
    /// The wire form.
    pub blob: &'a [u8],
    /// `SHA256:…`.
    pub fingerprint: &'a str,
    /// Now.
    pub at: Timestamp,
}

const SELECT: &str = "SELECT id, account_id, title, algorithm, blob, fingerprint, created_at, last_used_at FROM ssh_key";

fn key_row(cols: &mut Cols<'_>) -> Result<KeyRow> {
    Ok(KeyRow {
        id: cols.id(KeyId)?,
        account: cols.id(AccountId)?,
        title: cols.text()?,
        algorithm: cols.text()?,
        blob: cols.bytes()?,
        fingerprint: cols.text()?,
        created_at: cols.time()?,
        last_used_at: cols.opt_time()?,
    })
}

reads! {
    /// The key with this fingerprint, whosever it is.
    pub async fn find_key_by_fingerprint(db, fingerprint: &str) -> Result<Option<KeyRow>> {
        db.opt(sql(SELECT).push(" WHERE fingerprint = ").push_bind(fingerprint), key_row).await
    }

    /// The keys with these fingerprints, whosever they are. Fifty count.
    pub async fn find_keys_by_fingerprints(db, fingerprints: &[String]) -> Result<Vec<KeyRow>> {
        if fingerprints.is_empty() {
            return Ok(Vec::new());
        }
        db.all(sql(SELECT).push(" WHERE fingerprint").push_in(fingerprints.get(..AT_ONCE).unwrap_or(fingerprints)), key_row).await
    }

    /// One key of a user.
    pub async fn find_key(db, account: AccountId, id: KeyId) -> Result<Option<KeyRow>> {
        db.opt(sql(SELECT).push(" WHERE id = ").push_bind(id).push(" AND account_id = ").push_bind(account), key_row).await
    }

    /// Keys of a user, newest first.
    pub async fn list_keys(db, account: AccountId, page: Page) -> Result<Paged<KeyRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM ssh_key WHERE account_id = $1").bind(account), count).await?;
        let statement = sql(SELECT).push(" WHERE account_id = ").push_bind(account).push(" ORDER BY id DESC").page(page);
        Ok(Paged { items: db.all(statement, key_row).await?, total })
    }
}

impl Tx {
    /// Adds a key; `None` if somebody has it already.
    pub async fn insert_key(&mut self, new: &NewKey<'_>) -> Result<Option<KeyId>> {
        let statement = sql("INSERT INTO ssh_key (account_id, title, algorithm, blob, fingerprint, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id")
        .bind(new.account)
        .bind(new.title)
        .bind(new.algorithm)
        .bind(new.blob)
        .bind(new.fingerprint)
        .bind(new.at);
        self.opt(statement, |cols| cols.id(KeyId)).await
    }

    /// Removes a key of a user.
    pub async fn delete_key(&mut self, account: AccountId, id: KeyId) -> Result<bool> {
        self.wrote(sql("DELETE FROM ssh_key WHERE id = $1 AND account_id = $2").bind(id).bind(account)).await
    }

    /// Notes that the key proved its owner.
    pub async fn touch_key(&mut self, id: KeyId, at: Timestamp) -> Result<bool> {
        self.wrote(sql("UPDATE ssh_key SET last_used_at = $2 WHERE id = $1").bind(id).bind(at)).await
    }
}
