//! Repositories so large that something is kept of them that is derived from their packs.

use hardie_domain::ids::RepoId;

use crate::{App, Result};

/// Repositories listed in one go.
const BATCH: u32 = 100;

/// Those whose packs have at least so many objects together.
pub(super) async fn large_repos(app: &App, objects: u64) -> Result<Vec<RepoId>> {
    let (mut all, mut last) = (Vec::new(), RepoId(0));
    loop {
        let repos = app.store.list_large_repos(objects, last, BATCH).await?;
        let Some(end) = repos.last() else { return Ok(all) };
        last = *end;
        all.extend(repos);
    }
}
