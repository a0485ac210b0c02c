//! Protected tags: patterns, and who may make, move and remove what fits them.

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::glob::Glob;
use hardie_domain::ids::TagProtectionId;
use hardie_domain::names::RepoPath;
use hardie_domain::time::Timestamp;
use hardie_store::protections::TagProtectionRow;
use serde::{Deserialize, Serialize};

use super::people::{Listed, Named, ids_of, names_of};
use super::{MAX_RULES, audit};
use crate::access::{RepoAccess, repo_for};
use crate::{App, Ctx, Error, Result};

const FIELD: &str = "name_pattern";
const LISTS: (&str, &str) = ("whitelist_usernames", "whitelist_teams");

/// What a rule over tags asks, as its row keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TagSettings {
    /// Who may, by account ids.
    pub accounts: Vec<i64>,
    /// The teams whose members may, by ids.
    pub teams: Vec<i64>,
}

impl TagSettings {
    pub(super) fn read(text: &str) -> Result<TagSettings> {
        serde_json::from_str(text).map_err(Error::internal)
    }
}

/// A rule over tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagProtection {
    /// Its id.
    pub id: TagProtectionId,
    /// Of which tags.
    pub pattern: String,
    /// Who may; empty for whoever may only read the repository.
    pub people: Listed,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What changes; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChange {
    /// Of which tags.
    pub pattern: Option<String>,
    /// Who may.
    pub people: Named,
}

/// All rules over tags, oldest first.
pub async fn list_tag_protections(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<Vec<TagProtection>> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let rows = app.store.list_tag_protections(access.repo.id).await?;
    shown(app, ctx, &access, rows).await
}

/// One rule over tags.
pub async fn get_tag_protection(app: &App, ctx: &Ctx, path: &RepoPath, id: TagProtectionId) -> Result<TagProtection> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let row = app.store.find_tag_protection(access.repo.id, id).await?;
    one(app, ctx, &access, row.ok_or(Error::NotFound("tag protection"))?).await
}

/// Adds a rule over tags. For the repository's administrators.
pub async fn create_tag_protection(app: &App, ctx: &Ctx, path: &RepoPath, change: TagChange) -> Result<TagProtection> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let glob = glob(change.pattern.as_deref().unwrap_or_default())?;
    let (accounts, teams) = ids_of(app, &access, LISTS, change.people).await?;
    let settings = TagSettings { accounts: accounts.unwrap_or_default(), teams: teams.unwrap_or_default() };
    let (now, settings) = (app.clock.now(), serde_json::to_string(&settings).map_err(Error::internal)?);
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    if tx.list_tag_protections(access.repo.id).await?.len() >= MAX_RULES {
        return Err(Error::Quota(format!("a repository may have {MAX_RULES} tag protections: use patterns such as v*")));
    }
    let id = tx.insert_tag_protection(access.repo.id, glob.as_str(), &settings, now).await?;
    let id = id.ok_or_else(|| taken(&glob))?;
    audit(&mut tx, app, ctx, &access, "tag_protection.create", &format!("{:?}, {settings}", glob.as_str())).await?;
    tx.commit().await?;
    let row = TagProtectionRow { id, pattern: glob.as_str().to_owned(), settings, created_at: now, updated_at: now };
    one(app, ctx, &access, row).await
}

/// Changes a rule over tags. For the repository's administrators.
pub async fn edit_tag_protection(app: &App, ctx: &Ctx, path: &RepoPath, id: TagProtectionId, change: TagChange) -> Result<TagProtection> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let pattern = change.pattern.as_deref().map(glob).transpose()?;
    let (accounts, teams) = ids_of(app, &access, LISTS, change.people).await?;
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    let mut row = tx.find_tag_protection(access.repo.id, id).await?.ok_or(Error::NotFound("tag protection"))?;
    let mut settings = TagSettings::read(&row.settings)?;
    settings.accounts = accounts.unwrap_or(settings.accounts);
    settings.teams = teams.unwrap_or(settings.teams);
    row.settings = serde_json::to_string(&settings).map_err(Error::internal)?;
    if let Some(glob) = &pattern {
        row.pattern = glob.as_str().to_owned();
    }
    row.updated_at = app.clock.now();
    if !tx.update_tag_protection(access.repo.id, &row).await? {
        return Err(pattern.as_ref().map_or(Error::NotFound("tag protection"), taken));
    }
    audit(&mut tx, app, ctx, &access, "tag_protection.edit", &format!("{:?}, {}", row.pattern, row.settings)).await?;
    tx.commit().await?;
    one(app, ctx, &access, row).await
}

/// Removes a rule over tags. For the repository's administrators.
pub async fn delete_tag_protection(app: &App, ctx: &Ctx, path: &RepoPath, id: TagProtectionId) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    let row = tx.find_tag_protection(access.repo.id, id).await?.ok_or(Error::NotFound("tag protection"))?;
    tx.delete_tag_protection(access.repo.id, id).await?;
    audit(&mut tx, app, ctx, &access, "tag_protection.delete", &format!("{:?}", row.pattern)).await?;
    Ok(tx.commit().await?)
}

fn glob(pattern: &str) -> Result<Glob> {
    let pattern = pattern.trim();
    if pattern.len() > 1 && pattern.starts_with('/') && pattern.ends_with('/') {
        return Err(Invalid::new(FIELD, "regular expressions are not taken: use a pattern such as v* or release/**").into());
    }
    Ok(Glob::over_refs(FIELD, pattern)?)
}

fn taken(glob: &Glob) -> Error {
    Error::Conflict(format!("there is a rule for the tags {:?} already", glob.as_str()))
}

async fn one(app: &App, ctx: &Ctx, access: &RepoAccess, row: TagProtectionRow) -> Result<TagProtection> {
    shown(app, ctx, access, vec![row]).await?.pop().ok_or(Error::NotFound("tag protection"))
}

async fn shown(app: &App, ctx: &Ctx, access: &RepoAccess, rows: Vec<TagProtectionRow>) -> Result<Vec<TagProtection>> {
    let read = |row: TagProtectionRow| Ok((TagSettings::read(&row.settings)?, row));
    let rows = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    let accounts = rows.iter().flat_map(|(settings, _)| &settings.accounts).copied().collect();
    let teams = rows.iter().flat_map(|(settings, _)| &settings.teams).copied().collect();
    let names = names_of(app, ctx, access, accounts, teams).await?;
    let rule = |(settings, row): (TagSettings, TagProtectionRow)| {
        let TagProtectionRow { id, pattern, created_at, updated_at, .. } = row;
        TagProtection { id, pattern, people: names.list(&settings.accounts, &settings.teams), created_at, updated_at }
    };
    Ok(rows.into_iter().map(rule).collect())
}
