//! The batch API: what becomes of each of many objects.

use std::collections::HashMap;

use hardie_domain::error::Invalid;
use hardie_domain::lfs::{LfsObject, LfsOid, LfsOperation};
use hardie_domain::names::RepoPath;
use hardie_domain::quota::Content;
use tokio::task::spawn_blocking;

use super::{OBJECT, action, check_size};
use crate::access::repo_for;
use crate::identity::{Pass, issue_pass};
use crate::quotas::{self, Room};
use crate::{App, Ctx, Error, Result};

/// An object as a client names it, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub oid: String,
    /// Its bytes.
    pub size: i64,
}

/// The whole answer.
#[derive(Debug)]
pub struct Batch {
    /// `owner/name` as it is now.
    pub repo: String,
    /// What the transfers are authorised by; `None` for whoever has not signed in.
    pub pass: Option<Pass>,
    /// In the order in which they were named.
    pub objects: Vec<BatchAnswer>,
}

/// What becomes of one object.
#[derive(Debug)]
pub struct BatchAnswer {
    /// As the client named it.
    pub named: Named,
    /// What the client shall do.
    pub outcome: Outcome,
}

/// What the client shall do.
#[derive(Debug)]
pub enum Outcome {
    /// Get it, or bring it.
    Transfer(LfsObject),
    /// Nothing: the repository has it.
    Present,
    /// Nothing: it cannot be had, or not be taken.
    Refused(Error),
}

/// Answers for many objects at once.
pub async fn batch(app: &App, ctx: &Ctx, path: &RepoPath, operation: LfsOperation, objects: Vec<Named>) -> Result<Batch> {
    let access = repo_for(app, ctx, path, action(operation)).await?;
    let most = app.config.git_limits.lfs_batch_objects;
    if objects.len() > most {
        return Err(Error::Quota(format!("{} objects in one batch, at most {most} are answered here", objects.len())));
    }
    let mut oids: Vec<LfsOid> = objects.iter().filter_map(|named| LfsOid::from_hex(&named.oid)).collect();
    oids.sort_unstable();
    oids.dedup();
    let found = app.store.find_repo_lfs(access.repo.id, &oids).await?;
    // A row whose file is lost: whoever has the bytes shall bring them again.
    let lfs = app.lfs.clone();
    let there = spawn_blocking(move || found.into_iter().filter(|object| lfs.has(object)).collect::<Vec<_>>());
    let found: HashMap<LfsOid, LfsObject> = there.await.map_err(Error::internal)?.into_iter().map(|object| (object.oid, object)).collect();
    let limit = app.config.git_limits.lfs_object_bytes;
    let mut room = match quotas::limits(app, &access.repo, &access.owner, Content::Lfs).filter(|_| operation == LfsOperation::Upload) {
        Some(limits) => Some(quotas::room(app, &limits).await?),
        None => None,
    };
    let judged = |named: Named| {
        let outcome = judge(&named, operation, &found, limit).and_then(|outcome| within(&mut room, operation, outcome));
        BatchAnswer { named, outcome: outcome.unwrap_or_else(Outcome::Refused) }
    };
    let pass = match &ctx.actor {
        Some(actor) => Some(issue_pass(app, actor, access.repo.id, operation.level()).await?),
        None => None,
    };
    Ok(Batch { repo: access.path(), pass, objects: objects.into_iter().map(judged).collect() })
}

fn judge(named: &Named, operation: LfsOperation, found: &HashMap<LfsOid, LfsObject>, limit: u64) -> Result<Outcome> {
    let oid = LfsOid::from_hex(&named.oid).ok_or_else(|| Invalid::new("oid", "must be 64 lower-case hexadecimal digits, a sha256"))?;
    let size = u64::try_from(named.size).map_err(|_| Invalid::new("size", "must not be negative"))?;
    let found = found.get(&oid);
    found.map_or(Ok(()), |found| check_size(found, size))?;
    match (operation, found) {
        (LfsOperation::Download, None) => Err(Error::NotFound(OBJECT)),
        (LfsOperation::Download, Some(object)) => Ok(Outcome::Transfer(*object)),
        (LfsOperation::Upload, Some(_)) => Ok(Outcome::Present),
        (LfsOperation::Upload, None) if size > limit => Err(too_large(size, limit)),
        (LfsOperation::Upload, None) => Ok(Outcome::Transfer(LfsObject { oid, size })),
    }
}

/// Objects are promised room in their order; each upload is looked at by itself again.
fn within(room: &mut Option<Room>, operation: LfsOperation, outcome: Outcome) -> Result<Outcome> {
    match (room, &outcome) {
        (Some(room), Outcome::Transfer(object)) if operation == LfsOperation::Upload => {
            room.left = room.left.checked_sub(object.size).ok_or_else(|| Error::Quota(room.why.clone()))?;
            Ok(outcome)
        }
        _ => Ok(outcome),
    }
}

pub(super) fn too_large(size: u64, limit: u64) -> Error {
    Error::Quota(format!("this object has {size} bytes, at most {limit} are taken here"))
}
