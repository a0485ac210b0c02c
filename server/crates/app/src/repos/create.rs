//! Making a repository.

use hardie_domain::access::{Role, Visibility};
use hardie_domain::event;
use hardie_domain::names::RepoName;
use hardie_domain::scope::{Category, Level};
use serde_json::json;

use super::generate::Gifts;
use super::{Repo, checked_branch, checked_description, get_repo_by_id};
use crate::access::require_scope;
use crate::accounts::{known_account, may_create_under, may_own_under};
use crate::audit::entry;
use crate::imports::Asked;
use crate::{App, Ctx, Error, Result, events};

const DEFAULT_BRANCH: &str = "main";

/// A repository to be made.
#[derive(Clone, Debug)]
pub struct NewRepo {
    /// Unique under its owner, without case.
    pub name: String,
    /// A few words; may be empty.
    pub description: String,
    /// Who sees it without being named in it.
    pub visibility: Visibility,
    /// What HEAD names until the first push: that push's branch becomes the default if it brings another.
    pub default_branch: Option<String>,
}

/// Makes an empty repository under the actor's own account, or under `owner`: an organisation that the actor owns, or in which a team of
/// theirs may make some. Whoever makes one without owning the organisation administers it.
pub async fn create_repo(app: &App, ctx: &Ctx, owner: Option<&str>, new: NewRepo) -> Result<Repo> {
    create_beginning(app, ctx, owner, new, None).await
}

/// With what a repository begins, beside its settings.
pub(crate) enum Beginning {
    /// With what a template gives beside its files.
    Template(Gifts),
    /// With an import.
    Import(Asked),
}

/// As [`create_repo`], with a beginning that is written in the same transaction.
pub(crate) async fn create_beginning(
    app: &App,
    ctx: &Ctx,
    owner: Option<&str>,
    new: NewRepo,
    beginning: Option<&Beginning>,
) -> Result<Repo> {
    let actor = require_scope(ctx, Category::Repository, Level::Write)?;
    if actor.scopes.is_public_only() && new.visibility == Visibility::Private {
        return Err(Error::forbidden("this token is for public things only"));
    }
    let owner = match owner {
        Some(name) => known_account(app, ctx, name).await?,
        None => app.store.find_account(actor.id).await?,
    };
    let owner = owner.ok_or(Error::NotFound("account"))?;
    if !may_create_under(app, ctx, &owner).await? {
        return Err(Error::forbidden(format!("you may not make repositories under {}", owner.name)));
    }
    let is_owner = may_own_under(app, ctx, &owner).await?;
    let name = RepoName::parse(new.name.trim())?;
    let description = checked_description(&new.description)?;
    let default_branch = checked_branch(new.default_branch.as_deref().filter(|b| !b.is_empty()).unwrap_or(DEFAULT_BRANCH))?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let row = hardie_store::repos::NewRepo {
        owner: owner.id,
        name: &name,
        description: &description,
        visibility: new.visibility,
        default_branch: &default_branch,
        at: now,
    };
    let taken = || Error::Conflict(format!("{} already has a repository named {name}", owner.name));
    let id = tx.insert_repo(&row).await?.ok_or_else(taken)?;
    if !is_owner {
        tx.set_collaborator(id, actor.id, Role::Admin, now).await?;
    }
    let mut line = entry(ctx, "repository.create");
    (line.account, line.repo) = (Some(owner.id), Some(id));
    line.detail = format!("{}/{name}", owner.name);
    match beginning {
        None => {}
        Some(Beginning::Template(gifts)) => {
            gifts.give(&mut tx, id, now).await?;
            line.detail = format!("{}, after {}", line.detail, gifts.from);
        }
        Some(Beginning::Import(asked)) => {
            asked.write(&mut tx, id, actor.id, now).await?;
            line.detail = format!("{}, imported from {}", line.detail, asked.url);
        }
    }
    tx.insert_audit(&line, now).await?;
    let repo = tx.find_repo(id).await?.ok_or(Error::NotFound("repository"))?;
    events::announce(&mut tx, app, ctx, event::REPO_CREATED, &repo, &owner, json!({})).await?;
    tx.commit().await?;
    app.wakes.committed();
    get_repo_by_id(app, ctx, id).await
}
