//! Organisations: accounts that nobody signs in to, owned by users.

use hardie_domain::names::AccountName;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};
use hardie_store::accounts::{AccountChange, NewAccount};

use super::members::{OrgRole, owned_org};
use super::{Account, AccountKind, ProfileChange, edit, rules, shown};
use crate::access::{is_admin, require_more_than_public, require_scope};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// An organisation to be made.
#[derive(Clone, Debug, Default)]
pub struct NewOrg {
    /// Unique among users and organisations, without case.
    pub name: String,
    /// For people; may be empty.
    pub full_name: String,
    /// A few words; may be empty.
    pub description: String,
}

/// Makes an organisation; the actor becomes its first owner.
pub async fn create_org(app: &App, ctx: &Ctx, new: NewOrg) -> Result<Account> {
    let actor = require_scope(ctx, Category::Organization, Level::Write)?;
    let name = AccountName::parse(new.name.trim())?;
    let full_name = rules::line("full_name", &new.full_name)?;
    let description = rules::line("description", &new.description)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let row = NewAccount {
        kind: AccountKind::Organization,
        name: &name,
        full_name: &full_name,
        email: "",
        password_hash: None,
        is_admin: false,
        must_change_password: false,
        at: now,
    };
    let id = tx.insert_account(&row).await?.map_err(|what| rules::taken(what, name.as_str()))?;
    let change = AccountChange { description: Some(&description), ..AccountChange::default() };
    let written = tx.update_account(id, &change, now).await?.map_err(|what| rules::taken(what, name.as_str()))?;
    tx.set_org_member(id, actor.id, OrgRole::Owner, now).await?;
    let mut line = entry(ctx, "organization.create");
    line.account = Some(id);
    line.detail = name.to_string();
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    written.ok_or(Error::NotFound("organization"))
}

/// The organisation of this name.
pub async fn get_org(app: &App, ctx: &Ctx, name: &str) -> Result<Account> {
    let found = app.store.find_account_by_name(name).await?.filter(|a| a.kind == AccountKind::Organization);
    Ok(shown(ctx, found.ok_or(Error::NotFound("organization"))?))
}

/// Changes an organisation's full name and description. For its owners.
pub async fn edit_org(app: &App, ctx: &Ctx, name: &str, change: ProfileChange) -> Result<Account> {
    let org = owned_org(app, ctx, name).await?;
    let full_name = change.full_name.as_deref().map(|t| rules::line("full_name", t)).transpose()?;
    let description = change.description.as_deref().map(|t| rules::line("description", t)).transpose()?;
    let row = AccountChange { full_name: full_name.as_deref(), description: description.as_deref(), ..AccountChange::default() };
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let written = tx.update_account(org.id, &row, now).await?.map_err(|what| rules::taken(what, name))?;
    let mut line = entry(ctx, "organization.edit");
    line.account = Some(org.id);
    line.detail = edit::changed_fields(&[("full name", full_name.is_some()), ("description", description.is_some())]);
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    written.ok_or(Error::NotFound("organization"))
}

/// All organisations, by name: that they exist is no secret, what is in them may be.
pub async fn list_orgs(app: &App, ctx: &Ctx, page: Page) -> Result<Paged<Account>> {
    let found = app.store.list_accounts(AccountKind::Organization, "", page).await?;
    Ok(found.map(|account| shown(ctx, account)))
}

/// Organisations to which a user belongs. For the user and for administrators: to others, who belongs where is the organisation's affair.
pub async fn list_orgs_of(app: &App, ctx: &Ctx, user: &str, page: Page) -> Result<Paged<Account>> {
    let actor = require_scope(ctx, Category::Organization, Level::Read)?;
    require_more_than_public(ctx)?;
    let found = app.store.find_account_by_name(user).await?.filter(|a| a.kind == AccountKind::User);
    let user = found.ok_or(Error::NotFound("user"))?;
    if actor.id != user.id && !is_admin(ctx, Level::Read) {
        return Err(Error::forbidden("only the user and administrators of this server see this list"));
    }
    Ok(app.store.list_orgs_of(user.id, page).await?.map(|account| shown(ctx, account)))
}
