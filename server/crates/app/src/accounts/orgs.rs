//! Organisations: accounts that nobody signs in to, owned by users.

use hardie_domain::access::OwnerVisibility;
use hardie_domain::names::AccountName;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};
use hardie_store::accounts::{AccountChange, NewAccount};

use super::members::OrgRole;
use super::powers::owned_org;
use super::{Account, AccountKind, ProfileChange, edit, known_account, rules, shown, viewer_of_orgs};
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
    /// Who sees it, and what is public in it; everybody if `None`.
    pub visibility: Option<OwnerVisibility>,
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
    let change = AccountChange { description: Some(&description), visibility: new.visibility, ..AccountChange::default() };
    let written = tx.update_account(id, &change, now).await?.map_err(|what| rules::taken(what, name.as_str()))?;
    tx.set_org_member(id, actor.id, OrgRole::Owner, now).await?;
    tx.insert_owners_team(id, now).await?;
    let mut line = entry(ctx, "organization.create");
    line.account = Some(id);
    line.detail = name.to_string();
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    written.ok_or(Error::NotFound("organization"))
}

/// The organisation of this name, if the asker may know of it.
pub async fn get_org(app: &App, ctx: &Ctx, name: &str) -> Result<Account> {
    let found = known_account(app, ctx, name).await?.filter(|a| a.kind == AccountKind::Organization);
    Ok(shown(ctx, found.ok_or(Error::NotFound("organization"))?))
}

/// Changes an organisation's full name, description and visibility. For its owners.
pub async fn edit_org(app: &App, ctx: &Ctx, name: &str, change: ProfileChange, visibility: Option<OwnerVisibility>) -> Result<Account> {
    let org = owned_org(app, ctx, name).await?;
    let full_name = change.full_name.as_deref().map(|t| rules::line("full_name", t)).transpose()?;
    let description = change.description.as_deref().map(|t| rules::line("description", t)).transpose()?;
    let visibility = visibility.filter(|wanted| *wanted != org.visibility);
    let (full_name_row, description_row) = (full_name.as_deref(), description.as_deref());
    let row = AccountChange { full_name: full_name_row, description: description_row, visibility, ..AccountChange::default() };
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.bump_account_rules(org.id).await?;
    let before = tx.find_account(org.id).await?.ok_or(Error::NotFound("organization"))?;
    if let Some(wider) = visibility.filter(|wanted| *wanted < before.visibility)
        && let Some(name) = tx.find_fork_beyond_parent(org.id, wider).await?
    {
        return Err(Error::forbidden(format!("more people would see {name} than what it was forked from: make it private first")));
    }
    let written = tx.update_account(org.id, &row, now).await?.map_err(|what| rules::taken(what, name))?;
    let mut line = entry(ctx, "organization.edit");
    line.account = Some(org.id);
    line.detail = edit::changed_fields(&[
        ("full name", full_name.is_some()),
        ("description", description.is_some()),
        ("public", visibility == Some(OwnerVisibility::Public)),
        ("limited to whoever has signed in", visibility == Some(OwnerVisibility::Limited)),
        ("private", visibility == Some(OwnerVisibility::Private)),
    ]);
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    written.ok_or(Error::NotFound("organization"))
}

/// Deletes an organisation with its teams, memberships and plugins. For its owners, once it has no repositories.
pub async fn delete_org(app: &App, ctx: &Ctx, name: &str) -> Result<()> {
    let org = owned_org(app, ctx, name).await?;
    let mut tx = app.store.begin().await?;
    if !tx.delete_account(org.id).await? {
        let text =
            "this organization has repositories: transfer or delete them first; deleted ones count until they cannot be restored any more";
        return Err(Error::Conflict(text.to_owned()));
    }
    let mut line = entry(ctx, "organization.delete");
    line.account = Some(org.id);
    line.detail = org.name.to_string();
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Organisations that the asker may know of, by name.
pub async fn list_orgs(app: &App, ctx: &Ctx, page: Page) -> Result<Paged<Account>> {
    let found = app.store.list_orgs(viewer_of_orgs(ctx), page).await?;
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
