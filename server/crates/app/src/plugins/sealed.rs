//! Rows of secrets and the keys that open them.

use hardie_domain::delivery::ServiceError;
use hardie_domain::ids::InstallationId;
use hardie_domain::secret::Secret;
use hardie_store::plugin_secrets::SecretRow;

use crate::sealing::{Closed, Sealed};
use crate::{App, Result};

/// Rows read at once.
const PAGE: u32 = 100;

/// What the keys at hand make of all secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretsReport {
    /// Those that are kept.
    pub secrets: u64,
    /// Those that were sealed again under the present key.
    pub resealed: u64,
    /// Those that do not open, and why.
    pub closed: Vec<ClosedSecret>,
}

/// A secret that does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedSecret {
    /// Whose it is.
    pub installation: InstallationId,
    /// Its name.
    pub name: String,
    /// Why.
    pub why: Closed,
}

/// What a secret is sealed for: one installation, one name, one place to go. Each part with its length, so that no two of these are alike.
fn purpose(installation: InstallationId, name: &str, destination: &str, header: &str) -> Vec<u8> {
    let mut purpose = b"secret of an installation".to_vec();
    purpose.extend_from_slice(&installation.0.to_be_bytes());
    for part in [name, destination, header] {
        purpose.extend_from_slice(&(part.len() as u64).to_be_bytes());
        purpose.extend_from_slice(part.as_bytes());
    }
    purpose
}

/// Seals the value of this row, whatever is in it.
pub(crate) fn seal(app: &App, row: &SecretRow, value: &Secret) -> Result<Sealed> {
    app.sealing.seal(app.entropy.as_ref(), &purpose(row.installation, &row.name, &row.destination, &row.header), value)
}

/// Opens the value of this row.
pub(crate) fn open(app: &App, row: &SecretRow) -> Result<Secret, Closed> {
    app.sealing.open(&row.key_id, &purpose(row.installation, &row.name, &row.destination, &row.header), &row.sealed)
}

/// Opens a secret for a request. A key can be put back: trying again may help.
pub(super) fn open_to_send(app: &App, row: &SecretRow) -> Result<Secret, ServiceError> {
    open(app, row).map_err(|why| {
        tracing::warn!(installation = %row.installation, secret = row.name, %why, "a secret of a plugin does not open");
        let name = &row.name;
        ServiceError::Failed(format!(
            "the secret {name:?} does not open: {why}; whoever administers the server puts the key back, or sets the secret anew"
        ))
    })
}

/// Secrets that none of the keys opens, by the name of their key; read without opening any.
pub async fn secrets_without_key(app: &App) -> Result<Vec<(String, u64)>> {
    let mut keys = app.store.count_secrets_by_key().await?;
    keys.retain(|(key_id, _)| !app.sealing.has(key_id));
    Ok(keys)
}

/// Opens every secret, and seals it again under the present key if `reseal` says so and an earlier one sealed it.
pub async fn check_secrets(app: &App, reseal: bool) -> Result<SecretsReport> {
    let mut report = SecretsReport::default();
    let (mut installation, mut name) = (InstallationId(0), String::new());
    loop {
        let rows = app.store.list_secrets_after(installation, &name, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(report) };
        (installation, name) = (last.installation, last.name.clone());
        for row in rows {
            report.secrets += 1;
            match open(app, &row) {
                Ok(value) if reseal && row.key_id != app.sealing.current() => {
                    let sealed = seal(app, &row, &value)?;
                    let mut tx = app.store.begin().await?;
                    // One that was set anew meanwhile is sealed under the present key.
                    report.resealed += u64::from(tx.reseal_secret(&row, &sealed.key_id, &sealed.bytes).await?);
                    tx.commit().await?;
                }
                Ok(_) => {}
                Err(why) => report.closed.push(ClosedSecret { installation: row.installation, name: row.name, why }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_purposes_are_alike() {
        let parts = [(1, "a", "b", ""), (1, "ab", "", ""), (1, "a", "", "b"), (1, "", "a", "b"), (2, "a", "b", ""), (1, "a", "b", "c")];
        let all: std::collections::BTreeSet<_> = parts.iter().map(|(id, a, b, c)| purpose(InstallationId(*id), a, b, c)).collect();
        assert_eq!(all.len(), parts.len());
    }
}
