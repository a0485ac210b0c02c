//! Branches changed without git: through the same door as a push, judged by the same rules and policies.

use hardie_domain::error::Invalid;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::push::RefUpdate;
use hardie_domain::refname::RefName;

use crate::browse::{self, Branch};
use crate::git_access::open_repo;
use crate::push::RefMover;
use crate::{App, Ctx, Error, Result};

/// Makes a branch of this short name where another branch, a tag or a commit is; the default branch if none is named. For those who may
/// push.
pub async fn create_branch(app: &App, ctx: &Ctx, path: &RepoPath, short: &str, from: Option<&str>) -> Result<Branch> {
    let mover = RefMover::new(app, ctx, path).await?;
    let name = new_branch("new_branch_name", short)?;
    let new = browse::commit_named(app, mover.access(), from.unwrap_or("HEAD")).await?;
    let full = name.to_string();
    mover.push(vec![RefUpdate { name, old: Oid::ZERO, new }], None).await?;
    browse::get_branch(app, ctx, path, &full).await
}

/// Gives a branch another name; its rules are by name and do not follow. For those who may push.
pub async fn rename_branch(app: &App, ctx: &Ctx, path: &RepoPath, short: &str, to: &str) -> Result<()> {
    let mover = RefMover::new(app, ctx, path).await?;
    let (name, old) = existing(&mover, short).await?;
    let to = new_branch("name", to)?;
    // The deletion first: it makes room for a name below this one.
    let updates = vec![RefUpdate { name, old, new: Oid::ZERO }, RefUpdate { name: to, old: Oid::ZERO, new: old }];
    if updates.first().map(|update| &update.name) == updates.last().map(|update| &update.name) {
        return Err(Invalid::new("name", "is the name that it has").into());
    }
    mover.push(updates, None).await
}

/// Deletes the branch of this short name. For those who may push.
pub async fn delete_branch(app: &App, ctx: &Ctx, path: &RepoPath, short: &str) -> Result<()> {
    let mover = RefMover::new(app, ctx, path).await?;
    let (name, old) = existing(&mover, short).await?;
    mover.push(vec![RefUpdate { name, old, new: Oid::ZERO }], None).await
}

/// A name that a branch may be given; the field is the one that it came in.
pub(crate) fn new_branch(field: &'static str, short: &str) -> Result<RefName> {
    short_name(field, short)?;
    RefName::branch(short).map_err(|broken| Invalid { field, ..broken }.into())
}

/// Refuses a whole name where a short one is meant: `refs/heads/x` would come to lie at `refs/heads/refs/heads/x`.
pub(crate) fn short_name(field: &'static str, short: &str) -> Result<()> {
    match short.starts_with("refs/") {
        true => Err(Invalid::new(field, "begins with refs/: send the short name, as main of refs/heads/main").into()),
        false => Ok(()),
    }
}

async fn existing(mover: &RefMover, short: &str) -> Result<(RefName, Oid)> {
    let absent = || Error::NotFound("branch");
    let name = RefName::branch(short).map_err(|_| absent())?;
    let handle = open_repo(mover.app(), mover.access().repo.id).await?;
    let old = handle.refs.find(name.as_bytes()).ok_or_else(absent)?.oid;
    Ok((name, old))
}
