//! Whether a proof given earlier still stands: an upload may outlive the credential that began it.

use hardie_domain::access::Credential;
use hardie_domain::ids::AccountId;
use hardie_domain::scope::ScopeSet;

use super::keys::key_scopes;
use crate::{App, Ctx, Error, Result};

/// Fails if the credential was revoked or has expired since it was proven. What the account may do is for `access`.
pub(crate) async fn require_standing(app: &App, ctx: &Ctx) -> Result<()> {
    let Some(actor) = &ctx.actor else { return Ok(()) };
    let what = match actor.credential {
        Credential::Password | Credential::System => return Ok(()),
        Credential::Session(_) => "session",
        Credential::SshKey(_) => "SSH key",
        Credential::Token(_) => "access token",
    };
    match scopes_of(app, actor.id, actor.credential).await? {
        Some(_) => Ok(()),
        None => Err(Error::unauthenticated(format!("this {what} was revoked or has expired meanwhile"))),
    }
}

/// What a credential of an account is good for now; `None` if it was revoked or has expired.
pub(super) async fn scopes_of(app: &App, account: AccountId, credential: Credential) -> Result<Option<ScopeSet>> {
    let now = app.clock.now();
    Ok(match credential {
        Credential::Password | Credential::System => Some(ScopeSet::ALL),
        Credential::Session(id) => app.store.list_sessions(account, now).await?.iter().any(|s| s.id == id).then_some(ScopeSet::ALL),
        Credential::SshKey(id) => app.store.find_key(account, id).await?.map(|_| key_scopes()).transpose()?,
        Credential::Token(id) => {
            let token = app.store.find_token(account, id).await?;
            token.filter(|token| token.expires_at.is_none_or(|end| end > now)).map(|token| token.scopes)
        }
    })
}
