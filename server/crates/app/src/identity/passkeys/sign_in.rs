//! Signing a browser in by a passkey: alone, if the authenticator verified its owner; or after the password, which comes again with the answer, so that there is
//! nothing between nobody and a session.

use hardie_domain::audit::Outcome;
use hardie_domain::error::Invalid;
use hardie_domain::mail::MailKind;
use hardie_domain::secret::Secret;
use hardie_store::Tx;
use hardie_store::accounts::{AccountKind, AccountRow};

use super::challenge::{self, Challenge, LIFE_SECONDS, Question};
use super::site::Site;
use super::verify::{self, Assertion, Owner, Used};
use super::{Passkey, PasskeyAsked};
use crate::audit::entry;
use crate::identity::basic::{self, Proven};
use crate::identity::factor::Second;
use crate::identity::sessions::{self, NewSession};
use crate::{App, Ctx, Error, Result, mail};

/// Why a passkey is refused whose count went back.
const COPIED: &str = "it was used elsewhere after what it says now, so there seems to be a copy of it; remove it, and add it anew";

/// A sign-in from a browser.
#[derive(Clone, Debug)]
pub struct PasskeySignIn {
    /// Name or e-mail address, where the password comes along; else empty.
    pub user: String,
    /// The password, or nothing.
    pub password: Secret,
    /// What the passkey signed.
    pub assertion: Assertion,
    /// What the browser kept.
    pub cookie: Option<Secret>,
    /// What the browser says of itself.
    pub agent: String,
}

/// Asks any passkey of this site who is there; or, of somebody who gave name and password, one of theirs. Without the right password nobody learns which passkeys
/// an account has, or whether it has any.
pub async fn begin_passkey_sign_in(app: &App, ctx: &Ctx, user: &str, password: &Secret) -> Result<PasskeyAsked> {
    let site = Site::of(app)?;
    let mut allowed = Vec::new();
    let mut question = Question::SignIn;
    if !user.is_empty() || !password.expose().is_empty() {
        let Proven { account, .. } = basic::check_password(app, ctx, user, password, Second::Begun).await?;
        allowed = app.store.list_passkeys(account.id).await?.into_iter().map(|passkey| passkey.credential_id).collect();
        question = Question::Second(account.id);
        if allowed.is_empty() {
            return Err(Invalid::new("username", "has no passkey: sign in with the password").into());
        }
    }
    Ok(ask(app, site, question, allowed))
}

/// Signs in.
pub async fn sign_in_by_passkey(app: &App, ctx: &Ctx, request: PasskeySignIn) -> Result<NewSession> {
    let site = Site::of(app)?;
    let Some(passkey) = app.store.find_passkey(&request.assertion.id).await? else {
        return Err(Error::unauthenticated("this passkey is not known here: it was removed, or is another site's"));
    };
    let with_password = !request.user.is_empty();
    let (question, owner) = match with_password {
        true => (Question::Second(passkey.account), Owner::Present),
        false => (Question::SignIn, Owner::Verified),
    };
    let challenge = challenge::of_browser(&app.signing, question, request.cookie.as_ref(), app.clock.now())?;
    let used = match verify::assertion(&site, &challenge, &passkey, &request.assertion, owner) {
        Ok(used) => used,
        Err(why) => return Err(refuse(app, ctx, &passkey, why).await?),
    };
    if with_password {
        let second = Second::Signed(passkey.account);
        let Proven { account, .. } = basic::check_password(app, ctx, &request.user, &request.password, second).await?;
        // Of an account without a second factor nothing was asked but the password.
        if account.id != passkey.account {
            return Err(refuse(app, ctx, &passkey, "it is another account's").await?);
        }
    }
    let mut tx = app.store.begin().await?;
    let account = match use_up(&mut tx, app, &challenge, &passkey, used).await? {
        Ok(account) => account,
        Err(why) => {
            drop(tx);
            return Err(refuse(app, ctx, &passkey, why).await?);
        }
    };
    let session = sessions::open(&mut tx, app, ctx, account, &request.agent, Some(&passkey.name)).await?;
    tx.commit().await?;
    Ok(session)
}

/// What is asked of a browser.
pub(super) fn ask(app: &App, site: Site, question: Question, allowed: Vec<Vec<u8>>) -> PasskeyAsked {
    let (challenge, cookie) = challenge::make(&app.signing, app.entropy.as_ref(), question, app.clock.now());
    let verified = question == Question::SignIn;
    PasskeyAsked { challenge: challenge.bytes, cookie, seconds: LIFE_SECONDS, site: site.id, allowed, verified }
}

/// Spends the challenge and notes the use, with the account held; or says why neither is done.
pub(super) async fn use_up(
    tx: &mut Tx,
    app: &App,
    challenge: &Challenge,
    passkey: &Passkey,
    used: Used,
) -> Result<Result<AccountRow, &'static str>> {
    tx.lock_sign_in(passkey.account).await?;
    let account = tx.find_account(passkey.account).await?.filter(|account| account.kind == AccountKind::User && !account.disabled);
    let is_there = tx.list_passkeys(passkey.account).await?.iter().any(|there| there.id == passkey.id);
    let Some(account) = account.filter(|_| is_there) else { return Ok(Err("it was removed, or its account disabled")) };
    if !tx.spend_challenge(&challenge.bytes, challenge.expires_at).await? {
        return Ok(Err("this challenge was answered before"));
    }
    match tx.use_passkey(passkey.id, used.count, used.backed_up, app.clock.now()).await? {
        true => Ok(Ok(account)),
        false => Ok(Err(COPIED)),
    }
}

/// Notes a refusal, and gives it; the owner is told of a copy. Nothing is counted: what a signature is over cannot be guessed, and nobody shall make an owner wait.
pub(super) async fn refuse(app: &App, ctx: &Ctx, passkey: &Passkey, why: &'static str) -> Result<Error> {
    let now = app.clock.now();
    let mut line = entry(ctx, "sign-in.fail");
    line.account = Some(passkey.account);
    line.detail = format!("wrong passkey by {}: {why}", ctx.door.as_str());
    line.outcome = Outcome::Denied;
    if app.denials.may_write(ctx, now) {
        let mut tx = app.store.begin().await?;
        tx.insert_audit(&line, now).await?;
        if why == COPIED {
            let happened = format!("A passkey was refused: {COPIED}.");
            mail::notify(&mut tx, app, MailKind::FactorChanged, passkey.account, &happened).await?;
        }
        tx.commit().await?;
    }
    Ok(Error::unauthenticated(format!("this passkey is not taken: {why}")))
}
