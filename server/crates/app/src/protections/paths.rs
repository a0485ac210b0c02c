//! Rules over paths: whom they name may change these paths alone, on these branches.

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::glob::Glob;
use hardie_domain::ids::PathRuleId;
use hardie_domain::names::RepoPath;
use hardie_domain::time::Timestamp;
use hardie_store::path_rules::PathRuleRow;
use serde::{Deserialize, Serialize};

use super::people::{Listed, Named, ids_of, names_of};
use super::settings::path_globs;
use super::{MAX_RULES, Pusher, audit};
use crate::access::{RepoAccess, repo_for};
use crate::{App, Ctx, Error, Result};

const LISTS: (&str, &str) = ("usernames", "teams");
/// Patterns of branches that a rule may name.
const MOST_BRANCHES: usize = 20;

/// What a rule says, as its row keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PathSettings {
    /// On which branches, as patterns; on all if empty.
    pub branches: Vec<String>,
    /// What those whom it names may change, as patterns.
    pub paths: Vec<String>,
    /// Whether it names everybody.
    pub everyone: bool,
    /// Whom it names, by account ids.
    accounts: Vec<i64>,
    /// The teams that it names, by ids.
    teams: Vec<i64>,
    /// Whether it names deploy keys.
    pub deploy_keys: bool,
}

impl PathSettings {
    fn read(text: &str) -> Result<PathSettings> {
        serde_json::from_str(text).map_err(Error::internal)
    }

    fn write(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    fn branch_globs(&self) -> Result<Vec<Glob>> {
        if self.branches.len() > MOST_BRANCHES {
            return Err(Invalid::new("branches", format!("holds more than {MOST_BRANCHES}: use patterns such as release/*")).into());
        }
        self.branches.iter().map(|pattern| Glob::over_refs("branches", pattern).map_err(Error::from)).collect()
    }

    fn path_globs(&self) -> Result<Vec<Glob>> {
        path_globs("paths", &self.paths.iter().map(String::as_str).collect::<Vec<_>>(), Glob::over_exact_paths)
    }

    /// Refuses what would name nobody or nothing by mistake.
    fn check(&self) -> Result<()> {
        self.branch_globs()?;
        self.path_globs()?;
        if self.paths.is_empty() {
            return Err(Invalid::new("paths", "names the paths that may be changed, such as docs/**").into());
        }
        match self.everyone || self.deploy_keys || !self.accounts.is_empty() || !self.teams.is_empty() {
            true => Ok(()),
            false => Err(Invalid::new("usernames", "says who is meant: usernames, teams, deploy_keys or everyone").into()),
        }
    }
}

/// A rule as pushes are measured against it.
pub(crate) struct PathRule {
    /// Its id: so refusals name it.
    pub id: PathRuleId,
    /// What those whom it names may change.
    pub paths: Vec<Glob>,
    branches: Vec<Glob>,
    settings: PathSettings,
}

impl PathRule {
    /// One that cannot be read is an error: a rule must not fall away in silence.
    pub(super) fn read(row: &PathRuleRow) -> Result<PathRule> {
        let settings = PathSettings::read(&row.settings)?;
        let unreadable = |error: Error| Error::internal(std::io::Error::other(error.to_string()));
        let (paths, branches) = (settings.path_globs().map_err(unreadable)?, settings.branch_globs().map_err(unreadable)?);
        Ok(PathRule { id: row.id, paths, branches, settings })
    }

    /// Whether it narrows somebody on a branch, by its short name.
    pub(super) fn narrows(&self, short_name: &[u8], pusher: &Pusher) -> bool {
        let asks = &self.settings;
        (asks.everyone || pusher.is_on(&asks.accounts, &asks.teams, asks.deploy_keys))
            && (self.branches.is_empty() || self.branches.iter().any(|glob| glob.matches(short_name)))
    }

    pub(super) fn names_teams(&self) -> bool {
        !self.settings.teams.is_empty()
    }
}

/// A rule over paths, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathProtection {
    /// Its id.
    pub id: PathRuleId,
    /// What it says.
    pub settings: PathSettings,
    /// Whom it names; empty for whoever may only read the repository.
    pub people: Listed,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What changes; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathChange {
    /// On which branches.
    pub branches: Option<Vec<String>>,
    /// What may be changed.
    pub paths: Option<Vec<String>>,
    /// Everybody.
    pub everyone: Option<bool>,
    /// Deploy keys.
    pub deploy_keys: Option<bool>,
    /// Who.
    pub people: Named,
}

/// All rules over paths, oldest first. For those who may read: a refused push names its rule anyway.
pub async fn list_path_rules(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<Vec<PathProtection>> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let rows = app.store.list_path_rules(access.repo.id).await?;
    shown(app, ctx, &access, rows).await
}

/// One rule over paths.
pub async fn get_path_rule(app: &App, ctx: &Ctx, path: &RepoPath, id: PathRuleId) -> Result<PathProtection> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let row = app.store.find_path_rule(access.repo.id, id).await?;
    one(app, ctx, &access, row.ok_or(Error::NotFound("path rule"))?).await
}

/// Adds a rule over paths. For the repository's administrators.
pub async fn create_path_rule(app: &App, ctx: &Ctx, path: &RepoPath, change: PathChange) -> Result<PathProtection> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let mut settings = PathSettings::default();
    let named = ids_of(app, &access, LISTS, change.people.clone()).await?;
    put(change, named, &mut settings);
    settings.check()?;
    let (now, settings) = (app.clock.now(), settings.write()?);
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    if tx.list_path_rules(access.repo.id).await?.len() >= MAX_RULES {
        return Err(Error::Quota(format!("a repository may have {MAX_RULES} rules over paths: name several people in one")));
    }
    let id = tx.insert_path_rule(access.repo.id, &settings, now).await?;
    audit(&mut tx, app, ctx, &access, "path_rule.create", &format!("{id}: {settings}")).await?;
    tx.commit().await?;
    one(app, ctx, &access, PathRuleRow { id, settings, created_at: now, updated_at: now }).await
}

/// Changes a rule over paths. For the repository's administrators.
pub async fn edit_path_rule(app: &App, ctx: &Ctx, path: &RepoPath, id: PathRuleId, change: PathChange) -> Result<PathProtection> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let named = ids_of(app, &access, LISTS, change.people.clone()).await?;
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    let mut row = tx.find_path_rule(access.repo.id, id).await?.ok_or(Error::NotFound("path rule"))?;
    let mut settings = PathSettings::read(&row.settings)?;
    put(change, named, &mut settings);
    settings.check()?;
    (row.settings, row.updated_at) = (settings.write()?, app.clock.now());
    tx.update_path_rule(access.repo.id, &row).await?;
    audit(&mut tx, app, ctx, &access, "path_rule.edit", &format!("{id}: {}", row.settings)).await?;
    tx.commit().await?;
    one(app, ctx, &access, row).await
}

/// Removes a rule over paths. For the repository's administrators.
pub async fn delete_path_rule(app: &App, ctx: &Ctx, path: &RepoPath, id: PathRuleId) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    if !tx.delete_path_rule(access.repo.id, id).await? {
        return Err(Error::NotFound("path rule"));
    }
    audit(&mut tx, app, ctx, &access, "path_rule.delete", &id.to_string()).await?;
    Ok(tx.commit().await?)
}

type Ids = (Option<Vec<i64>>, Option<Vec<i64>>);

fn put(change: PathChange, (accounts, teams): Ids, settings: &mut PathSettings) {
    settings.branches = change.branches.unwrap_or(std::mem::take(&mut settings.branches));
    settings.paths = change.paths.unwrap_or(std::mem::take(&mut settings.paths));
    settings.everyone = change.everyone.unwrap_or(settings.everyone);
    settings.deploy_keys = change.deploy_keys.unwrap_or(settings.deploy_keys);
    settings.accounts = accounts.unwrap_or(std::mem::take(&mut settings.accounts));
    settings.teams = teams.unwrap_or(std::mem::take(&mut settings.teams));
}

async fn one(app: &App, ctx: &Ctx, access: &RepoAccess, row: PathRuleRow) -> Result<PathProtection> {
    shown(app, ctx, access, vec![row]).await?.pop().ok_or(Error::NotFound("path rule"))
}

async fn shown(app: &App, ctx: &Ctx, access: &RepoAccess, rows: Vec<PathRuleRow>) -> Result<Vec<PathProtection>> {
    let read = |row: PathRuleRow| Ok((PathSettings::read(&row.settings)?, row));
    let rows = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    let accounts = rows.iter().flat_map(|(settings, _)| &settings.accounts).copied().collect();
    let teams = rows.iter().flat_map(|(settings, _)| &settings.teams).copied().collect();
    let names = names_of(app, ctx, access, accounts, teams).await?;
    let rule = |(settings, row): (PathSettings, PathRuleRow)| {
        let people = names.list(&settings.accounts, &settings.teams);
        PathProtection { id: row.id, settings, people, created_at: row.created_at, updated_at: row.updated_at }
    };
    Ok(rows.into_iter().map(rule).collect())
}
