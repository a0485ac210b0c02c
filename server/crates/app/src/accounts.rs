//! Users and organisations: one name space, since both own repositories.

mod edit;
mod emails;
mod invitations;
mod members;
mod orgs;
mod powers;
mod public_members;
mod rules;
mod sign_up;
mod users;

use std::collections::{BTreeSet, HashMap};

use hardie_domain::access::{Actor, OwnerVisibility};
use hardie_domain::ids::AccountId;
use hardie_domain::scope::{Category, Level};
pub use hardie_store::accounts::{AccountKind, AccountRow as Account};
use hardie_store::repo_list::Viewer;

use crate::access::is_admin;
use crate::{App, Ctx, Error, Result};

pub use edit::{AdminChange, ProfileChange, admin_edit_user, edit_profile};
pub use emails::{Email, add_emails, list_all_emails, list_emails, remove_emails, verify_email};
pub use invitations::{CreatedInvitation, Invitation, NewInvitation, create_invitation, delete_invitation, list_invitations};
pub use members::{Member, OrgRole, find_member, list_members, remove_member, set_member};
pub use orgs::{NewOrg, create_org, delete_org, edit_org, get_org, list_orgs, list_orgs_of};
pub use powers::{OrgPowers, org_powers};
pub(crate) use powers::{may_create_under, may_own_under, member_org, owned_org, require_an_owner};
pub use public_members::{is_public_member, list_public_members, show_member};
pub(crate) use rules::{email as checked_email, line as checked_line};
pub use sign_up::{NewSignUp, SignedUp, WaitingSignUp, approve_sign_up, confirm_sign_up, list_sign_ups, reject_sign_up, sign_up};
pub use users::{NewUser, create_user, get_user, list_users, me, search_users};

/// The user or organisation of this name, as the asker may see it.
pub async fn get_account(app: &App, ctx: &Ctx, name: &str) -> Result<Account> {
    Ok(shown(ctx, known_account(app, ctx, name).await?.ok_or(Error::NotFound("account"))?))
}

/// The account of this name, if the asker may know of it: an organisation that is not public is absent for others.
pub(crate) async fn known_account(app: &App, ctx: &Ctx, name: &str) -> Result<Option<Account>> {
    let Some(found) = app.store.find_account_by_name(name).await? else { return Ok(None) };
    Ok(may_know(app, ctx, &found).await?.then_some(found))
}

/// Whether the asker may know that an account is there.
pub(crate) async fn may_know(app: &App, ctx: &Ctx, account: &Account) -> Result<bool> {
    Ok(match (account.visibility, viewer_of_orgs(ctx)) {
        (OwnerVisibility::Public, _) | (_, Viewer::Everything) => true,
        (_, Viewer::Anyone) => false,
        (OwnerVisibility::Limited, Viewer::User(_)) => true,
        (OwnerVisibility::Private, Viewer::User(asker)) => app.store.find_org_role(account.id, asker).await?.is_some(),
    })
}

/// For whom organisations are shown: a credential for either organisations or repositories knows whose the repositories are.
pub(crate) fn viewer_of_orgs(ctx: &Ctx) -> Viewer {
    if is_admin(ctx, Level::Read) {
        return Viewer::Everything;
    }
    let reads = |actor: &&Actor| [Category::Organization, Category::Repository].iter().any(|c| actor.scopes.allows(*c, Level::Read));
    let wide = |actor: &&Actor| actor.narrowing.is_none() && !actor.scopes.is_public_only();
    let actor = ctx.actor.as_ref().filter(wide).filter(reads);
    actor.map_or(Viewer::Anyone, |actor| Viewer::User(actor.id))
}

/// The accounts with these ids, as the asker may see them; each is looked up once.
pub(crate) async fn shown_by_id(app: &App, ctx: &Ctx, ids: impl Iterator<Item = AccountId>) -> Result<HashMap<AccountId, Account>> {
    let mut found = HashMap::new();
    for id in ids.collect::<BTreeSet<_>>() {
        found.extend(app.store.find_account(id).await?.map(|account| (id, shown(ctx, account))));
    }
    Ok(found)
}

/// Leaves out what only the user and administrators see: the address and when they were last here.
pub(crate) fn shown(ctx: &Ctx, account: Account) -> Account {
    let own = ctx.actor.as_ref().is_some_and(|a| a.id == account.id && a.scopes.allows(Category::User, Level::Read));
    match own || is_admin(ctx, Level::Read) {
        true => account,
        false => Account { email: String::new(), last_sign_in_at: None, must_change_password: false, ..account },
    }
}
