//! Keys that sign tokens of OAuth 2. What seals the private part is not this crate's.

use hardie_domain::time::Timestamp;

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthKeyRow {
    /// Its name in tokens.
    pub kid: String,
    /// `EdDSA` or `RS256`.
    pub algorithm: String,
    /// Which key sealed it.
    pub key_id: String,
    /// What that key made of it.
    pub sealed: Vec<u8>,
    /// The public part, a JWK without its name.
    pub public: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

fn key_row(cols: &mut Cols<'_>) -> Result<OauthKeyRow> {
    Ok(OauthKeyRow {
        kid: cols.text()?,
        algorithm: cols.text()?,
        key_id: cols.text()?,
        sealed: cols.bytes()?,
        public: cols.bytes()?,
        created_at: cols.time()?,
    })
}

reads! {
    /// Keys that were made after this moment, newest first; at most 100.
    pub async fn list_oauth_keys(db, after: Timestamp) -> Result<Vec<OauthKeyRow>> {
        let statement = sql("SELECT kid, algorithm, key_id, sealed, public, created_at FROM oauth_key WHERE created_at > $1 \
             ORDER BY created_at DESC, kid LIMIT 100");
        db.all(statement.bind(after), key_row).await
    }
}

impl Tx {
    /// Keeps a key.
    pub async fn insert_oauth_key(&mut self, key: &OauthKeyRow) -> Result<()> {
        let statement = sql("INSERT INTO oauth_key (kid, algorithm, key_id, sealed, public, created_at) VALUES ($1, $2, $3, $4, $5, $6)");
        let statement = statement.bind(key.kid.as_str()).bind(key.algorithm.as_str()).bind(key.key_id.as_str());
        self.exec(statement.bind(key.sealed.as_slice()).bind(key.public.as_slice()).bind(key.created_at)).await.map(drop)
    }

    /// Keeps the private part of a key as another key sealed it.
    pub async fn reseal_oauth_key(&mut self, kid: &str, key_id: &str, sealed: &[u8]) -> Result<bool> {
        self.wrote(sql("UPDATE oauth_key SET key_id = $2, sealed = $3 WHERE kid = $1").bind(kid).bind(key_id).bind(sealed)).await
    }

    /// Removes keys that were made before this moment; how many.
    pub async fn delete_old_oauth_keys(&mut self, before: Timestamp) -> Result<u64> {
        self.exec(sql("DELETE FROM oauth_key WHERE created_at <= $1").bind(before)).await
    }
}
