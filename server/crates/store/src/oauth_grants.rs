//! What people let applications do by OAuth 2, and the codes by which applications hear of it.

use hardie_domain::ids::{AccountId, GrantId, OauthAppId};
use hardie_domain::oauth::Scopes;
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::accounts::{ACCOUNT_COLUMNS, AccountRow, account_row};
use crate::oauth_apps::{APP_COLUMNS, OauthAppRow, app_row};
use crate::sql::{Cols, Sql, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One sign-in of a user to an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRow {
    /// Its id.
    pub id: GrantId,
    /// What the application may do.
    pub scopes: Scopes,
    /// When the browser session began in which it was granted.
    pub signed_in_at: Timestamp,
    /// How many refresh tokens there were; 0 until the code was exchanged.
    pub generation: i64,
    /// sha256 of the newest refresh token.
    pub refresh_hash: Option<[u8; 32]>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used, to the minute or so.
    pub last_used_at: Option<Timestamp>,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    /// To which application.
    pub app: OauthAppRow,
    /// Whose.
    pub account: AccountRow,
}

/// A sign-in to be kept until its code is exchanged.
#[derive(Clone, Copy)]
pub struct NewGrant<'a> {
    /// To which application.
    pub app: OauthAppId,
    /// Whose.
    pub account: AccountId,
    /// What the application may do.
    pub scopes: &'a Scopes,
    /// When the browser session began.
    pub signed_in_at: Timestamp,
    /// Now.
    pub at: Timestamp,
    /// When the code ends.
    pub expires_at: Timestamp,
}

/// A code that was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// What it stands for.
    pub grant: GrantId,
    /// Where the browser was sent with it.
    pub redirect_uri: String,
    /// The challenge of RFC 7636; empty if there was none.
    pub challenge: String,
    /// What the token that says who signed in repeats; empty if nothing.
    pub nonce: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

fn grant_row(cols: &mut Cols<'_>) -> Result<GrantRow> {
    Ok(GrantRow {
        id: cols.id(GrantId)?,
        scopes: cols.word(Scopes::from_stored)?,
        signed_in_at: cols.time()?,
        generation: cols.int()?,
        refresh_hash: cols.opt_hash()?,
        created_at: cols.time()?,
        last_used_at: cols.opt_time()?,
        expires_at: cols.time()?,
        app: app_row(cols)?,
        account: account_row(cols)?,
    })
}

fn code_row(cols: &mut Cols<'_>) -> Result<CodeRow> {
    Ok(CodeRow {
        grant: cols.id(GrantId)?,
        redirect_uri: cols.text()?,
        challenge: cols.text()?,
        nonce: cols.text()?,
        expires_at: cols.time()?,
    })
}

/// A grant whose application's owner may act, with everything that decides whether it stands.
fn select() -> Sql {
    sql("SELECT g.id, g.scopes, g.signed_in_at, g.generation, g.refresh_hash, g.created_at, g.last_used_at, g.expires_at, ")
        .push(APP_COLUMNS)
        .push(", ")
        .push(ACCOUNT_COLUMNS)
        .push(
            " FROM oauth_grant g JOIN oauth_app p ON p.id = g.app_id JOIN account a ON a.id = g.account_id \
             LEFT JOIN account o ON o.id = p.owner_id WHERE COALESCE(o.disabled, 0) = 0",
        )
}

reads! {
    /// A grant, expired or not.
    pub async fn find_grant(db, id: GrantId) -> Result<Option<GrantRow>> {
        db.opt(select().push(" AND g.id = ").push_bind(id), grant_row).await
    }

    /// Grants of a user whose codes were exchanged, newest first.
    pub async fn list_grants(db, account: AccountId, now: Timestamp, page: Page) -> Result<Paged<GrantRow>> {
        let total = sql("SELECT COUNT(*) FROM oauth_grant g JOIN oauth_app p ON p.id = g.app_id LEFT JOIN account o ON o.id = p.owner_id \
             WHERE COALESCE(o.disabled, 0) = 0 AND g.account_id = $1 AND g.generation > 0 AND g.expires_at > $2");
        let total = db.one(total.bind(account).bind(now), count).await?;
        let statement = select()
            .push(" AND g.account_id = ").push_bind(account)
            .push(" AND g.generation > 0 AND g.expires_at > ").push_bind(now)
            .push(" ORDER BY g.id DESC").page(page);
        Ok(Paged { items: db.all(statement, grant_row).await?, total })
    }

    /// What a user lets an application do already, by sign-ins that stand; at most 50, newest first.
    pub async fn list_granted_scopes(db, account: AccountId, app: OauthAppId, now: Timestamp) -> Result<Vec<Scopes>> {
        let statement = sql("SELECT scopes FROM oauth_grant WHERE account_id = $1 AND app_id = $2 AND generation > 0 AND expires_at > $3 \
             ORDER BY id DESC LIMIT 50");
        db.all(statement.bind(account).bind(app).bind(now), |cols| cols.word(Scopes::from_stored)).await
    }

    /// What a code that was used before stands for.
    pub async fn find_used_code(db, hash: &[u8; 32]) -> Result<Option<GrantId>> {
        db.opt(sql("SELECT grant_id FROM oauth_code WHERE hash = $1 AND used = 1").bind(hash), |cols| cols.id(GrantId)).await
    }
}

impl Tx {
    /// Keeps a grant until its code is exchanged.
    pub async fn insert_grant(&mut self, new: &NewGrant<'_>) -> Result<GrantId> {
        let statement = sql("INSERT INTO oauth_grant (app_id, account_id, scopes, signed_in_at, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id");
        let statement = statement.bind(new.app).bind(new.account).bind(new.scopes.to_string());
        self.one(statement.bind(new.signed_in_at).bind(new.at).bind(new.expires_at), |cols| cols.id(GrantId)).await
    }

    /// Ends the oldest grants of a user to an application but for so many; how many ended.
    pub async fn delete_oldest_grants(&mut self, account: AccountId, app: OauthAppId, keep: u32) -> Result<u64> {
        let statement = sql("DELETE FROM oauth_grant WHERE account_id = $1 AND app_id = $2 AND id NOT IN \
             (SELECT id FROM oauth_grant WHERE account_id = $1 AND app_id = $2 ORDER BY id DESC LIMIT $3)");
        self.exec(statement.bind(account).bind(app).bind(keep)).await
    }

    /// Gives a grant its next refresh token, if it has had so many; of two who do it at once one does.
    pub async fn rotate_grant(
        &mut self,
        id: GrantId,
        generation: i64,
        hash: &[u8; 32],
        at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool> {
        let statement = sql("UPDATE oauth_grant SET generation = $2 + 1, refresh_hash = $3, last_used_at = $4, expires_at = $5 \
             WHERE id = $1 AND generation = $2");
        self.wrote(statement.bind(id).bind(generation).bind(hash).bind(at).bind(expires_at)).await
    }

    /// Notes a use.
    pub async fn touch_grant(&mut self, id: GrantId, at: Timestamp) -> Result<bool> {
        self.wrote(sql("UPDATE oauth_grant SET last_used_at = $2 WHERE id = $1").bind(id).bind(at)).await
    }

    /// Ends a grant, with all its tokens.
    pub async fn delete_grant(&mut self, account: AccountId, id: GrantId) -> Result<bool> {
        self.wrote(sql("DELETE FROM oauth_grant WHERE id = $1 AND account_id = $2").bind(id).bind(account)).await
    }

    /// Keeps a code.
    pub async fn insert_code(&mut self, hash: &[u8; 32], code: &CodeRow) -> Result<()> {
        let statement =
            sql("INSERT INTO oauth_code (hash, grant_id, redirect_uri, challenge, nonce, expires_at) VALUES ($1, $2, $3, $4, $5, $6)");
        let statement = statement.bind(hash).bind(code.grant).bind(code.redirect_uri.as_str()).bind(code.challenge.as_str());
        self.exec(statement.bind(code.nonce.as_str()).bind(code.expires_at)).await.map(drop)
    }

    /// Uses a code up; of two who bring it at once one has it.
    pub async fn take_code(&mut self, hash: &[u8; 32]) -> Result<Option<CodeRow>> {
        let statement = sql("UPDATE oauth_code SET used = 1 WHERE hash = $1 AND used = 0 \
             RETURNING grant_id, redirect_uri, challenge, nonce, expires_at");
        self.opt(statement.bind(hash), code_row).await
    }

    /// Removes grants that ran out, and codes that did so long ago that nobody brings them any more; how many.
    pub async fn delete_expired_grants(&mut self, now: Timestamp, codes_before: Timestamp) -> Result<u64> {
        let codes = self.exec(sql("DELETE FROM oauth_code WHERE expires_at <= $1").bind(codes_before)).await?;
        Ok(codes.saturating_add(self.exec(sql("DELETE FROM oauth_grant WHERE expires_at <= $1").bind(now)).await?))
    }
}
