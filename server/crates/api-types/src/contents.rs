//! Files as Gitea's `contents` shows them.

use serde::{Deserialize, Serialize};

use crate::Time;

/// Addresses of a [`ContentsResponse`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileLinks {
    /// In `contents`.
    #[serde(rename = "self")]
    pub this: Option<String>,
    /// In `git/blobs` or `git/trees`.
    pub git: Option<String>,
    /// In the UI.
    pub html: Option<String>,
}

/// `GET R/contents/{path}?ref=`: an object for a file, a list of these for a directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContentsResponse {
    /// The last part of the path.
    pub name: String,
    /// The path.
    pub path: String,
    /// The id of the blob, tree or submodule commit.
    pub sha: String,
    /// The commit that last changed it; empty in a directory's list.
    #[serde(default)]
    pub last_commit_sha: String,
    /// When that commit was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_committer_date: Option<Time>,
    /// `file`, `dir`, `symlink` or `submodule`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Bytes; 0 for a directory.
    pub size: i64,
    /// `base64`; `null` without content.
    #[serde(default)]
    pub encoding: Option<String>,
    /// The bytes in base64; `null` in a directory's list and past the size bound.
    #[serde(default)]
    pub content: Option<String>,
    /// Where a symlink points.
    #[serde(default)]
    pub target: Option<String>,
    /// Its address in `contents`.
    #[serde(default)]
    pub url: Option<String>,
    /// Its page in the UI.
    #[serde(default)]
    pub html_url: Option<String>,
    /// The object's address in the API.
    #[serde(default)]
    pub git_url: Option<String>,
    /// Its bytes.
    #[serde(default)]
    pub download_url: Option<String>,
    /// Where a submodule lives; `null`, since `.gitmodules` is not read.
    #[serde(default)]
    pub submodule_git_url: Option<String>,
    /// The same addresses again.
    #[serde(rename = "_links", default)]
    pub links: FileLinks,
}

/// `GET R/git/blobs/{sha}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GitBlobResponse {
    /// The bytes in base64; `null` past the size bound.
    pub content: Option<String>,
    /// `base64`; `null` without content.
    pub encoding: Option<String>,
    /// Its address in the API.
    pub url: String,
    /// Its id.
    pub sha: String,
    /// Bytes.
    pub size: i64,
}

/// One entry of a [`GitTreeResponse`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GitEntry {
    /// Its path below the tree that was asked for.
    pub path: String,
    /// Six octal digits.
    pub mode: String,
    /// `blob`, `tree` or `commit`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Bytes; 0 unless a blob.
    pub size: i64,
    /// Its id.
    pub sha: String,
    /// Its address in the API.
    pub url: String,
}

/// `GET R/git/trees/{sha}?recursive=&page=&per_page=`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GitTreeResponse {
    /// The tree.
    pub sha: String,
    /// Its address in the API.
    pub url: String,
    /// One page of entries.
    pub tree: Vec<GitEntry>,
    /// Whether entries are missing.
    pub truncated: bool,
    /// The page, from 1.
    pub page: i64,
    /// Entries in all pages.
    pub total_count: i64,
}
