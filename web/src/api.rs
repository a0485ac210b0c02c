//! The public REST API as the pages call it. Every address below `/api/v1` is written in this module and nowhere else.

pub mod client;
pub mod code;
pub mod deliveries;
pub mod failure;
pub mod hooks;
pub mod identity;
mod json;
pub mod orgs;
pub mod plugins;
pub mod publishers;
pub mod releases;
pub mod repos;
pub mod settings;
pub mod teams;

pub use client::Paged;
pub use failure::Failure;

use crate::routes::RepoAddress;
use crate::text::encode_segment;

/// `/repos/{owner}/{repo}`.
fn repo_path(address: &RepoAddress) -> String {
    format!("/repos/{}/{}", encode_segment(&address.owner), encode_segment(&address.name))
}
