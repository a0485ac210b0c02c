//! A code by a passkey, for every field that asks for one beside the password: another password, another address, tokens, whatever asks for a code later.

use hardie_domain::scope::{Category, Level};
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;

use super::PasskeyAsked;
use super::challenge::{self, Question};
use super::sign_in::{ask, refuse, use_up};
use super::site::Site;
use super::verify::{self, Assertion, Owner};
use crate::access::{require_more_than_public, require_scope};
use crate::identity::recovery;
use crate::{App, Ctx, Error, Result};

/// Time to copy it into the field.
const LIFE_SECONDS: i64 = 300;

/// A code, shown this once. The next one takes its place.
#[derive(Clone, Debug)]
pub struct PasskeyCode {
    /// As recovery codes are written.
    pub code: Secret,
    /// Until when it counts, once.
    pub expires_at: Timestamp,
}

/// Asks one of the actor's passkeys.
pub async fn begin_passkey_code(app: &App, ctx: &Ctx) -> Result<PasskeyAsked> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    let site = Site::of(app)?;
    let allowed: Vec<_> = app.store.list_passkeys(actor.id).await?.into_iter().map(|passkey| passkey.credential_id).collect();
    if allowed.is_empty() {
        return Err(Error::NotFound("passkey"));
    }
    let by = challenge::credential_of(actor);
    Ok(ask(app, site, Question::Code { account: actor.id, by }, allowed))
}

/// Gives a code for what the passkey signed. It is worth nothing without the password, which every field that takes it stands beside.
pub async fn passkey_code(app: &App, ctx: &Ctx, assertion: &Assertion, cookie: Option<&Secret>) -> Result<PasskeyCode> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    let site = Site::of(app)?;
    let now = app.clock.now();
    let found = app.store.find_passkey(&assertion.id).await?.filter(|passkey| passkey.account == actor.id);
    let passkey = found.ok_or(Error::NotFound("passkey"))?;
    let by = challenge::credential_of(actor);
    let challenge = challenge::of_browser(&app.signing, Question::Code { account: actor.id, by }, cookie, now).map_err(as_field)?;
    let used = match verify::assertion(&site, &challenge, &passkey, assertion, Owner::Present) {
        Ok(used) => used,
        Err(why) => return Err(as_field(refuse(app, ctx, &passkey, why).await?)),
    };
    let code = recovery::one(app.entropy.as_ref());
    let expires_at = now.plus_seconds(LIFE_SECONDS);
    let mut tx = app.store.begin().await?;
    if let Err(why) = use_up(&mut tx, app, &challenge, &passkey, used).await? {
        drop(tx);
        return Err(as_field(refuse(app, ctx, &passkey, why).await?));
    }
    tx.set_passkey_code(actor.id, &recovery::hash_of(actor.id, recovery::plain(&code).expose()), expires_at).await?;
    tx.commit().await?;
    Ok(PasskeyCode { code, expires_at })
}

/// Whoever asks is signed in: no client must take it for a lost session.
fn as_field(error: Error) -> Error {
    match error {
        Error::Unauthenticated(text) => hardie_domain::error::Invalid::new("credential", text).into(),
        other => other,
    }
}
