//! Whose signatures under plugins count.

use hardie_api_types::publisher::{CreatePublisherOption, Publisher};

use super::Failure;
use super::client::{self, Done};

/// All.
pub async fn list() -> Result<Vec<Publisher>, Failure> {
    client::get("/admin/publishers").await
}

/// Trusts a key.
pub async fn add(options: &CreatePublisherOption) -> Result<Publisher, Failure> {
    client::send("POST", "/admin/publishers", options).await
}

/// Trusts it no longer.
pub async fn remove(id: i64) -> Result<Done, Failure> {
    client::delete(&format!("/admin/publishers/{id}")).await
}
