//! Pictures of users, organisations and repositories: one that somebody chose, made anew from what was sent, or one that follows from the id.

mod identicon;
mod picture;

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::names::RepoPath;
use hardie_domain::scope::{Category, Level};
use hardie_store::avatars::AvatarRow;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use crate::access::{repo_by_id, repo_for, require_more_than_public, require_scope};
use crate::accounts::{may_know, owned_org};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// Pictures that are made at once: each may take some 20 MiB.
static TURNS: Semaphore = Semaphore::const_new(2);

/// A picture, in PNG.
#[derive(Clone, Debug)]
pub struct Avatar {
    /// Its bytes.
    pub png: Vec<u8>,
    /// sha256 of them.
    pub hash: [u8; 32],
}

impl Avatar {
    fn of(png: Vec<u8>) -> Avatar {
        Avatar { hash: Sha256::digest(&png).into(), png }
    }
}

/// The picture of a user or an organisation that the asker may know of.
pub async fn account_avatar(app: &App, ctx: &Ctx, id: AccountId) -> Result<Avatar> {
    let account = app.store.find_account(id).await?.ok_or(Error::NotFound("account"))?;
    if !may_know(app, ctx, &account).await? {
        return Err(Error::NotFound("account"));
    }
    match app.store.find_account_avatar(id).await? {
        Some(row) => Ok(Avatar { png: row.png, hash: row.hash }),
        None => identicon::draw(b"account", id.0).map(Avatar::of).map_err(Error::internal),
    }
}

/// The picture of a repository that the asker may see.
pub async fn repo_avatar(app: &App, ctx: &Ctx, id: RepoId) -> Result<Avatar> {
    let access = repo_by_id(app, ctx, id, RepoAction::Read).await?;
    match app.store.find_repo_avatar(access.repo.id).await? {
        Some(row) => Ok(Avatar { png: row.png, hash: row.hash }),
        None => identicon::draw(b"repository", id.0).map(Avatar::of).map_err(Error::internal),
    }
}

/// Sets the actor's own picture, or takes it away.
pub async fn set_user_avatar(app: &App, ctx: &Ctx, image: Option<Vec<u8>>) -> Result<()> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    set_account(app, ctx, actor.id, image).await
}

/// Sets the picture of an organisation, or takes it away. For its owners.
pub async fn set_org_avatar(app: &App, ctx: &Ctx, name: &str, image: Option<Vec<u8>>) -> Result<()> {
    let org = owned_org(app, ctx, name).await?;
    set_account(app, ctx, org.id, image).await
}

async fn set_account(app: &App, ctx: &Ctx, id: AccountId, image: Option<Vec<u8>>) -> Result<()> {
    let row = made(image).await?;
    let mut tx = app.store.begin().await?;
    match &row {
        Some(row) => tx.set_account_avatar(id, row).await?,
        None => drop(tx.delete_account_avatar(id).await?),
    }
    let mut line = entry(ctx, "avatar.edit");
    line.account = Some(id);
    line.detail = detail(row.is_some());
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Sets the picture of a repository, or takes it away. For its administrators.
pub async fn set_repo_avatar(app: &App, ctx: &Ctx, path: &RepoPath, image: Option<Vec<u8>>) -> Result<()> {
    repo_for(app, ctx, path, RepoAction::Administer).await?;
    let row = made(image).await?;
    // Asked again: making the picture took its time.
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let mut tx = app.store.begin().await?;
    match &row {
        Some(row) => tx.set_repo_avatar(access.repo.id, row).await?,
        None => drop(tx.delete_repo_avatar(access.repo.id).await?),
    }
    let mut line = entry(ctx, "avatar.edit");
    line.repo = Some(access.repo.id);
    line.detail = detail(row.is_some());
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

fn detail(is_set: bool) -> String {
    if is_set { "set" } else { "removed" }.to_owned()
}

/// Makes a picture of ours of what was sent: nothing of the file is kept but what is seen.
async fn made(image: Option<Vec<u8>>) -> Result<Option<AvatarRow>> {
    let Some(image) = image else { return Ok(None) };
    let turn = TURNS.acquire().await.map_err(Error::internal)?;
    let done = tokio::task::spawn_blocking(move || (picture::remake(&image), turn)).await;
    // A decoder that falls over its input says no, too.
    let made = done.map_or_else(|_| Err("cannot be read".to_owned()), |(made, _turn)| made);
    let Avatar { png, hash } = Avatar::of(made.map_err(|why| Invalid::new("image", why))?);
    Ok(Some(AvatarRow { hash, png }))
}
