//! Proof by a secret that came in a header: an access token, or a user's name and password.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::ids::AccountId;
use hardie_domain::password;
use hardie_domain::scope::ScopeSet;
use hardie_domain::secret::Secret;
use hardie_domain::token::{self, AccessToken};
use hardie_store::accounts::{AccountKind, AccountRow};

use super::actor::actor_of;
use super::attempts::Attempt;
use super::{passwords, tokens};
use crate::{App, Ctx, Error, Result};

/// One text for every way in which a name and a password do not fit together.
const WRONG: &str = "wrong user name or password";

/// Basic auth (RFC 7617). A token is taken in either field, since clients differ in where they put it.
pub async fn authenticate_basic(app: &App, ctx: &Ctx, user: &str, secret: &Secret) -> Result<Actor> {
    for field in [secret.expose(), user] {
        if field.starts_with(token::PREFIX) {
            return authenticate_token(app, &Secret::new(field)).await;
        }
    }
    let account = check_password(app, ctx, user, secret).await?;
    actor_of(&account, Credential::Password, ScopeSet::ALL).ok_or_else(|| Error::unauthenticated(WRONG))
}

/// `Authorization: token …` or `Bearer …`.
pub async fn authenticate_token(app: &App, secret: &Secret) -> Result<Actor> {
    let unknown = || Error::unauthenticated("this token is unknown, expired or revoked");
    let token = AccessToken::parse(secret.expose()).ok_or_else(unknown)?;
    tokens::actor_by_token(app, &token).await?.ok_or_else(unknown)
}

/// Finds the user of this name or e-mail address whose password this is. Throttled and bounded; a name that nobody has costs
/// the same work as a wrong password.
pub(super) async fn check_password(app: &App, ctx: &Ctx, user: &str, secret: &Secret) -> Result<AccountRow> {
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
        attempt.failed(app, ctx).await?;
        return Err(Error::unauthenticated(WRONG));
    };
    attempt.passed(app).await?;
    if checked.outdated {
        let hash = passwords::hash_in(run, app, secret).await?;
        let mut tx = app.store.begin().await?;
        tx.set_password(account.id, &hash, account.must_change_password, app.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(account)
}
