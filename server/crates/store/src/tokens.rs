//! Access tokens. Only their sha256 is kept: a token has 238 random bits, so a slow hash would add nothing.

use hardie_domain::ids::{AccountId, RepoId, TokenId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Level, ScopeSet};
use hardie_domain::time::Timestamp;

use crate::accounts::{ACCOUNT_COLUMNS, AccountRow, account_row};
use crate::sql::{Cols, Sql, count, sql};
use crate::store::reads;
use crate::{Error, Result, Tx};

/// One token, without anything that it could be made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it; unique for the owner.
    pub name: String,
    /// What it is good for.
    pub scopes: ScopeSet,
    /// Its last eight characters.
    pub last_eight: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it proves nothing; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// What else it is narrowed to.
    pub narrowed: NarrowedRow,
}

/// What a token is narrowed to beyond its scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NarrowedRow {
    /// The only repositories; `None` for all. Ids are never used again, so one that is gone stands for nothing.
    pub repos: Option<Vec<RepoId>>,
    /// Patterns of the only refs that it moves; all if empty.
    pub refs: Vec<String>,
    /// Reading alone, or also what a push may change; `None` for what the scopes say.
    pub access: Option<Level>,
}

impl NarrowedRow {
    /// Whether it is narrowed to anything.
    pub fn is_narrowed(&self) -> bool {
        self.repos.is_some() || !self.refs.is_empty() || self.access.is_some()
    }

    fn repos_text(&self) -> Option<String> {
        self.repos.as_ref().map(|repos| repos.iter().map(RepoId::to_string).collect::<Vec<_>>().join(","))
    }

    fn access_word(&self) -> &'static str {
        match self.access {
            None => "",
            Some(Level::Read) => "read",
            Some(Level::Write) => "write",
        }
    }
}

fn narrowed_row(cols: &mut Cols<'_>) -> Result<NarrowedRow> {
    let id = |text: &str| text.parse().map(RepoId).map_err(|_| Error::Corrupt(format!("{text:?} where a repository's id is expected")));
    let ids = |text: String| text.split(',').filter(|id| !id.is_empty()).map(id).collect::<Result<Vec<_>>>();
    let access = |word: &str| match word {
        "" => Some(None),
        "read" => Some(Some(Level::Read)),
        "write" => Some(Some(Level::Write)),
        _ => None,
    };
    Ok(NarrowedRow { repos: cols.opt_text()?.map(ids).transpose()?, refs: cols.lines()?, access: cols.word(access)? })
}

/// A token to be kept.
#[derive(Clone, Copy)]
pub struct NewToken<'a> {
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: &'a str,
    /// sha256 of the whole token.
    pub hash: &'a [u8; 32],
    /// What it is good for.
    pub scopes: &'a ScopeSet,
    /// Its last eight characters.
    pub last_eight: &'a str,
    /// From when on it proves nothing.
    pub expires_at: Option<Timestamp>,
    /// What else it is narrowed to.
    pub narrowed: &'a NarrowedRow,
    /// Now.
    pub at: Timestamp,
}

const COLUMNS: &str =
    "t.id, t.account_id, t.name, t.scopes, t.last_eight, t.created_at, t.expires_at, t.last_used_at, t.repos, t.refs, t.access";

fn select() -> Sql {
    sql("SELECT ").push(COLUMNS).push(" FROM token t")
}

fn token_row(cols: &mut Cols<'_>) -> Result<TokenRow> {
    Ok(TokenRow {
        id: cols.id(TokenId)?,
        account: cols.id(AccountId)?,
        name: cols.text()?,
        scopes: cols.scopes()?,
        last_eight: cols.text()?,
        created_at: cols.time()?,
        expires_at: cols.opt_time()?,
        last_used_at: cols.opt_time()?,
        narrowed: narrowed_row(cols)?,
    })
}

reads! {
    /// The token with this sha256, expired or not, and its account: one read, since every request that brings a token asks.
    pub async fn find_token_by_hash(db, hash: &[u8; 32]) -> Result<Option<(TokenRow, AccountRow)>> {
        let statement = sql("SELECT ").push(COLUMNS).push(", ").push(ACCOUNT_COLUMNS)
            .push(" FROM token t JOIN account a ON a.id = t.account_id WHERE t.hash = ").push_bind(hash);
        db.opt(statement, |cols| Ok((token_row(cols)?, account_row(cols)?))).await
    }

    /// One token of a user.
    pub async fn find_token(db, account: AccountId, id: TokenId) -> Result<Option<TokenRow>> {
        db.opt(select().push(" WHERE id = ").push_bind(id).push(" AND account_id = ").push_bind(account), token_row).await
    }

    /// The token of a user with this name.
    pub async fn find_token_by_name(db, account: AccountId, name: &str) -> Result<Option<TokenRow>> {
        db.opt(select().push(" WHERE name = ").push_bind(name).push(" AND account_id = ").push_bind(account), token_row).await
    }

    /// Tokens of a user, newest first.
    pub async fn list_tokens(db, account: AccountId, page: Page) -> Result<Paged<TokenRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM token WHERE account_id = $1").bind(account), count).await?;
        let statement = select().push(" WHERE account_id = ").push_bind(account).push(" ORDER BY id DESC").page(page);
        Ok(Paged { items: db.all(statement, token_row).await?, total })
    }
}

impl Tx {
    /// Keeps a token; `None` if the user has one of this name.
    pub async fn insert_token(&mut self, new: &NewToken<'_>) -> Result<Option<TokenId>> {
        let statement = sql("INSERT INTO token (account_id, name, hash, scopes, last_eight, expires_at, created_at, repos, refs, access) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id")
        .bind(new.account)
        .bind(new.name)
        .bind(new.hash)
        .bind(new.scopes)
        .bind(new.last_eight)
        .bind(new.expires_at)
        .bind(new.at)
        .bind(new.narrowed.repos_text())
        .bind(new.narrowed.refs.join("\n"))
        .bind(new.narrowed.access_word());
        self.opt(statement, |cols| cols.id(TokenId)).await
    }

    /// Revokes a token of a user.
    pub async fn delete_token(&mut self, account: AccountId, id: TokenId) -> Result<bool> {
        self.wrote(sql("DELETE FROM token WHERE id = $1 AND account_id = $2").bind(id).bind(account)).await
    }

    /// Revokes every token of a user; how many there were.
    pub async fn delete_tokens_of(&mut self, account: AccountId) -> Result<u64> {
        self.exec(sql("DELETE FROM token WHERE account_id = $1").bind(account)).await
    }

    /// Notes a use. Callers do so at most once a minute: it is a write for each.
    pub async fn touch_token(&mut self, id: TokenId, at: Timestamp) -> Result<bool> {
        self.wrote(sql("UPDATE token SET last_used_at = $2 WHERE id = $1").bind(id).bind(at)).await
    }
}
