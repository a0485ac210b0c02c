//! Passkeys of accounts, challenges that were answered, and the codes that passkeys give. What any of it proves is not this crate's.

use hardie_domain::ids::{AccountId, PasskeyId};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Its id here.
    pub id: PasskeyId,
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// Its id at the authenticator.
    pub credential_id: Vec<u8>,
    /// The public key (COSE).
    pub cose: Vec<u8>,
    /// The newest count of signatures that was seen; 0 if the authenticator does not count.
    pub sign_count: u32,
    /// Whether it was in several devices when it was last used.
    pub backed_up: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// A passkey to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewPasskey<'a> {
    /// Whose it shall be.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: &'a str,
    /// Its id at the authenticator.
    pub credential_id: &'a [u8],
    /// The public key (COSE).
    pub cose: &'a [u8],
    /// Signatures so far.
    pub sign_count: u32,
    /// Whether it is in several devices.
    pub backed_up: bool,
    /// Now.
    pub at: Timestamp,
}

const SELECT: &str = "SELECT id, account_id, name, credential_id, cose, sign_count, backed_up, created_at, last_used_at FROM passkey";

fn passkey_row(cols: &mut Cols<'_>) -> Result<PasskeyRow> {
    Ok(PasskeyRow {
        id: cols.id(PasskeyId)?,
        account: cols.id(AccountId)?,
        name: cols.text()?,
        credential_id: cols.bytes()?,
        cose: cols.bytes()?,
        sign_count: u32::try_from(cols.int()?).unwrap_or(u32::MAX),
        backed_up: cols.flag()?,
        created_at: cols.time()?,
        last_used_at: cols.opt_time()?,
    })
}

reads! {
    /// The passkey with this id of its authenticator, whoever's it is.
    pub async fn find_passkey(db, credential_id: &[u8]) -> Result<Option<PasskeyRow>> {
        db.opt(sql(SELECT).push(" WHERE credential_id = ").push_bind(credential_id), passkey_row).await
    }

    /// All passkeys of an account, oldest first.
    pub async fn list_passkeys(db, account: AccountId) -> Result<Vec<PasskeyRow>> {
        db.all(sql(SELECT).push(" WHERE account_id = ").push_bind(account).push(" ORDER BY id"), passkey_row).await
    }

    /// How many passkeys an account has.
    pub async fn count_passkeys(db, account: AccountId) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM passkey WHERE account_id = $1").bind(account), count).await
    }
}

impl Tx {
    /// Adds a passkey; `None` if one with its id is there.
    pub async fn insert_passkey(&mut self, new: &NewPasskey<'_>) -> Result<Option<PasskeyId>> {
        let statement = sql("INSERT INTO passkey (account_id, name, credential_id, cose, sign_count, backed_up, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (credential_id) DO NOTHING RETURNING id")
        .bind(new.account)
        .bind(new.name)
        .bind(new.credential_id)
        .bind(new.cose)
        .bind(new.sign_count)
        .bind(new.backed_up)
        .bind(new.at);
        self.opt(statement, |cols| cols.id(PasskeyId)).await
    }

    /// Notes a use. `false` if the passkey is gone, or its count did not grow since the last use that was noted: then there are two of it.
    pub async fn use_passkey(&mut self, id: PasskeyId, sign_count: u32, backed_up: bool, at: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE passkey SET sign_count = $2, backed_up = $3, last_used_at = $4 \
             WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))");
        self.wrote(statement.bind(id).bind(sign_count).bind(backed_up).bind(at)).await
    }

    /// Removes a passkey of an account, and the codes that stand in for it if it was the last factor.
    pub async fn delete_passkey(&mut self, account: AccountId, id: PasskeyId) -> Result<bool> {
        let statement = sql("DELETE FROM passkey WHERE id = $1 AND account_id = $2").bind(id).bind(account);
        let deleted = self.wrote(statement).await?;
        self.forget_codes(account).await?;
        Ok(deleted)
    }

    /// Removes all passkeys of an account; how many.
    pub async fn delete_passkeys_of(&mut self, account: AccountId) -> Result<u64> {
        let deleted = self.exec(sql("DELETE FROM passkey WHERE account_id = $1").bind(account)).await?;
        self.forget_codes(account).await?;
        Ok(deleted)
    }

    /// Notes that a challenge was answered; `false` if it was answered before.
    pub async fn spend_challenge(&mut self, challenge: &[u8; 32], expires_at: Timestamp) -> Result<bool> {
        let statement = sql("INSERT INTO passkey_challenge (challenge, expires_at) VALUES ($1, $2) ON CONFLICT (challenge) DO NOTHING");
        self.wrote(statement.bind(challenge).bind(expires_at)).await
    }

    /// Forgets challenges and codes that have expired; how many.
    pub async fn delete_expired_challenges(&mut self, now: Timestamp) -> Result<u64> {
        let codes = self.exec(sql("DELETE FROM passkey_code WHERE expires_at <= $1").bind(now)).await?;
        Ok(codes + self.exec(sql("DELETE FROM passkey_challenge WHERE expires_at <= $1").bind(now)).await?)
    }

    /// Keeps the one code of an account that a passkey gave.
    pub async fn set_passkey_code(&mut self, account: AccountId, hash: &[u8; 32], expires_at: Timestamp) -> Result<()> {
        let statement = sql("INSERT INTO passkey_code (account_id, hash, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (account_id) DO UPDATE SET hash = EXCLUDED.hash, expires_at = EXCLUDED.expires_at");
        self.exec(statement.bind(account).bind(hash).bind(expires_at)).await.map(drop)
    }

    /// Spends it; `false` if it is another, was spent, or has expired.
    pub async fn spend_passkey_code(&mut self, account: AccountId, hash: &[u8; 32], now: Timestamp) -> Result<bool> {
        let statement = sql("DELETE FROM passkey_code WHERE account_id = $1 AND hash = $2 AND expires_at > $3");
        self.wrote(statement.bind(account).bind(hash).bind(now)).await
    }
}
