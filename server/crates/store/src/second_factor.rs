//! Second factors of accounts, and the recovery codes that stand in for them. What seals the one and hashes the others is not this crate's. A passkey is a
//! second factor too ([`passkeys`](crate::passkeys)).

use hardie_domain::ids::AccountId;
use hardie_domain::names::AccountName;
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// What an account's authenticator app shares with this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactorRow {
    /// Whose it is.
    pub account: AccountId,
    /// Which key sealed it.
    pub key_id: String,
    /// What that key made of it.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub begun_at: Timestamp,
    /// Since when sign-ins need it; `None` while nobody has shown that an app has it.
    pub confirmed_at: Option<Timestamp>,
    /// The newest time step whose code was taken.
    pub last_step: i64,
}

/// An account with a second factor, for whoever administers the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactorUser {
    /// The user.
    pub account: AccountId,
    /// The user's name.
    pub name: AccountName,
    /// Since when.
    pub confirmed_at: Timestamp,
    /// Recovery codes that are left.
    pub recovery_codes: u64,
}

fn factor_row(cols: &mut Cols<'_>) -> Result<FactorRow> {
    Ok(FactorRow {
        account: cols.id(AccountId)?,
        key_id: cols.text()?,
        sealed: cols.bytes()?,
        begun_at: cols.time()?,
        confirmed_at: cols.opt_time()?,
        last_step: cols.int()?,
    })
}

fn factor_user(cols: &mut Cols<'_>) -> Result<FactorUser> {
    Ok(FactorUser { account: cols.id(AccountId)?, name: cols.account_name()?, confirmed_at: cols.time()?, recovery_codes: cols.count()? })
}

macro_rules! select {
    ($rest:literal) => {
        sql(concat!("SELECT account_id, key_id, sealed, begun_at, confirmed_at, last_step FROM second_factor ", $rest))
    };
}

reads! {
    /// The second factor of an account, confirmed or not.
    pub async fn find_factor(db, account: AccountId) -> Result<Option<FactorRow>> {
        db.opt(select!("WHERE account_id = $1").bind(account), factor_row).await
    }

    /// Whether sign-ins to an account need a second factor, whichever: codes of an app or a passkey.
    pub async fn has_factor(db, account: AccountId) -> Result<bool> {
        let statement = sql("SELECT (SELECT COUNT(*) FROM second_factor WHERE account_id = $1 AND confirmed_at IS NOT NULL) \
             + (SELECT COUNT(*) FROM passkey WHERE account_id = $1)").bind(account);
        Ok(db.one(statement, count).await? > 0)
    }

    /// Whether an account has an authenticator app that was confirmed.
    pub async fn has_app(db, account: AccountId) -> Result<bool> {
        let statement = sql("SELECT COUNT(*) FROM second_factor WHERE account_id = $1 AND confirmed_at IS NOT NULL").bind(account);
        Ok(db.one(statement, count).await? > 0)
    }

    /// Second factors of accounts that come after this one, in order; at most `limit`.
    pub async fn list_factors_after(db, account: AccountId, limit: u32) -> Result<Vec<FactorRow>> {
        db.all(select!("WHERE account_id > $1 ORDER BY account_id LIMIT $2").bind(account).bind(limit), factor_row).await
    }

    /// Accounts whose sign-ins need a second factor, by name.
    pub async fn list_factor_users(db, page: Page) -> Result<Paged<FactorUser>> {
        let total = db.one(sql("SELECT COUNT(*) FROM (SELECT account_id FROM second_factor WHERE confirmed_at IS NOT NULL \
             UNION SELECT account_id FROM passkey) f"), count).await?;
        let statement = sql("SELECT a.id, a.name, f.since, (SELECT COUNT(*) FROM recovery_code r WHERE r.account_id = a.id) FROM \
             (SELECT account_id, MIN(since) AS since FROM \
             (SELECT account_id, confirmed_at AS since FROM second_factor WHERE confirmed_at IS NOT NULL \
             UNION ALL SELECT account_id, created_at AS since FROM passkey) each_one GROUP BY account_id) f \
             JOIN account a ON a.id = f.account_id ORDER BY a.lower_name");
        Ok(Paged { items: db.all(statement.page(page), factor_user).await?, total })
    }

    /// How many second factors each key sealed.
    pub async fn count_factors_by_key(db) -> Result<Vec<(String, u64)>> {
        let statement = sql("SELECT key_id, COUNT(*) FROM second_factor GROUP BY key_id ORDER BY key_id");
        db.all(statement, |cols| Ok((cols.text()?, cols.count()?))).await
    }

    /// Recovery codes that an account has left.
    pub async fn count_recovery_codes(db, account: AccountId) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM recovery_code WHERE account_id = $1").bind(account), count).await
    }
}

impl Tx {
    /// Waits for others who change how this account is signed in to, and keeps them off until the end; `false` without such an account.
    pub async fn lock_sign_in(&mut self, account: AccountId) -> Result<bool> {
        self.wrote(sql("UPDATE account SET names_epoch = names_epoch WHERE id = $1").bind(account)).await
    }

    /// Keeps a secret that nobody has confirmed yet, in place of another such; `false` if the account has one that is confirmed.
    pub async fn begin_factor(&mut self, account: AccountId, key_id: &str, sealed: &[u8], at: Timestamp) -> Result<bool> {
        let statement = sql("INSERT INTO second_factor (account_id, key_id, sealed, begun_at, confirmed_at, last_step) \
             VALUES ($1, $2, $3, $4, NULL, 0) ON CONFLICT (account_id) DO UPDATE SET key_id = EXCLUDED.key_id, \
             sealed = EXCLUDED.sealed, begun_at = EXCLUDED.begun_at WHERE second_factor.confirmed_at IS NULL");
        self.wrote(statement.bind(account).bind(key_id).bind(sealed).bind(at)).await
    }

    /// Makes sign-ins need it from now on, the code of `step` being spent; `false` if another was begun meanwhile, or it is confirmed.
    pub async fn confirm_factor(&mut self, row: &FactorRow, step: i64, at: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE second_factor SET confirmed_at = $3, last_step = $4 \
             WHERE account_id = $1 AND sealed = $2 AND confirmed_at IS NULL");
        self.wrote(statement.bind(row.account).bind(row.sealed.as_slice()).bind(at).bind(step)).await
    }

    /// Spends the code of a time step; `false` if it, or one of a later step, was taken already.
    pub async fn spend_step(&mut self, account: AccountId, step: i64) -> Result<bool> {
        let statement =
            sql("UPDATE second_factor SET last_step = $2 WHERE account_id = $1 AND last_step < $2 AND confirmed_at IS NOT NULL");
        self.wrote(statement.bind(account).bind(step)).await
    }

    /// Spends a recovery code; `false` if there is no such one (any more).
    pub async fn spend_recovery_code(&mut self, account: AccountId, hash: &[u8; 32]) -> Result<bool> {
        self.wrote(sql("DELETE FROM recovery_code WHERE account_id = $1 AND hash = $2").bind(account).bind(hash)).await
    }

    /// Exchanges all recovery codes of an account.
    pub async fn set_recovery_codes(&mut self, account: AccountId, hashes: &[[u8; 32]]) -> Result<()> {
        self.exec(sql("DELETE FROM recovery_code WHERE account_id = $1").bind(account)).await?;
        for hash in hashes {
            self.exec(sql("INSERT INTO recovery_code (account_id, hash) VALUES ($1, $2)").bind(account).bind(hash)).await?;
        }
        Ok(())
    }

    /// Exchanges what is kept of a secret for the same under another key; `false` if it was made anew or removed meanwhile.
    pub async fn reseal_factor(&mut self, old: &FactorRow, key_id: &str, sealed: &[u8]) -> Result<bool> {
        let statement = sql("UPDATE second_factor SET key_id = $3, sealed = $4 WHERE account_id = $1 AND sealed = $2");
        self.wrote(statement.bind(old.account).bind(old.sealed.as_slice()).bind(key_id).bind(sealed)).await
    }

    /// Removes an account's authenticator app; whether it had one that was confirmed. Recovery codes go with the last factor.
    pub async fn delete_factor(&mut self, account: AccountId) -> Result<bool> {
        let had = self.has_app(account).await?;
        self.exec(sql("DELETE FROM second_factor WHERE account_id = $1").bind(account)).await?;
        self.forget_codes(account).await?;
        Ok(had)
    }

    /// Removes what stands in for second factors, if there is none (any more).
    pub(crate) async fn forget_codes(&mut self, account: AccountId) -> Result<()> {
        if !self.has_factor(account).await? {
            self.exec(sql("DELETE FROM recovery_code WHERE account_id = $1").bind(account)).await?;
            self.exec(sql("DELETE FROM passkey_code WHERE account_id = $1").bind(account)).await?;
        }
        Ok(())
    }
}
