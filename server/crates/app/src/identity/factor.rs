//! The second factor at a sign-in: whether an account needs one, and whether a code is it, or a passkey.
//!
//! A code counts once: the newest time step that was taken is kept, and a recovery code's row goes. Both are written before anybody is let
//! in, so that of two who send one code at once one is refused, and a crash in between costs a code, not the rule.

use hardie_domain::ids::AccountId;
use hardie_domain::mail::MailKind;
use hardie_domain::secret::Secret;
use hardie_store::accounts::AccountRow;
use hardie_store::second_factor::FactorRow;

use super::attempts::Attempt;
use super::{recovery, totp};
use crate::audit::entry;
use crate::mail;
use crate::sealing::{Closed, Sealed};
use crate::{App, Ctx, Error, Result};

/// What a password may be joined with where it is given.
#[derive(Clone, Copy, Debug)]
pub enum Second<'a> {
    /// Nothing: where programs ask, access tokens are there for accounts with a second factor.
    Barred,
    /// A code, which is spent.
    Spent(Option<&'a Secret>),
    /// A code of the app, which stays good: for requests that change nothing, since clients send several with one code.
    Looked(Option<&'a Secret>),
    /// Nothing yet: a passkey is asked next, and the password comes again with what it signs.
    Begun,
    /// A passkey of this account signed.
    Signed(AccountId),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The account has no second factor.
    Unneeded,
    /// The code is right.
    Proven,
    /// There is none, and it is needed.
    Missing,
    /// It is not right, or was used before.
    Wrong,
    /// No code is taken here.
    Barred,
    /// It comes next.
    Begun,
}

/// Looks at the code for an account whose password was right. Codes wait by the account, by whichever of its names it was asked for.
pub(super) async fn examine(app: &App, ctx: &Ctx, account: &AccountRow, second: Second<'_>) -> Result<Outcome> {
    let row = app.store.find_factor(account.id).await?.filter(|row| row.confirmed_at.is_some());
    if row.is_none() && app.store.count_passkeys(account.id).await? == 0 {
        return Ok(Outcome::Unneeded);
    }
    let (code, spends) = match second {
        Second::Barred => return Ok(Outcome::Barred),
        Second::Begun => return Ok(Outcome::Begun),
        Second::Signed(by) => return Ok(if by == account.id { Outcome::Proven } else { Outcome::Wrong }),
        Second::Spent(code) => (code, true),
        Second::Looked(code) => (code, false),
    };
    let Some(code) = code.map(recovery::plain).filter(|code| !code.expose().is_empty()) else { return Ok(Outcome::Missing) };
    Attempt::of_account(ctx, account.id).check(app).await?;
    let right = match code.expose().len() {
        recovery::CODE_CHARS if spends => {
            spend_passkey_code(app, account.id, code.expose()).await? || spend_recovery_code(app, ctx, account.id, code.expose()).await?
        }
        totp::DIGITS => match row.map(|row| step_of(app, &row, code.expose())).transpose()?.flatten() {
            Some(step) if spends => {
                let mut tx = app.store.begin().await?;
                let spent = tx.spend_step(account.id, step).await?;
                tx.commit().await?;
                spent
            }
            step => step.is_some(),
        },
        _ => false,
    };
    Ok(if right { Outcome::Proven } else { Outcome::Wrong })
}

/// What is said to whoever has the right password alone.
pub(super) async fn missing(app: &App, account: AccountId) -> Result<Error> {
    let page = format!("{}/login/passkey", app.config.public_url);
    let has_passkey = app.store.count_passkeys(account).await? > 0;
    Ok(Error::SecondFactor(match (app.store.has_app(account).await?, has_passkey) {
        (true, true) => format!("a code of your authenticator app, a recovery code or a passkey ({page}) is needed too"),
        (false, true) => format!("a passkey is needed too ({page}), or a recovery code"),
        _ => "a code of your authenticator app, or a recovery code, is needed too".to_owned(),
    }))
}

/// The time step of a code that counts now.
pub(super) fn step_of(app: &App, row: &FactorRow, code: &str) -> Result<Option<i64>> {
    let secret = open(app, row).map_err(|why| {
        tracing::error!(account.id = %row.account, %why, "the secret of a second factor does not open");
        let text = "codes of authenticator apps cannot be checked now: use a recovery code, or ask an administrator of this server";
        Error::Unavailable(text.to_owned())
    })?;
    Ok(totp::step_of(&secret, code, app.clock.now(), row.last_step))
}

async fn spend_passkey_code(app: &App, account: AccountId, code: &str) -> Result<bool> {
    let mut tx = app.store.begin().await?;
    let spent = tx.spend_passkey_code(account, &recovery::hash_of(account, code), app.clock.now()).await?;
    tx.commit().await?;
    Ok(spent)
}

/// Whoever administers should see it: a recovery code is used seldom, and by thieves.
async fn spend_recovery_code(app: &App, ctx: &Ctx, account: AccountId, code: &str) -> Result<bool> {
    let mut tx = app.store.begin().await?;
    if !tx.spend_recovery_code(account, &recovery::hash_of(account, code)).await? {
        return Ok(false);
    }
    let mut line = entry(ctx, "factor.recovery");
    line.account = Some(account);
    line.detail = format!("{} recovery codes are left", tx.count_recovery_codes(account).await?);
    tx.insert_audit(&line, app.clock.now()).await?;
    let happened = format!("A recovery code was used in place of a code of the app. {}.", line.detail);
    mail::notify(&mut tx, app, MailKind::FactorChanged, account, &happened).await?;
    tx.commit().await?;
    Ok(true)
}

fn purpose(account: AccountId) -> Vec<u8> {
    [b"second factor of an account".as_slice(), &account.0.to_be_bytes()].concat()
}

/// Seals the secret of an account's app.
pub(super) fn seal(app: &App, account: AccountId, secret: &Secret) -> Result<Sealed> {
    app.sealing.seal(app.entropy.as_ref(), &purpose(account), secret)
}

/// Opens it.
pub(super) fn open(app: &App, row: &FactorRow) -> Result<Secret, Closed> {
    app.sealing.open(&row.key_id, &purpose(row.account), &row.sealed)
}
