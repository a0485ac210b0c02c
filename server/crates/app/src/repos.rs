//! Repositories: making, finding, describing, moving, deleting and bringing them back.

mod create;
mod delete;
mod edit;
mod generate;
mod list;
mod marks;
mod topics;
mod transfer;

use hardie_domain::access::{RepoAction, Role, Visibility};
use hardie_domain::error::Invalid;
use hardie_domain::ids::RepoId;
use hardie_domain::names::RepoPath;
use hardie_domain::refname::RefName;
use hardie_domain::weblink;
pub use hardie_store::repo_list::RepoOrder;
pub use hardie_store::repos::RepoRow;

use crate::access::{RepoAccess, repo_by_id, repo_for};
use crate::accounts::{Account, shown};
use crate::{App, Ctx, Error, Result};

pub(crate) use create::{Beginning, create_beginning};
pub use create::{NewRepo, create_repo};
pub use delete::{DeletedRepo, RESTORABLE_SECONDS, delete_repo, find_deleted_repo, list_deleted_repos, restore_repo};
pub use edit::{RepoChange, update_repo};
pub use generate::{GenerateRepo, generate_repo};
pub use list::{RepoSearch, list_forks, search_repos};
pub use marks::{Mark, find_mark, list_markers, set_mark};
pub use topics::{add_topic, get_topics, remove_topic, search_topics, set_topics};
pub use transfer::transfer_repo;

/// A repository as the asker may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repo {
    /// The repository.
    pub row: RepoRow,
    /// Whose it is.
    pub owner: Account,
    /// What the asker may do; `Read` for somebody who has not signed in.
    pub role: Role,
    /// Whether the asker may rename, transfer and delete it.
    pub can_own: bool,
    /// What it was forked from, where one repository is shown and the asker may see that one too.
    pub parent: Option<Box<Repo>>,
}

impl Repo {
    /// `owner/name`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.owner.name, self.row.name)
    }

    /// Whether nobody has pushed to it yet.
    pub fn is_empty(&self) -> bool {
        self.row.pushed_at.is_none()
    }

    /// Whether only its owner and those named in it see it.
    pub fn is_private(&self) -> bool {
        self.row.visibility == Visibility::Private
    }

    pub(crate) fn of(ctx: &Ctx, access: RepoAccess) -> Repo {
        Repo { row: access.repo, owner: shown(ctx, access.owner), role: access.role, can_own: access.can_own, parent: None }
    }
}

/// The repository at this address.
pub async fn get_repo(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<Repo> {
    with_parent(app, ctx, Repo::of(ctx, repo_for(app, ctx, path, RepoAction::Read).await?)).await
}

/// The repository with this id.
pub async fn get_repo_by_id(app: &App, ctx: &Ctx, id: RepoId) -> Result<Repo> {
    with_parent(app, ctx, Repo::of(ctx, repo_by_id(app, ctx, id, RepoAction::Read).await?)).await
}

async fn with_parent(app: &App, ctx: &Ctx, repo: Repo) -> Result<Repo> {
    let Some(parent) = repo.row.parent else { return Ok(repo) };
    match repo_by_id(app, ctx, parent, RepoAction::Read).await {
        Ok(access) => Ok(Repo { parent: Some(Box::new(Repo::of(ctx, access))), ..repo }),
        Err(Error::NotFound(_)) => Ok(repo),
        Err(error) => Err(error),
    }
}

const MAX_DESCRIPTION_CHARS: usize = 2048;
const MAX_WEBSITE_CHARS: usize = 1024;

fn checked_description(text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > MAX_DESCRIPTION_CHARS {
        return Err(Invalid::new("description", format!("may have {MAX_DESCRIPTION_CHARS} characters at most")).into());
    }
    match text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        true => Err(Invalid::new("description", "must not hold control characters").into()),
        false => Ok(text.replace(['\n', '\t'], " ")),
    }
}

fn checked_website(text: &str) -> Result<String> {
    Ok(weblink::checked("website", text, MAX_WEBSITE_CHARS)?)
}

fn checked_branch(short: &str) -> Result<RefName> {
    RefName::branch(short).map_err(|why| Invalid::new("default_branch", why.reason).into())
}
