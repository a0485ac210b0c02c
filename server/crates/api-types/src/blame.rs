//! Who brought each line of a file. (Not in Gitea.)

use serde::{Deserialize, Serialize};

use crate::tree::CommitSummary;

/// `GET R/blame/{filepath}?ref=`: a text file of at most 1 MiB; 413 for a larger one, 422 for one that is not text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileBlame {
    /// The path, invalid UTF-8 replaced.
    pub path: String,
    /// The same percent-encoded byte for byte, `/` kept.
    pub url_path: String,
    /// The ref as asked for, or the default branch.
    #[serde(rename = "ref")]
    pub ref_name: String,
    /// `branch`, `tag`, `commit`, or `ref` for a full name outside of these.
    pub ref_kind: String,
    /// The commit that the ref names.
    pub commit_sha: String,
    /// The blob's id.
    pub sha: String,
    /// One string a line: escaped HTML in which only `<span class="…">` occurs. Safe to insert.
    pub lines: Vec<String>,
    /// Lines that came together, in order and without gaps.
    pub runs: Vec<BlameRun>,
    /// The commits that the runs name.
    pub sources: Vec<BlameSource>,
    /// Whether the commit of every line was found in time.
    pub complete: bool,
}

/// Lines that one commit brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlameRun {
    /// The first line's number, from 1.
    pub start: i64,
    /// How many.
    pub lines: i64,
    /// The position of its commit in `sources`, from 0; `null` if it was not found in time.
    #[serde(default)]
    pub source: Option<i64>,
    /// The first line's number in that commit's file, from 1; 0 without a commit.
    #[serde(default)]
    pub original_start: i64,
}

/// A commit that brought lines, and the file in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlameSource {
    /// The commit; long texts are cut.
    pub commit: CommitSummary,
    /// The file's path in that commit, invalid UTF-8 replaced; empty if it is the same.
    #[serde(default)]
    pub path: String,
    /// The same percent-encoded byte for byte, never empty.
    pub url_path: String,
}
