//! Protected branches: patterns, and what they still allow. The push path asks the rows; here they are written.

use hardie_domain::access::RepoAction;
use hardie_domain::glob::Glob;
use hardie_domain::names::RepoPath;
use hardie_git::Budget;
pub use hardie_store::protections::ProtectionRow as Protection;

use crate::access::{RepoAccess, repo_for};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// A bound on the rules that every push is measured against.
const MAX_RULES: usize = 100;

/// What a rule allows; `None` leaves it as it is (or at "no" for a new rule).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProtectionChange {
    /// Updates that drop commits.
    pub allow_force: Option<bool>,
    /// Removing the branch. The default branch can never be removed, whatever a rule says.
    pub allow_delete: Option<bool>,
}

/// All rules, by pattern. For those who may read: a refused push names its rule anyway.
pub async fn list_protections(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<Vec<Protection>> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    Ok(app.store.list_protections(access.repo.id).await?)
}

/// The rule with this pattern.
pub async fn get_protection(app: &App, ctx: &Ctx, path: &RepoPath, pattern: &str) -> Result<Protection> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    app.store.find_protection(access.repo.id, pattern).await?.ok_or(Error::NotFound("branch protection"))
}

/// Adds a rule. For the repository's administrators.
pub async fn create_protection(app: &App, ctx: &Ctx, path: &RepoPath, pattern: &str, change: ProtectionChange) -> Result<Protection> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let glob = Glob::parse(pattern.trim())?;
    let (force, delete) = (change.allow_force.unwrap_or(false), change.allow_delete.unwrap_or(false));
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    if tx.list_protections(access.repo.id).await?.len() >= MAX_RULES {
        return Err(Error::Quota(format!("a repository may have {MAX_RULES} branch protections: use patterns such as release/*")));
    }
    if !tx.insert_protection(access.repo.id, glob.as_str(), force, delete, now).await? {
        return Err(Error::Conflict(format!("there is a rule for {:?} already", glob.as_str())));
    }
    audit(&mut tx, app, ctx, &access, "protection.create", &describe(glob.as_str(), force, delete)).await?;
    tx.commit().await?;
    let pattern = glob.as_str().to_owned();
    Ok(Protection { pattern, allow_force: force, allow_delete: delete, created_at: now, updated_at: now })
}

/// Changes a rule. For the repository's administrators.
pub async fn edit_protection(app: &App, ctx: &Ctx, path: &RepoPath, pattern: &str, change: ProtectionChange) -> Result<Protection> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    let before = tx.find_protection(access.repo.id, pattern).await?.ok_or(Error::NotFound("branch protection"))?;
    let (force, delete) = (change.allow_force.unwrap_or(before.allow_force), change.allow_delete.unwrap_or(before.allow_delete));
    tx.update_protection(access.repo.id, pattern, force, delete, now).await?;
    audit(&mut tx, app, ctx, &access, "protection.edit", &describe(pattern, force, delete)).await?;
    tx.commit().await?;
    Ok(Protection { allow_force: force, allow_delete: delete, updated_at: now, ..before })
}

/// Removes a rule. For the repository's administrators.
pub async fn delete_protection(app: &App, ctx: &Ctx, path: &RepoPath, pattern: &str) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    if !tx.delete_protection(access.repo.id, pattern).await? {
        return Err(Error::NotFound("branch protection"));
    }
    audit(&mut tx, app, ctx, &access, "protection.delete", &format!("{pattern:?}")).await?;
    Ok(tx.commit().await?)
}

/// The rules of one repository, read once for all the branches that a request looks at.
pub(crate) struct Rules(Vec<(Glob, Protection)>);

impl Rules {
    /// A stored pattern that cannot be read is an error: a rule must not fall away in silence.
    pub fn read(rows: Vec<Protection>) -> Result<Rules> {
        let rule = |row: Protection| Ok((Glob::parse(&row.pattern).map_err(Error::internal)?, row));
        rows.into_iter().map(rule).collect::<Result<_>>().map(Rules)
    }

    /// The rules whose pattern fits a branch, by its short name. All of them hold: what one forbids no other allows.
    ///
    /// Takes a step for each rule: strangers choose how many rules and branches there are. Call it from a blocking thread.
    pub fn fitting(&self, short_name: &[u8], budget: &mut Budget) -> hardie_git::Result<Vec<&Protection>> {
        let mut fitting = Vec::new();
        for (glob, rule) in &self.0 {
            budget.step()?;
            if glob.matches(short_name) {
                fitting.push(rule);
            }
        }
        Ok(fitting)
    }
}

fn describe(pattern: &str, force: bool, delete: bool) -> String {
    let allowed = |yes: bool| if yes { "allowed" } else { "refused" };
    format!("{pattern:?}: force push {}, deletion {}", allowed(force), allowed(delete))
}

async fn audit(tx: &mut hardie_store::Tx, app: &App, ctx: &Ctx, access: &RepoAccess, action: &'static str, detail: &str) -> Result<()> {
    let mut line = entry(ctx, action);
    line.repo = Some(access.repo.id);
    line.detail = detail.to_owned();
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(())
}
