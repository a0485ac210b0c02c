//! Writing mails down, in the transaction of what causes them.

use hardie_domain::error::Invalid;
use hardie_domain::host::host_of;
use hardie_domain::ids::{AccountId, SignUpId};
use hardie_domain::mail::MailKind;
use hardie_domain::secret::Secret;
use hardie_store::Tx;
use hardie_store::mail::NewMail;

use super::{bounds, texts, written};
use crate::{App, Result};

/// Refuses where a mail would be needed and none can be sent.
pub(crate) fn require_mail(app: &App, field: &'static str) -> Result<()> {
    match app.mailer.is_there() {
        true => Ok(()),
        false => {
            let text = "this server sends no mail, so that an address cannot be proven: whoever administers it can do this";
            Err(Invalid::new(field, text).into())
        }
    }
}

/// Writes a mail to an address. The caller has asked [`bounds::may_write`] whether that gets one.
pub(crate) async fn send(tx: &mut Tx, app: &App, kind: MailKind, account: Option<AccountId>, recipient: &str, text: &Secret) -> Result<()> {
    let message_id = message_id(app);
    let sealed = written::seal(app, &message_id, text)?;
    let mail = NewMail {
        kind,
        account,
        sign_up: None,
        recipient,
        message_id: &message_id,
        key_id: &sealed.key_id,
        sealed: &sealed.bytes,
        at: app.clock.now(),
    };
    tx.insert_mail(&mail).await?;
    Ok(())
}

/// Notes that an address wants a mail. What it says is decided when it is sent.
pub(crate) async fn note(tx: &mut Tx, app: &App, kind: MailKind, sign_up: Option<SignUpId>, recipient: &str) -> Result<()> {
    let message_id = message_id(app);
    let mail = NewMail { kind, account: None, sign_up, recipient, message_id: &message_id, key_id: "", sealed: &[], at: app.clock.now() };
    tx.insert_mail(&mail).await?;
    Ok(())
}

/// Tells a user by mail what happened, if this server sends mails and the user has an address. Of too many at once the last are left out:
/// nothing that happens fails for want of a mail.
pub(crate) async fn notify(tx: &mut Tx, app: &App, kind: MailKind, account: AccountId, happened: &str) -> Result<()> {
    if !app.mailer.is_there() {
        return Ok(());
    }
    let Some(account) = tx.find_account(account).await?.filter(|account| !account.email.is_empty() && !account.disabled) else {
        return Ok(());
    };
    if !bounds::may_write(tx, app, kind, &account.email).await? {
        tracing::info!(account.id = %account.id, kind = kind.as_str(), "a mail was left out: this address gets too many");
        return Ok(());
    }
    let text = texts::notice(app, account.name.as_str(), happened);
    send(tx, app, kind, Some(account.id), &account.email, &Secret::new(text)).await
}

/// For the header `Message-ID`: what belongs before and after its `@`.
fn message_id(app: &App) -> String {
    let host = texts::printable(host_of(&app.config.public_url)).replace(['[', ']', ':', '@', '<', '>'], "");
    format!("{}@{}", app.entropy.name(), if host.is_empty() { "localhost" } else { &host })
}
