//! Lists of repositories, cut to what one user may see.

use hardie_domain::ids::{AccountId, RepoId, TeamId};
use hardie_domain::page::{Page, Paged};

use crate::Result;
use crate::marks::Mark;
use crate::repos::{OwnedRepo, owned_repo, select_owned};
use crate::sql::{Sql, contains, count, sql};
use crate::store::reads;
use crate::teams::reaches;

/// For whom a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// What everybody sees: nobody signed in, or a credential for public things only.
    Anyone,
    /// What is public, owned, shared with or in an organisation of this user.
    User(AccountId),
    /// Everything: an administrator.
    Everything,
}

/// The order of a list. Ties are broken by id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RepoOrder {
    /// By name.
    #[default]
    Name,
    /// Last changed first.
    Updated,
    /// Newest first.
    Created,
    /// Largest first.
    Size,
    /// By id.
    Id,
}

/// Which repositories are wanted.
#[derive(Clone, Copy, Debug)]
pub struct RepoFilter<'a> {
    /// For whom.
    pub viewer: Viewer,
    /// Of this owner alone.
    pub owner: Option<AccountId>,
    /// Those in which this user has a part: owner, collaborator, member or in a team of the owning organisation.
    pub involving: Option<AccountId>,
    /// Those that this team reaches.
    pub team: Option<TeamId>,
    /// Held by the name or the description, without case; empty for all.
    pub query: &'a str,
    /// Those that have one of these topics alone; all if there are none.
    pub topics: &'a [String],
    /// Those that this account has marked so alone.
    pub marked: Option<(AccountId, Mark)>,
    /// Those that were forked from this one alone.
    pub parent: Option<RepoId>,
    /// Private ones alone, or public ones alone.
    pub private: Option<bool>,
    /// Archived ones alone, or others alone.
    pub archived: Option<bool>,
    /// The order.
    pub order: RepoOrder,
    /// The other way round.
    pub reverse: bool,
}

impl RepoFilter<'_> {
    /// All that the viewer may see, by name.
    pub fn visible_to(viewer: Viewer) -> RepoFilter<'static> {
        RepoFilter {
            viewer,
            owner: None,
            involving: None,
            team: None,
            query: "",
            topics: &[],
            marked: None,
            parent: None,
            private: None,
            archived: None,
            order: RepoOrder::Name,
            reverse: false,
        }
    }
}

reads! {
    /// Repositories that fit, each with its owner, and how many there are in all.
    pub async fn list_repos(db, filter: &RepoFilter<'_>, page: Page) -> Result<Paged<OwnedRepo>> {
        let counted = sql("SELECT COUNT(*) FROM repo r JOIN account a ON a.id = r.owner_id");
        let total = db.one(conditions(counted, filter), count).await?;
        // Ids alone are put in order and skipped; whole rows are read of one page.
        let (ids, order) = (select_owned().push(ids_of(filter)), order_by(filter.order, filter.reverse));
        let statement = conditions(ids, filter).push(order).page(page).push(")").push(order);
        Ok(Paged { items: db.all(statement, owned_repo).await?, total })
    }
}

/// The beginning of the list of ids. Where names are the order, owners come first, whose index has it: the plus keeps SQLite from going the
/// other way round and sorting all. One owner's repositories are found by their own index.
fn ids_of(filter: &RepoFilter<'_>) -> &'static str {
    match (filter.order, filter.owner) {
        (RepoOrder::Name, None) => " WHERE r.id IN (SELECT r.id FROM account a JOIN repo r ON r.owner_id = +a.id",
        _ => " WHERE r.id IN (SELECT r.id FROM repo r JOIN account a ON a.id = r.owner_id",
    }
}

pub(crate) fn conditions(statement: Sql, filter: &RepoFilter<'_>) -> Sql {
    let mut statement = statement.push(" WHERE r.deleted_at IS NULL");
    statement = match filter.viewer {
        Viewer::Everything => statement,
        Viewer::Anyone => statement.push(" AND r.visibility = 'public' AND a.visibility = 'public'"),
        Viewer::User(user) => part_of(statement.push(" AND ((r.visibility = 'public' AND a.visibility <> 'private') OR "), user).push(")"),
    };
    if let Some(owner) = filter.owner {
        statement = statement.push(" AND r.owner_id = ").push_bind(owner);
    }
    if let Some(user) = filter.involving {
        statement = part_of(statement.push(" AND ("), user).push(")");
    }
    if let Some(team) = filter.team {
        statement =
            statement.push(concat!(" AND EXISTS (SELECT 1 FROM team t WHERE ", reaches!(), " AND t.id = ")).push_bind(team).push(")");
    }
    if !filter.query.is_empty() {
        let pattern = contains(&filter.query.to_lowercase());
        statement = statement
            .push(" AND (r.lower_name LIKE ")
            .push_bind(pattern.clone())
            .push(" ESCAPE '\\' OR LOWER(r.description) LIKE ")
            .push_bind(pattern.clone())
            .push(" ESCAPE '\\' OR a.lower_name || '/' || r.lower_name LIKE ")
            .push_bind(pattern)
            .push(" ESCAPE '\\')");
    }
    if let Some((first, others)) = filter.topics.split_first() {
        let has = |statement: Sql, topic: &String| {
            statement.push("('\n' || r.topics || '\n') LIKE ").push_bind(contains(&format!("\n{topic}\n"))).push(" ESCAPE '\\'")
        };
        statement = has(statement.push(" AND ("), first);
        statement = others.iter().fold(statement, |statement, topic| has(statement.push(" OR "), topic)).push(")");
    }
    if let Some((account, mark)) = filter.marked {
        statement = statement
            .push(" AND EXISTS (SELECT 1 FROM repo_mark k WHERE k.repo_id = r.id AND k.account_id = ")
            .push_bind(account)
            .push(" AND k.kind = ")
            .push_bind(mark.as_str())
            .push(")");
    }
    if let Some(parent) = filter.parent {
        statement = statement.push(" AND r.parent_id = ").push_bind(parent);
    }
    if let Some(private) = filter.private {
        statement = statement.push(if private { " AND r.visibility <> 'public'" } else { " AND r.visibility = 'public'" });
    }
    if let Some(archived) = filter.archived {
        statement = statement.push(" AND r.archived = ").push_bind(archived);
    }
    statement
}

fn part_of(statement: Sql, user: AccountId) -> Sql {
    statement
        .push("r.owner_id = ")
        .push_bind(user)
        .push(" OR EXISTS (SELECT 1 FROM collaborator c WHERE c.repo_id = r.id AND c.account_id = ")
        .push_bind(user)
        .push(
            ") OR EXISTS (SELECT 1 FROM org_member m WHERE m.org_id = r.owner_id AND (m.role <> 'none' OR r.visibility = 'public') \
             AND m.user_id = ",
        )
        .push_bind(user)
        .push(concat!(
            ") OR EXISTS (SELECT 1 FROM team_member tm CROSS JOIN team t WHERE t.id = tm.team_id AND t.code > 0 AND ",
            reaches!(),
            " AND tm.user_id = "
        ))
        .push_bind(user)
        .push(")")
}

fn order_by(order: RepoOrder, reverse: bool) -> &'static str {
    match (order, reverse) {
        (RepoOrder::Name, false) => " ORDER BY a.lower_name, r.lower_name, r.id",
        (RepoOrder::Name, true) => " ORDER BY a.lower_name DESC, r.lower_name DESC, r.id DESC",
        (RepoOrder::Updated, false) => " ORDER BY r.updated_at DESC, r.id DESC",
        (RepoOrder::Updated, true) => " ORDER BY r.updated_at, r.id",
        (RepoOrder::Created, false) => " ORDER BY r.created_at DESC, r.id DESC",
        (RepoOrder::Created, true) => " ORDER BY r.created_at, r.id",
        (RepoOrder::Size, false) => " ORDER BY r.size_bytes DESC, r.id DESC",
        (RepoOrder::Size, true) => " ORDER BY r.size_bytes, r.id",
        (RepoOrder::Id, false) => " ORDER BY r.id",
        (RepoOrder::Id, true) => " ORDER BY r.id DESC",
    }
}
