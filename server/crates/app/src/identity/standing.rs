//! Whether a proof given earlier still stands: an upload may outlive the credential that began it.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::ids::AccountId;
use hardie_domain::scope::ScopeSet;

use super::actor::actor_of;
use super::deploy_keys;
use super::keys::key_scopes;
use super::narrowing::narrowing_of;
use crate::{App, Ctx, Error, Result, oauth};

/// Fails if the credential was revoked or has expired since it was proven. What the account may do is for `access`.
pub(crate) async fn require_standing(app: &App, ctx: &Ctx) -> Result<()> {
    match &ctx.actor {
        Some(actor) => standing_scopes(app, actor).await.map(drop),
        None => Ok(()),
    }
}

/// The same asker as of now, where no row of a repository says it: what was revoked, disabled or demoted since the proof counts no more.
pub(crate) async fn as_of_now(app: &App, ctx: &Ctx) -> Result<Ctx> {
    let Some(before) = &ctx.actor else { return Ok(ctx.clone()) };
    let scopes = standing_scopes(app, before).await?;
    let now = standing_actor(app, before.id, before.credential, scopes).await?;
    let now = now.ok_or_else(|| Error::unauthenticated("this account is disabled"))?;
    Ok(Ctx { actor: Some(Actor { bound: before.bound, ..now }), ..ctx.clone() })
}

/// Whom a credential that stands proves now; `None` if the account may not act.
pub(super) async fn standing_actor(app: &App, account: AccountId, credential: Credential, scopes: ScopeSet) -> Result<Option<Actor>> {
    if let Credential::DeployKey(id) = credential {
        return deploy_keys::actor_by_id(app, id).await;
    }
    let narrowing = match credential {
        // Revoked in this moment.
        Credential::Token(id) => match app.store.find_token(account, id).await? {
            Some(token) => narrowing_of(&token.narrowed)?,
            None => return Ok(None),
        },
        _ => None,
    };
    let account = app.store.find_account(account).await?;
    let actor = account.and_then(|account| actor_of(&account, credential, scopes));
    Ok(actor.map(|actor| Actor { narrowing, ..actor }))
}

async fn standing_scopes(app: &App, actor: &Actor) -> Result<ScopeSet> {
    let what = match actor.credential {
        Credential::Password | Credential::System => "password",
        Credential::Session(_) => "session",
        Credential::SshKey(_) => "SSH key",
        Credential::DeployKey(_) => "deploy key",
        Credential::Token(_) | Credential::Grant(_) => "access token",
    };
    let scopes = scopes_of(app, actor.id, actor.credential).await?;
    scopes.ok_or_else(|| Error::unauthenticated(format!("this {what} was revoked or has expired meanwhile")))
}

/// What a credential of an account is good for now; `None` if it was revoked or has expired.
pub(super) async fn scopes_of(app: &App, account: AccountId, credential: Credential) -> Result<Option<ScopeSet>> {
    let now = app.clock.now();
    Ok(match credential {
        Credential::System => Some(ScopeSet::ALL),
        // Of an account that has a second factor by now, a password alone is none.
        Credential::Password => (!app.store.has_factor(account).await?).then_some(ScopeSet::ALL),
        Credential::Session(id) => app.store.list_sessions(account, now).await?.iter().any(|s| s.id == id).then_some(ScopeSet::ALL),
        Credential::DeployKey(id) => app.store.find_deploy_key_by_id(id).await?.map(|_| key_scopes()).transpose()?,
        Credential::SshKey(id) => app.store.find_key(account, id).await?.map(|_| key_scopes()).transpose()?,
        Credential::Grant(id) => oauth::standing_grant(app, account, id).await?.map(|grant| grant.scopes.access),
        Credential::Token(id) => {
            let token = app.store.find_token(account, id).await?;
            token.filter(|token| token.expires_at.is_none_or(|end| end > now)).map(|token| token.scopes)
        }
    })
}
