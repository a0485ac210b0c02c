//! Releases and their files.

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::account::User;

/// A release (`GET R/releases`, `R/releases/{id}`, `R/releases/latest`, `R/releases/tags/{tag}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Release {
    /// Its id.
    pub id: i64,
    /// The tag's short name.
    pub tag_name: String,
    /// What the tag is made of when the release comes out and there is none yet.
    pub target_commitish: String,
    /// Its name for people; may be empty.
    pub name: String,
    /// What it is about, as Markdown.
    pub body: String,
    /// Its address in the API.
    pub url: String,
    /// The page in the UI.
    pub html_url: String,
    /// The tag's files as one `.tar.gz`.
    pub tarball_url: String,
    /// The tag's files as one `.zip`.
    pub zipball_url: String,
    /// Where files are added: `POST` here.
    pub upload_url: String,
    /// Whether it is not out yet; those who may push alone see it then.
    pub draft: bool,
    /// Whether it is not for everybody's use.
    pub prerelease: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it came out; `null` for a draft that never did.
    pub published_at: Option<Time>,
    /// Who made it; `null` if the account is gone.
    pub author: Option<User>,
    /// Its files.
    pub assets: Vec<Attachment>,
}

/// A file of a release (`GET R/releases/{id}/assets`, `…/assets/{attachment_id}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attachment {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub size: i64,
    /// How often it was downloaded whole.
    pub download_count: i64,
    /// When it came.
    pub created_at: Time,
    /// Kept for Gitea's clients; made of the hash of its bytes.
    pub uuid: String,
    /// The sha256 of its bytes, in hexadecimal digits. (Not in Gitea.)
    pub sha256: String,
    /// Where it is had.
    pub browser_download_url: String,
}

/// `POST R/releases`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateReleaseOption {
    /// The tag's short name. It is made if it is not there and this is no draft.
    pub tag_name: String,
    /// What the tag is made of then: a branch, a tag or a commit; the default branch if empty.
    pub target_commitish: String,
    /// What the tag says then; a light tag if empty.
    pub tag_message: String,
    /// A name for people.
    pub name: String,
    /// What it is about, as Markdown.
    pub body: String,
    /// Whether it is not out yet.
    pub draft: bool,
    /// Whether it is not for everybody's use.
    pub prerelease: bool,
}

/// `PATCH R/releases/{id}`: only what is present changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditReleaseOption {
    /// Another tag.
    pub tag_name: Option<String>,
    /// What the tag is made of if it is not there.
    pub target_commitish: Option<String>,
    /// A name for people.
    pub name: Option<String>,
    /// What it is about, as Markdown.
    pub body: Option<String>,
    /// Whether it is not out yet.
    pub draft: Option<bool>,
    /// Whether it is not for everybody's use.
    pub prerelease: Option<bool>,
}

/// `PATCH R/releases/{id}/assets/{attachment_id}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditAttachmentOptions {
    /// Another name.
    pub name: String,
}
