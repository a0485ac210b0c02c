//! What commits change: one commit against its first parent, or two revisions against each other.

use std::time::Duration;

use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::plugin::CommitInfo;
use hardie_git::diff::{Diff, DiffOptions, diff, write_unified};
use hardie_git::merge::{Merge, merge};
use hardie_git::read::{LogQuery, ahead_behind, commit as read_commit, log, merge_base};

use super::files::MAX_SHOWN_BYTES;
use super::people::{CommitView, with_people, with_person};
use super::reading::{Reading, explain, read};
use super::revision::Revision;
use crate::{App, Ctx, Result};

/// Commits listed in a comparison.
const MAX_COMPARED_COMMITS: usize = 250;
/// Bytes of files held for colouring the lines of one commit: a line's colour depends on what stands above it.
const COLOURED_BYTES: usize = 8 << 20;

/// Whether two revisions merge is looked at for so long.
const MERGE_TIME: Duration = Duration::from_secs(2);

/// One commit and what it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitDetail {
    /// The commit.
    pub commit: CommitView,
    /// Against its first parent; against nothing for a first commit. Bounded, and says where it was cut.
    pub diff: Diff,
}

/// One commit by a branch, a tag or an id.
pub async fn commit(app: &App, ctx: &Ctx, path: &RepoPath, rev: &str) -> Result<CommitDetail> {
    let rev = rev.to_owned();
    let (info, diff) = read(app, ctx, path, move |r| {
        let commit = r.resolve(Some(&rev))?.commit;
        detail(r, &commit, &DiffOptions { keep_bytes: COLOURED_BYTES, ..DiffOptions::default() })
    })
    .await?;
    Ok(CommitDetail { commit: with_person(app, ctx, info).await?, diff })
}

/// One commit's changes as `git diff` prints them.
pub async fn commit_text(app: &App, ctx: &Ctx, path: &RepoPath, rev: &str) -> Result<Vec<u8>> {
    let rev = rev.to_owned();
    read(app, ctx, path, move |r| {
        let commit = r.resolve(Some(&rev))?.commit;
        let options = DiffOptions { max_files: 3_000, max_file_lines: 50_000, max_lines: 200_000, ..DiffOptions::default() };
        Ok(write_unified(&detail(r, &commit, &options)?.1))
    })
    .await
}

fn detail(r: &Reading, commit: &Oid, options: &DiffOptions) -> Result<(CommitInfo, Diff)> {
    let odb = &r.handle.odb;
    let info = read_commit(odb, commit).map_err(explain)?;
    r.handle.reached().note(info.parents.iter().copied());
    let before = match info.parents.first() {
        Some(parent) => Some(read_commit(odb, parent).map_err(explain)?.tree),
        None => None,
    };
    let changed = diff(odb, before, Some(info.tree), options, &mut r.budget()).map_err(explain)?;
    Ok((info, changed))
}

/// How two revisions differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compare {
    /// From where.
    pub base: Revision,
    /// To where.
    pub head: Revision,
    /// The best common ancestor; `None` for unrelated histories.
    pub merge_base: Option<Oid>,
    /// Commits that `head` has and `base` has not.
    pub ahead: u64,
    /// Commits that `base` has and `head` has not.
    pub behind: u64,
    /// The first 250 of those that `head` has alone, newest first.
    pub commits: Vec<CommitView>,
    /// Whether `head` goes into `base` without a person's help; `None` where that cannot be told, or not in time.
    pub mergeable: Option<bool>,
    /// What `head` changed since the common ancestor, or against `base` itself if that was asked for.
    pub diff: Diff,
}

/// Compares two revisions of one repository: as `base...head`, or as `base..head` if `direct`.
pub async fn compare(app: &App, ctx: &Ctx, path: &RepoPath, base: &str, head: &str, direct: bool) -> Result<Compare> {
    let (base, head) = (base.to_owned(), head.to_owned());
    let (mut compared, commits) = read(app, ctx, path, move |r| {
        let odb = &r.handle.odb;
        let (base, head) = (r.resolve(Some(&base))?, r.resolve(Some(&head))?);
        let common = merge_base(odb, &base.commit, &head.commit, &mut r.budget()).map_err(explain)?;
        let counts = ahead_behind(odb, &base.commit, &head.commit, &mut r.budget()).map_err(explain)?;
        let query = LogQuery { tips: vec![head.commit], hide: vec![base.commit], limit: MAX_COMPARED_COMMITS, ..LogQuery::default() };
        let commits = log(odb, &query, &mut r.budget()).map_err(explain)?.commits;
        r.handle.reached().note(commits.iter().map(|c| c.id));
        let before = match common.filter(|_| !direct).or(direct.then_some(base.commit)) {
            Some(id) => Some(read_commit(odb, &id).map_err(explain)?.tree),
            None => None,
        };
        let after = read_commit(odb, &head.commit).map_err(explain)?.tree;
        let changed = diff(odb, before, Some(after), &DiffOptions::default(), &mut r.budget()).map_err(explain)?;
        let mergeable = mergeable(r, &base.commit, &head.commit)?;
        let (ahead, behind) = (counts.ahead, counts.behind);
        Ok((Compare { base, head, merge_base: common, ahead, behind, commits: Vec::new(), mergeable, diff: changed }, commits))
    })
    .await?;
    compared.commits = with_people(app, ctx, commits).await?;
    Ok(compared)
}

fn mergeable(r: &Reading, base: &Oid, head: &Oid) -> Result<Option<bool>> {
    match merge(&r.handle.odb, base, head, MAX_SHOWN_BYTES, &mut r.spare_budget(MERGE_TIME)) {
        Ok(Merge::Clean { .. }) => Ok(Some(true)),
        Ok(Merge::Conflicts(_)) => Ok(Some(false)),
        Ok(Merge::Undecided(_)) | Err(hardie_git::Error::TooLarge(_) | hardie_git::Error::Stopped(_)) => Ok(None),
        Err(other) => Err(explain(other)),
    }
}
