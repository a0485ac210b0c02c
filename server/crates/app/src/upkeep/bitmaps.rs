//! Keeps bitmaps and a commit-graph for the packs of large repositories, and none for others.

use std::time::Duration;

use hardie_domain::ids::RepoId;
use hardie_git::Cancel;
use hardie_git::bitmaps::{self, Cover};
use hardie_git::graph;
use hardie_git::packs::PackHash;
use tokio::task::spawn_blocking;

use super::large::{Kept, keep_of_each};
use super::made::work_name;
use crate::git_access::open_repo;
use crate::{App, Error, Result};

/// What making either may take: some seconds are ordinary.
const LONGEST: Duration = Duration::from_secs(900);

/// Looks at every large repository; for how many bitmaps or a commit-graph were made.
pub async fn keep_bitmaps(app: &App) -> Result<u64> {
    let Kept { needed, made } = keep_of_each(app, bitmaps::FEWEST_OBJECTS, keep).await?;
    // What is not known to be needed no more stays.
    let Some(keys) = needed else { return Ok(made) };
    let packs = app.packs.clone();
    spawn_blocking(move || bitmaps::retain(&packs, &keys)).await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(made)
}

/// The name of what covers the repository now, and whether it is new.
async fn keep(app: &App, repo: RepoId) -> Result<Option<(String, bool)>> {
    let handle = match open_repo(app, repo).await {
        Err(Error::NotFound(_)) => return Ok(None),
        other => other?,
    };
    // What covers damaged packs is not made, nor kept.
    if handle.odb.is_damaged() {
        return Ok(None);
    }
    let hashes: Vec<PackHash> = handle.snapshot.packs.iter().map(|pack| PackHash(pack.hash)).collect();
    let (store, id, refs) = (app.packs.clone(), work_name(app, "bitmaps", repo), handle.refs.clone());
    let permit = app.git.build_permit().await;
    let work = move || {
        let _permit = permit;
        let Some(cover) = Cover::of(&store.packs(&hashes)?) else { return Ok(None) };
        // The graph first: what makes bitmaps walks by it. They can do without.
        let graph = if graph::is_settled(&store, &cover) {
            Ok(false)
        } else {
            graph::write(&store, &cover, &refs, LONGEST, &Cancel::new()).map(|()| true)
        };
        let bitmaps = if bitmaps::is_settled(&store, &cover) {
            Ok(false)
        } else {
            bitmaps::write(&store, &id, &cover, &refs, LONGEST, &Cancel::new()).map(|()| true)
        };
        Ok(Some((cover.key().to_owned(), [graph, bitmaps])))
    };
    let kept = spawn_blocking(work).await.map_err(Error::internal)?.map_err(|error: hardie_git::Error| Error::internal(error))?;
    let Some((key, made)) = kept else { return Ok(None) };
    let mut fresh = false;
    for made in made {
        match made {
            Ok(made) => fresh |= made,
            // What is settled stays, whatever comes of the rest.
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, repo.id = %repo, "no bitmaps or no commit-graph could be made")
            }
        }
    }
    if fresh {
        app.git.open_anew(repo);
    }
    Ok(Some((key, fresh)))
}
