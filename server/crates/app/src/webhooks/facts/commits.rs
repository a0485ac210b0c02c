//! The commits that came to a ref, with the paths that each changed. Bounded; what is left out is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hardie_domain::oid::Oid;
use hardie_domain::plugin::CommitInfo;
use hardie_git::diff::tree_changes;
use hardie_git::read::{LogQuery, ahead_behind, commit as read_commit, log, peel_to_commit};
use hardie_git::{Budget, Error as GitError};

use crate::access::RepoAccess;
use crate::browse::{Proven, Reading, explain, read_aside};
use crate::{App, Error, Result};

/// Commits of one body.
const MOST_COMMITS: usize = 100;
/// Bytes of messages and paths of one body.
const MOST_TEXT: usize = 120_000;
/// For all that is read for one body: an attempt ends long after that.
const LONGEST: Duration = Duration::from_secs(15);
/// Of that, for counting commits that are not listed.
const LONGEST_COUNT: Duration = Duration::from_secs(3);
/// Who got no turn comes back after so many seconds.
const NO_TURN: u64 = 10;

/// What was read.
pub struct Read {
    pub commits: Vec<One>,
    pub total: u64,
    pub head: Option<One>,
    pub truncated: bool,
}

/// One commit and the paths that it changed.
#[derive(Clone)]
pub struct One {
    pub info: CommitInfo,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub modified: Vec<String>,
}

impl Read {
    /// Nothing could be.
    pub fn nothing() -> Read {
        Read { commits: Vec::new(), total: 0, head: None, truncated: true }
    }
}

/// Which part of a repository is read.
struct Span {
    before: Oid,
    after: Oid,
    is_tag: bool,
    is_default: bool,
}

/// The time that is left for a body.
struct Left<'a> {
    reading: &'a Reading,
    until: Instant,
}

impl Left<'_> {
    fn time(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    fn budget(&self, most: Duration) -> Budget {
        self.reading.spare_budget(self.time().min(most))
    }
}

/// Reads what `after` has that `before` has not. A branch that is new is compared with the default branch; a tag brings no commits. What
/// cannot be read in time is left out.
///
/// # Errors
/// [`Error::RateLimited`] if nothing was read because others had all turns.
pub async fn read(app: &App, access: &RepoAccess, name: &str, before: Oid, after: Oid) -> Result<Read> {
    let is_default = access.repo.default_branch.as_bytes() == name.as_bytes();
    let span = Span { before, after, is_tag: name.starts_with("refs/tags/"), is_default };
    let began = Arc::new(AtomicBool::new(false));
    let own = Arc::clone(&began);
    let read = read_aside(app, access, move |reading| {
        own.store(true, Ordering::Relaxed);
        within(&Left { reading, until: Instant::now() + LONGEST }, &span)
    });
    match read.await {
        Err(Error::Unavailable(text)) if !began.load(Ordering::Relaxed) => Err(Error::RateLimited { text, retry_after: NO_TURN }),
        read => read,
    }
}

fn within(left: &Left<'_>, span: &Span) -> Result<Read> {
    let (reading, odb) = (left.reading, &left.reading.handle.odb);
    // No commit is read that no visible ref reaches: the ref may have moved on.
    if !matches!(reading.proof(left.time()).may_read(&span.after)?, Proven::Yes) {
        return Ok(Read::nothing());
    }
    let Ok(tip) = peel_to_commit(odb, &span.after) else { return Ok(Read { truncated: false, ..Read::nothing() }) };
    let mut room = MOST_TEXT;
    let head = one(left, read_commit(odb, &tip).map_err(explain)?, &mut room)?;
    if span.is_tag {
        let truncated = head.is_none();
        return Ok(Read { commits: Vec::new(), total: 0, head, truncated });
    }
    let hide = match span.before.is_zero() {
        true if span.is_default => Vec::new(),
        true => reading.resolve(None).map(|revision| vec![revision.commit]).unwrap_or_default(),
        // What was there before may be gone by now.
        false if odb.header(&span.before).is_err() => return Ok(Read { head, ..Read::nothing() }),
        false => vec![span.before],
    };
    let query = LogQuery { tips: vec![tip], hide: hide.clone(), limit: MOST_COMMITS, ..LogQuery::default() };
    let found = match log(odb, &query, &mut left.budget(LONGEST)) {
        Ok(found) => found,
        Err(GitError::Stopped(_) | GitError::TooLarge(_)) => return Ok(Read { head, ..Read::nothing() }),
        Err(error) => return Err(explain(error)),
    };
    let listed = u64::try_from(found.commits.len()).unwrap_or(u64::MAX);
    let total = match hide.first().filter(|_| found.more || found.cut_short) {
        Some(base) => ahead_behind(odb, base, &tip, &mut left.budget(LONGEST_COUNT)).map_or(listed, |counts| counts.ahead),
        None => listed,
    };
    // The default branch may have got the commits of a new branch before this was read: which they were nobody can tell.
    let is_merged = span.before.is_zero() && found.commits.is_empty() && hide.first() != Some(&tip);
    let mut read = Read { commits: Vec::new(), total, head, truncated: found.more || found.cut_short || is_merged };
    let mut room = MOST_TEXT;
    for info in found.commits {
        match one(left, info, &mut room)? {
            Some(one) => read.commits.push(one),
            None => {
                read.truncated = true;
                break;
            }
        }
    }
    Ok(read)
}

/// One commit, if there is room and time for all of it.
fn one(left: &Left<'_>, info: CommitInfo, room: &mut usize) -> Result<Option<One>> {
    if left.time().is_zero() {
        return Ok(None);
    }
    let odb = &left.reading.handle.odb;
    let mut rest = match room.checked_sub(info.message.len().saturating_add(200)) {
        Some(left) => left,
        None => return Ok(None),
    };
    let before = match info.parents.first() {
        Some(parent) => Some(read_commit(odb, parent).map_err(explain)?.tree),
        None => None,
    };
    let (mut added, mut removed, mut modified) = (Vec::new(), Vec::new(), Vec::new());
    let mut fits = true;
    let walked = tree_changes(odb, before, Some(info.tree), &mut left.budget(LONGEST), &mut |change| {
        match rest.checked_sub(change.path.len().saturating_add(4)) {
            Some(less) => rest = less,
            None => {
                fits = false;
                return false;
            }
        }
        let path = String::from_utf8_lossy(&change.path).into_owned();
        match (change.old, change.new) {
            (None, _) => added.push(path),
            (_, None) => removed.push(path),
            _ => modified.push(path),
        }
        true
    });
    if walked.is_err() || !fits {
        return Ok(None);
    }
    *room = rest;
    Ok(Some(One { info, added, removed, modified }))
}
