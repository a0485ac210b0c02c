//! Which applications there are, and how one proves that it is itself (RFC 6749, section 2.3).

use hardie_domain::ids::OauthAppId;
use hardie_domain::oauth::{SHIPPED, is_same_redirect};
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use hardie_store::Tx;
use hardie_store::accounts::AccountRow;
use hardie_store::oauth_apps::{NewOauthApp, OauthAppRow};
use subtle::ConstantTimeEq as _;

use super::Fault;
use crate::mail::hash_of;
use crate::{App, Error, Result};

/// What a request says of who sends it.
#[derive(Clone, Debug)]
pub struct ClientProof {
    /// The id.
    pub client_id: String,
    /// The secret, if there is one.
    pub secret: Option<Secret>,
}

/// An application, registered or shipped.
#[derive(Clone, Debug)]
pub struct Client {
    /// What people call it.
    pub name: String,
    /// By what it names itself.
    pub client_id: String,
    /// Who registered it; `None` if it came with the server.
    pub owner: Option<AccountRow>,
    /// Whether it keeps a secret.
    pub confidential: bool,
    pub(super) skip_consent: bool,
    redirect_uris: Vec<String>,
    /// One that was shipped has none before somebody let it in.
    pub(super) row: Option<OauthAppRow>,
}

impl Client {
    /// Whether browsers may be sent to this address for it.
    pub(super) fn may_return_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|known| is_same_redirect(known, uri))
    }
}

/// The application that names itself so.
pub(super) async fn find(app: &App, client_id: &str) -> Result<Option<Client>> {
    let row = app.store.find_oauth_client(client_id).await?;
    if let Some(shipped) = SHIPPED.iter().find(|shipped| shipped.client_id == client_id) {
        let client = Client {
            name: shipped.name.to_owned(),
            client_id: client_id.to_owned(),
            owner: None,
            confidential: false,
            skip_consent: false,
            redirect_uris: shipped.redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
            row,
        };
        return Ok(app.config.oauth_clients.contains(&shipped.word).then_some(client));
    }
    let Some(row) = row else { return Ok(None) };
    let Some(owner) = row.owner else { return Ok(None) };
    let Some(owner) = app.store.find_account(owner).await? else { return Ok(None) };
    Ok(Some(Client {
        name: row.name.clone(),
        client_id: row.client_id.clone(),
        owner: Some(owner),
        confidential: row.confidential,
        skip_consent: row.skip_consent,
        redirect_uris: row.redirect_uris.clone(),
        row: Some(row),
    }))
}

/// Whether people may be signed in to this application: those that came with the server can be turned off.
pub(super) fn is_on(app: &App, row: &OauthAppRow) -> bool {
    row.owner.is_some()
        || SHIPPED.iter().any(|shipped| shipped.client_id == row.client_id && app.config.oauth_clients.contains(&shipped.word))
}

/// The row of an application in the transaction of a sign-in; it is made for one that was shipped.
pub(super) async fn row_of(tx: &mut Tx, client: &Client, at: Timestamp) -> Result<OauthAppId> {
    if let Some(row) = &client.row {
        return Ok(row.id);
    }
    let new = NewOauthApp {
        owner: None,
        name: &client.name,
        client_id: &client.client_id,
        secret_hash: None,
        redirect_uris: &client.redirect_uris,
        confidential: false,
        skip_consent: false,
        at,
    };
    if let Some(id) = tx.insert_oauth_app(&new).await? {
        return Ok(id);
    }
    // Somebody else was first.
    let found = tx.find_oauth_client(&client.client_id).await?;
    found.map(|row| row.id).ok_or_else(|| Error::Conflict("this application is gone: begin again".to_owned()))
}

/// The application that a request comes from. A public one has no secret to prove itself with, and names itself alone.
pub(super) async fn prove(app: &App, proof: &ClientProof) -> Result<Client, Fault> {
    let client = find(app, &proof.client_id).await?.ok_or_else(Fault::client)?;
    let kept = client.row.as_ref().and_then(|row| row.secret_hash);
    let is_right = match (&proof.secret, client.confidential) {
        (Some(secret), true) => kept.is_some_and(|kept| bool::from(hash_of(secret).ct_eq(&kept))),
        (None, false) => true,
        _ => false,
    };
    if is_right { Ok(client) } else { Err(Fault::client()) }
}
