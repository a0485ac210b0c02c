//! Answers that are kept for requests that come twice.

use hardie_domain::ids::AccountId;
use hardie_domain::time::Timestamp;

use crate::sql::{count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRow {
    /// Of the first request with it.
    pub request_hash: [u8; 32],
    /// When that came.
    pub at: Timestamp,
    /// The sealed answer and the name of the key that sealed it; `None` while there is none.
    pub answer: Option<(String, Vec<u8>)>,
}

reads! {
    /// What is known of an account's key.
    pub async fn find_idempotency(db, account: AccountId, key: &[u8; 32]) -> Result<Option<IdempotencyRow>> {
        let statement = sql("SELECT request_hash, at, key_id, COALESCE(sealed, key_hash) FROM idempotency WHERE account_id = $1 AND key_hash = $2");
        db.opt(statement.bind(account).bind(key), |cols| {
            let (request_hash, at, key_id) = (cols.hash()?, cols.time()?, cols.opt_text()?);
            let sealed = cols.bytes()?;
            Ok(IdempotencyRow { request_hash, at, answer: key_id.map(|key_id| (key_id, sealed)) })
        }).await
    }

    /// How many keys an account has.
    pub async fn count_idempotency(db, account: AccountId) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM idempotency WHERE account_id = $1").bind(account), count).await
    }
}

impl Tx {
    /// Claims a key for a request; `false` if it was used before. `claim` is different for each request.
    pub async fn claim_idempotency(
        &mut self,
        account: AccountId,
        key: &[u8; 32],
        request: &[u8; 32],
        claim: &str,
        at: Timestamp,
    ) -> Result<bool> {
        let statement = sql("INSERT INTO idempotency (account_id, key_hash, request_hash, claim, at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (account_id, key_hash) DO NOTHING");
        self.wrote(statement.bind(account).bind(key).bind(request).bind(claim).bind(at)).await
    }

    /// Keeps the answer to the request that holds the claim.
    pub async fn answer_idempotency(
        &mut self,
        account: AccountId,
        key: &[u8; 32],
        claim: &str,
        key_id: &str,
        sealed: &[u8],
    ) -> Result<bool> {
        let statement = sql(
            "UPDATE idempotency SET key_id = $4, sealed = $5 WHERE account_id = $1 AND key_hash = $2 AND claim = $3 AND key_id IS NULL",
        );
        self.wrote(statement.bind(account).bind(key).bind(claim).bind(key_id).bind(sealed)).await
    }

    /// Gives a claim back whose request changed nothing.
    pub async fn release_idempotency(&mut self, account: AccountId, key: &[u8; 32], claim: &str) -> Result<bool> {
        let statement = sql("DELETE FROM idempotency WHERE account_id = $1 AND key_hash = $2 AND claim = $3 AND key_id IS NULL");
        self.wrote(statement.bind(account).bind(key).bind(claim)).await
    }

    /// Forgets keys that were used before then.
    pub async fn delete_old_idempotency(&mut self, before: Timestamp) -> Result<u64> {
        self.exec(sql("DELETE FROM idempotency WHERE at < $1").bind(before)).await
    }
}
