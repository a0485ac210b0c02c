//! Looking at releases.

use hardie_domain::access::RepoAction;
use hardie_domain::ids::{ReleaseId, RepoId};
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
use hardie_store::release_assets::AssetRow;

use super::{RELEASE, Release, ReleaseFilter, ReleaseRow, sees_drafts, visible};
use crate::access::repo_for;
use crate::accounts::shown_by_id;
use crate::{App, Ctx, Error, Result};

/// Releases, the newest first; drafts are among them for those who may push.
pub async fn list_releases(app: &App, ctx: &Ctx, path: &RepoPath, filter: ReleaseFilter, page: Page) -> Result<Paged<Release>> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let filter = match sees_drafts(&access) {
        true => filter,
        // Whoever asks for drafts alone gets what there is of them for this asker.
        false if filter.draft == Some(true) => return Ok(Paged { items: Vec::new(), total: 0 }),
        false => ReleaseFilter { draft: Some(false), ..filter },
    };
    let Paged { items, total } = app.store.list_releases(access.repo.id, filter, page).await?;
    Ok(Paged { items: whole(app, ctx, items).await?, total })
}

/// The newest release that is out and for everybody's use.
pub async fn latest_release(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<Release> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let filter = ReleaseFilter { draft: Some(false), prerelease: Some(false) };
    let found = app.store.list_releases(access.repo.id, filter, Page::new(None, Some(1))).await?;
    only(app, ctx, found.items.into_iter().next()).await
}

/// A release by its id.
pub async fn get_release(app: &App, ctx: &Ctx, path: &RepoPath, id: ReleaseId) -> Result<Release> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    only(app, ctx, Some(visible(app, &access, id).await?)).await
}

/// The release of a tag, by the tag's short name.
pub async fn get_release_by_tag(app: &App, ctx: &Ctx, path: &RepoPath, tag: &str) -> Result<Release> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let found = app.store.find_release_by_tag(access.repo.id, tag).await?;
    only(app, ctx, found.filter(|row| !row.draft || sees_drafts(&access))).await
}

/// A release as it is now, for those who are told of it; `None` if it is gone, or not out any more.
pub(crate) async fn release_told(app: &App, ctx: &Ctx, repo: RepoId, id: ReleaseId) -> Result<Option<Release>> {
    let row = app.store.find_release(repo, id).await?.filter(|row| !row.draft);
    Ok(whole(app, ctx, row.into_iter().collect()).await?.pop())
}

async fn only(app: &App, ctx: &Ctx, row: Option<ReleaseRow>) -> Result<Release> {
    whole(app, ctx, row.into_iter().collect()).await?.pop().ok_or(Error::NotFound(RELEASE))
}

async fn whole(app: &App, ctx: &Ctx, rows: Vec<ReleaseRow>) -> Result<Vec<Release>> {
    let ids: Vec<ReleaseId> = rows.iter().map(|row| row.id).collect();
    let authors = shown_by_id(app, ctx, rows.iter().filter_map(|row| row.author)).await?;
    let assets = app.store.list_assets(&ids).await?;
    let of = |id: ReleaseId| assets.iter().filter(|asset| asset.release == id).cloned().collect::<Vec<AssetRow>>();
    let release = |row: ReleaseRow| Release { author: row.author.and_then(|id| authors.get(&id).cloned()), assets: of(row.id), row };
    Ok(rows.into_iter().map(release).collect())
}
