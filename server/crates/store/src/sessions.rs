//! Browser sessions. The cookie's value is kept as its sha256 alone.

use hardie_domain::ids::{AccountId, SessionId};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Who is signed in.
    pub account: AccountId,
    /// What the browser said of itself, cut short.
    pub user_agent: String,
    /// From where it was last seen.
    pub address: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to within the caller's rounding.
    pub last_seen_at: Timestamp,
    /// From when on it is no session.
    pub expires_at: Timestamp,
}

/// A session to be begun.
#[derive(Clone, Copy)]
pub struct NewSession<'a> {
    /// Who signed in.
    pub account: AccountId,
    /// sha256 of the cookie's value.
    pub hash: &'a [u8; 32],
    /// What the browser says of itself.
    pub user_agent: &'a str,
    /// The client's address.
    pub address: &'a str,
    /// Now.
    pub at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

const SELECT: &str = "SELECT id, account_id, user_agent, address, created_at, last_seen_at, expires_at FROM session";

fn session_row(cols: &mut Cols<'_>) -> Result<SessionRow> {
    Ok(SessionRow {
        id: cols.id(SessionId)?,
        account: cols.id(AccountId)?,
        user_agent: cols.text()?,
        address: cols.text()?,
        created_at: cols.time()?,
        last_seen_at: cols.time()?,
        expires_at: cols.time()?,
    })
}

reads! {
    /// The session of this cookie, if it has not ended.
    pub async fn find_session_by_hash(db, hash: &[u8; 32], now: Timestamp) -> Result<Option<SessionRow>> {
        db.opt(sql(SELECT).push(" WHERE hash = ").push_bind(hash).push(" AND expires_at > ").push_bind(now), session_row).await
    }

    /// Sessions of a user that have not ended, last seen first; at most 200.
    pub async fn list_sessions(db, account: AccountId, now: Timestamp) -> Result<Vec<SessionRow>> {
        let statement = sql(SELECT).push(" WHERE account_id = ").push_bind(account).push(" AND expires_at > ").push_bind(now)
            .push(" ORDER BY last_seen_at DESC, id DESC LIMIT 200");
        db.all(statement, session_row).await
    }
}

impl Tx {
    /// Begins a session.
    pub async fn insert_session(&mut self, new: &NewSession<'_>) -> Result<SessionId> {
        let statement = sql("INSERT INTO session (account_id, hash, user_agent, address, created_at, last_seen_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $5, $6) RETURNING id")
        .bind(new.account)
        .bind(new.hash)
        .bind(new.user_agent)
        .bind(new.address)
        .bind(new.at)
        .bind(new.expires_at);
        self.one(statement, |cols| cols.id(SessionId)).await
    }

    /// Notes that it was used, from where, and until when it lasts now.
    pub async fn touch_session(&mut self, id: SessionId, address: &str, at: Timestamp, expires_at: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE session SET last_seen_at = $2, address = $3, expires_at = $4 WHERE id = $1");
        self.wrote(statement.bind(id).bind(at).bind(address).bind(expires_at)).await
    }

    /// Ends one session of a user.
    pub async fn delete_session(&mut self, account: AccountId, id: SessionId) -> Result<bool> {
        self.wrote(sql("DELETE FROM session WHERE id = $1 AND account_id = $2").bind(id).bind(account)).await
    }

    /// Ends all sessions of a user but `keep`; how many.
    pub async fn delete_sessions_of(&mut self, account: AccountId, keep: Option<SessionId>) -> Result<u64> {
        let statement = sql("DELETE FROM session WHERE account_id = $1 AND id <> $2");
        self.exec(statement.bind(account).bind(keep.unwrap_or(SessionId(0)))).await
    }

    /// Removes sessions that ended; how many.
    pub async fn delete_expired_sessions(&mut self, now: Timestamp) -> Result<u64> {
        self.exec(sql("DELETE FROM session WHERE expires_at <= $1").bind(now)).await
    }
}
