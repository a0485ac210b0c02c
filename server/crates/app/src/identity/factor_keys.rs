//! The keys that open the secrets of second factors, for whoever runs the server.

use hardie_domain::ids::AccountId;

use super::factor;
use crate::sealing::Closed;
use crate::{App, Result};

/// Rows read at once.
const PAGE: u32 = 100;

/// What the keys at hand make of all second factors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactorsReport {
    /// Those that are kept.
    pub factors: u64,
    /// Those that were sealed again under the present key.
    pub resealed: u64,
    /// Accounts whose secret does not open, and why.
    pub closed: Vec<(AccountId, Closed)>,
}

/// Second factors that none of the keys opens, by the name of their key; read without opening any.
pub async fn factors_without_key(app: &App) -> Result<Vec<(String, u64)>> {
    let mut keys = app.store.count_factors_by_key().await?;
    keys.retain(|(key_id, _)| !app.sealing.has(key_id));
    Ok(keys)
}

/// Opens the secret of every second factor, and seals it again under the present key if `reseal` says so and an earlier one sealed it.
pub async fn check_factors(app: &App, reseal: bool) -> Result<FactorsReport> {
    let mut report = FactorsReport::default();
    let mut account = AccountId(0);
    loop {
        let rows = app.store.list_factors_after(account, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(report) };
        account = last.account;
        for row in rows {
            report.factors += 1;
            match factor::open(app, &row) {
                Ok(secret) if reseal && row.key_id != app.sealing.current() => {
                    let sealed = factor::seal(app, row.account, &secret)?;
                    let mut tx = app.store.begin().await?;
                    // One that was made anew meanwhile is sealed under the present key.
                    report.resealed += u64::from(tx.reseal_factor(&row, &sealed.key_id, &sealed.bytes).await?);
                    tx.commit().await?;
                }
                Ok(_) => {}
                Err(why) => report.closed.push((row.account, why)),
            }
        }
    }
}
