//! Who brought each line of a file.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use hardie_domain::error::Invalid;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::plugin::CommitInfo;
use hardie_git::blame::{Blame, blame as find_blame};
use hardie_git::diff::lines::is_binary;
use hardie_git::read::commit as read_commit;

use super::files::{MAX_SHOWN_BYTES, find};
use super::known::Known;
use super::reading::{Reading, explain, read_slowly};
use super::revision::Revision;
use crate::{App, Ctx, Error, Result};

/// Past it the lines that are left are shown without their commits.
const TIME: Duration = Duration::from_secs(8);
/// Lines of a file that is shown so.
const MOST_LINES: usize = 50_000;
/// Blames kept, and what each may hold: runs of lines, and bytes of paths.
const MOST_BLAMES: usize = 64;
const MOST_RUNS: usize = 5_000;
const MOST_PATHS: usize = 256 << 10;
/// Bytes told of a title, a name and an address: there may be ten thousand commits.
const MOST_TEXT: usize = 256;

type Key = (Oid, Vec<u8>);

/// Keyed by the commit's id and a path, as the last commits of a folder are.
static KNOWN: LazyLock<Known<Key, Arc<Blame>>> = LazyLock::new(|| Known::new(MOST_BLAMES));

/// A file at a revision and where its lines come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlameView {
    /// What was asked for.
    pub rev: Revision,
    /// The path. Bytes.
    pub path: Vec<u8>,
    /// The blob.
    pub oid: Oid,
    /// The content.
    pub content: Bytes,
    /// Its lines, run by run.
    pub blame: Arc<Blame>,
    /// The commits of its sources, one each, with shortened texts.
    pub commits: Vec<CommitInfo>,
}

/// A text file of at most [`MAX_SHOWN_BYTES`] with the commit of each line. Fails with `NotFound` for what is no file and with
/// `Invalid` for one that is not text.
pub async fn blame(app: &App, ctx: &Ctx, path: &RepoPath, rev: Option<&str>, file: &[u8]) -> Result<BlameView> {
    let (rev, file) = (rev.map(str::to_owned), file.to_vec());
    read_slowly(app, ctx, path, move |r| {
        let odb = &r.handle.odb;
        let (rev, entry, _) = find(r, rev.as_deref(), &file)?;
        let content = odb.blob(&entry.id, MAX_SHOWN_BYTES).map_err(explain)?;
        if is_binary(&content) {
            return Err(Invalid::new("filepath", "is not a text file: only the lines of text can be told apart").into());
        }
        if content.iter().filter(|byte| **byte == b'\n').count() > MOST_LINES {
            return Err(Error::Quota(format!("the file has more than {MOST_LINES} lines, too many to show with their commits")));
        }
        let blame = known_blame(r, rev.commit, &file)?;
        let commits = blame.sources.iter().map(|source| read_commit(odb, &source.commit).map(shortened).map_err(explain));
        let commits = commits.collect::<Result<Vec<_>>>()?;
        r.handle.reached().note(commits.iter().map(|commit| commit.id));
        Ok(BlameView { rev, path: file, oid: entry.id, content, blame, commits })
    })
    .await
}

fn shortened(mut commit: CommitInfo) -> CommitInfo {
    commit.signed = None;
    let CommitInfo { message, author, committer, .. } = &mut commit;
    let begin = message.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(message.len());
    message.drain(..begin);
    for text in [message, &mut author.name, &mut author.email, &mut committer.name, &mut committer.email] {
        text.truncate(MOST_TEXT);
        text.shrink_to_fit();
    }
    commit
}

fn known_blame(r: &Reading, commit: Oid, file: &[u8]) -> Result<Arc<Blame>> {
    let key = (commit, file.to_vec());
    if let Some(known) = KNOWN.get(&key) {
        return Ok(known);
    }
    let found = find_blame(&r.handle.odb, &commit, file, MAX_SHOWN_BYTES, &mut r.spare_budget(TIME));
    let found = Arc::new(found.map_err(explain)?);
    let paths: usize = found.sources.iter().map(|source| source.path.len()).sum();
    if found.complete && found.runs.len() <= MOST_RUNS && paths <= MOST_PATHS {
        KNOWN.put(key, found.clone());
    }
    Ok(found)
}
