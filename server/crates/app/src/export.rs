//! A repository as a plain bare one, for the operator.

use std::path::Path;

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::ids::RepoId;
use hardie_domain::lfs::LfsOid;
use hardie_domain::names::RepoPath;
use hardie_git::packs::PackHash;
use tokio::task::spawn_blocking;

use crate::{App, Ctx, Error, Result, access, git_access};

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Refs.
    pub refs: usize,
    /// Packs.
    pub packs: usize,
    /// LFS objects.
    pub lfs_objects: usize,
}

/// Writes `OWNER/REPO` into a folder that does not exist yet. For the command line.
pub async fn export(app: &App, path: &str, dir: &Path) -> Result<Exported> {
    if dir.symlink_metadata().is_ok() {
        return Err(Error::Conflict(format!("{} is there already: name a folder that does not exist yet", dir.display())));
    }
    let path = RepoPath::parse(path).ok_or_else(|| Invalid::new("repo", "must look like OWNER/REPO"))?;
    let found = access::repo_for(app, &Ctx::system(), &path, RepoAction::Read).await?;
    let handle = git_access::open_repo(app, found.repo.id).await?;
    let (store, dir) = (app.packs.clone(), dir.to_owned());
    let (lfs, oids) = (app.lfs.clone(), lfs_objects(app, found.repo.id).await?);
    spawn_blocking(move || {
        let packs: Vec<_> = handle.snapshot.packs.iter().map(|p| PackHash(p.hash)).collect();
        hardie_git::export::write_bare(&store, &packs, &git_access::all_refs(&handle.snapshot), &dir).map_err(Error::internal)?;
        hardie_git::export::write_lfs(&lfs, &oids, &dir).map_err(Error::internal)?;
        Ok(Exported { refs: handle.snapshot.refs.len(), packs: packs.len(), lfs_objects: oids.len() })
    })
    .await
    .map_err(Error::internal)?
}

async fn lfs_objects(app: &App, repo: RepoId) -> Result<Vec<LfsOid>> {
    let mut oids = Vec::new();
    loop {
        let after = oids.last().copied().unwrap_or(LfsOid([0; 32]));
        let page = app.store.list_repo_lfs(repo, &after, 1000).await?;
        if page.is_empty() {
            return Ok(oids);
        }
        oids.extend(page.iter().map(|object| object.oid));
    }
}
