//! What a commit changed, as structured hunks. (Gitea has only text.)

use serde::{Deserialize, Serialize};

use crate::commit::{Commit, CommitStats};

/// One line of a hunk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffLine {
    /// `context`, `add`, `del`, or `eof` for git's "no newline at end of file" after the line before.
    pub kind: String,
    /// Its number before; `null` for an added line.
    #[serde(default)]
    pub old: Option<i64>,
    /// Its number after; `null` for a removed line.
    #[serde(default)]
    pub new: Option<i64>,
    /// The line without its end: escaped HTML in which only `<span class="…">` occurs. Safe to insert.
    pub html: String,
}

/// A run of lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffHunk {
    /// `@@ -1,3 +1,4 @@` and what follows.
    pub header: String,
    /// First line before.
    pub old_start: i64,
    /// Lines before.
    pub old_lines: i64,
    /// First line after.
    pub new_start: i64,
    /// Lines after.
    pub new_lines: i64,
    /// The lines.
    pub lines: Vec<DiffLine>,
}

/// One path that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffFile {
    /// The path after (before, if deleted), invalid UTF-8 replaced.
    pub path: String,
    /// The path before, if it was another one.
    #[serde(default)]
    pub old_path: Option<String>,
    /// `path` percent-encoded byte for byte, `/` kept.
    pub url_path: String,
    /// `added`, `removed`, `modified`, `renamed` or `mode`.
    pub status: String,
    /// Git's mode before, six octal digits; empty if added.
    #[serde(default)]
    pub old_mode: String,
    /// Git's mode after; empty if removed.
    #[serde(default)]
    pub new_mode: String,
    /// The blob before; empty if added.
    #[serde(default)]
    pub old_sha: String,
    /// The blob after; empty if removed.
    #[serde(default)]
    pub new_sha: String,
    /// Whether either side is not text.
    pub binary: bool,
    /// Whether hunks are left out because the file or the whole is too large.
    pub too_large: bool,
    /// Lines added.
    pub additions: i64,
    /// Lines removed.
    pub deletions: i64,
    /// The changes.
    pub hunks: Vec<DiffHunk>,
}

/// `GET R/git/commits/{sha}/diff`: against the first parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitDiff {
    /// The commit.
    pub commit: Commit,
    /// Its message below the first line, as plain text; may be empty.
    #[serde(default)]
    pub body: String,
    /// Lines added and removed in what is shown.
    pub stats: CommitStats,
    /// What differs, in path order.
    pub files: Vec<DiffFile>,
    /// Whether more files differ than are listed.
    pub truncated: bool,
}
