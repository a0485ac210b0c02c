//! Git LFS: large files beside a repository, each named by the sha256 of its bytes.
//!
//! An object is a repository's only after its bytes were uploaded to that very repository; that the store has the same bytes from
//! another one is never told. Locks are by path, whatever the branch.

mod batch;
mod download;
pub(crate) mod intake;
mod locks;
mod upload;

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::lfs::LfsObject;
pub use hardie_domain::lfs::{LfsOid, LfsOperation};
use hardie_domain::names::RepoPath;

pub use batch::{Batch, BatchAnswer, Named, Outcome, batch};
pub(crate) use download::read_object;
pub use download::{LfsContent, LfsReader, open, open_pointed};
pub use locks::{LfsLock, LockPage, LockQuery, Locked, VerifiedLocks, list_locks, lock, unlock, verify_locks};
pub use upload::upload;

use crate::access::{RepoAccess, repo_for};
use crate::identity::{Pass, issue_pass};
use crate::{App, Ctx, Error, Result};

const OBJECT: &str = "LFS object";

/// The right that an operation needs.
fn action(operation: LfsOperation) -> RepoAction {
    match operation {
        LfsOperation::Download => RepoAction::Read,
        LfsOperation::Upload => RepoAction::Push,
    }
}

/// Where a client that came over SSH finds the objects, and with what.
#[derive(Debug)]
pub struct LfsEndpoint {
    /// The address below which the LFS API lies.
    pub href: String,
    /// For `Authorization: Bearer …`.
    pub pass: Pass,
}

/// `git-lfs-authenticate`: lets somebody proven over SSH in over HTTP, for one repository and one operation.
pub async fn authenticate(app: &App, ctx: &Ctx, path: &RepoPath, operation: LfsOperation) -> Result<LfsEndpoint> {
    let access = repo_for(app, ctx, path, action(operation)).await?;
    let href = format!("{}/{}.git/info/lfs", app.config.public_url, access.path());
    Ok(LfsEndpoint { href, pass: issue_pass(app, ctx.require_actor()?, access.repo.id, operation.level()).await? })
}

/// Whether an upload arrived: fails if the repository does not have the object, or in another size.
pub async fn verify(app: &App, ctx: &Ctx, path: &RepoPath, object: LfsObject) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Push).await?;
    let found = find(app, &access, object.oid).await?;
    check_size(&found, object.size)
}

async fn find(app: &App, access: &RepoAccess, oid: LfsOid) -> Result<LfsObject> {
    app.store.find_repo_lfs(access.repo.id, &[oid]).await?.pop().ok_or(Error::NotFound(OBJECT))
}

fn check_size(found: &LfsObject, declared: u64) -> Result<()> {
    match found.size == declared {
        true => Ok(()),
        false => Err(Invalid::new("size", format!("the object has {} bytes, not {declared}", found.size)).into()),
    }
}
