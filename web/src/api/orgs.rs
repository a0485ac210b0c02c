//! Organisations, and who belongs to them.

use hardie_api_types::account::User;
use hardie_api_types::org::{CreateOrgOption, EditOrgOption, OrgMember, OrgMemberOption, Organization};

use super::client::{self, Done};
use super::{Failure, Paged};
use crate::text::encode_segment;

/// Members on one page of a list.
pub const PER_PAGE: u32 = 50;

fn one(org: &str) -> String {
    format!("/orgs/{}", encode_segment(org))
}

/// Makes one; the reader owns it.
pub async fn create(options: &CreateOrgOption) -> Result<Organization, Failure> {
    client::send("POST", "/orgs", options).await
}

/// One.
pub async fn get(org: &str) -> Result<Organization, Failure> {
    client::get(&one(org)).await
}

/// Changes what is present.
pub async fn edit(org: &str, options: &EditOrgOption) -> Result<Organization, Failure> {
    client::send("PATCH", &one(org), options).await
}

/// Deletes one that has no repositories.
pub async fn delete(org: &str) -> Result<Done, Failure> {
    client::delete(&one(org)).await
}

/// Those that a user belongs to, as far as the reader may know.
pub async fn of_user(user: &str) -> Result<Paged<Organization>, Failure> {
    client::get_page(&format!("/users/{}/orgs?limit=50", encode_segment(user))).await
}

/// Who belongs to it, for those who do.
pub async fn members(org: &str, page: u32) -> Result<Paged<OrgMember>, Failure> {
    client::get_page(&format!("{}/members?page={page}&limit={PER_PAGE}", one(org))).await
}

/// Those who say so, for everybody.
pub async fn public_members(org: &str, page: u32) -> Result<Paged<User>, Failure> {
    client::get_page(&format!("{}/public_members?page={page}&limit={PER_PAGE}", one(org))).await
}

/// Adds a member or changes a role.
pub async fn put_member(org: &str, user: &str, role: &str) -> Result<Done, Failure> {
    let body = OrgMemberOption { role: Some(role.to_owned()) };
    client::send_only("PUT", &format!("{}/members/{}", one(org), encode_segment(user)), &body).await
}

/// Removes a member, also from its teams.
pub async fn remove_member(org: &str, user: &str) -> Result<Done, Failure> {
    client::delete(&format!("{}/members/{}", one(org), encode_segment(user))).await
}
