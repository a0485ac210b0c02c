//! Files of releases: bytes in, bytes out.

use hardie_domain::access::RepoAction;
use hardie_domain::event;
use hardie_domain::ids::{AssetId, ReleaseId};
use hardie_domain::names::RepoPath;
use hardie_domain::quota::Content;
use hardie_git::lfs::Expected;
use hardie_store::release_assets::{Attached, NewAsset};
use hardie_store::repos::RepoRow;
use tokio::io::AsyncRead;

use super::{ASSET, Asset, RELEASE, ReleaseRow, announce, locked, note, require_tag, rules, sees_drafts, visible, writer};
use crate::access::{RepoAccess, repo_by_id, repo_for};
use crate::accounts::Account;
use crate::lfs::intake::take_in;
use crate::lfs::{LfsContent, read_object};
use crate::{App, Ctx, Error, Result, identity, quotas};

/// The release to which the actor may add a file: asked before the file is read. For those who may push.
pub async fn begin_upload(app: &App, ctx: &Ctx, path: &RepoPath, release: ReleaseId) -> Result<ReleaseRow> {
    let access = writer(app, ctx, path).await?;
    let row = visible(app, &access, release).await?;
    require_tag(ctx, &row.tag)?;
    check_number(app, app.store.count_assets(row.id).await?)?;
    Ok(row)
}

/// Takes in a file for a release that [`begin_upload`] gave.
pub async fn upload_asset(
    app: &App,
    ctx: &Ctx,
    release: &ReleaseRow,
    name: &str,
    input: &mut (impl AsyncRead + Unpin + Send),
) -> Result<Asset> {
    let name = rules::asset_name(name)?;
    // Asked again when it is there; this spares the sender an upload in vain.
    if app.store.find_asset_by_name(release.id, &name).await?.is_some() {
        return Err(taken(&name));
    }
    let _slot = app.git.slots.take(ctx)?;
    let room = match app.store.find_owned_repo(release.repo).await?.and_then(|of| limits_of(app, &of.repo, &of.owner)) {
        Some(limits) => Some(quotas::room(app, &limits).await?),
        None => None,
    };
    let most = app.config.git_limits.release_asset_bytes;
    let object = match room.filter(|room| room.left < most) {
        None => take_in(app, Expected::AtMost(most), input).await?,
        Some(room) => take_in(app, Expected::AtMost(room.left), input).await.map_err(|error| match error {
            Error::Quota(_) => Error::Quota(room.why),
            other => other,
        })?,
    };
    // An upload can outlive a role or a token.
    identity::require_standing(app, ctx).await?;
    let access = repo_by_id(app, ctx, release.repo, RepoAction::Push).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let row = locked(&mut tx, ctx, &access, release.id).await?;
    check_number(app, tx.count_assets(row.id).await?)?;
    let new = NewAsset { release: row.id, object, name: &name, uploader: ctx.require_actor()?.id, at: now };
    let asset = match tx.insert_asset(&new).await? {
        Attached::Done(asset) => asset,
        Attached::Taken => return Err(taken(&name)),
        Attached::Swept => return Err(Error::Unavailable("the file was swept before it was committed: upload it again".to_owned())),
    };
    if let Some(limits) = limits_of(app, &access.repo, &access.owner) {
        quotas::check(&mut tx, &limits).await?;
    }
    let detail = format!("{name} of {}, {} bytes with the sha256 {}", row.tag, object.size, object.oid);
    changed(&mut tx, app, ctx, &access, &row, "release.asset-upload", detail).await?;
    tx.commit().await?;
    app.wakes.committed();
    Ok(asset)
}

/// A file of a release that the asker may see.
pub async fn get_asset(app: &App, ctx: &Ctx, path: &RepoPath, release: ReleaseId, id: AssetId) -> Result<(ReleaseRow, Asset)> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let row = visible(app, &access, release).await?;
    let asset = app.store.find_asset(row.id, id).await?.ok_or(Error::NotFound(ASSET))?;
    Ok((row, asset))
}

/// Opens a file by the tag's short name and its own. With `counts` it is a download that is counted, else a look or a part of one.
pub async fn download_asset(app: &App, ctx: &Ctx, path: &RepoPath, tag: &str, name: &str, counts: bool) -> Result<(Asset, LfsContent)> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let found = app.store.find_release_by_tag(access.repo.id, tag).await?.filter(|row| !row.draft || sees_drafts(&access));
    let row = found.ok_or(Error::NotFound(RELEASE))?;
    let asset = app.store.find_asset_by_name(row.id, name).await?.ok_or(Error::NotFound(ASSET))?;
    let content = read_object(app, ctx, asset.object).await?;
    if counts && let Err(error) = count(app, asset.id).await {
        tracing::warn!(asset = %asset.id, error = &error as &dyn std::error::Error, "a download was not counted");
    }
    Ok((asset, content))
}

async fn count(app: &App, id: AssetId) -> Result<()> {
    let mut tx = app.store.begin().await?;
    tx.count_download(id).await?;
    Ok(tx.commit().await?)
}

/// Gives a file another name. For those who may push.
pub async fn rename_asset(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    release: ReleaseId,
    id: AssetId,
    name: &str,
) -> Result<(ReleaseRow, Asset)> {
    let access = writer(app, ctx, path).await?;
    let name = rules::asset_name(name)?;
    let mut tx = app.store.begin().await?;
    let row = locked(&mut tx, ctx, &access, release).await?;
    let before = tx.find_asset(row.id, id).await?.ok_or(Error::NotFound(ASSET))?;
    if !tx.rename_asset(row.id, id, &name).await? {
        return Err(taken(&name));
    }
    let detail = format!("{} of {} to {name}", before.name, row.tag);
    changed(&mut tx, app, ctx, &access, &row, "release.asset-rename", detail).await?;
    tx.commit().await?;
    app.wakes.committed();
    Ok((row, Asset { name, ..before }))
}

/// Takes a file from a release. For those who may push.
pub async fn delete_asset(app: &App, ctx: &Ctx, path: &RepoPath, release: ReleaseId, id: AssetId) -> Result<()> {
    let access = writer(app, ctx, path).await?;
    let mut tx = app.store.begin().await?;
    let row = locked(&mut tx, ctx, &access, release).await?;
    let before = tx.find_asset(row.id, id).await?.ok_or(Error::NotFound(ASSET))?;
    tx.delete_asset(row.id, id).await?;
    changed(&mut tx, app, ctx, &access, &row, "release.asset-delete", format!("{} of {}", before.name, row.tag)).await?;
    tx.commit().await?;
    app.wakes.committed();
    Ok(())
}

/// Writes down what became of a file, and announces it if the release is out.
async fn changed(
    tx: &mut hardie_store::Tx,
    app: &App,
    ctx: &Ctx,
    access: &RepoAccess,
    row: &ReleaseRow,
    action: &'static str,
    detail: String,
) -> Result<()> {
    note(tx, app, ctx, access, action, detail).await?;
    match row.draft {
        true => Ok(()),
        false => announce(tx, app, ctx, event::RELEASE_UPDATED, access, row).await,
    }
}

fn limits_of(app: &App, repo: &RepoRow, owner: &Account) -> Option<quotas::Limits> {
    quotas::limits(app, repo, owner, Content::Assets)
}

fn check_number(app: &App, there: u64) -> Result<()> {
    let most = app.config.git_limits.release_assets;
    match there >= most {
        true => Err(Error::Quota(format!("a release may have {most} assets: delete some, or put several into one archive"))),
        false => Ok(()),
    }
}

fn taken(name: &str) -> Error {
    Error::Conflict(format!("the release has an asset named {name} already: delete or rename that one first"))
}
