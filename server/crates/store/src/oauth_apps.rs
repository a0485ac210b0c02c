//! Applications that act for people by OAuth 2.

use hardie_domain::ids::{AccountId, OauthAppId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, Sql, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthAppRow {
    /// Its id.
    pub id: OauthAppId,
    /// Who registered it; `None` for those that came with the server.
    pub owner: Option<AccountId>,
    /// What people call it.
    pub name: String,
    /// By what it names itself.
    pub client_id: String,
    /// sha256 of its secret; `None` if it has none.
    pub secret_hash: Option<[u8; 32]>,
    /// Where browsers may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Whether it keeps a secret.
    pub confidential: bool,
    /// Whether somebody who let it in before is not asked again.
    pub skip_consent: bool,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// An application to be kept, or what one shall be from now on.
#[derive(Clone, Copy)]
pub struct NewOauthApp<'a> {
    /// Who registers it.
    pub owner: Option<AccountId>,
    /// What people call it.
    pub name: &'a str,
    /// By what it names itself.
    pub client_id: &'a str,
    /// sha256 of its secret.
    pub secret_hash: Option<&'a [u8; 32]>,
    /// Where browsers may be sent back to.
    pub redirect_uris: &'a [String],
    /// Whether it keeps a secret.
    pub confidential: bool,
    /// Whether somebody who let it in before is not asked again.
    pub skip_consent: bool,
    /// Now.
    pub at: Timestamp,
}

/// The columns of an application named `p` in a statement.
pub(crate) const APP_COLUMNS: &str =
    "p.id, p.owner_id, p.name, p.client_id, p.secret_hash, p.redirect_uris, p.confidential, p.skip_consent, p.created_at";

pub(crate) fn app_row(cols: &mut Cols<'_>) -> Result<OauthAppRow> {
    Ok(OauthAppRow {
        id: cols.id(OauthAppId)?,
        owner: cols.opt_id(AccountId)?,
        name: cols.text()?,
        client_id: cols.text()?,
        secret_hash: cols.opt_hash()?,
        redirect_uris: cols.lines()?,
        confidential: cols.flag()?,
        skip_consent: cols.flag()?,
        created_at: cols.time()?,
    })
}

fn select() -> Sql {
    sql("SELECT ").push(APP_COLUMNS).push(" FROM oauth_app p")
}

reads! {
    /// The application that names itself so, if its owner may act.
    pub async fn find_oauth_client(db, client_id: &str) -> Result<Option<OauthAppRow>> {
        let statement = select()
            .push(" LEFT JOIN account a ON a.id = p.owner_id WHERE COALESCE(a.disabled, 0) = 0 AND p.client_id = ")
            .push_bind(client_id);
        db.opt(statement, app_row).await
    }

    /// One application of a user.
    pub async fn find_oauth_app(db, owner: AccountId, id: OauthAppId) -> Result<Option<OauthAppRow>> {
        db.opt(select().push(" WHERE p.id = ").push_bind(id).push(" AND p.owner_id = ").push_bind(owner), app_row).await
    }

    /// Applications of a user, newest first.
    pub async fn list_oauth_apps(db, owner: AccountId, page: Page) -> Result<Paged<OauthAppRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM oauth_app WHERE owner_id = $1").bind(owner), count).await?;
        let statement = select().push(" WHERE p.owner_id = ").push_bind(owner).push(" ORDER BY p.id DESC").page(page);
        Ok(Paged { items: db.all(statement, app_row).await?, total })
    }
}

impl Tx {
    /// Keeps an application; `None` if its `client_id` is there already.
    pub async fn insert_oauth_app(&mut self, new: &NewOauthApp<'_>) -> Result<Option<OauthAppId>> {
        let statement =
            sql("INSERT INTO oauth_app (owner_id, name, client_id, secret_hash, redirect_uris, confidential, skip_consent, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id");
        let statement = statement.bind(new.owner).bind(new.name).bind(new.client_id).bind(new.secret_hash);
        let statement = statement.bind(new.redirect_uris.join("\n")).bind(new.confidential).bind(new.skip_consent).bind(new.at);
        self.opt(statement, |cols| cols.id(OauthAppId)).await
    }

    /// Changes all of an application of a user but its `client_id`.
    pub async fn update_oauth_app(&mut self, owner: AccountId, id: OauthAppId, new: &NewOauthApp<'_>) -> Result<bool> {
        let statement = sql("UPDATE oauth_app SET name = $3, secret_hash = $4, redirect_uris = $5, confidential = $6, skip_consent = $7 \
             WHERE id = $1 AND owner_id = $2");
        let statement = statement.bind(id).bind(owner).bind(new.name).bind(new.secret_hash).bind(new.redirect_uris.join("\n"));
        self.wrote(statement.bind(new.confidential).bind(new.skip_consent)).await
    }

    /// Removes an application of a user, and all that people let it do.
    pub async fn delete_oauth_app(&mut self, owner: AccountId, id: OauthAppId) -> Result<bool> {
        self.wrote(sql("DELETE FROM oauth_app WHERE id = $1 AND owner_id = $2").bind(id).bind(owner)).await
    }
}
