//! Sending what waits. A try is a lease on the mail's row; if the server dies in it, another follows with the same `Message-ID`.

use futures_util::future::join_all;
use hardie_domain::audit::{AuditEntry, Outcome};
use hardie_domain::ids::MailId;
use hardie_domain::mail::{MailKind, next_try};
use hardie_domain::time::Timestamp;
use hardie_store::Tx;
use hardie_store::mail::MailRow;
use hardie_store::mail_tokens::{MailTokenRow, Purpose};

use super::{Proof, texts, written};
use crate::audit::entry;
use crate::ports::{Letter, Undelivered};
use crate::{App, Ctx, Result};

/// Mails sent at once: a server of mails that hangs keeps so many waiting.
const AT_ONCE: u32 = 8;
/// Longer than a try can take.
const LEASE_SECONDS: i64 = 300;
/// For how long whoever got the mail may choose a new password.
const RESET_SECONDS: i64 = 3600;
/// Characters of a reason that are logged.
const MOST_REASON: usize = 200;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mailed {
    /// Mails that were tried.
    pub tried: usize,
    /// Whether more may be due.
    pub more: bool,
}

/// Tries what is due, a few at once. `holder` is different for each process.
pub async fn send_mails(app: &App, holder: &str) -> Result<Mailed> {
    if !app.mailer.is_there() {
        return Ok(Mailed::default());
    }
    let due = app.store.list_due_mails(app.clock.now(), AT_ONCE).await?;
    let tried = due.len();
    for outcome in join_all(due.into_iter().map(|id| attempt(app, holder, id))).await {
        outcome?;
    }
    Ok(Mailed { tried, more: u32::try_from(tried).is_ok_and(|tried| tried >= AT_ONCE) })
}

async fn attempt(app: &App, holder: &str, id: MailId) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let Some(mut mail) = tx.claim_mail(id, holder, now, now.plus_seconds(LEASE_SECONDS)).await? else { return Ok(()) };
    if mail.key_id.is_empty() && !write(&mut tx, app, &mut mail, now).await? {
        tx.delete_mail(&mail).await?;
        return Ok(tx.commit().await?);
    }
    tx.commit().await?;
    let text = match written::open(app, &mail) {
        Ok(text) => text,
        Err(why) => return park(app, &mail, &format!("what it says does not open: {why}")).await,
    };
    let letter = Letter {
        message_id: mail.message_id.clone(),
        recipient: mail.recipient.clone(),
        subject: texts::subject(app, mail.kind),
        text,
        asked_at: mail.created_at,
    };
    match app.mailer.send(&letter).await {
        Ok(()) => {
            let mut tx = app.store.begin().await?;
            tx.delete_mail(&mail).await?;
            tx.commit().await?;
            tracing::info!(mail.id = %mail.id, kind = mail.kind.as_str(), attempt = mail.attempt, "a mail was sent");
            Ok(())
        }
        Err(Undelivered::Never(why)) => park(app, &mail, &why).await,
        Err(Undelivered::Later(why)) => later(app, &mail, &why).await,
    }
}

async fn later(app: &App, mail: &MailRow, why: &str) -> Result<()> {
    let mut chance = [0; 1];
    app.entropy.fill(&mut chance);
    let [chance] = chance;
    let Some(next_at) = next_try(mail.attempt, mail.created_at, app.clock.now(), chance) else { return park(app, mail, why).await };
    tracing::warn!(mail.id = %mail.id, kind = mail.kind.as_str(), attempt = mail.attempt, why = %cut(why), "a mail was not sent and will be tried again");
    let mut tx = app.store.begin().await?;
    tx.postpone_mail(mail, next_at).await?;
    Ok(tx.commit().await?)
}

/// Gives a mail up. Neither the log nor the audit has what it said.
async fn park(app: &App, mail: &MailRow, why: &str) -> Result<()> {
    let why = cut(why);
    tracing::warn!(mail.id = %mail.id, kind = mail.kind.as_str(), attempt = mail.attempt, %why, "a mail was given up");
    let mut tx = app.store.begin().await?;
    if tx.park_mail(mail).await? {
        let mut line = AuditEntry { outcome: Outcome::Failed, ..AuditEntry::by_server("mail.park") };
        line.account = mail.account;
        line.detail = format!("{} after {} tries: {why}", mail.kind.as_str(), mail.attempt);
        tx.insert_audit(&line, app.clock.now()).await?;
    }
    Ok(tx.commit().await?)
}

/// Writes what a mail says that was only noted; `false` if nobody is to get it.
async fn write(tx: &mut Tx, app: &App, mail: &mut MailRow, now: Timestamp) -> Result<bool> {
    let text = match (mail.kind, mail.sign_up) {
        (MailKind::Reset, _) => {
            let found = tx.find_user_by_email(&mail.recipient).await?;
            let Some(account) = found.filter(|account| !account.disabled) else { return Ok(false) };
            let proof = Proof::new(app);
            let token = MailTokenRow {
                hash: proof.hash,
                purpose: Purpose::Reset,
                account: account.id,
                lower_email: account.email.to_lowercase(),
                make_primary: false,
                expires_at: now.plus_seconds(RESET_SECONDS),
            };
            tx.insert_mail_token(&token).await?;
            let mut line = entry(&Ctx::system(), "password.reset-mail");
            line.account = Some(account.id);
            tx.insert_audit(&line, now).await?;
            // To the address as its owner wrote it: what a stranger typed may only look the same.
            mail.account = Some(account.id);
            mail.recipient = account.email;
            texts::reset(app, account.name.as_str(), &proof.secret)
        }
        (MailKind::SignUp, Some(id)) => {
            let Some(wanted) = tx.find_sign_up(id).await? else { return Ok(false) };
            if tx.has_answered_sign_up(&wanted.email).await? {
                return Ok(false);
            }
            match tx.find_user_by_verified_email(&wanted.email).await? {
                Some(account) if account.disabled => return Ok(false),
                Some(account) => {
                    // As its owner wrote it.
                    let own = tx.find_email(account.id, &wanted.email).await?;
                    mail.recipient = own.map_or(account.email, |row| row.email);
                    mail.account = Some(account.id);
                    texts::signed_up_already(app)
                }
                None => {
                    let proof = Proof::new(app);
                    tx.set_sign_up_hash(id, &proof.hash).await?;
                    texts::sign_up(app, wanted.name.as_str(), &proof.secret)
                }
            }
        }
        _ => return Ok(false),
    };
    let sealed = written::seal(app, &mail.message_id, &text)?;
    (mail.key_id, mail.sealed) = (sealed.key_id, sealed.bytes);
    Ok(tx.write_mail(mail).await?)
}

/// What a server of mails says, short and in one line.
fn cut(why: &str) -> String {
    why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_REASON).collect()
}
