//! Repositories so large that something is kept of them that is derived from their packs.

use hardie_domain::ids::RepoId;

use crate::{App, Result};

/// Repositories listed in one go.
const BATCH: u32 = 100;

/// What is kept of all of them.
pub(super) struct Kept<T> {
    /// By which it is known; `None` if that is not known of some.
    pub(super) needed: Option<Vec<T>>,
    /// For how many something was made.
    pub(super) made: u64,
}

/// Keeps something of each that has at least so many objects. `keep` gives by what it is known and whether it is new, or `None`: the
/// repository was deleted meanwhile, or there is nothing to keep.
pub(super) async fn keep_of_each<T>(
    app: &App,
    objects: u64,
    keep: impl AsyncFn(&App, RepoId) -> Result<Option<(T, bool)>>,
) -> Result<Kept<T>> {
    let (mut needed, mut made, mut failed) = (Vec::new(), 0, false);
    for repo in large_repos(app, objects).await? {
        match keep(app, repo).await {
            Ok(Some((key, fresh))) => {
                needed.push(key);
                made += u64::from(fresh);
            }
            Ok(None) => {}
            // One damaged repository must not keep the others slow.
            Err(error) => {
                failed = true;
                tracing::error!(error = &error as &dyn std::error::Error, repo.id = %repo, "what is derived from its packs could not be made");
            }
        }
    }
    Ok(Kept { needed: (!failed).then_some(needed), made })
}

/// Those whose packs have at least so many objects together.
async fn large_repos(app: &App, objects: u64) -> Result<Vec<RepoId>> {
    let (mut all, mut last) = (Vec::new(), RepoId(0));
    loop {
        let repos = app.store.list_large_repos(objects, last, BATCH).await?;
        let Some(end) = repos.last() else { return Ok(all) };
        last = *end;
        all.extend(repos);
    }
}
