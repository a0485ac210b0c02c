//! Finds out which large packs can be bundles.

use hardie_domain::ids::RepoId;
use hardie_git::Cancel;
use hardie_git::bundles;
use hardie_git::packs::PackHash;
use tokio::task::spawn_blocking;

use super::large::large_repos;
use super::made::work_name;
use crate::bundles::chosen;
use crate::git_access::open_repo;
use crate::{App, Error, Result, damage};

/// Looks at every large repository; how many packs were looked into.
pub async fn keep_bundles(app: &App) -> Result<u64> {
    let (mut packs, mut looked) = (Vec::new(), 0);
    if app.config.git_rules.bundle_uri {
        for repo in large_repos(app, bundles::FEWEST_OBJECTS).await? {
            match keep(app, repo).await {
                Ok(Some((pack, fresh))) => {
                    packs.push(pack);
                    looked += u64::from(fresh);
                }
                // Deleted meanwhile, or damaged, or in packs that are all small.
                Ok(None) => {}
                // One damaged repository must not keep the others without.
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, repo.id = %repo, "no bundle could be made"),
            }
        }
    }
    let store = app.packs.clone();
    spawn_blocking(move || bundles::retain(&store, &packs)).await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(looked)
}

/// The pack of the repository's bundle, and whether it is new.
async fn keep(app: &App, repo: RepoId) -> Result<Option<(PackHash, bool)>> {
    let handle = match open_repo(app, repo).await {
        Err(Error::NotFound(_)) => return Ok(None),
        other => other?,
    };
    let Some(hash) = chosen(&handle.snapshot) else { return Ok(None) };
    let (store, id) = (app.packs.clone(), work_name(app, "bundle", repo));
    let (permit, wall) = (app.git.build_permit().await, app.config.git_limits.wall);
    let work = move || {
        let _permit = permit;
        let fresh = !bundles::is_settled(&store, &hash);
        if fresh {
            bundles::examine(&store, &id, &store.pack(&hash)?, wall, &Cancel::new())?;
        }
        Ok(Some((hash, fresh)))
    };
    let kept = spawn_blocking(work).await.map_err(Error::internal)?;
    kept.inspect_err(|error| damage::suspect(app, repo, error)).map_err(Error::internal)
}
