//! Releases: what is offered of a tag, with files beside it. Drafts are seen by those who may push alone.

mod assets;
mod read;
mod rules;
mod write;

use hardie_domain::access::{RepoAction, Role};
use hardie_domain::ids::ReleaseId;
use hardie_domain::names::RepoPath;
use hardie_store::Tx;
pub use hardie_store::release_assets::AssetRow as Asset;
pub use hardie_store::releases::{ReleaseFilter, ReleaseRow};
use serde_json::json;

use crate::access::{RepoAccess, repo_for};
use crate::accounts::Account;
use crate::{App, Ctx, Error, Result, events};

pub use assets::{begin_upload, delete_asset, download_asset, get_asset, rename_asset, upload_asset};
pub(crate) use read::release_told;
pub use read::{get_release, get_release_by_tag, latest_release, list_releases};
pub use write::{NewRelease, ReleaseChange, create_release, delete_release, delete_release_by_tag, update_release};

const RELEASE: &str = "release";
const ASSET: &str = "asset";

/// A release with its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The release.
    pub row: ReleaseRow,
    /// Who made it; `None` if the account is gone.
    pub author: Option<Account>,
    /// Its files, in the order in which they came.
    pub assets: Vec<Asset>,
}

/// Somebody who may change releases: the one place that says who that is.
async fn writer(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<RepoAccess> {
    repo_for(app, ctx, path, RepoAction::Push).await
}

/// Whether drafts are shown.
fn sees_drafts(access: &RepoAccess) -> bool {
    access.role >= Role::Write
}

/// A release that the asker may see, by its id.
async fn visible(app: &App, access: &RepoAccess, id: ReleaseId) -> Result<ReleaseRow> {
    let found = app.store.find_release(access.repo.id, id).await?;
    found.filter(|row| !row.draft || sees_drafts(access)).ok_or(Error::NotFound(RELEASE))
}

/// Refuses whoever's token does not move this tag: it offers nothing of the tag either. The tag's short name is one that was checked.
fn require_tag(ctx: &Ctx, tag: &str) -> Result<()> {
    let Some(narrowing) = ctx.actor.as_ref().and_then(|actor| actor.narrowing.as_deref()) else { return Ok(()) };
    match narrowing.moves(&rules::tag(tag)?) {
        true => Ok(()),
        false => Err(Error::forbidden(narrowing.refusal())),
    }
}

/// A release that is locked for a change, which the asker's token is good for.
async fn locked(tx: &mut Tx, ctx: &Ctx, access: &RepoAccess, id: ReleaseId) -> Result<ReleaseRow> {
    let row = tx.lock_release(access.repo.id, id).await?.ok_or(Error::NotFound(RELEASE))?;
    require_tag(ctx, &row.tag)?;
    Ok(row)
}

/// Announces what became of a release that is out.
async fn announce(tx: &mut Tx, app: &App, ctx: &Ctx, kind: &str, access: &RepoAccess, row: &ReleaseRow) -> Result<()> {
    let told = json!({
        "id": row.id.0, "tag_name": row.tag, "target_commitish": row.target, "name": row.title, "prerelease": row.prerelease,
    });
    events::announce(tx, app, ctx, kind, &access.repo, &access.owner, json!({ "release": told })).await
}

/// Writes a change down, in words about one release.
async fn note(tx: &mut Tx, app: &App, ctx: &Ctx, access: &RepoAccess, action: &'static str, detail: String) -> Result<()> {
    let mut line = crate::audit::entry(ctx, action);
    (line.account, line.repo, line.detail) = (Some(access.owner.id), Some(access.repo.id), detail);
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(())
}
