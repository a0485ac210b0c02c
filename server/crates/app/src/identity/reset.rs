//! A new password for somebody who forgot the old one, by a mail to the primary address.

use hardie_domain::mail::MailKind;
use hardie_domain::password;
use hardie_domain::secret::Secret;
use hardie_store::mail_tokens::Purpose;

use super::{attempts, passwords};
use crate::accounts::checked_email;
use crate::audit::entry;
use crate::mail;
use crate::{App, Ctx, Result};

/// Asks for the mail. The answer is the same, and takes as long, whether or not an account has this address: nothing is looked up before the
/// mail is due.
pub async fn request_reset(app: &App, ctx: &Ctx, email: &str) -> Result<()> {
    mail::require_mail(app, "email")?;
    let email = checked_email(email)?;
    mail::count_requests(app, ctx, 1).await?;
    let mut tx = app.store.begin().await?;
    if mail::may_write(&mut tx, app, MailKind::Reset, &email).await? {
        mail::note(&mut tx, app, MailKind::Reset, None, &email).await?;
    }
    Ok(tx.commit().await?)
}

/// Sets a new password by what the mail held. All sessions of the user end; tokens and keys stay, for they are not the password's.
pub async fn reset_password(app: &App, ctx: &Ctx, token: &Secret, new: &Secret) -> Result<()> {
    let hash = mail::hash_of(token);
    let found = app.store.find_mail_token(Purpose::Reset, &hash, app.clock.now()).await?.ok_or_else(mail::unknown_proof)?;
    let account = app.store.find_account(found.account).await?.ok_or_else(mail::unknown_proof)?;
    password::check(new.expose(), account.name.as_str(), &account.email)?;
    // No transaction is open while this takes its time; all is looked at again afterwards.
    let password = passwords::hash(app, new).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let taken = tx.take_mail_token(Purpose::Reset, &hash, now).await?.ok_or_else(mail::unknown_proof)?;
    let account = tx.find_account(taken.account).await?.filter(|account| !account.disabled).ok_or_else(mail::unknown_proof)?;
    if account.email.to_lowercase() != taken.lower_email {
        return Err(mail::unknown_proof());
    }
    tx.set_password(account.id, &password, false, now).await?;
    tx.delete_sessions_of(account.id, None).await?;
    tx.delete_mail_tokens_of(account.id).await?;
    attempts::forget(&mut tx, &account).await?;
    let mut line = entry(ctx, "password.reset");
    line.account = Some(account.id);
    tx.insert_audit(&line, now).await?;
    mail::notify(&mut tx, app, MailKind::PasswordChanged, account.id, "A new password was chosen by a link from a mail to this address.")
        .await?;
    Ok(tx.commit().await?)
}
