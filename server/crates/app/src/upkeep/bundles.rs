//! Finds out which large packs can be bundles.

use std::time::Duration;

use hardie_domain::ids::RepoId;
use hardie_git::Cancel;
use hardie_git::bundles;
use hardie_git::packs::PackHash;
use tokio::task::spawn_blocking;

use super::large::{Kept, keep_of_each};
use super::made::work_name;
use crate::bundles::chosen;
use crate::git_access::open_repo;
use crate::{App, Error, Result, damage};

/// What reading one pack may take: seconds are ordinary.
const LONGEST: Duration = Duration::from_secs(300);

/// Looks at every large repository; how many packs were looked into.
pub async fn keep_bundles(app: &App) -> Result<u64> {
    let Kept { needed, made } = match app.config.git_rules.bundle_uri {
        true => keep_of_each(app, bundles::FEWEST_OBJECTS, keep).await?,
        false => Kept { needed: Some(Vec::new()), made: 0 },
    };
    // What is not known to be needed no more would be read again, all of it.
    let Some(packs) = needed else { return Ok(made) };
    let store = app.packs.clone();
    spawn_blocking(move || bundles::retain(&store, &packs)).await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(made)
}

/// The pack of the repository's bundle, and whether it is new.
async fn keep(app: &App, repo: RepoId) -> Result<Option<(PackHash, bool)>> {
    let handle = match open_repo(app, repo).await {
        Err(Error::NotFound(_)) => return Ok(None),
        other => other?,
    };
    let Some(hash) = chosen(&handle.snapshot) else { return Ok(None) };
    let (store, id) = (app.packs.clone(), work_name(app, "bundle", repo));
    let permit = app.git.build_permit().await;
    let work = move || {
        let _permit = permit;
        let fresh = !bundles::is_settled(&store, &hash);
        if fresh {
            bundles::examine(&store, &id, &store.pack(&hash)?, LONGEST, &Cancel::new())?;
        }
        Ok(Some((hash, fresh)))
    };
    let kept = spawn_blocking(work).await.map_err(Error::internal)?;
    kept.inspect_err(|error| damage::suspect(app, repo, error)).map_err(Error::internal)
}
