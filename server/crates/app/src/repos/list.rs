//! Lists of repositories, cut to what the asker may see.

use hardie_domain::access::{RepoAction, Role, Visibility};
use hardie_domain::ids::{RepoId, TeamId};
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
use hardie_store::marks::Mark;
use hardie_store::repo_list::{RepoFilter, RepoOrder, Viewer};
use hardie_store::repos::OwnedRepo;

use super::Repo;
use crate::access::{repo_for, viewer_of};
use crate::accounts::{known_account, shown};
use crate::{App, Ctx, Error, Result};

const MAX_QUERY_CHARS: usize = 100;
/// Topics of one search.
const MOST_TOPICS: usize = 10;

/// Which repositories are wanted.
#[derive(Clone, Debug, Default)]
pub struct RepoSearch {
    /// Held by the name, the address or the description, without case; empty for all.
    pub query: String,
    /// Of this owner alone.
    pub owner: Option<String>,
    /// Those in which the actor has a part alone: owned, shared with them, or in an organisation of theirs.
    pub mine: bool,
    /// Those alone that this team reaches; who may look at the team is for the caller.
    pub team: Option<TeamId>,
    /// Those that have one of these topics alone; all if there are none.
    pub topics: Vec<String>,
    /// Those that the account of this name has marked so alone.
    pub marked: Option<(String, Mark)>,
    /// Those that were forked from this one alone.
    pub parent: Option<RepoId>,
    /// Public ones alone, or private ones alone.
    pub visibility: Option<Visibility>,
    /// Archived ones alone, or others alone.
    pub archived: Option<bool>,
    /// The order.
    pub order: RepoOrder,
    /// The other way round.
    pub reverse: bool,
}

/// Repositories that fit and that the asker may see.
pub async fn search_repos(app: &App, ctx: &Ctx, search: &RepoSearch, page: Page) -> Result<Paged<Repo>> {
    let viewer = viewer_of(ctx);
    let owner = match &search.owner {
        Some(name) => Some(known_account(app, ctx, name).await?.ok_or(Error::NotFound("account"))?.id),
        None => None,
    };
    let involving = if search.mine { Some(ctx.require_actor()?.id) } else { None };
    let marked = match &search.marked {
        // What people like is for people, not for whoever gathers it.
        Some(_) if ctx.actor.is_none() => return Err(Error::unauthenticated("sign in first")),
        Some((name, mark)) => Some((known_account(app, ctx, name).await?.ok_or(Error::NotFound("account"))?.id, *mark)),
        None => None,
    };
    let query: String = search.query.trim().chars().filter(|c| *c != '\0').take(MAX_QUERY_CHARS).collect();
    let filter = RepoFilter {
        viewer,
        owner,
        involving,
        team: search.team,
        query: &query,
        topics: search.topics.get(..MOST_TOPICS).unwrap_or(&search.topics),
        marked,
        parent: search.parent,
        private: search.visibility.map(|v| v == Visibility::Private),
        archived: search.archived,
        order: search.order,
        reverse: search.reverse,
    };
    let found = app.store.list_repos(&filter, page).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for owned in found.items {
        items.push(with_role(app, ctx, viewer, owned).await?);
    }
    Ok(Paged { items, total: found.total })
}

/// The forks of a repository that the asker may see.
pub async fn list_forks(app: &App, ctx: &Ctx, path: &RepoPath, search: RepoSearch, page: Page) -> Result<Paged<Repo>> {
    let parent = Some(repo_for(app, ctx, path, RepoAction::Read).await?.repo.id);
    search_repos(app, ctx, &RepoSearch { parent, ..search }, page).await
}

async fn with_role(app: &App, ctx: &Ctx, viewer: Viewer, OwnedRepo { repo, owner }: OwnedRepo) -> Result<Repo> {
    let (role, can_own) = match viewer {
        Viewer::Everything => (Role::Admin, true),
        Viewer::User(user) => {
            let access = app.store.find_access(repo.id, user).await?;
            let role = if access.is_owner { Role::Admin } else { access.role.unwrap_or(Role::Read) };
            (role, access.is_owner)
        }
        Viewer::Anyone => (Role::Read, false),
    };
    Ok(Repo { owner: shown(ctx, owner), row: repo, role, can_own, parent: None })
}
