//! Teams: who is in them, and which repositories they reach.

use hardie_api_types::account::User;
use hardie_api_types::repo::Repository;
use hardie_api_types::team::{CreateTeamOption, EditTeamOption, Team};

use super::client::{self, Done};
use super::{Failure, Paged};
use crate::text::encode_segment;

/// Teams, members and repositories on one page of a list.
pub const PER_PAGE: u32 = 50;

/// Those of an organisation, by name.
pub async fn all(org: &str, page: u32) -> Result<Paged<Team>, Failure> {
    client::get_page(&format!("/orgs/{}/teams?page={page}&limit={PER_PAGE}", encode_segment(org))).await
}

/// Makes one.
pub async fn create(org: &str, options: &CreateTeamOption) -> Result<Team, Failure> {
    client::send("POST", &format!("/orgs/{}/teams", encode_segment(org)), options).await
}

/// One.
pub async fn get(id: i64) -> Result<Team, Failure> {
    client::get(&format!("/teams/{id}")).await
}

/// Changes what is present.
pub async fn edit(id: i64, options: &EditTeamOption) -> Result<Team, Failure> {
    client::send("PATCH", &format!("/teams/{id}"), options).await
}

/// Deletes it; what it gave is gone with it.
pub async fn delete(id: i64) -> Result<Done, Failure> {
    client::delete(&format!("/teams/{id}")).await
}

/// Who is in it.
pub async fn members(id: i64, page: u32) -> Result<Paged<User>, Failure> {
    client::get_page(&format!("/teams/{id}/members?page={page}&limit={PER_PAGE}")).await
}

/// Puts a user into it, who belongs to the organisation from then on.
pub async fn add_member(id: i64, user: &str) -> Result<Done, Failure> {
    client::send_only("PUT", &format!("/teams/{id}/members/{}", encode_segment(user)), &()).await
}

/// Takes a user out of it.
pub async fn remove_member(id: i64, user: &str) -> Result<Done, Failure> {
    client::delete(&format!("/teams/{id}/members/{}", encode_segment(user))).await
}

/// Which repositories it reaches, as far as the reader may see them.
pub async fn repos(id: i64, page: u32) -> Result<Paged<Repository>, Failure> {
    client::get_page(&format!("/teams/{id}/repos?page={page}&limit={PER_PAGE}")).await
}

/// Has it reach a repository of its organisation.
pub async fn add_repo(id: i64, org: &str, repo: &str) -> Result<Done, Failure> {
    client::send_only("PUT", &format!("/teams/{id}/repos/{}/{}", encode_segment(org), encode_segment(repo)), &()).await
}

/// Has it reach a repository no longer.
pub async fn remove_repo(id: i64, org: &str, repo: &str) -> Result<Done, Failure> {
    client::delete(&format!("/teams/{id}/repos/{}/{}", encode_segment(org), encode_segment(repo))).await
}
