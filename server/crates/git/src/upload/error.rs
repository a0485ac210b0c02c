//! How a fetch fails.

use hardie_domain::oid::Oid;

use super::objects::ObjectsError;
use crate::wire::error::WireError;

/// Why a conversation ended early.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The client broke the protocol or a limit.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The client wants an object that is absent, or that no ref it may see reaches; the two are not told apart.
    #[error("upload-pack: not our ref {0}")]
    NotOurRef(Oid),
    /// The repository could not answer.
    #[error("reading objects: {0}")]
    Objects(#[from] ObjectsError),
}

impl UploadError {
    /// The text for the client: faults of the server carry no detail.
    pub(super) fn for_client(&self) -> String {
        match self {
            UploadError::Objects(ObjectsError::Limit(text) | ObjectsError::Damaged(text)) => text.clone(),
            UploadError::Objects(ObjectsError::Storage(_)) => "the server failed to read this repository; try again later".to_owned(),
            other => other.to_string(),
        }
    }
}
