//! Releases of a repository.

use hardie_api_types::release::Release;

use super::{Failure, Paged, client, repo_path};
use crate::routes::RepoAddress;
use crate::text::encode_segment;

/// Releases on one page of the list.
pub const PER_PAGE: u32 = 10;

/// The newest first; drafts for those who may push alone.
pub async fn list(address: &RepoAddress, page: u32) -> Result<Paged<Release>, Failure> {
    client::get_page(&format!("{}/releases?page={page}&limit={PER_PAGE}", repo_path(address))).await
}

/// That of a tag.
pub async fn of_tag(address: &RepoAddress, tag: &str) -> Result<Release, Failure> {
    let tag: Vec<String> = tag.split('/').map(encode_segment).collect();
    client::get(&format!("{}/releases/tags/{}", repo_path(address), tag.join("/"))).await
}
