//! Settings and the name of a repository.

use hardie_domain::access::{RepoAction, Visibility};
use hardie_domain::error::Invalid;
use hardie_domain::event;
use hardie_domain::names::{RepoName, RepoPath};
use hardie_domain::refname::RefName;
use hardie_store::Tx;
use hardie_store::repos::{OwnedRepo, RepoRow};
use serde_json::json;

use super::{Repo, checked_branch, checked_description, checked_website, get_repo_by_id};
use crate::access::{RepoAccess, repo_for};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result, events};

/// What changes; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct RepoChange {
    /// A new name; the old address redirects. For the owner.
    pub name: Option<String>,
    /// A few words.
    pub description: Option<String>,
    /// An address; may be empty.
    pub website: Option<String>,
    /// Who sees it without being named in it.
    pub visibility: Option<Visibility>,
    /// The branch that HEAD names; must exist unless the repository is empty.
    pub default_branch: Option<String>,
    /// Readable, never written.
    pub archived: Option<bool>,
    /// Whether others are made after it.
    pub template: Option<bool>,
}

/// The same with every part checked.
struct Checked {
    name: Option<RepoName>,
    description: Option<String>,
    website: Option<String>,
    visibility: Option<Visibility>,
    default_branch: Option<RefName>,
    archived: Option<bool>,
    template: Option<bool>,
}

/// Changes settings, all or none. For the repository's administrators; the name for its owner.
pub async fn update_repo(app: &App, ctx: &Ctx, path: &RepoPath, change: RepoChange) -> Result<Repo> {
    let action = if change.name.is_some() { RepoAction::Own } else { RepoAction::Administer };
    let access = repo_for(app, ctx, path, action).await?;
    let checked = check(&access, change)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let before = tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    if checked.visibility == Some(Visibility::Public) && before.parent.is_some() {
        // The owner is locked, so that it is not shown to more people meanwhile.
        tx.bump_account_rules(before.owner).await?;
        check_parent(&mut tx, &before).await?;
    }
    let mut changes = Vec::new();
    if let Some(branch) = &checked.default_branch {
        set_head(&mut tx, app, &before, branch).await?;
        changes.push(format!("default branch {}", branch.short()));
    }
    let row = hardie_store::repos::RepoChange {
        description: checked.description.as_deref(),
        website: checked.website.as_deref(),
        visibility: checked.visibility,
        archived: checked.archived,
        template: checked.template,
    };
    if row.is_something() {
        tx.update_repo(before.id, &row, now).await?;
        changes.extend(checked.description.is_some().then(|| "description".to_owned()));
        changes.extend(checked.website.is_some().then(|| "website".to_owned()));
        changes.extend(checked.visibility.map(|v| if v == Visibility::Private { "private" } else { "public" }.to_owned()));
        changes.extend(checked.archived.map(|a| if a { "archived" } else { "no longer archived" }.to_owned()));
        changes.extend(checked.template.map(|t| if t { "a template" } else { "no longer a template" }.to_owned()));
    }
    if !changes.is_empty() {
        note(&mut tx, app, ctx, &access, Note { action: "repository.edit", kind: event::REPO_UPDATED, detail: changes.join(", ") }).await?;
    }
    if let Some(name) = &checked.name {
        if !tx.move_repo(before.id, before.owner, name, now).await? {
            return Err(Error::Conflict(format!("{} already has a repository named {name}", access.owner.name)));
        }
        let detail = format!("{} to {}/{name}", access.path(), access.owner.name);
        note(&mut tx, app, ctx, &access, Note { action: "repository.rename", kind: event::REPO_RENAMED, detail }).await?;
    }
    tx.commit().await?;
    app.wakes.committed();
    get_repo_by_id(app, ctx, before.id).await
}

fn check(access: &RepoAccess, change: RepoChange) -> Result<Checked> {
    let name = change.name.as_deref().map(|n| RepoName::parse(n.trim())).transpose()?;
    Ok(Checked {
        name: name.filter(|name| *name != access.repo.name),
        description: change.description.as_deref().map(checked_description).transpose()?,
        website: change.website.as_deref().map(checked_website).transpose()?,
        visibility: change.visibility.filter(|v| *v != access.repo.visibility),
        default_branch: change.default_branch.as_deref().map(checked_branch).transpose()?.filter(|b| *b != access.repo.default_branch),
        archived: change.archived.filter(|a| *a != access.repo.archived),
        template: change.template.filter(|t| *t != access.repo.template),
    })
}

async fn set_head(tx: &mut Tx, app: &App, repo: &RepoRow, branch: &RefName) -> Result<()> {
    let is_hidden = app.config.git_rules.hidden_refs.hides(branch.as_bytes());
    let exists = !is_hidden && tx.find_ref(repo.id, branch).await?.is_some();
    if !exists && tx.count_refs(repo.id).await? > 0 {
        return Err(Invalid::new("default_branch", format!("there is no branch {:?}", branch.short())).into());
    }
    tx.set_default_branch(repo.id, branch).await?;
    Ok(())
}

/// Whoever may read what not everybody sees may fork it, and must not show it to more people by that. For a fork that is public, or is about
/// to be.
pub(super) async fn check_parent(tx: &mut Tx, repo: &RepoRow) -> Result<()> {
    let Some(parent) = repo.parent else { return Ok(()) };
    let Some(OwnedRepo { repo: parent, owner: of }) = tx.find_kept_repo(parent).await? else { return Ok(()) };
    let owner = tx.find_account(repo.owner).await?.ok_or(Error::NotFound("repository"))?;
    let allowed = match of.id == owner.id {
        true => parent.visibility,
        false => parent.visibility.of_fork(of.visibility, owner.visibility),
    };
    match allowed {
        Visibility::Private => Err(Error::forbidden("a fork stays private where more people would see it than what it was forked from")),
        Visibility::Public => Ok(()),
    }
}

/// What is written down about a change: in the audit log and as an event.
pub(super) struct Note {
    pub action: &'static str,
    pub kind: &'static str,
    pub detail: String,
}

/// Writes a change down, with the repository as it is now in this transaction.
pub(super) async fn note(tx: &mut Tx, app: &App, ctx: &Ctx, before: &RepoAccess, note: Note) -> Result<()> {
    let mut line = entry(ctx, note.action);
    (line.account, line.repo) = (Some(before.owner.id), Some(before.repo.id));
    line.detail = note.detail;
    tx.insert_audit(&line, app.clock.now()).await?;
    let now = tx.find_owned_repo(before.repo.id).await?;
    let (repo, owner) = now.as_ref().map_or((&before.repo, &before.owner), |now| (&now.repo, &now.owner));
    events::announce(tx, app, ctx, note.kind, repo, owner, json!({ "previous_full_name": before.path() })).await
}
