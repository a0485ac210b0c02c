//! Milestones: what is to be done in a repository by some day.

use hardie_domain::ids::{MilestoneId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, Sql, contains, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One milestone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MilestoneRow {
    /// Its id.
    pub id: MilestoneId,
    /// Unique in its repository, without case.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// By when.
    pub due_at: Option<Timestamp>,
    /// When it was closed; open otherwise.
    pub closed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which milestones are wanted.
#[derive(Clone, Debug, Default)]
pub struct MilestoneFilter {
    /// Closed ones alone, or open ones alone.
    pub closed: Option<bool>,
    /// Held by the title, without case; empty for all.
    pub title: String,
}

const SELECT: &str = "SELECT id, title, description, due_at, closed_at, created_at, updated_at FROM milestone WHERE repo_id = ";

fn milestone(cols: &mut Cols<'_>) -> Result<MilestoneRow> {
    Ok(MilestoneRow {
        id: cols.id(MilestoneId)?,
        title: cols.text()?,
        description: cols.text()?,
        due_at: cols.opt_time()?,
        closed_at: cols.opt_time()?,
        created_at: cols.time()?,
        updated_at: cols.time()?,
    })
}

fn of_repo(text: &'static str, repo: RepoId, filter: &MilestoneFilter) -> Sql {
    let mut statement = sql(text).push_bind(repo);
    if let Some(closed) = filter.closed {
        statement = statement.push(if closed { " AND closed_at IS NOT NULL" } else { " AND closed_at IS NULL" });
    }
    if !filter.title.is_empty() {
        statement = statement.push(" AND lower_title LIKE ").push_bind(contains(&filter.title.to_lowercase())).push(" ESCAPE '\\'");
    }
    statement
}

reads! {
    /// One milestone of a repository.
    pub async fn find_milestone(db, repo: RepoId, id: MilestoneId) -> Result<Option<MilestoneRow>> {
        db.opt(sql(SELECT).push_bind(repo).push(" AND id = ").push_bind(id), milestone).await
    }

    /// The milestone of this title, without case.
    pub async fn find_milestone_by_title(db, repo: RepoId, title: &str) -> Result<Option<MilestoneRow>> {
        db.opt(sql(SELECT).push_bind(repo).push(" AND lower_title = ").push_bind(title.to_lowercase()), milestone).await
    }

    /// Milestones of a repository, those first that are due first, and how many there are in all.
    pub async fn list_milestones(db, repo: RepoId, filter: &MilestoneFilter, page: Page) -> Result<Paged<MilestoneRow>> {
        let total = db.one(of_repo("SELECT COUNT(*) FROM milestone WHERE repo_id = ", repo, filter), count).await?;
        let order = " ORDER BY CASE WHEN due_at IS NULL THEN 1 ELSE 0 END, due_at, id";
        Ok(Paged { items: db.all(of_repo(SELECT, repo, filter).push(order).page(page), milestone).await?, total })
    }
}

impl Tx {
    /// Makes a milestone in a repository that is locked; `None` if there is one of this title.
    pub async fn insert_milestone(&mut self, repo: RepoId, new: &MilestoneRow) -> Result<Option<MilestoneId>> {
        let statement = sql("INSERT INTO milestone (repo_id, title, lower_title, description, due_at, closed_at, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING RETURNING id");
        let statement = statement.bind(repo).bind(new.title.as_str()).bind(new.title.to_lowercase()).bind(new.description.as_str());
        self.opt(statement.bind(new.due_at).bind(new.closed_at).bind(new.created_at), |c| c.id(MilestoneId)).await
    }

    /// Changes a milestone; `false` if it is gone, or another has its title.
    pub async fn update_milestone(&mut self, repo: RepoId, row: &MilestoneRow) -> Result<bool> {
        let statement =
            sql("UPDATE milestone SET title = $3, lower_title = $4, description = $5, due_at = $6, closed_at = $7, updated_at = $8 \
             WHERE id = $2 AND repo_id = $1 AND NOT EXISTS (SELECT 1 FROM milestone o WHERE o.repo_id = $1 AND o.lower_title = $4 \
             AND o.id <> $2)");
        let statement = statement.bind(repo).bind(row.id).bind(row.title.as_str()).bind(row.title.to_lowercase());
        self.wrote(statement.bind(row.description.as_str()).bind(row.due_at).bind(row.closed_at).bind(row.updated_at)).await
    }

    /// Removes a milestone.
    pub async fn delete_milestone(&mut self, repo: RepoId, id: MilestoneId) -> Result<bool> {
        self.wrote(sql("DELETE FROM milestone WHERE id = $2 AND repo_id = $1").bind(repo).bind(id)).await
    }
}
