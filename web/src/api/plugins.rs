//! Plugins: of a repository, of an owner or of the whole site.

use hardie_api_types::plugin::{
    CreateInstallationOption, EditInstallationOption, PluginComponent, PluginInstallation, PluginLogLine, UpgradeInstallationOption,
    Verdict,
};
use hardie_api_types::plugin_secret::{PluginSecret, SetPluginSecretOption};
use hardie_api_types::push::Push;

use super::client::{self, Done};
use super::{Failure, Paged, repo_path};
use crate::routes::PluginPlace;
use crate::text::encode_segment;

/// Lines of a log on one page.
pub const LINES_PER_PAGE: u32 = 200;

/// Below which plugins, deliveries and events of this place are.
pub(super) fn base(place: &PluginPlace) -> String {
    match place {
        PluginPlace::Repo(address) => repo_path(address),
        PluginPlace::Owner(name) => format!("/orgs/{}", encode_segment(name)),
        PluginPlace::Site => "/admin".to_owned(),
    }
}

/// An installation.
pub(super) fn one(place: &PluginPlace, id: i64) -> String {
    format!("{}/plugins/{id}", base(place))
}

/// What is installed here, and what the owner or the site installed that also applies here.
pub async fn installations(place: &PluginPlace) -> Result<Vec<PluginInstallation>, Failure> {
    client::get(&format!("{}/plugins", base(place))).await
}

/// One of these.
pub async fn installation(place: &PluginPlace, id: i64) -> Result<PluginInstallation, Failure> {
    client::get(&one(place, id)).await
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
pub async fn install(place: &PluginPlace, options: &CreateInstallationOption) -> Result<PluginInstallation, Failure> {
    client::send("POST", &format!("{}/plugins", base(place)), options).await
}

/// Changes what is present.
pub async fn edit(place: &PluginPlace, id: i64, options: &EditInstallationOption) -> Result<PluginInstallation, Failure> {
    client::send("PATCH", &one(place, id), options).await
}

/// Puts another component to work.
pub async fn upgrade(place: &PluginPlace, id: i64, options: &UpgradeInstallationOption) -> Result<PluginInstallation, Failure> {
    client::send("PUT", &format!("{}/component", one(place, id)), options).await
}

/// Goes back to the component before.
pub async fn roll_back(place: &PluginPlace, id: i64) -> Result<PluginInstallation, Failure> {
    client::send("POST", &format!("{}/rollback", one(place, id)), &()).await
}

/// Removes an installation; what it said stays recorded.
pub async fn remove(place: &PluginPlace, id: i64) -> Result<Done, Failure> {
    client::delete(&one(place, id)).await
}

/// The last pushes, to tell who pushed what a verdict is about; those of more than one repository are told nowhere.
pub async fn pushes(place: &PluginPlace) -> Result<Vec<Push>, Failure> {
    match place {
        PluginPlace::Repo(address) => client::get(&format!("{}/pushes?limit=50", repo_path(address))).await,
        PluginPlace::Owner(_) | PluginPlace::Site => Ok(Vec::new()),
    }
}

/// What it said last, newest first.
pub async fn verdicts(place: &PluginPlace, id: i64) -> Result<Vec<Verdict>, Failure> {
    client::get(&format!("{}/verdicts?limit=10", one(place, id))).await
}

/// What it logged, the last line first.
pub async fn log(place: &PluginPlace, id: i64, page: u32) -> Result<Paged<PluginLogLine>, Failure> {
    client::get_page(&format!("{}/logs?page={page}&limit={LINES_PER_PAGE}", one(place, id))).await
}

/// Its secrets, without their values.
pub async fn secrets(place: &PluginPlace, id: i64) -> Result<Vec<PluginSecret>, Failure> {
    client::get(&format!("{}/secrets", one(place, id))).await
}

/// Sets one, in place of that of its name.
pub async fn set_secret(place: &PluginPlace, id: i64, name: &str, options: &SetPluginSecretOption) -> Result<PluginSecret, Failure> {
    client::send("PUT", &format!("{}/secrets/{}", one(place, id), encode_segment(name)), options).await
}

/// Forgets one.
pub async fn remove_secret(place: &PluginPlace, id: i64, name: &str) -> Result<Done, Failure> {
    client::delete(&format!("{}/secrets/{}", one(place, id), encode_segment(name))).await
}
