//! What of a webhook is sealed: its address, which often holds a token, the secret that signs, and the header `Authorization`.

use hardie_domain::error::Invalid;
use hardie_domain::ids::InstallationId;
use hardie_domain::secret::Secret;
use hardie_domain::webhook::{SECRET_BYTES, URL_BYTES};
use hardie_store::Tx;
use hardie_store::plugin_secrets::SecretRow;

use crate::plugins::{open, seal};
use crate::sealing::Closed;
use crate::{App, Ctx, Result};

/// Where it sends.
pub const ADDRESS: &str = "url";
/// What it signs with.
pub const KEY: &str = "secret";
/// What it sends as `Authorization`.
pub const AUTHORIZATION: &str = "authorization";

/// An address that requests can be sent to, and its scheme, host and port.
pub fn checked_address(app: &App, url: &str) -> Result<(Secret, String)> {
    let refused = |why: String| Invalid::new("config.url", why);
    if url.len() > URL_BYTES {
        return Err(refused(format!("is longer than {URL_BYTES} bytes")).into());
    }
    let destination = app.sender.address(url).map_err(refused)?;
    if app.sender.address(&app.config.public_url).is_ok_and(|own| own == destination) {
        // An event would be told to what it comes from.
        return Err(refused(format!("leads to this server itself, {destination}: a webhook tells another one")).into());
    }
    Ok((Secret::new(url), destination))
}

/// A secret that can be kept; `None` if it is empty.
pub fn checked_secret(field: &'static str, value: &str) -> Result<Option<Secret>> {
    if value.len() > SECRET_BYTES {
        return Err(Invalid::new(field, format!("is longer than {SECRET_BYTES} bytes")).into());
    }
    if value.chars().any(char::is_control) {
        return Err(Invalid::new(field, "holds a line break or another control character").into());
    }
    Ok((!value.is_empty()).then(|| Secret::new(value)))
}

/// Seals and keeps one of the three, or forgets it. `destination` is where the address leads, to which address and header are bound; the key
/// leaves the server nowhere.
pub async fn keep(
    tx: &mut Tx,
    app: &App,
    ctx: &Ctx,
    webhook: InstallationId,
    name: &str,
    destination: &str,
    value: Option<&Secret>,
) -> Result<()> {
    let Some(value) = value else {
        tx.delete_secret(webhook, name).await?;
        return Ok(());
    };
    let mut row = SecretRow {
        installation: webhook,
        name: name.to_owned(),
        destination: if name == KEY { String::new() } else { destination.to_owned() },
        header: if name == AUTHORIZATION { AUTHORIZATION.to_owned() } else { String::new() },
        key_id: String::new(),
        sealed: Vec::new(),
        set_by: ctx.actor.as_ref().map(|actor| actor.id),
        set_at: app.clock.now(),
    };
    let sealed = seal(app, &row, value)?;
    (row.key_id, row.sealed) = (sealed.key_id, sealed.bytes);
    tx.set_secret(&row).await?;
    Ok(())
}

/// What is kept of one webhook, sealed.
pub struct Kept(Vec<SecretRow>);

impl Kept {
    /// Reads the rows.
    pub async fn of(app: &App, webhook: InstallationId) -> Result<Kept> {
        Ok(Kept(app.store.list_secrets(webhook).await?))
    }

    /// One of the three, if it is there.
    pub fn row(&self, name: &str) -> Option<&SecretRow> {
        self.0.iter().find(|row| row.name == name)
    }

    /// Whether the address in these rows is this one. One that was set anew, to whatever, is another: it was sealed again.
    pub fn has_address_of(&self, rows: &[SecretRow]) -> bool {
        let now = rows.iter().find(|row| row.name == ADDRESS);
        self.row(ADDRESS).map(|row| &row.sealed) == now.map(|row| &row.sealed)
    }

    /// The same, opened.
    pub fn open(&self, app: &App, name: &str) -> Result<Option<Secret>, Closed> {
        self.row(name).map(|row| open(app, row)).transpose()
    }
}
