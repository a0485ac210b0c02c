//! The commits that came to a ref, with the paths that each changed. Bounded; what is left out is said.

use hardie_domain::oid::Oid;
use hardie_domain::plugin::CommitInfo;
use hardie_git::diff::tree_changes;
use hardie_git::read::{LogQuery, ahead_behind, commit as read_commit, log, peel_to_commit};

use crate::access::RepoAccess;
use crate::browse::{Reading, explain, read_aside};
use crate::{App, Result};

/// Commits of one body.
const MOST_COMMITS: usize = 100;
/// Bytes of messages and paths of one body.
const MOST_TEXT: usize = 120_000;

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

/// Reads what `after` has that `before` has not. A branch that is new is compared with the default branch; a tag brings no commits.
pub async fn read(app: &App, access: &RepoAccess, name: &str, before: Oid, after: Oid) -> Result<Read> {
    let is_tag = name.starts_with("refs/tags/");
    let is_default = access.repo.default_branch.as_bytes() == name.as_bytes();
    read_aside(app, access, move |reading| {
        // No commit is read that no visible ref reaches: the ref may have moved on.
        if !reading.may_read(&after)? {
            return Ok(Read::nothing());
        }
        let odb = &reading.handle.odb;
        let Ok(tip) = peel_to_commit(odb, &after) else { return Ok(Read { truncated: false, ..Read::nothing() }) };
        let mut room = MOST_TEXT;
        let head = one(reading, read_commit(odb, &tip).map_err(explain)?, &mut room)?;
        if is_tag {
            let truncated = head.is_none();
            return Ok(Read { commits: Vec::new(), total: 0, head, truncated });
        }
        let hide = match before.is_zero() {
            true if is_default => Vec::new(),
            true => reading.resolve(None).map(|revision| vec![revision.commit]).unwrap_or_default(),
            // What was there before may be gone by now.
            false if odb.header(&before).is_err() => return Ok(Read { head, ..Read::nothing() }),
            false => vec![before],
        };
        let query = LogQuery { tips: vec![tip], hide: hide.clone(), limit: MOST_COMMITS, ..LogQuery::default() };
        let found = log(odb, &query, &mut reading.budget()).map_err(explain)?;
        let listed = u64::try_from(found.commits.len()).unwrap_or(u64::MAX);
        let total = match hide.first().filter(|_| found.more || found.cut_short) {
            Some(base) => ahead_behind(odb, base, &tip, &mut reading.budget()).map_or(listed, |counts| counts.ahead),
            None => listed,
        };
        let mut read = Read { commits: Vec::new(), total, head, truncated: found.more || found.cut_short };
        let mut room = MOST_TEXT;
        for info in found.commits {
            match one(reading, info, &mut room)? {
                Some(one) => read.commits.push(one),
                None => {
                    read.truncated = true;
                    break;
                }
            }
        }
        Ok(read)
    })
    .await
}

/// One commit, if there is room for all of it.
fn one(reading: &Reading, info: CommitInfo, room: &mut usize) -> Result<Option<One>> {
    let odb = &reading.handle.odb;
    let mut left = match room.checked_sub(info.message.len().saturating_add(200)) {
        Some(left) => left,
        None => return Ok(None),
    };
    let before = match info.parents.first() {
        Some(parent) => Some(read_commit(odb, parent).map_err(explain)?.tree),
        None => None,
    };
    let (mut added, mut removed, mut modified) = (Vec::new(), Vec::new(), Vec::new());
    let mut fits = true;
    let walked = tree_changes(odb, before, Some(info.tree), &mut reading.budget(), &mut |change| {
        match left.checked_sub(change.path.len().saturating_add(4)) {
            Some(less) => left = less,
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
    *room = left;
    Ok(Some(One { info, added, removed, modified }))
}
