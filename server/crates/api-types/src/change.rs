//! Files changed through the API: what is asked for, and the commit that was made.

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::commit::{CommitMeta, CommitUser, Verification};
use crate::contents::ContentsResponse;

/// Who wrote or committed something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Identity {
    /// The asker's if absent or empty.
    pub name: Option<String>,
    /// `LOGIN@noreply.HOST` of the asker if absent or empty; never the account's own address.
    pub email: Option<String>,
}

/// When it was written and committed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CommitDateOptions {
    /// Now if absent.
    pub author: Option<Time>,
    /// Now if absent.
    pub committer: Option<Time>,
}

/// What every change of files says of its commit; part of the bodies below.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct FileOptions {
    /// The branch to build on; the default branch if absent.
    pub branch: Option<String>,
    /// A branch that is made for the commit; else `branch` moves.
    pub new_branch: Option<String>,
    /// The message; one is made up if it is absent.
    pub message: Option<String>,
    /// The committer, or whoever asks, if absent.
    pub author: Option<Identity>,
    /// The author, or whoever asks, if absent.
    pub committer: Option<Identity>,
    /// When.
    pub dates: Option<CommitDateOptions>,
    /// Adds a line `Signed-off-by` of the committer.
    pub signoff: Option<bool>,
}

/// `POST R/contents/{path}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateFileOptions {
    /// Of the commit.
    #[serde(flatten)]
    pub commit: FileOptions,
    /// The file's bytes in base64.
    pub content: Option<String>,
}

/// `PUT R/contents/{path}`; without `sha` it makes the file, which must not be there yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct UpdateFileOptions {
    /// Of the commit.
    #[serde(flatten)]
    pub commit: FileOptions,
    /// The file's bytes in base64; may be absent if it only moves.
    pub content: Option<String>,
    /// The blob that the file is now, as the asker saw it.
    pub sha: Option<String>,
    /// The path that it had, if it moves.
    pub from_path: Option<String>,
}

/// `DELETE R/contents/{path}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct DeleteFileOptions {
    /// Of the commit.
    #[serde(flatten)]
    pub commit: FileOptions,
    /// The blob that the file is now, as the asker saw it.
    pub sha: Option<String>,
}

/// One of [`ChangeFilesOptions`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ChangeFileOperation {
    /// `create`, `update`, `upload` (either), `rename` or `delete`.
    pub operation: String,
    /// The file.
    pub path: String,
    /// Its bytes in base64.
    pub content: Option<String>,
    /// The blob that the file is now, as the asker saw it; `update` and `delete` must say so.
    pub sha: Option<String>,
    /// The path that it had, if it moves.
    pub from_path: Option<String>,
}

/// `POST R/contents`: many files in one commit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ChangeFilesOptions {
    /// Of the commit.
    #[serde(flatten)]
    pub commit: FileOptions,
    /// What happens, one after the other.
    pub files: Vec<ChangeFileOperation>,
}

/// The commit that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileCommitResponse {
    /// Its address in the API.
    pub url: String,
    /// Its id.
    pub sha: String,
    /// When it was committed.
    pub created: Time,
    /// Its page in the UI.
    pub html_url: String,
    /// Who wrote it.
    pub author: CommitUser,
    /// Who committed it.
    pub committer: CommitUser,
    /// The commit before it, unless it is the first.
    pub parents: Vec<CommitMeta>,
    /// Its message.
    pub message: String,
    /// Its tree.
    pub tree: CommitMeta,
}

/// Answers a change of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileResponse {
    /// The file as it is in the commit; `null` if it was deleted.
    pub content: Option<ContentsResponse>,
    /// The commit.
    pub commit: FileCommitResponse,
    /// What its signature is worth.
    pub verification: Option<Verification>,
}

/// Answers `POST R/contents`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilesResponse {
    /// The files that were written, in the order of the request; those that were deleted are not in it. `content` is `null` past 1 MiB in
    /// all.
    pub files: Vec<ContentsResponse>,
    /// The commit.
    pub commit: FileCommitResponse,
    /// What its signature is worth.
    pub verification: Option<Verification>,
}
