//! Sandboxed hooks of a repository.

use hardie_api_types::plugin::{
    CreateInstallationOption, EditInstallationOption, PluginComponent, PluginInstallation, UpgradeInstallationOption, Verdict,
};
use hardie_api_types::push::Push;

use super::client::{self, Done};
use super::{Failure, Paged, repo_path};
use crate::routes::RepoAddress;

/// What is installed here, and what the owner or the site installed that also applies here.
pub async fn installations(address: &RepoAddress) -> Result<Vec<PluginInstallation>, Failure> {
    client::get(&format!("{}/plugins", repo_path(address))).await
}

/// Components that were uploaded before.
pub async fn components() -> Result<Vec<PluginComponent>, Failure> {
    client::get("/plugins/components").await
}

/// Uploads a component; it is compiled before the answer comes.
pub async fn upload(file: &web_sys::File) -> Result<PluginComponent, Failure> {
    client::upload("/plugins/components", "application/wasm", file).await
}

/// Installs a component.
pub async fn install(address: &RepoAddress, options: &CreateInstallationOption) -> Result<PluginInstallation, Failure> {
    client::send("POST", &format!("{}/plugins", repo_path(address)), options).await
}

/// Changes what is present.
pub async fn edit(address: &RepoAddress, id: i64, options: &EditInstallationOption) -> Result<PluginInstallation, Failure> {
    client::send("PATCH", &format!("{}/plugins/{id}", repo_path(address)), options).await
}

/// Puts another component to work.
pub async fn upgrade(address: &RepoAddress, id: i64, options: &UpgradeInstallationOption) -> Result<PluginInstallation, Failure> {
    client::send("PUT", &format!("{}/plugins/{id}/component", repo_path(address)), options).await
}

/// Goes back to the component before.
pub async fn roll_back(address: &RepoAddress, id: i64) -> Result<PluginInstallation, Failure> {
    client::send("POST", &format!("{}/plugins/{id}/rollback", repo_path(address)), &()).await
}

/// Removes an installation; what it said stays recorded.
pub async fn remove(address: &RepoAddress, id: i64) -> Result<Done, Failure> {
    client::delete(&format!("{}/plugins/{id}", repo_path(address))).await
}

/// The last pushes, to tell who pushed what a verdict is about.
pub async fn pushes(address: &RepoAddress) -> Result<Paged<Push>, Failure> {
    client::get_page(&format!("{}/pushes?limit=50", repo_path(address))).await
}

/// What it said last, newest first.
pub async fn verdicts(address: &RepoAddress, id: i64) -> Result<Paged<Verdict>, Failure> {
    client::get_page(&format!("{}/plugins/{id}/verdicts?limit=10", repo_path(address))).await
}
