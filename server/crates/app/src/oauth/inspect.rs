//! What a client asks and says of its own tokens: whether one is good (RFC 7662), and that one shall not be any more (RFC 7009). Of another client's
//! tokens it learns nothing, and ends none.

use hardie_domain::secret::Secret;
use hardie_store::oauth_grants::GrantRow;

use super::clients::{self, Client, ClientProof};
use super::{Fault, access, refresh};
use crate::audit::entry;
use crate::mail::hash_of;
use crate::{App, Ctx};

/// A token that is good.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// What it is good for.
    pub scope: String,
    /// Whose it is.
    pub client_id: String,
    /// Whom it stands for, by name.
    pub username: String,
    /// The same by number.
    pub subject: String,
    /// Whether it is an access token; else a refresh token.
    pub is_access: bool,
    /// When it was made, in seconds; of an access token alone.
    pub issued_at: Option<i64>,
    /// When it ends, in seconds.
    pub expires_at: i64,
}

/// What a token of this client is; `None` if it is none, or none any more. For clients that keep a secret: others could ask for anybody.
pub async fn introspect(app: &App, proof: &ClientProof, token: &Secret) -> Result<Option<Inspected>, Fault> {
    let client = clients::prove(app, proof).await?;
    if !client.confidential {
        return Err(Fault::client());
    }
    let Some((grant, access)) = find(app, &client, token).await? else { return Ok(None) };
    let (issued_at, expires_at) = match access {
        Some((issued_at, expires_at)) => (Some(issued_at), expires_at),
        None => (None, grant.expires_at.seconds()),
    };
    Ok(Some(Inspected {
        scope: grant.scopes.to_string(),
        client_id: client.client_id,
        username: grant.account.name.to_string(),
        subject: grant.account.id.to_string(),
        is_access: access.is_some(),
        issued_at,
        expires_at,
    }))
}

/// Ends what a token of this client stands for, with all its other tokens. One that is none any more is well enough.
pub async fn revoke(app: &App, ctx: &Ctx, proof: &ClientProof, token: &Secret) -> Result<(), Fault> {
    let client = clients::prove(app, proof).await?;
    let Some((grant, _)) = find(app, &client, token).await? else { return Ok(()) };
    let mut tx = app.store.begin().await?;
    if tx.delete_grant(grant.account.id, grant.id).await? {
        let mut line = entry(ctx, "oauth.revoke");
        (line.account, line.detail) = (Some(grant.account.id), format!("{:?} ({}) by itself", grant.app.name, grant.app.client_id));
        tx.insert_audit(&line, app.clock.now()).await?;
    }
    Ok(tx.commit().await?)
}

/// The grant of a good token of this client; of an access token also when it was made and when it ends.
async fn find(app: &App, client: &Client, token: &Secret) -> Result<Option<(GrantRow, Option<(i64, i64)>)>, Fault> {
    if let Some((claims, grant)) = access::examine(app, token.expose()).await? {
        return Ok((claims.client_id == client.client_id).then_some((grant, Some((claims.iat, claims.exp)))));
    }
    let Some((id, _)) = refresh::open(&app.signing, token) else { return Ok(None) };
    let grant = access::standing(app, id).await?.filter(|grant| grant.app.client_id == client.client_id);
    Ok(grant.filter(|grant| grant.refresh_hash == Some(hash_of(token))).map(|grant| (grant, None)))
}
