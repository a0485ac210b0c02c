//! A directory with the commit that last touched each entry: the code browser's first page. (Not in Gitea.)

use serde::{Deserialize, Serialize};

use crate::Time;

/// What a page shows of a commit in one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitSummary {
    /// Its id.
    pub sha: String,
    /// The first line of its message.
    pub title: String,
    /// The author's name as the commit has it.
    pub author_name: String,
    /// The author's address as the commit has it.
    pub author_email: String,
    /// When it was written.
    pub authored_at: Time,
    /// When it was committed.
    pub committed_at: Time,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListingEntry {
    /// The last part of its path, invalid UTF-8 replaced.
    pub name: String,
    /// Its whole path percent-encoded byte for byte, `/` kept: put it into an address as it is. A name that is not UTF-8 survives.
    pub url_path: String,
    /// `dir`, `file`, `executable`, `symlink` or `submodule`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of the blob, tree or submodule commit.
    pub sha: String,
    /// Bytes of a file; `null` for what has none.
    #[serde(default)]
    pub size: Option<i64>,
    /// The commit that last touched it; `null` while it is still being looked for.
    #[serde(default)]
    pub last_commit: Option<CommitSummary>,
}

/// `GET R/tree?ref=` and `GET R/tree/{path}?ref=&page=&limit=` (1000 entries unless asked otherwise, 2000 at most).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TreeListing {
    /// The directory, invalid UTF-8 replaced; empty at the top.
    pub path: String,
    /// The ref as asked for, or the default branch: `main`, `v1.0` or a commit id.
    #[serde(rename = "ref")]
    pub ref_name: String,
    /// `branch`, `tag`, `commit`, or `ref` for a full name outside of these.
    pub ref_kind: String,
    /// The commit that it names.
    pub commit: CommitSummary,
    /// Commits of that ref in all; `null` where counting would take too long.
    #[serde(default)]
    pub commit_count: Option<i64>,
    /// The tree's id.
    pub sha: String,
    /// Directories first, then by name.
    pub entries: Vec<ListingEntry>,
    /// Entries in all pages.
    pub total_count: i64,
    /// Whether the `last_commit` of every entry is there; false: ask again shortly.
    pub complete: bool,
}
