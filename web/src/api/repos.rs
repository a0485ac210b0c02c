//! Repositories: finding, making, changing, removing, and who works on them.

use hardie_api_types::branch::{BranchProtection, BranchProtectionOption};
use hardie_api_types::repo::{
    AddCollaboratorOption, Collaborator, CreateRepoOption, EditRepoOption, Repository, SearchResults, TransferRepoOption,
};

use super::client::{self, Done};
use super::{Failure, Paged, repo_path};
use crate::routes::RepoAddress;
use crate::text::encode_segment;

/// Repositories on one page of a list.
pub const PER_PAGE: u32 = 20;

/// Repositories that the reader works on.
pub async fn mine(page: u32) -> Result<Paged<Repository>, Failure> {
    client::get_page(&format!("/user/repos?page={page}&limit={PER_PAGE}")).await
}

/// Repositories of one owner, as far as the reader may see them.
pub async fn of_owner(owner: &str, page: u32) -> Result<Paged<Repository>, Failure> {
    client::get_page(&format!("/users/{}/repos?page={page}&limit={PER_PAGE}", encode_segment(owner))).await
}

/// Repositories whose name or description holds a text. Whether a next page may exist is told by a full one.
pub async fn search(text: &str, page: u32) -> Result<Vec<Repository>, Failure> {
    let found: SearchResults = client::get(&format!("/repos/search?q={}&page={page}&limit={PER_PAGE}", encode_segment(text))).await?;
    Ok(found.data)
}

/// One repository.
pub async fn get(address: &RepoAddress) -> Result<Repository, Failure> {
    client::get(&repo_path(address)).await
}

/// Makes one for the reader, or for an organisation.
pub async fn create(organisation: Option<&str>, options: &CreateRepoOption) -> Result<Repository, Failure> {
    let path = match organisation {
        Some(organisation) => format!("/orgs/{}/repos", encode_segment(organisation)),
        None => "/user/repos".to_owned(),
    };
    client::send("POST", &path, options).await
}

/// Changes what is present.
pub async fn edit(address: &RepoAddress, options: &EditRepoOption) -> Result<Repository, Failure> {
    client::send("PATCH", &repo_path(address), options).await
}

/// Deletes it; it can be restored for a week.
pub async fn delete(address: &RepoAddress) -> Result<Done, Failure> {
    client::delete(&repo_path(address)).await
}

/// What can still be restored under an owner, for those who may.
pub async fn deleted(owner: &str) -> Result<Vec<Repository>, Failure> {
    client::get(&format!("/users/{}/deleted_repos", encode_segment(owner))).await
}

/// Brings a deleted one back under its old name.
pub async fn restore(owner: &str, id: i64) -> Result<Repository, Failure> {
    client::send("POST", &format!("/users/{}/deleted_repos/{id}/restore", encode_segment(owner)), &serde_json::json!({})).await
}

/// Gives it to another owner.
pub async fn transfer(address: &RepoAddress, new_owner: &str) -> Result<Repository, Failure> {
    let body = TransferRepoOption { new_owner: new_owner.to_owned() };
    client::send("POST", &format!("{}/transfer", repo_path(address)), &body).await
}

/// Who else works on it.
pub async fn collaborators(address: &RepoAddress) -> Result<Paged<Collaborator>, Failure> {
    client::get_page(&format!("{}/collaborators?limit=50", repo_path(address))).await
}

/// Adds a collaborator or changes what one may do.
pub async fn put_collaborator(address: &RepoAddress, username: &str, permission: &str) -> Result<Done, Failure> {
    let body = AddCollaboratorOption { permission: Some(permission.to_owned()) };
    client::send_only("PUT", &format!("{}/collaborators/{}", repo_path(address), encode_segment(username)), &body).await
}

/// Removes a collaborator.
pub async fn remove_collaborator(address: &RepoAddress, username: &str) -> Result<Done, Failure> {
    client::delete(&format!("{}/collaborators/{}", repo_path(address), encode_segment(username))).await
}

/// Rules over its branches.
pub async fn protections(address: &RepoAddress) -> Result<Vec<BranchProtection>, Failure> {
    client::get(&format!("{}/branch_protections", repo_path(address))).await
}

/// Adds a rule.
pub async fn add_protection(address: &RepoAddress, rule: &BranchProtectionOption) -> Result<BranchProtection, Failure> {
    client::send("POST", &format!("{}/branch_protections", repo_path(address)), rule).await
}

/// Changes what is present of a rule.
pub async fn edit_protection(address: &RepoAddress, name: &str, rule: &BranchProtectionOption) -> Result<BranchProtection, Failure> {
    client::send("PATCH", &format!("{}/branch_protections/{}", repo_path(address), encode_segment(name)), rule).await
}

/// Removes a rule.
pub async fn remove_protection(address: &RepoAddress, name: &str) -> Result<Done, Failure> {
    client::delete(&format!("{}/branch_protections/{}", repo_path(address), encode_segment(name))).await
}
