//! Lists of commits.

use hardie_domain::access::RepoAction;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::page::Page;
use hardie_git::read::{LogQuery, log};

use super::count;
use super::people::{CommitView, with_people};
use super::reading::{explain, read_authorised};
use super::revision::Revision;
use crate::access::repo_for;
use crate::statuses::Combined;
use crate::{App, Ctx, Error, Result};

/// Which commits are wanted.
#[derive(Clone, Debug, Default)]
pub struct CommitQuery {
    /// Reached from here; the default branch if absent.
    pub rev: Option<String>,
    /// Only those that change this file or folder; empty for all. Bytes.
    pub path: Vec<u8>,
    /// Leave out what this reaches.
    pub not: Option<String>,
    /// Whether to count them all (only without `path` and `not`).
    pub count: bool,
}

/// One page of commits, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitPage {
    /// What was asked for.
    pub rev: Revision,
    /// The commits.
    pub commits: Vec<CommitView>,
    /// What checks found of them; those alone of which they found anything.
    pub statuses: Vec<Combined>,
    /// Whether more follow.
    pub more: bool,
    /// Whether the time was up before the page was full: what is there is right, what follows is unknown.
    pub cut_short: bool,
    /// How many there are in all, if that was asked for and could be counted in time.
    pub total: Option<u64>,
}

/// Commits that a revision reaches.
pub async fn commits(app: &App, ctx: &Ctx, path: &RepoPath, query: &CommitQuery, page: Page) -> Result<CommitPage> {
    let query = query.clone();
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let (rev, found, total) = read_authorised(app, &access, move |r| {
        if query.path.len() > super::listing::MAX_PATH_BYTES {
            return Err(Error::NotFound("path"));
        }
        let rev = r.resolve(query.rev.as_deref())?;
        let hide = match &query.not {
            Some(not) => vec![r.resolve(Some(not))?.commit],
            None => Vec::new(),
        };
        let skip = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let is_counted = query.count && query.path.is_empty() && hide.is_empty();
        let wanted = LogQuery { tips: vec![rev.commit], hide, path: query.path, skip, limit: page.limit() as usize };
        let found = log(&r.handle.odb, &wanted, &mut r.budget()).map_err(explain)?;
        r.handle.reached().note(found.commits.iter().flat_map(|c| c.parents.iter().copied().chain([c.id])));
        let total = is_counted.then(|| count::reached_from(r, &rev.commit)).flatten();
        Ok((rev, found, total))
    })
    .await?;
    let ids: Vec<Oid> = found.commits.iter().map(|commit| commit.id).collect();
    let statuses = app.store.combine_commit_statuses(access.repo.id, &ids).await?;
    let commits = with_people(app, ctx, found.commits).await?;
    Ok(CommitPage { rev, commits, statuses, more: found.more, cut_short: found.cut_short, total })
}
