//! A text looked for in the files of a revision.

use std::time::Duration;

use hardie_domain::error::Invalid;
use hardie_domain::names::RepoPath;
use hardie_git::read::peel_to_tree;
use hardie_git::search::{Found, SearchQuery, search as look_for};

use super::files::MAX_SHOWN_BYTES;
use super::listing::at;
use super::reading::{explain, read_slowly};
use super::revision::Revision;
use crate::{App, Ctx, Result};

/// After this long what was found so far is the answer.
const TIME: Duration = Duration::from_secs(5);
/// Bytes of the longest text.
const MAX_TEXT: usize = 256;
/// Lines told at most, in all and of one file.
const MAX_LINES: usize = 200;
const MAX_FILE_LINES: usize = 20;
/// Bytes told of a line.
const EXCERPT: usize = 240;

/// What to look for in a revision's files.
#[derive(Clone, Debug, Default)]
pub struct CodeQuery {
    /// In this branch, tag or commit; the default branch if absent.
    pub rev: Option<String>,
    /// The text, within one line. Bytes.
    pub text: Vec<u8>,
    /// Whether `A` to `Z` count as `a` to `z`.
    pub ignore_case: bool,
    /// Only in this folder or file; everywhere if empty. Bytes.
    pub path: Vec<u8>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFound {
    /// What was searched.
    pub rev: Revision,
    /// The lines, file by file; bounded, and says how.
    pub found: Found,
}

/// Looks for a text. Files above [`MAX_SHOWN_BYTES`] and those that are no text are passed over.
pub async fn search_code(app: &App, ctx: &Ctx, path: &RepoPath, query: &CodeQuery) -> Result<CodeFound> {
    let query = query.clone();
    read_slowly(app, ctx, path, move |r| {
        if query.text.is_empty() || query.text.len() > MAX_TEXT || query.text.contains(&b'\n') {
            return Err(Invalid::new("q", format!("write a text of 1 to {MAX_TEXT} bytes without an end of line")).into());
        }
        let rev = r.resolve(query.rev.as_deref())?;
        let tree = peel_to_tree(&r.handle.odb, &rev.commit).map_err(explain)?;
        at(r, &tree, &query.path)?;
        let wanted = SearchQuery {
            text: query.text,
            ignore_case: query.ignore_case,
            path: query.path,
            max_file_bytes: MAX_SHOWN_BYTES,
            max_lines: MAX_LINES,
            max_file_lines: MAX_FILE_LINES,
            excerpt_bytes: EXCERPT,
        };
        let found = look_for(&r.handle.odb, &tree, &wanted, &mut r.spare_budget(TIME)).map_err(explain)?;
        Ok(CodeFound { rev, found })
    })
    .await
}
