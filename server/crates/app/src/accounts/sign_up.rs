//! Accounts that people make for themselves: asked for, answered by mail, perhaps approved, and only then made.

use hardie_domain::error::Invalid;
use hardie_domain::ids::SignUpId;
use hardie_domain::mail::MailKind;
use hardie_domain::names::AccountName;
use hardie_domain::page::{Page, Paged};
use hardie_domain::password;
use hardie_domain::scope::Level;
use hardie_domain::secret::Secret;
use hardie_domain::sign_up::SignUpMode;
use hardie_store::Tx;
use hardie_store::accounts::NewAccount;
use hardie_store::sign_ups::SignUpRow;

use super::{Account, AccountKind, rules};
use crate::access::require_admin;
use crate::audit::entry;
use crate::identity::{is_password_of, passwords};
use crate::mail;
use crate::{App, Ctx, Error, Result};

/// For how long the mail may be answered.
const ANSWER_SECONDS: i64 = 24 * 3600;
/// For how long somebody waits for approval.
const APPROVAL_SECONDS: i64 = 30 * 24 * 3600;
/// People who wait at once: a bound on what strangers can store.
const MOST: u64 = 2000;

/// An account that somebody wants.
#[derive(Clone, Debug)]
pub struct NewSignUp {
    /// Unique among users and organisations, without case.
    pub name: String,
    /// For people; may be empty.
    pub full_name: String,
    /// The address to which the mail goes.
    pub email: String,
    /// The password.
    pub password: Secret,
    /// The code of an invitation, where the site asks for one.
    pub invitation: Option<Secret>,
}

/// Somebody who waits for approval, without the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingSignUp {
    /// Its id.
    pub id: SignUpId,
    /// The name that the account would have.
    pub name: AccountName,
    /// For people; may be empty.
    pub full_name: String,
    /// The address, which was answered from.
    pub email: String,
    /// When it was asked for.
    pub created_at: hardie_domain::time::Timestamp,
}

/// What came of an answered mail.
#[derive(Clone, Debug)]
pub enum SignedUp {
    /// The account is there.
    Made(Box<Account>),
    /// An administrator decides.
    Waits,
}

/// Asks for an account. The answer is the same whether or not the address is in use: what is, the mail says.
pub async fn sign_up(app: &App, ctx: &Ctx, new: NewSignUp) -> Result<()> {
    let mode = open_mode(app)?;
    mail::require_mail(app, "email")?;
    let name = AccountName::parse(new.name.trim())?;
    let email = checked_email(app, &new.email)?;
    let full_name = rules::line("full_name", &new.full_name)?;
    password::check(new.password.expose(), name.as_str(), &email)?;
    let now = app.clock.now();
    // Counted before anything is told or worked for, and whatever comes of it.
    mail::count_requests(app, ctx, 1).await?;
    let invitation = match (mode, &new.invitation) {
        (SignUpMode::Invitation, given) => {
            let refuse = || Invalid::new("invitation", "is needed here, and this one is unknown, used up or has expired");
            let given = given.as_ref().ok_or_else(refuse)?;
            Some(app.store.find_invitation_by_hash(&mail::hash_of(given), now).await?.ok_or_else(refuse)?.id)
        }
        (_, Some(_)) => return Err(Invalid::new("invitation", "is not asked for here").into()),
        (_, None) => None,
    };
    if app.store.find_account_by_name(name.as_str()).await?.is_some() {
        return Err(name_taken(&name));
    }
    if app.store.count_sign_ups().await? >= MOST {
        let text = "too many people are signing up: try again tomorrow".to_owned();
        return Err(Error::RateLimited { text, retry_after: 3600 });
    }
    let password_hash = passwords::hash(app, &new.password).await?;
    let mut tx = app.store.begin().await?;
    if !mail::may_write(&mut tx, app, MailKind::SignUp, &email).await? {
        let text = "this address got enough mails for now: try again in an hour".to_owned();
        return Err(Error::RateLimited { text, retry_after: 3600 });
    }
    let row = SignUpRow {
        id: SignUpId(0),
        name,
        full_name,
        email,
        password_hash,
        invitation,
        answered: false,
        created_at: now,
        expires_at: now.plus_seconds(ANSWER_SECONDS),
    };
    let id = tx.insert_sign_up(&row).await?;
    mail::note(&mut tx, app, MailKind::SignUp, Some(id), &row.email).await?;
    let mut line = entry(ctx, "sign-up.ask");
    line.detail = row.name.to_string();
    tx.insert_audit(&line, now).await?;
    Ok(tx.commit().await?)
}

/// Goes on by what the mail held, and the password that was given before: the account is made, or an administrator asked. Whoever reads the
/// mail but did not ask for it does not have the password, so that one careless click gives nobody an account with another's address.
pub async fn confirm_sign_up(app: &App, ctx: &Ctx, token: &Secret, password: &Secret) -> Result<SignedUp> {
    let mode = open_mode(app)?;
    // Nobody makes the database write with a token that is none.
    let row = app.store.find_sign_up_by_hash(&mail::hash_of(token), app.clock.now()).await?.ok_or_else(mail::unknown_proof)?;
    checked_email(app, &row.email)?;
    if !is_password_of(app, ctx, &format!("sign-up:{}", row.id), password, &row.password_hash).await? {
        return Err(Invalid::new("password", "is not the one that was given when signing up").into());
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if mode == SignUpMode::Approval {
        if tx.find_account_by_name(row.name.as_str()).await?.is_some() {
            return Err(name_taken(&row.name));
        }
        if tx.find_user_by_verified_email(&row.email).await?.is_some() || tx.has_answered_sign_up(&row.email).await? {
            return Err(Error::Conflict("this address has an account, or waits for one, already".to_owned()));
        }
        if !tx.answer_sign_up(row.id, now.plus_seconds(APPROVAL_SECONDS)).await? {
            return Err(mail::unknown_proof());
        }
        let mut line = entry(ctx, "sign-up.answer");
        line.detail = format!("{} {}", row.name, row.email);
        tx.insert_audit(&line, now).await?;
        tx.commit().await?;
        return Ok(SignedUp::Waits);
    }
    if mode == SignUpMode::Invitation {
        let used = match row.invitation {
            Some(id) => tx.use_invitation(id, now).await?,
            None => false,
        };
        if !used {
            return Err(Error::Conflict("the invitation was used up or has expired meanwhile: ask for another one".to_owned()));
        }
    }
    let account = make(&mut tx, app, ctx, &row, "user.sign-up").await?;
    tx.commit().await?;
    Ok(SignedUp::Made(Box::new(account)))
}

/// Who waits for approval, longest waiting first. For administrators.
pub async fn list_sign_ups(app: &App, ctx: &Ctx, page: Page) -> Result<Paged<WaitingSignUp>> {
    require_admin(ctx, Level::Read)?;
    let waiting = |row: SignUpRow| {
        let SignUpRow { id, name, full_name, email, created_at, .. } = row;
        WaitingSignUp { id, name, full_name, email, created_at }
    };
    Ok(app.store.list_sign_ups(page).await?.map(waiting))
}

/// Makes the account of somebody who waits, and tells them. For administrators.
pub async fn approve_sign_up(app: &App, ctx: &Ctx, id: SignUpId) -> Result<Account> {
    require_admin(ctx, Level::Write)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let row = tx.find_sign_up(id).await?.filter(|row| row.answered && row.expires_at > now).ok_or(Error::NotFound("sign-up"))?;
    let account = make(&mut tx, app, ctx, &row, "sign-up.approve").await?;
    mail::notify(&mut tx, app, MailKind::Approved, account.id, "Your account was approved: you can sign in now.").await?;
    tx.commit().await?;
    Ok(account)
}

/// Ends a wait without an account. For administrators.
pub async fn reject_sign_up(app: &App, ctx: &Ctx, id: SignUpId) -> Result<()> {
    require_admin(ctx, Level::Write)?;
    let mut tx = app.store.begin().await?;
    let row = tx.find_sign_up(id).await?.filter(|row| row.answered).ok_or(Error::NotFound("sign-up"))?;
    tx.delete_sign_up(id).await?;
    let mut line = entry(ctx, "sign-up.reject");
    line.detail = format!("{} {}", row.name, row.email);
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

async fn make(tx: &mut Tx, app: &App, ctx: &Ctx, row: &SignUpRow, action: &'static str) -> Result<Account> {
    // Of two who do this at once, one finds the row gone.
    if !tx.delete_sign_up(row.id).await? {
        return Err(mail::unknown_proof());
    }
    let now = app.clock.now();
    let new = NewAccount {
        kind: AccountKind::User,
        name: &row.name,
        full_name: &row.full_name,
        email: &row.email,
        password_hash: Some(&row.password_hash),
        is_admin: false,
        must_change_password: false,
        at: now,
    };
    let id = tx.insert_account(&new).await?.map_err(|what| rules::taken(what, row.name.as_str()))?;
    let mut line = entry(ctx, action);
    line.account = Some(id);
    line.detail = row.name.to_string();
    tx.insert_audit(&line, now).await?;
    tx.find_account(id).await?.ok_or(Error::NotFound("user"))
}

fn open_mode(app: &App) -> Result<SignUpMode> {
    match app.config.sign_up.mode {
        SignUpMode::Closed => Err(Error::forbidden("nobody signs up here: whoever administers this server makes accounts")),
        mode => Ok(mode),
    }
}

fn checked_email(app: &App, text: &str) -> Result<String> {
    let email = rules::email(text)?;
    let domains = &app.config.sign_up.domains;
    match domains.allow(&email) {
        true => Ok(email),
        false => Err(Invalid::new("email", format!("must be an address at {}", domains.named().join(", "))).into()),
    }
}

fn name_taken(name: &AccountName) -> Error {
    rules::taken(hardie_store::accounts::AccountTaken::Name, name.as_str())
}
