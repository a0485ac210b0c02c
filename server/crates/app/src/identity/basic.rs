//! Proof by a secret that came in a header: an access token, or a user's name and password, with a code where the account has a second factor.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::ids::AccountId;
use hardie_domain::password;
use hardie_domain::scope::ScopeSet;
use hardie_domain::secret::Secret;
use hardie_domain::token::{self, AccessToken};
use hardie_store::accounts::{AccountKind, AccountRow};

use super::actor::actor_of;
use super::attempts::{Attempt, Fault};
use super::factor::{self, Outcome, Second};
use super::{passwords, tokens};
use crate::{App, Ctx, Error, Result, oauth};

/// One text for every way in which a name and a password do not fit together.
const WRONG: &str = "wrong user name or password";

/// Basic auth (RFC 7617). A token is taken in either field, since clients differ in where they put it. The password of an account with a second
/// factor proves nothing.
pub async fn authenticate_basic(app: &App, ctx: &Ctx, user: &str, secret: &Secret) -> Result<Actor> {
    authenticate_basic_with(app, ctx, user, secret, Second::Barred).await
}

/// The same where a code may come along.
pub async fn authenticate_basic_with(app: &App, ctx: &Ctx, user: &str, secret: &Secret, second: Second<'_>) -> Result<Actor> {
    for field in [secret.expose(), user] {
        if field.starts_with(token::PREFIX) || oauth::is_access_token(field) {
            return authenticate_token(app, &Secret::new(field)).await;
        }
    }
    let Proven { account, .. } = check_password(app, ctx, user, secret, second).await?;
    actor_of(&account, Credential::Password, ScopeSet::ALL).ok_or_else(|| Error::unauthenticated(WRONG))
}

/// `Authorization: token …` or `Bearer …`.
pub async fn authenticate_token(app: &App, secret: &Secret) -> Result<Actor> {
    let unknown = || Error::unauthenticated("this token is unknown, expired or revoked");
    if oauth::is_access_token(secret.expose()) {
        return oauth::actor_by_access_token(app, secret).await?.ok_or_else(unknown);
    }
    let token = AccessToken::parse(secret.expose()).ok_or_else(unknown)?;
    tokens::actor_by_token(app, &token).await?.ok_or_else(unknown)
}

/// Whom a password proved.
pub(super) struct Proven {
    /// The account.
    pub account: AccountRow,
    /// Whether a code did too.
    pub by_code: bool,
}

/// Finds the user of this name or e-mail address whose password this is, and whose second factor, if there is one. Throttled and bounded; a name
/// that nobody has costs the same work as a wrong password, and a wrong code counts as one does. A right password without its code changes no
/// count, or it would give whoever knows it new guesses at the code.
pub(super) async fn check_password(app: &App, ctx: &Ctx, user: &str, secret: &Secret, second: Second<'_>) -> Result<Proven> {
    let account = match user.contains('@') {
        true => app.store.find_user_by_email(user).await?,
        false => app.store.find_account_by_name(user).await?.filter(|a| a.kind == AccountKind::User),
    };
    let attempt = Attempt::new(ctx, user, account.as_ref());
    attempt.check(app).await?;
    // An id that nobody has costs the same read.
    let id = account.as_ref().map_or(AccountId(0), |a| a.id);
    let stored = app.store.find_password_hash(id).await?.filter(|_| secret.expose().len() <= password::MAX_BYTES);
    let run = passwords::turn().await?;
    // Again with the turn in hand: of many attempts sent at once, those that waited must see that the others failed.
    attempt.check(app).await?;
    let (run, checked) = passwords::check(run, secret, stored).await?;
    let Some(account) = account.filter(|a| checked.matches && !a.disabled) else {
        attempt.failed(app, ctx, Fault::Password).await?;
        return Err(Error::unauthenticated(WRONG));
    };
    // Still within the turn: of many codes sent at once, few are looked at before the first failure counts.
    let outcome = factor::examine(app, ctx, &account, second).await?;
    let codes = Attempt::of_account(ctx, account.id);
    match outcome {
        Outcome::Unneeded | Outcome::Proven => {
            attempt.passed(app).await?;
            codes.passed(app).await?;
        }
        // No count changes, as without a code.
        Outcome::Begun => {}
        Outcome::Missing => return Err(factor::missing(app, account.id).await?),
        Outcome::Wrong => {
            codes.failed(app, ctx, Fault::Code).await?;
            return Err(Error::SecondFactor("this code is not right, or was used before".to_owned()));
        }
        Outcome::Barred => {
            let page = format!("{}/user/settings/tokens", app.config.public_url);
            let text =
                format!("this account has a second factor, so its password is not taken here: use an access token instead of it ({page})");
            return Err(Error::unauthenticated(text));
        }
    }
    if checked.outdated {
        let hash = passwords::hash_in(run, app, secret).await?;
        let mut tx = app.store.begin().await?;
        tx.set_password(account.id, &hash, account.must_change_password, app.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(Proven { account, by_code: outcome == Outcome::Proven })
}

/// Whether this is the password of that hash, for somebody who has no account yet. Throttled as a sign-in is, under `subject`.
pub(crate) async fn is_password_of(app: &App, ctx: &Ctx, subject: &str, secret: &Secret, stored: &str) -> Result<bool> {
    let attempt = Attempt::new(ctx, subject, None);
    attempt.check(app).await?;
    let stored = (secret.expose().len() <= password::MAX_BYTES).then(|| stored.to_owned());
    let run = passwords::turn().await?;
    // Again with the turn in hand, as above.
    attempt.check(app).await?;
    let (_run, checked) = passwords::check(run, secret, stored).await?;
    if !checked.matches {
        attempt.failed(app, ctx, Fault::Password).await?;
    }
    Ok(checked.matches)
}
