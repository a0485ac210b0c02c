//! Access tokens: signed, good for an hour (RFC 9068), and only for as long as the grant that they name stands.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::ids::{AccountId, GrantId};
use hardie_domain::oauth::ACCESS_SECONDS;
use hardie_domain::secret::Secret;
use hardie_store::oauth_grants::GrantRow;
use serde::{Deserialize, Serialize};

use super::keys::{self, Sort};
use super::{clients, issuer, jws};
use crate::identity::actor::{actor_of, should_note};
use crate::{App, Result};

/// What tells an access token from a token that says who signed in, which is no credential (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    sub: String,
    pub(super) client_id: String,
    pub(super) iat: i64,
    pub(super) exp: i64,
    jti: String,
    scope: String,
    grant: i64,
}

/// Whether a text is meant as such a token: what decides between this and a password.
pub(crate) fn is_access_token(text: &str) -> bool {
    jws::parse(text).is_some_and(|token| token.header.typ == TYPE)
}

/// Makes one for a grant.
pub(super) async fn issue(app: &App, grant: &GrantRow) -> Result<Secret> {
    let now = app.clock.now().seconds();
    let claims = Claims {
        iss: issuer(app).to_owned(),
        aud: issuer(app).to_owned(),
        sub: grant.account.id.to_string(),
        client_id: grant.app.client_id.clone(),
        iat: now,
        exp: now.saturating_add(ACCESS_SECONDS),
        jti: app.entropy.name(),
        scope: grant.scopes.to_string(),
        grant: grant.id.0,
    };
    keys::signer(app, Sort::Ed25519).await?.sign(TYPE, &claims)
}

/// What a token stands for, if it is one of ours and stands now.
pub(super) async fn examine(app: &App, token: &str) -> Result<Option<(Claims, GrantRow)>> {
    let Some(token) = jws::parse(token).filter(|token| token.header.typ == TYPE) else { return Ok(None) };
    if token.header.alg != "EdDSA" || !keys::is_ours(app, &token).await? {
        return Ok(None);
    }
    let Some(claims) = token.claims::<Claims>() else { return Ok(None) };
    if claims.iss != issuer(app) || claims.aud != issuer(app) || claims.exp <= app.clock.now().seconds() {
        return Ok(None);
    }
    let Some(grant) = standing(app, GrantId(claims.grant)).await? else { return Ok(None) };
    let is_its = claims.sub == grant.account.id.to_string() && claims.client_id == grant.app.client_id;
    Ok(is_its.then_some((claims, grant)))
}

/// Whom an access token proves.
pub(crate) async fn actor_by_access_token(app: &App, token: &Secret) -> Result<Option<Actor>> {
    let Some((_, grant)) = examine(app, token.expose()).await? else { return Ok(None) };
    let actor = actor_of(&grant.account, Credential::Grant(grant.id), grant.scopes.access);
    if actor.is_some() && should_note(grant.last_used_at, app.clock.now()) {
        note_use(app, &grant).await;
    }
    Ok(actor)
}

/// A grant of this account that stands.
pub(crate) async fn standing_grant(app: &App, account: AccountId, id: GrantId) -> Result<Option<GrantRow>> {
    Ok(standing(app, id).await?.filter(|grant| grant.account.id == account))
}

/// A grant that stands: exchanged, not over, of an account that may act, to an application that is on.
pub(super) async fn standing(app: &App, id: GrantId) -> Result<Option<GrantRow>> {
    let grant = app.store.find_grant(id).await?;
    let now = app.clock.now();
    let stands =
        |grant: &GrantRow| grant.generation > 0 && grant.expires_at > now && !grant.account.disabled && clients::is_on(app, &grant.app);
    Ok(grant.filter(stands))
}

async fn note_use(app: &App, grant: &GrantRow) {
    let noted = async {
        let mut tx = app.store.begin().await?;
        tx.touch_grant(grant.id, app.clock.now()).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, grant.id = %grant.id, "the use of an access token was not noted");
    }
}
