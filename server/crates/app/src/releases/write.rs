//! Making, changing and deleting releases. A release that comes out has its tag: where there is none, it is made through the door that a
//! push goes through, before the row is written. If the row then fails the tag stays, and the next try finds it.

use hardie_domain::event;
use hardie_domain::ids::ReleaseId;
use hardie_domain::names::RepoPath;
use hardie_store::releases::ReleaseText;

use super::rules::MOST_RELEASES;
use super::{RELEASE, Release, ReleaseFilter, ReleaseRow, announce, get_release, locked, note, require_tag, rules, writer};
use crate::access::RepoAccess;
use crate::git_access::open_repo;
use crate::tags::create_tag;
use crate::{App, Ctx, Error, Result};

/// A release to be made.
#[derive(Clone, Debug, Default)]
pub struct NewRelease {
    /// The tag's short name.
    pub tag: String,
    /// What the tag is made of if it is not there: a branch, a tag or an id; the default branch if empty.
    pub target: String,
    /// What the tag says if it is made; it is a light one if empty.
    pub tag_message: String,
    /// A name for people.
    pub title: String,
    /// What it is about, as Markdown.
    pub note: String,
    /// Not out yet.
    pub draft: bool,
    /// Not for everybody's use.
    pub prerelease: bool,
}

/// What changes; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct ReleaseChange {
    /// See [`NewRelease::tag`].
    pub tag: Option<String>,
    /// See [`NewRelease::target`].
    pub target: Option<String>,
    /// See [`NewRelease::title`].
    pub title: Option<String>,
    /// See [`NewRelease::note`].
    pub note: Option<String>,
    /// See [`NewRelease::draft`].
    pub draft: Option<bool>,
    /// See [`NewRelease::prerelease`].
    pub prerelease: Option<bool>,
}

/// Makes a release, and its tag if that is not there and the release is no draft. For those who may push.
pub async fn create_release(app: &App, ctx: &Ctx, path: &RepoPath, new: NewRelease) -> Result<Release> {
    let access = writer(app, ctx, path).await?;
    rules::tag(&new.tag)?;
    require_tag(ctx, &new.tag)?;
    let (target, title, text) = (rules::target(&new.target)?, rules::title(&new.title)?, rules::note(&new.note)?);
    if app.store.find_release_by_tag(access.repo.id, &new.tag).await?.is_some() {
        return Err(taken(&new.tag));
    }
    let all = app.store.list_releases(access.repo.id, ReleaseFilter::default(), hardie_domain::page::Page::new(None, Some(1))).await?;
    if all.total >= MOST_RELEASES {
        return Err(Error::Quota(format!("a repository may have {MOST_RELEASES} releases: delete old ones; their tags stay")));
    }
    if !new.draft {
        ensure_tag(app, ctx, path, &access, &new.tag, &target, &new.tag_message).await?;
    }
    let now = app.clock.now();
    let row = ReleaseText { tag: &new.tag, target: &target, title: &title, note: &text, draft: new.draft, prerelease: new.prerelease };
    let mut tx = app.store.begin().await?;
    let author = ctx.actor.as_ref().map(|actor| actor.id);
    let id = tx.insert_release(access.repo.id, &row, author, now).await?.ok_or_else(|| taken(&new.tag))?;
    let made = tx.find_release(access.repo.id, id).await?.ok_or(Error::NotFound(RELEASE))?;
    note(&mut tx, app, ctx, &access, "release.create", told(&made)).await?;
    if !made.draft {
        announce(&mut tx, app, ctx, event::RELEASE_PUBLISHED, &access, &made).await?;
    }
    tx.commit().await?;
    app.wakes.committed();
    get_release(app, ctx, path, id).await
}

/// Changes a release; one that comes out gets its tag. For those who may push.
pub async fn update_release(app: &App, ctx: &Ctx, path: &RepoPath, id: ReleaseId, change: ReleaseChange) -> Result<Release> {
    let access = writer(app, ctx, path).await?;
    let absent = || Error::NotFound(RELEASE);
    let before = app.store.find_release(access.repo.id, id).await?.ok_or_else(absent)?;
    require_tag(ctx, &before.tag)?;
    let planned = changed(before, &change)?;
    require_tag(ctx, &planned.tag)?;
    if !planned.draft {
        ensure_tag(app, ctx, path, &access, &planned.tag, &planned.target, "").await?;
    }
    let mut tx = app.store.begin().await?;
    // What changed meanwhile stays, where this does not say otherwise.
    let before = locked(&mut tx, ctx, &access, id).await?;
    let was_draft = before.draft;
    let after = changed(before, &change)?;
    if (&after.tag, after.draft) != (&planned.tag, planned.draft) {
        return Err(Error::Conflict("somebody else changed this release at the same moment; try again".to_owned()));
    }
    let ReleaseRow { tag, target, title, note: text, draft, prerelease, .. } = &after;
    let row = ReleaseText { tag, target, title, note: text, draft: *draft, prerelease: *prerelease };
    if !tx.update_release(access.repo.id, id, &row, app.clock.now()).await? {
        return Err(taken(tag));
    }
    note(&mut tx, app, ctx, &access, "release.edit", told(&after)).await?;
    match (was_draft, after.draft) {
        (true, false) => announce(&mut tx, app, ctx, event::RELEASE_PUBLISHED, &access, &after).await?,
        (false, false) => announce(&mut tx, app, ctx, event::RELEASE_UPDATED, &access, &after).await?,
        // For everybody who is told of it, it is not there any more.
        (false, true) => announce(&mut tx, app, ctx, event::RELEASE_DELETED, &access, &after).await?,
        (true, true) => {}
    }
    tx.commit().await?;
    app.wakes.committed();
    get_release(app, ctx, path, id).await
}

/// Deletes a release with its files; the tag stays. For those who may push.
pub async fn delete_release(app: &App, ctx: &Ctx, path: &RepoPath, id: ReleaseId) -> Result<()> {
    let access = writer(app, ctx, path).await?;
    let mut tx = app.store.begin().await?;
    let before = locked(&mut tx, ctx, &access, id).await?;
    tx.delete_release(access.repo.id, id).await?;
    note(&mut tx, app, ctx, &access, "release.delete", told(&before)).await?;
    if !before.draft {
        announce(&mut tx, app, ctx, event::RELEASE_DELETED, &access, &before).await?;
    }
    tx.commit().await?;
    app.wakes.committed();
    Ok(())
}

/// As [`delete_release`], by the tag's short name.
pub async fn delete_release_by_tag(app: &App, ctx: &Ctx, path: &RepoPath, tag: &str) -> Result<()> {
    let access = writer(app, ctx, path).await?;
    let found = app.store.find_release_by_tag(access.repo.id, tag).await?.ok_or(Error::NotFound(RELEASE))?;
    delete_release(app, ctx, path, found.id).await
}

fn changed(before: ReleaseRow, change: &ReleaseChange) -> Result<ReleaseRow> {
    let tag = change.tag.clone().filter(|tag| !tag.is_empty()).unwrap_or(before.tag);
    rules::tag(&tag)?;
    Ok(ReleaseRow {
        tag,
        target: change.target.as_deref().map(rules::target).transpose()?.unwrap_or(before.target),
        title: change.title.as_deref().map(rules::title).transpose()?.unwrap_or(before.title),
        note: change.note.as_deref().map(rules::note).transpose()?.unwrap_or(before.note),
        draft: change.draft.unwrap_or(before.draft),
        prerelease: change.prerelease.unwrap_or(before.prerelease),
        ..before
    })
}

/// Makes the tag unless it is there. What refuses a push of it refuses this.
async fn ensure_tag(app: &App, ctx: &Ctx, path: &RepoPath, access: &RepoAccess, tag: &str, target: &str, message: &str) -> Result<()> {
    let name = rules::tag(tag)?;
    let is_there = async || Ok::<bool, Error>(open_repo(app, access.repo.id).await?.refs.find(name.as_bytes()).is_some());
    if is_there().await? {
        return Ok(());
    }
    let target = Some(target).filter(|target| !target.is_empty());
    let made = create_tag(app, ctx, path, tag, target, Some(message)).await;
    // Somebody else may have made it at the same moment.
    if matches!(made, Err(Error::Conflict(_))) && is_there().await? {
        return Ok(());
    }
    made.map(drop)
}

fn taken(tag: &str) -> Error {
    Error::Conflict(format!("there is a release of {tag} already: change that one"))
}

fn told(row: &ReleaseRow) -> String {
    let draft = if row.draft { ", a draft" } else { "" };
    format!("{}{draft}", row.tag)
}
