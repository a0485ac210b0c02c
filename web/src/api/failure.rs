//! What went wrong with a request, for people.

use hardie_api_types::plugin::PluginPermission;

/// A request that did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// HTTP status; 0 when nothing answered.
    pub status: u16,
    /// What the server says, or what the browser could tell.
    pub message: String,
    /// The field that is at fault, as the API names it.
    pub field: Option<String>,
    /// What an upgrade of a plugin asks consent for.
    pub permissions: Vec<PluginPermission>,
    /// For the operator's log; may be empty.
    pub request_id: String,
}

impl Failure {
    /// Nothing answered: no network, or nobody serves these pages any more.
    pub fn offline() -> Failure {
        Failure {
            status: 0,
            message: "No answer. The network may be down.".into(),
            field: None,
            permissions: Vec::new(),
            request_id: String::new(),
        }
    }

    /// The answer is not what this version of the pages understands.
    pub fn misread(detail: &str) -> Failure {
        let message = format!("The answer could not be read ({detail}). Reload the page: it may be older than the server.");
        Failure { status: 200, message, field: None, permissions: Vec::new(), request_id: String::new() }
    }

    /// A part of the pages did not come.
    pub fn unloaded() -> Failure {
        let message =
            "This part of the pages could not be loaded. If trying again does not help, reload the page: it may be older than the server."
                .to_owned();
        Failure { status: 200, message, field: None, permissions: Vec::new(), request_id: String::new() }
    }

    /// Nobody is signed in, or no longer.
    pub fn is_unauthenticated(&self) -> bool {
        self.status == 401
    }

    /// Missing, or not for this reader.
    pub fn is_not_found(&self) -> bool {
        self.status == 404
    }

    /// The server behind the pages is not there for now.
    pub fn is_down(&self) -> bool {
        matches!(self.status, 0 | 502 | 503 | 504)
    }
}
