//! Files and READMEs made ready to be shown. (Not in Gitea.)

use serde::{Deserialize, Serialize};

use crate::tree::CommitSummary;

/// `GET R/file/{path}?ref=`: one file for the code browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileView {
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
    /// `file`, `executable` or `symlink`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Bytes.
    pub size: i64,
    /// Whether it is not text (a NUL byte near its beginning).
    pub binary: bool,
    /// Whether it is too large to be shown; `lines` is empty then.
    pub too_large: bool,
    /// The language by which it was highlighted; empty if by none.
    #[serde(default)]
    pub language: String,
    /// One string a line: escaped HTML in which only `<span class="…">` occurs. Safe to insert.
    pub lines: Vec<String>,
    /// Rendered and sanitised HTML for Markdown; `null` for other files.
    #[serde(default)]
    pub rendered: Option<String>,
    /// What it stands for, if it is a pointer of Git LFS; `null` for other files.
    #[serde(default)]
    pub lfs: Option<LfsPointer>,
    /// The commit that last touched it, if it was found in time.
    #[serde(default)]
    pub last_commit: Option<CommitSummary>,
}

/// A large file that is kept by Git LFS, outside of the repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LfsPointer {
    /// sha256 of its bytes.
    pub oid: String,
    /// Its bytes, not the pointer's.
    pub size: i64,
    /// Where its bytes are; the pointer's, if they were never uploaded.
    pub media_url: String,
}

/// `GET R/readme?ref=` and `GET R/readme/{directory}?ref=`: 404 when there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Readme {
    /// The file's path, invalid UTF-8 replaced.
    pub path: String,
    /// Rendered and sanitised: safe to insert.
    pub html: String,
}
