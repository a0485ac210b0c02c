//! Releases: what is offered of a tag. Their files are in [`crate::release_assets`].

use hardie_domain::ids::{AccountId, ReleaseId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, Sql, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRow {
    /// Its id.
    pub id: ReleaseId,
    /// Where.
    pub repo: RepoId,
    /// The tag's short name; at most one release of a repository has it. The tag itself may be absent.
    pub tag: String,
    /// What the tag is made of when the release comes out and it is not there; the default branch if empty.
    pub target: String,
    /// Its name for people; may be empty.
    pub title: String,
    /// What it is about, as Markdown; may be empty.
    pub note: String,
    /// Not out yet: seen by those who may push alone.
    pub draft: bool,
    /// Not for everybody's use.
    pub prerelease: bool,
    /// Who made it; `None` if the account is gone.
    pub author: Option<AccountId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it came out first.
    pub published_at: Option<Timestamp>,
}

/// What of a release can be chosen.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseText<'a> {
    /// See [`ReleaseRow::tag`].
    pub tag: &'a str,
    /// See [`ReleaseRow::target`].
    pub target: &'a str,
    /// See [`ReleaseRow::title`].
    pub title: &'a str,
    /// See [`ReleaseRow::note`].
    pub note: &'a str,
    /// See [`ReleaseRow::draft`].
    pub draft: bool,
    /// See [`ReleaseRow::prerelease`].
    pub prerelease: bool,
}

/// Which releases are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReleaseFilter {
    /// Drafts alone, or those that are out alone.
    pub draft: Option<bool>,
    /// Those not for everybody's use alone, or the others alone.
    pub prerelease: Option<bool>,
}

const SELECT: &str =
    "SELECT id, repo_id, tag, target, title, note, draft, prerelease, author_id, created_at, published_at FROM repo_release";

fn release(cols: &mut Cols<'_>) -> Result<ReleaseRow> {
    Ok(ReleaseRow {
        id: cols.id(ReleaseId)?,
        repo: cols.id(RepoId)?,
        tag: cols.text()?,
        target: cols.text()?,
        title: cols.text()?,
        note: cols.text()?,
        draft: cols.flag()?,
        prerelease: cols.flag()?,
        author: cols.opt_id(AccountId)?,
        created_at: cols.time()?,
        published_at: cols.opt_time()?,
    })
}

fn of_repo(statement: &'static str, repo: RepoId, filter: ReleaseFilter) -> Sql {
    let mut statement = sql(statement).push(" WHERE repo_id = ").push_bind(repo);
    if let Some(draft) = filter.draft {
        statement = statement.push(" AND draft = ").push_bind(draft);
    }
    if let Some(prerelease) = filter.prerelease {
        statement = statement.push(" AND prerelease = ").push_bind(prerelease);
    }
    statement
}

reads! {
    /// One release of a repository.
    pub async fn find_release(db, repo: RepoId, id: ReleaseId) -> Result<Option<ReleaseRow>> {
        db.opt(sql(SELECT).push(" WHERE repo_id = ").push_bind(repo).push(" AND id = ").push_bind(id), release).await
    }

    /// The release of a tag, by the tag's short name.
    pub async fn find_release_by_tag(db, repo: RepoId, tag: &str) -> Result<Option<ReleaseRow>> {
        db.opt(sql(SELECT).push(" WHERE repo_id = ").push_bind(repo).push(" AND tag = ").push_bind(tag), release).await
    }

    /// Releases of a repository, the newest first, and how many there are in all.
    pub async fn list_releases(db, repo: RepoId, filter: ReleaseFilter, page: Page) -> Result<Paged<ReleaseRow>> {
        let total = db.one(of_repo("SELECT COUNT(*) FROM repo_release", repo, filter), count).await?;
        let statement = of_repo(SELECT, repo, filter).push(" ORDER BY created_at DESC, id DESC").page(page);
        Ok(Paged { items: db.all(statement, release).await?, total })
    }
}

impl Tx {
    /// Makes a release; `None` if another of the repository has the tag, or the repository is gone or archived.
    pub async fn insert_release(
        &mut self,
        repo: RepoId,
        text: &ReleaseText<'_>,
        author: Option<AccountId>,
        at: Timestamp,
    ) -> Result<Option<ReleaseId>> {
        let statement =
            sql("INSERT INTO repo_release (repo_id, tag, target, title, note, draft, prerelease, author_id, created_at, published_at) \
             SELECT r.id, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM repo r WHERE r.id = $1 AND r.deleted_at IS NULL AND r.archived = 0 \
             ON CONFLICT DO NOTHING RETURNING id");
        let ReleaseText { tag, target, title, note, draft, prerelease } = *text;
        let statement = statement.bind(repo).bind(tag).bind(target).bind(title).bind(note).bind(draft).bind(prerelease);
        let published = (!draft).then_some(at);
        self.opt(statement.bind(author).bind(at).bind(published), |c| c.id(ReleaseId)).await
    }

    /// Locks a release for the rest of the transaction. `None` if it is gone, or its repository is gone or archived.
    pub async fn lock_release(&mut self, repo: RepoId, id: ReleaseId) -> Result<Option<ReleaseRow>> {
        let lock = sql("UPDATE repo_release SET locks = locks + 1 WHERE id = $2 AND repo_id = $1 \
             AND EXISTS (SELECT 1 FROM repo r WHERE r.id = $1 AND r.deleted_at IS NULL AND r.archived = 0)");
        match self.wrote(lock.bind(repo).bind(id)).await? {
            true => self.find_release(repo, id).await,
            false => Ok(None),
        }
    }

    /// Changes a release that is locked; `false` if another of the repository has the tag. Once out, it keeps the time at which it came out.
    pub async fn update_release(&mut self, repo: RepoId, id: ReleaseId, text: &ReleaseText<'_>, at: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE repo_release SET tag = $3, target = $4, title = $5, note = $6, draft = $7, prerelease = $8, \
             published_at = COALESCE(published_at, $9) WHERE id = $2 AND repo_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM repo_release o WHERE o.repo_id = $1 AND o.tag = $3 AND o.id <> $2)");
        let ReleaseText { tag, target, title, note, draft, prerelease } = *text;
        let statement = statement.bind(repo).bind(id).bind(tag).bind(target).bind(title).bind(note).bind(draft).bind(prerelease);
        self.wrote(statement.bind((!draft).then_some(at))).await
    }

    /// Removes a release with the rows of its files; the bytes are left to the sweeper.
    pub async fn delete_release(&mut self, repo: RepoId, id: ReleaseId) -> Result<bool> {
        self.wrote(sql("DELETE FROM repo_release WHERE id = $2 AND repo_id = $1").bind(repo).bind(id)).await
    }
}
