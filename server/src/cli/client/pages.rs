//! Lists, page by page, as far as somebody reads them.

use std::io::Write as _;

use anyhow::ensure;
use hardie_outbound::ApiClient;
use serde::de::DeserializeOwned;

use super::remote::accepted;

/// Items asked for at once.
const PAGE: usize = 50;
/// Items that anybody reads.
const MOST: usize = 5000;

/// All items of a list. `path` has no query yet, or one to which more can be added.
///
/// # Errors
/// When the server refuses, or answers with more than it was asked for.
pub async fn all<T: DeserializeOwned>(client: &ApiClient, path: &str) -> anyhow::Result<Vec<T>> {
    let mark = if path.contains('?') { '&' } else { '?' };
    let mut all = Vec::new();
    for page in 1..=MOST / PAGE {
        let answer = client.get(&format!("{path}{mark}page={page}&limit={PAGE}")).await?;
        let some: Vec<T> = accepted(answer, "the server does not list them")?.json()?;
        ensure!(some.len() <= PAGE, "{} sent {} items of a list, and was asked for {PAGE}", client.base(), some.len());
        let last = some.len() < PAGE;
        all.extend(some);
        if last {
            return Ok(all);
        }
    }
    // Nothing can be done if the terminal is gone.
    let _ = writeln!(std::io::stderr(), "hardie: there may be more than these {MOST}");
    Ok(all)
}
