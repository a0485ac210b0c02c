//! Whether a proof given earlier still stands: an upload may outlive the credential that began it.

use hardie_domain::access::Credential;

use crate::{App, Ctx, Error, Result};

/// Fails if the credential was revoked or has expired since it was proven. What the account may do is for `access`.
pub(crate) async fn require_standing(app: &App, ctx: &Ctx) -> Result<()> {
    let Some(actor) = &ctx.actor else { return Ok(()) };
    let now = app.clock.now();
    let (stands, what) = match actor.credential {
        Credential::Password | Credential::System => (true, ""),
        Credential::Session(id) => (app.store.list_sessions(actor.id, now).await?.iter().any(|s| s.id == id), "session"),
        Credential::SshKey(id) => (app.store.find_key(actor.id, id).await?.is_some(), "SSH key"),
        Credential::Token(id) => {
            let token = app.store.find_token(actor.id, id).await?;
            (token.is_some_and(|t| t.expires_at.is_none_or(|end| end > now)), "access token")
        }
    };
    if stands { Ok(()) } else { Err(Error::unauthenticated(format!("this {what} was revoked or has expired meanwhile"))) }
}
