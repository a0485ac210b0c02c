//! One object comes in: bytes proven, then a row, then the file, then the row that makes it the repository's.

use hardie_domain::access::RepoAction;
use hardie_domain::lfs::LfsObject;
use hardie_domain::names::RepoPath;
use hardie_domain::quota::Content;
use hardie_git::lfs::Expected;
use hardie_store::lfs::{Adopted, NewRepoLfs};
use tokio::io::AsyncRead;

use super::batch::too_large;
use super::intake::take_in;
use crate::access::{RepoAccess, repo_by_id, repo_for};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result, identity, quotas};

/// Takes an object in. Its bytes are read whether or not the store has the same from elsewhere: only they prove that the uploader
/// has them. May be repeated.
pub async fn upload(app: &App, ctx: &Ctx, path: &RepoPath, object: LfsObject, input: &mut (impl AsyncRead + Unpin + Send)) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Push).await?;
    let limits = &app.config.git_limits;
    if object.size > limits.lfs_object_bytes {
        return Err(too_large(object.size, limits.lfs_object_bytes));
    }
    if let Some(limits) = quotas::limits(app, &access.repo, &access.owner, Content::Lfs) {
        let room = quotas::room(app, &limits).await?;
        // One that is there already adds nothing; the commit decides.
        if room.left < object.size && app.store.find_repo_lfs(access.repo.id, &[object.oid]).await?.is_empty() {
            return Err(Error::Quota(room.why));
        }
    }
    let _slot = app.git.slots.take(ctx)?;
    take_in(app, Expected::Object(object), input).await?;
    commit(app, ctx, &access, object).await
}

/// Makes it the repository's, if the uploader still may: an upload can outlive a role or a token.
async fn commit(app: &App, ctx: &Ctx, access: &RepoAccess, object: LfsObject) -> Result<()> {
    identity::require_standing(app, ctx).await?;
    let access = repo_by_id(app, ctx, access.repo.id, RepoAction::Push).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let new = NewRepoLfs { repo: access.repo.id, oid: object.oid, uploader: ctx.require_actor()?.id, at: now };
    match tx.adopt_lfs(&new).await? {
        Adopted::Done => {}
        Adopted::Swept => return Err(Error::Unavailable("the object was swept before it was committed: push again".to_owned())),
        Adopted::NotWritable => return Err(Error::forbidden("this repository was archived or deleted meanwhile")),
    }
    if let Some(limits) = quotas::limits(app, &access.repo, &access.owner, Content::Lfs) {
        quotas::check(&mut tx, &limits).await?;
    }
    let mut line = entry(ctx, "lfs.upload");
    (line.account, line.repo) = (Some(access.owner.id), Some(access.repo.id));
    line.detail = format!("{} with {} bytes", object.oid, object.size);
    tx.insert_audit(&line, now).await?;
    Ok(tx.commit().await?)
}
