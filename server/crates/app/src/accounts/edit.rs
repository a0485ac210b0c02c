//! Changing a user: by the user, and by an administrator.

use hardie_domain::error::Invalid;
use hardie_domain::mail::MailKind;
use hardie_domain::password;
use hardie_domain::scope::{Category, Level};
use hardie_domain::secret::Secret;
use hardie_store::accounts::AccountChange;

use super::{Account, AccountKind, emails, rules};
use crate::access::{require_admin, require_scope};
use crate::audit::entry;
use crate::identity::passwords;
use crate::mail;
use crate::{App, Ctx, Error, Result, identity};

/// What a user changes about themselves, or an owner about an organisation. `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// For people.
    pub full_name: Option<String>,
    /// The primary e-mail address: a way to get at the account, so it needs the password too. One that was not answered from yet becomes
    /// primary when the mail to it is.
    pub email: Option<String>,
    /// A few words.
    pub description: Option<String>,
    /// Needed when the e-mail address changes.
    pub current_password: Option<Secret>,
    /// Needed then if there is a second factor.
    pub code: Option<Secret>,
}

/// What an administrator changes about a user. `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct AdminChange {
    /// For people.
    pub full_name: Option<String>,
    /// The primary e-mail address, in place of the one before. The administrator's word counts: no mail is sent.
    pub email: Option<String>,
    /// A new password; every session of the user ends.
    pub password: Option<Secret>,
    /// Administers the server.
    pub is_admin: Option<bool>,
    /// Disabled: no credential of the user proves anything any more.
    pub disabled: Option<bool>,
}

/// Changes the actor's own profile.
pub async fn edit_profile(app: &App, ctx: &Ctx, change: ProfileChange) -> Result<Account> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    let before = app.store.find_account(actor.id).await?.ok_or_else(|| Error::unauthenticated("this account is gone"))?;
    let email = change.email.as_deref().map(rules::email).transpose()?.filter(|email| *email != before.email);
    if email.is_some() {
        let missing = || Invalid::new("current_password", "is needed to change the e-mail address");
        let password = change.current_password.as_ref().ok_or_else(missing)?;
        // Before a code is spent.
        mail::require_mail(app, "email")?;
        identity::confirm_password(app, ctx, actor, password, change.code.as_ref()).await?;
        mail::count_requests(app, ctx, 1).await?;
    }
    let full_name = change.full_name.as_deref().map(|t| rules::line("full_name", t)).transpose()?;
    let description = change.description.as_deref().map(|t| rules::line("description", t)).transpose()?;
    let row = AccountChange { full_name: full_name.as_deref(), description: description.as_deref(), ..AccountChange::default() };
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.update_account(actor.id, &row, now).await?.map_err(|what| rules::taken(what, actor.name.as_str()))?;
    if let Some(email) = &email {
        emails::change_primary(&mut tx, app, (actor.id, actor.name.as_str()), email).await?;
    }
    let account = tx.find_account(actor.id).await?.ok_or(Error::NotFound("user"))?;
    let mut line = entry(ctx, "user.edit");
    line.account = Some(account.id);
    line.detail =
        changed_fields(&[("full name", full_name.is_some()), ("e-mail", email.is_some()), ("description", description.is_some())]);
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    Ok(account)
}

/// Changes a user. For administrators and the command line. The last administrator who can sign in stays one.
pub async fn admin_edit_user(app: &App, ctx: &Ctx, name: &str, change: AdminChange) -> Result<Account> {
    require_admin(ctx, Level::Write)?;
    let found = app.store.find_account_by_name(name).await?.filter(|a| a.kind == AccountKind::User);
    let before = found.ok_or(Error::NotFound("user"))?;
    let email = change.email.as_deref().map(rules::email).transpose()?;
    let full_name = change.full_name.as_deref().map(|t| rules::line("full_name", t)).transpose()?;
    let hash = match &change.password {
        Some(secret) => {
            password::check(secret.expose(), before.name.as_str(), email.as_deref().unwrap_or(&before.email))?;
            Some(passwords::hash(app, secret).await?)
        }
        None => None,
    };
    let row = AccountChange {
        full_name: full_name.as_deref(),
        email: email.as_deref(),
        is_admin: change.is_admin,
        disabled: change.disabled,
        ..AccountChange::default()
    };
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let written = tx.update_account(before.id, &row, now).await?.map_err(|what| rules::taken(what, name))?;
    let account = written.ok_or(Error::NotFound("user"))?;
    let loses_power = before.is_admin && !before.disabled && (!account.is_admin || account.disabled);
    if loses_power && tx.count_admins().await? == 0 {
        return Err(Error::Conflict("this is the last administrator who can sign in: make another one first".to_owned()));
    }
    if let Some(email) = &email {
        emails::replace_primary(&mut tx, account.id, &before.email, email).await?;
    }
    if let Some(hash) = &hash {
        tx.set_password(account.id, hash, false, now).await?;
        tx.delete_mail_tokens_of(account.id).await?;
        mail::notify(&mut tx, app, MailKind::PasswordChanged, account.id, "An administrator of this server set a new password.").await?;
    }
    if hash.is_some() || account.disabled {
        tx.delete_sessions_of(account.id, None).await?;
    }
    let mut line = entry(ctx, "user.admin-edit");
    line.account = Some(account.id);
    line.detail = changed_fields(&[
        ("full name", full_name.is_some()),
        ("e-mail", email.is_some()),
        ("password", hash.is_some()),
        ("made an administrator", account.is_admin && !before.is_admin),
        ("no longer an administrator", !account.is_admin && before.is_admin),
        ("disabled", account.disabled && !before.disabled),
        ("enabled", !account.disabled && before.disabled),
    ]);
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    Ok(account)
}

pub(super) fn changed_fields(fields: &[(&str, bool)]) -> String {
    fields.iter().filter(|(_, changed)| *changed).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}
