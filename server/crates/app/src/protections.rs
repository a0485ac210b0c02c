//! Rules over branches, tags and paths: patterns, and what they still allow. The push path asks the rows; here they are written.

mod paths;
mod people;
mod rules;
mod settings;
mod tags;

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::glob::Glob;
use hardie_domain::names::RepoPath;
use hardie_domain::time::Timestamp;
use hardie_store::protections::ProtectionRow;

use crate::access::{RepoAccess, repo_for};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};
pub(crate) use paths::PathRule;
pub use paths::{
    PathChange, PathProtection, PathSettings, create_path_rule, delete_path_rule, edit_path_rule, get_path_rule, list_path_rules,
};
pub(crate) use people::pusher_of;
pub use people::{Listed, Named};
use people::{ids_of, names_of};
pub(crate) use rules::Rules;
pub use settings::{Pusher, Settings, SettingsChange};
pub use tags::{
    TagChange, TagProtection, create_tag_protection, delete_tag_protection, edit_tag_protection, get_tag_protection, list_tag_protections,
};

/// A bound on the rules of each sort that every push is measured against.
const MAX_RULES: usize = 100;
/// The priority of rules that hold whatever others do: those made before there were priorities, and what is set to it.
pub(crate) const ALWAYS: i64 = 0;

/// A rule over branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// Of which branches; unique in the repository.
    pub pattern: String,
    /// The lowest goes first. Of the rules that fit a branch the first holds, and beside it all of priority 0.
    pub priority: i64,
    /// Whether an update may drop commits.
    pub allow_force: bool,
    /// Whether the branch may be deleted. The default branch can never be, whatever a rule says.
    pub allow_delete: bool,
    /// What else it asks.
    pub settings: Settings,
    /// The people on its lists; empty for whoever may only read the repository, and where nobody is shown them.
    pub people: People,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Lists of a rule, by names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Who may push.
    pub push: Listed,
    /// Who may drop commits.
    pub force: Listed,
    /// For pull requests.
    pub merge: Listed,
    /// For pull requests.
    pub approvals: Listed,
}

/// What a rule asks from now on; `None` stays as it is (or at "no" for a new rule, and at "yes" for who may push).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProtectionChange {
    /// The lowest goes first; a new rule without, or with 0, goes last.
    pub priority: Option<i64>,
    /// Updates that drop commits.
    pub allow_force: Option<bool>,
    /// Removing the branch.
    pub allow_delete: Option<bool>,
    /// All else. Lists are in the other fields.
    pub settings: SettingsChange,
    /// Who may push.
    pub push: Named,
    /// Who may drop commits.
    pub force: Named,
    /// For pull requests.
    pub merge: Named,
    /// For pull requests.
    pub approvals: Named,
}

impl Protection {
    /// From its row. The people are not looked up.
    pub(crate) fn of(row: ProtectionRow) -> Result<Protection> {
        let ProtectionRow { pattern, priority, allow_force, allow_delete, settings, created_at, updated_at } = row;
        let (settings, people) = (Settings::read(&settings)?, People::default());
        Ok(Protection { pattern, priority, allow_force, allow_delete, settings, people, created_at, updated_at })
    }

    fn row(&self) -> Result<ProtectionRow> {
        Ok(ProtectionRow {
            pattern: self.pattern.clone(),
            priority: self.priority,
            allow_force: self.allow_force,
            allow_delete: self.allow_delete,
            settings: self.settings.write()?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// All rules over branches, by priority and pattern. For those who may read: a refused push names its rule anyway.
pub async fn list_protections(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<Vec<Protection>> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let rows = app.store.list_protections(access.repo.id).await?;
    let rules = rows.into_iter().map(Protection::of).collect::<Result<Vec<_>>>()?;
    with_names(app, ctx, &access, rules).await
}

/// The rule with this pattern.
pub async fn get_protection(app: &App, ctx: &Ctx, path: &RepoPath, pattern: &str) -> Result<Protection> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let row = app.store.find_protection(access.repo.id, pattern).await?.ok_or(Error::NotFound("branch protection"))?;
    one(app, ctx, &access, Protection::of(row)?).await
}

/// Adds a rule. For the repository's administrators.
pub async fn create_protection(app: &App, ctx: &Ctx, path: &RepoPath, pattern: &str, change: ProtectionChange) -> Result<Protection> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let glob = Glob::parse(pattern.trim())?;
    let change = resolve(app, &access, change).await?;
    let now = app.clock.now();
    let mut rule = Protection {
        pattern: glob.as_str().to_owned(),
        priority: ALWAYS,
        allow_force: false,
        allow_delete: false,
        settings: Settings::default(),
        people: People::default(),
        created_at: now,
        updated_at: now,
    };
    apply(change, &mut rule)?;
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    let others = tx.list_protections(access.repo.id).await?;
    if others.len() >= MAX_RULES {
        return Err(Error::Quota(format!("a repository may have {MAX_RULES} branch protections: use patterns such as release/*")));
    }
    if rule.priority == ALWAYS {
        rule.priority = others.iter().map(|other| other.priority).max().unwrap_or(0).saturating_add(1);
    }
    if !tx.insert_protection(access.repo.id, &rule.row()?).await? {
        return Err(Error::Conflict(format!("there is a rule for {:?} already", glob.as_str())));
    }
    audit(&mut tx, app, ctx, &access, "protection.create", &describe(&rule)?).await?;
    tx.commit().await?;
    one(app, ctx, &access, rule).await
}

/// Changes a rule. For the repository's administrators.
pub async fn edit_protection(app: &App, ctx: &Ctx, path: &RepoPath, pattern: &str, change: ProtectionChange) -> Result<Protection> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let change = resolve(app, &access, change).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    let before = tx.find_protection(access.repo.id, pattern).await?.ok_or(Error::NotFound("branch protection"))?;
    let mut rule = Protection::of(before)?;
    apply(change, &mut rule)?;
    rule.updated_at = now;
    tx.update_protection(access.repo.id, &rule.row()?).await?;
    audit(&mut tx, app, ctx, &access, "protection.edit", &describe(&rule)?).await?;
    tx.commit().await?;
    one(app, ctx, &access, rule).await
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

/// Puts the ids of the users and teams that a change names into it.
async fn resolve(app: &App, access: &RepoAccess, mut change: ProtectionChange) -> Result<ProtectionChange> {
    let asks = &mut change.settings;
    let push = ("push_whitelist_usernames", "push_whitelist_teams");
    (asks.push_accounts, asks.push_teams) = ids_of(app, access, push, std::mem::take(&mut change.push)).await?;
    let force = ("force_push_allowlist_usernames", "force_push_allowlist_teams");
    (asks.force_accounts, asks.force_teams) = ids_of(app, access, force, std::mem::take(&mut change.force)).await?;
    let merge = ("merge_whitelist_usernames", "merge_whitelist_teams");
    (asks.merge_accounts, asks.merge_teams) = ids_of(app, access, merge, std::mem::take(&mut change.merge)).await?;
    let approvals = ("approvals_whitelist_username", "approvals_whitelist_teams");
    (asks.approvals_accounts, asks.approvals_teams) = ids_of(app, access, approvals, std::mem::take(&mut change.approvals)).await?;
    Ok(change)
}

fn apply(change: ProtectionChange, rule: &mut Protection) -> Result<()> {
    change.settings.apply(&mut rule.settings);
    rule.settings.check()?;
    rule.allow_force = change.allow_force.unwrap_or(rule.allow_force);
    rule.allow_delete = change.allow_delete.unwrap_or(rule.allow_delete);
    rule.priority = change.priority.unwrap_or(rule.priority);
    match rule.priority < 0 {
        true => Err(Invalid::new("priority", "is 0 or more").into()),
        false => Ok(()),
    }
}

async fn one(app: &App, ctx: &Ctx, access: &RepoAccess, rule: Protection) -> Result<Protection> {
    with_names(app, ctx, access, vec![rule]).await?.pop().ok_or(Error::NotFound("branch protection"))
}

async fn with_names(app: &App, ctx: &Ctx, access: &RepoAccess, mut rules: Vec<Protection>) -> Result<Vec<Protection>> {
    let asked = || rules.iter().map(|rule| &rule.settings);
    let accounts = asked().flat_map(|s| [&s.push_accounts, &s.force_accounts, &s.merge_accounts, &s.approvals_accounts]).flatten();
    let teams = asked().flat_map(|s| [&s.push_teams, &s.force_teams, &s.merge_teams, &s.approvals_teams]).flatten();
    let names = names_of(app, ctx, access, accounts.copied().collect(), teams.copied().collect()).await?;
    for rule in &mut rules {
        let asks = &rule.settings;
        rule.people = People {
            push: names.list(&asks.push_accounts, &asks.push_teams),
            force: names.list(&asks.force_accounts, &asks.force_teams),
            merge: names.list(&asks.merge_accounts, &asks.merge_teams),
            approvals: names.list(&asks.approvals_accounts, &asks.approvals_teams),
        };
    }
    Ok(rules)
}

fn describe(rule: &Protection) -> Result<String> {
    let allowed = |yes: bool| if yes { "allowed" } else { "refused" };
    let (force, delete) = (allowed(rule.allow_force), allowed(rule.allow_delete));
    let mut text = format!("{:?}: force push {force}, deletion {delete}", rule.pattern);
    if rule.settings != Settings::default() {
        text = format!("{text}, {}", rule.settings.write()?);
    }
    Ok(text)
}

async fn audit(tx: &mut hardie_store::Tx, app: &App, ctx: &Ctx, access: &RepoAccess, action: &'static str, detail: &str) -> Result<()> {
    let mut line = entry(ctx, action);
    line.repo = Some(access.repo.id);
    line.detail = detail.to_owned();
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(())
}
