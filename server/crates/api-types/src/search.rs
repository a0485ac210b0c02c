//! A text looked for in a repository's files. (Not in Gitea.)

use serde::{Deserialize, Serialize};

/// `GET R/search?q=&ref=&path=&ignore_case=`: lines that hold a text, 200 at most and 20 of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeSearch {
    /// The ref as asked for, or the default branch.
    #[serde(rename = "ref")]
    pub ref_name: String,
    /// `branch`, `tag`, `commit`, or `ref` for a full name outside of these.
    pub ref_kind: String,
    /// The commit that was searched.
    pub commit_sha: String,
    /// Files with lines that match, by path.
    pub files: Vec<CodeSearchFile>,
    /// Whether more lines match than are listed.
    pub more: bool,
    /// Whether the time was over before every file was looked at.
    pub cut_short: bool,
    /// Files above 1 MiB, which are not looked at.
    pub passed_over: i64,
}

/// A file with lines that match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeSearchFile {
    /// The path, invalid UTF-8 replaced.
    pub path: String,
    /// The same percent-encoded byte for byte, `/` kept.
    pub url_path: String,
    /// The blob's id.
    pub sha: String,
    /// The lines.
    pub lines: Vec<CodeSearchLine>,
    /// Whether more of its lines match.
    pub more: bool,
}

/// A line that matches, or a part of a long one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeSearchLine {
    /// Its number, from 1.
    pub number: i64,
    /// Its text in order, parted where matches begin and end.
    pub parts: Vec<CodeSearchPart>,
    /// Whether something is left out before it.
    pub cut_before: bool,
    /// Whether something is left out after it.
    pub cut_after: bool,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeSearchPart {
    /// Plain text, invalid UTF-8 replaced.
    pub text: String,
    /// Whether it is what was looked for.
    #[serde(rename = "match")]
    pub is_match: bool,
}
