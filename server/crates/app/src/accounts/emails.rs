//! E-mail addresses of users: added unproven, counted once a mail to them was answered. Mails and passwords go by the primary one alone, so
//! that an address which somebody adds with a stolen token opens nothing.

use hardie_domain::error::Invalid;
use hardie_domain::ids::AccountId;
use hardie_domain::mail::MailKind;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use hardie_store::Tx;
use hardie_store::accounts::AccountChange;
pub use hardie_store::emails::EmailRow as Email;
use hardie_store::mail_tokens::{MailTokenRow, Purpose};

use super::rules;
use crate::access::{require_admin, require_more_than_public, require_scope};
use crate::audit::entry;
use crate::mail::{self, Proof};
use crate::{App, Ctx, Error, Result};

/// Addresses of one user.
const MOST: usize = 20;
/// For how long whoever got the mail may answer.
const ANSWER_SECONDS: i64 = 24 * 3600;

/// The actor's own addresses, the primary one first.
pub async fn list_emails(app: &App, ctx: &Ctx) -> Result<Vec<Email>> {
    let actor = require_scope(ctx, Category::User, Level::Read)?;
    require_more_than_public(ctx)?;
    Ok(app.store.list_emails(actor.id).await?)
}

/// Addresses of all users that hold the text. For administrators.
pub async fn list_all_emails(app: &App, ctx: &Ctx, query: &str, page: Page) -> Result<Paged<Email>> {
    require_admin(ctx, Level::Read)?;
    let query: String = query.trim().chars().take(100).collect();
    Ok(app.store.list_all_emails(&query, page).await?)
}

/// Adds addresses to the actor's account and sends a mail to each; to one that waits for an answer another mail. All or none.
pub async fn add_emails(app: &App, ctx: &Ctx, named: &[String]) -> Result<Vec<Email>> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    mail::require_mail(app, "emails")?;
    let named = checked(named)?;
    mail::count_requests(app, ctx, named.len()).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    for email in &named {
        ask(&mut tx, app, (actor.id, actor.name.as_str()), email, false, now).await?;
    }
    if tx.list_emails(actor.id).await?.len() > MOST {
        return Err(Error::Quota(format!("a user may have {MOST} e-mail addresses: remove those that are not needed")));
    }
    let mut line = entry(ctx, "email.add");
    line.account = Some(actor.id);
    line.detail = named.join(", ");
    tx.insert_audit(&line, now).await?;
    let all = tx.list_emails(actor.id).await?;
    tx.commit().await?;
    Ok(all.into_iter().filter(|row| named.iter().any(|email| email.to_lowercase() == row.email.to_lowercase())).collect())
}

/// Removes addresses of the actor's account, all or none. The primary one stays.
pub async fn remove_emails(app: &App, ctx: &Ctx, named: &[String]) -> Result<()> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    let named = checked(named)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    for email in &named {
        let row = tx.find_email(actor.id, email).await?.ok_or(Error::NotFound("e-mail address"))?;
        if !tx.delete_email(actor.id, email).await? {
            return Err(Invalid::new("emails", format!("{} is the primary address: make another one primary first", row.email)).into());
        }
        tx.delete_mail_tokens_to(actor.id, email).await?;
    }
    let mut line = entry(ctx, "email.remove");
    line.account = Some(actor.id);
    line.detail = named.join(", ");
    tx.insert_audit(&line, now).await?;
    let happened = format!("These addresses were removed from your account: {}", named.join(", "));
    mail::notify(&mut tx, app, MailKind::AddressChanged, actor.id, &happened).await?;
    Ok(tx.commit().await?)
}

/// Counts an address, by what the mail to it held. Whoever has that needs no other proof.
pub async fn verify_email(app: &App, ctx: &Ctx, token: &Secret) -> Result<Email> {
    let (now, hash) = (app.clock.now(), mail::hash_of(token));
    // Nobody makes the database write with a token that is none.
    app.store.find_mail_token(Purpose::Verify, &hash, now).await?.ok_or_else(mail::unknown_proof)?;
    let mut tx = app.store.begin().await?;
    let taken = tx.take_mail_token(Purpose::Verify, &hash, now).await?.ok_or_else(mail::unknown_proof)?;
    let account = tx.find_account(taken.account).await?.filter(|account| !account.disabled).ok_or_else(mail::unknown_proof)?;
    let row = tx.find_email(account.id, &taken.lower_email).await?.ok_or_else(mail::unknown_proof)?;
    if tx.find_user_by_verified_email(&row.email).await?.is_some_and(|other| other.id != account.id) {
        return Err(in_use());
    }
    tx.set_verified_email(account.id, &row.email, now).await?;
    let mut line = entry(ctx, "email.verify");
    line.account = Some(account.id);
    line.detail = row.email.clone();
    tx.insert_audit(&line, now).await?;
    let happened = match taken.make_primary {
        true => format!("{} is its primary address now, in place of this one.", row.email),
        false => format!("{} is one of its addresses now.", row.email),
    };
    // To the address before.
    mail::notify(&mut tx, app, MailKind::AddressChanged, account.id, &happened).await?;
    if taken.make_primary {
        prefer(&mut tx, account.id, &row.email, now).await?;
    }
    let row = tx.find_email(account.id, &row.email).await?.ok_or(Error::NotFound("e-mail address"))?;
    tx.commit().await?;
    Ok(row)
}

/// Makes an address primary that is verified, or asks by mail whether it is the user's. The password was asked for.
pub(super) async fn change_primary(tx: &mut Tx, app: &App, account: (AccountId, &str), email: &str) -> Result<()> {
    let now = app.clock.now();
    if !tx.find_email(account.0, email).await?.is_some_and(|row| row.verified) {
        mail::require_mail(app, "email")?;
        return ask(tx, app, account, email, true, now).await;
    }
    let happened = format!("{email} is its primary address now, in place of this one.");
    mail::notify(tx, app, MailKind::AddressChanged, account.0, &happened).await?;
    prefer(tx, account.0, email, now).await
}

/// Gives a user an address that somebody vouches for, in place of the primary one before.
pub(super) async fn replace_primary(tx: &mut Tx, account: AccountId, before: &str, email: &str) -> Result<()> {
    tx.delete_mail_tokens_of(account).await?;
    if before.to_lowercase() != email.to_lowercase() {
        tx.delete_email(account, before).await?;
    }
    Ok(())
}

async fn prefer(tx: &mut Tx, account: AccountId, email: &str, now: Timestamp) -> Result<()> {
    let change = AccountChange { email: Some(email), ..AccountChange::default() };
    tx.update_account(account, &change, now).await?.map_err(|_| in_use())?;
    // What was sent to prove the one before proves nothing any more.
    tx.delete_mail_tokens_of(account).await?;
    Ok(())
}

async fn ask(tx: &mut Tx, app: &App, (account, name): (AccountId, &str), email: &str, make_primary: bool, now: Timestamp) -> Result<()> {
    let owner = tx.find_user_by_verified_email(email).await?;
    if owner.as_ref().is_some_and(|owner| owner.id == account) {
        return Err(Error::Conflict(format!("{email} is an address of this account already")));
    }
    if !mail::may_write(tx, app, MailKind::Verify, email).await? {
        let text = format!("{email} got enough mails for now: try again in an hour");
        return Err(Error::RateLimited { text, retry_after: 3600 });
    }
    tx.insert_email(account, email, now).await?;
    let proof = Proof::new(app);
    let token = MailTokenRow {
        hash: proof.hash,
        purpose: Purpose::Verify,
        account,
        lower_email: email.to_lowercase(),
        make_primary,
        expires_at: now.plus_seconds(ANSWER_SECONDS),
    };
    tx.insert_mail_token(&token).await?;
    // Whether it is somebody else's only the mail tells, to whoever reads mails there; the proof goes to nobody then.
    let (recipient, text) = match owner {
        Some(owner) => {
            let own = tx.find_email(owner.id, email).await?;
            (own.map_or(owner.email, |row| row.email), mail::verify_taken(app, name))
        }
        None => (email.to_owned(), mail::verify(app, name, &proof.secret)),
    };
    mail::send(tx, app, MailKind::Verify, Some(account), &recipient, &text).await
}

fn checked(named: &[String]) -> Result<Vec<String>> {
    if named.is_empty() || named.len() > MOST {
        return Err(Invalid::new("emails", format!("must name 1 to {MOST} addresses")).into());
    }
    let mut checked: Vec<String> = Vec::new();
    for text in named {
        let email = rules::email(text)?;
        if !checked.iter().any(|known| known.to_lowercase() == email.to_lowercase()) {
            checked.push(email);
        }
    }
    Ok(checked)
}

/// Whose it is, nobody is told.
fn in_use() -> Error {
    Error::Conflict("this e-mail address is in use by another account".to_owned())
}
