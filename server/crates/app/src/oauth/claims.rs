//! What clients are told of who signed in (OpenID Connect Core, sections 2 and 5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_domain::access::Credential;
use hardie_domain::oauth::{ACCESS_SECONDS, Scopes};
use hardie_domain::page::Page;
use hardie_domain::secret::Secret;
use hardie_store::accounts::AccountRow;
use hardie_store::oauth_grants::GrantRow;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::access::standing_grant;
use super::issuer;
use super::keys::{self, Sort};
use crate::{App, Ctx, Error, Result};

/// The most organisations, and the most teams, that are named.
const MAX_GROUPS: u32 = 500;

/// The token that says who signed in, for one client (section 2), made with an access token.
pub(super) async fn id_token(app: &App, grant: &GrantRow, nonce: &str, access_token: &Secret) -> Result<Secret> {
    let now = app.clock.now().seconds();
    let mut claims = about(app, &grant.account, &grant.scopes).await?;
    let digest = Sha256::digest(access_token.expose().as_bytes());
    let half = digest.get(..digest.len() / 2).unwrap_or_default();
    let mut set = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
    set("iss", issuer(app).into());
    set("aud", grant.app.client_id.as_str().into());
    set("azp", grant.app.client_id.as_str().into());
    set("iat", now.into());
    set("exp", now.saturating_add(ACCESS_SECONDS).into());
    set("auth_time", grant.signed_in_at.seconds().into());
    set("at_hash", URL_SAFE_NO_PAD.encode(half).into());
    if !nonce.is_empty() {
        set("nonce", nonce.into());
    }
    keys::signer(app, Sort::Rsa).await?.sign("JWT", &claims)
}

/// What the bearer of an access token may learn of its user (section 5.3).
pub async fn user_info(app: &App, ctx: &Ctx) -> Result<Map<String, Value>> {
    let actor = ctx.require_actor()?;
    let Credential::Grant(id) = actor.credential else {
        return Err(Error::forbidden("this address is for access tokens that an application got by signing somebody in"));
    };
    let gone = || Error::unauthenticated("this access token was revoked or has expired meanwhile");
    let grant = standing_grant(app, actor.id, id).await?.ok_or_else(gone)?;
    match grant.scopes.openid {
        true => about(app, &grant.account, &grant.scopes).await,
        false => Err(Error::forbidden("this token lacks the scope openid")),
    }
}

async fn about(app: &App, account: &AccountRow, scopes: &Scopes) -> Result<Map<String, Value>> {
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
    set("sub", account.id.to_string().into());
    set("preferred_username", account.name.as_str().into());
    if scopes.profile {
        set("name", if account.full_name.is_empty() { account.name.as_str() } else { &account.full_name }.into());
        set("profile", format!("{}/{}", app.config.public_url, account.name).into());
        set("updated_at", account.updated_at.seconds().into());
    }
    if scopes.email && !account.email.is_empty() {
        set("email", account.email.as_str().into());
        // A mail to the primary address was answered, or an administrator set it.
        set("email_verified", true.into());
    }
    if scopes.groups {
        set("groups", groups(app, account).await?.into());
    }
    Ok(claims)
}

/// Organisations by name, and teams as `organisation:team`, as Gitea tells them.
async fn groups(app: &App, account: &AccountRow) -> Result<Vec<Value>> {
    let page = || Page::sized(None, Some(MAX_GROUPS), MAX_GROUPS, MAX_GROUPS);
    let orgs = app.store.list_orgs_of(account.id, page()).await?.items;
    let teams = app.store.list_teams_of(account.id, page()).await?.items;
    let teams = teams.iter().map(|owned| format!("{}:{}", owned.org.name, owned.team.name.lower()));
    Ok(orgs.iter().map(|org| org.name.to_string()).chain(teams).map(Value::from).collect())
}
