//! Making users and finding them.

use hardie_domain::names::AccountName;
use hardie_domain::page::{Page, Paged};
use hardie_domain::password;
use hardie_domain::scope::{Category, Level};
use hardie_domain::secret::Secret;
use hardie_store::accounts::NewAccount;

use super::{Account, AccountKind, rules, shown};
use crate::access::{require_admin, require_scope};
use crate::audit::entry;
use crate::identity::passwords;
use crate::{App, Ctx, Error, Result};

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Unique among users and organisations, without case.
    pub name: String,
    /// Unique among users, without case.
    pub email: String,
    /// For people; may be empty.
    pub full_name: String,
    /// Without one the user signs in by key or token only, until an administrator sets one.
    pub password: Option<Secret>,
    /// Administers the server.
    pub is_admin: bool,
}

/// Makes a user. For administrators, and for the command line, where the first administrator comes from.
pub async fn create_user(app: &App, ctx: &Ctx, new: NewUser) -> Result<Account> {
    require_admin(ctx, Level::Write)?;
    let name = AccountName::parse(new.name.trim())?;
    let email = rules::email(&new.email)?;
    let full_name = rules::line("full_name", &new.full_name)?;
    let hash = match &new.password {
        Some(secret) => {
            password::check(secret.expose(), name.as_str(), &email)?;
            Some(passwords::hash(app, secret).await?)
        }
        None => None,
    };
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let row = NewAccount {
        kind: AccountKind::User,
        name: &name,
        full_name: &full_name,
        email: &email,
        password_hash: hash.as_deref(),
        is_admin: new.is_admin,
        must_change_password: false,
        at: now,
    };
    let id = tx.insert_account(&row).await?.map_err(|what| rules::taken(what, name.as_str()))?;
    let mut line = entry(ctx, "user.create");
    line.account = Some(id);
    line.detail = if new.is_admin { format!("{name}, an administrator") } else { name.to_string() };
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    app.store.find_account(id).await?.ok_or(Error::NotFound("user"))
}

/// The actor's own account.
pub async fn me(app: &App, ctx: &Ctx) -> Result<Account> {
    let actor = require_scope(ctx, Category::User, Level::Read)?;
    app.store.find_account(actor.id).await?.ok_or_else(|| Error::unauthenticated("this account is gone"))
}

/// The user of this name, as the asker may see it.
pub async fn get_user(app: &App, ctx: &Ctx, name: &str) -> Result<Account> {
    let found = app.store.find_account_by_name(name).await?.filter(|a| a.kind == AccountKind::User);
    Ok(shown(ctx, found.ok_or(Error::NotFound("user"))?))
}

/// Users whose name or full name holds the text, for somebody who picks a collaborator.
pub async fn search_users(app: &App, ctx: &Ctx, query: &str, page: Page) -> Result<Paged<Account>> {
    require_scope(ctx, Category::User, Level::Read)?;
    let query: String = query.trim().chars().take(100).collect();
    let found = match require_admin(ctx, Level::Read) {
        Ok(()) => app.store.list_accounts(AccountKind::User, &query, page).await?,
        // Addresses are not shown, so they are not searched either: a search would tell them letter by letter.
        Err(_) => app.store.list_accounts_by_name(AccountKind::User, &query, page).await?,
    };
    Ok(found.map(|account| shown(ctx, account)))
}

/// All users, by name. For administrators.
pub async fn list_users(app: &App, ctx: &Ctx, page: Page) -> Result<Paged<Account>> {
    require_admin(ctx, Level::Read)?;
    Ok(app.store.list_accounts(AccountKind::User, "", page).await?)
}
