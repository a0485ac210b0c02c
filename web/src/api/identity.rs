//! Signing in and out, and the server's public settings.

use hardie_api_types::account::User;
use hardie_api_types::identity::{CreateSessionOption, SignedIn};
use hardie_api_types::org::{Organization, OrganizationPermissions};
use hardie_api_types::server::HardieSettings;

use super::client::{self, Done};
use super::{Failure, Paged};
use crate::text::encode_segment;

/// Who is signed in; 401 if nobody.
pub async fn current_user() -> Result<User, Failure> {
    client::get("/user").await
}

/// Signs in; the browser keeps the cookie. `code` is empty until the server asks for one.
pub async fn sign_in(username: String, password: String, code: String) -> Result<SignedIn, Failure> {
    client::send("POST", "/user/sessions", &CreateSessionOption { username, password, code }).await
}

/// Ends this browser's session.
pub async fn sign_out() -> Result<Done, Failure> {
    client::delete("/user/sessions/current").await
}

/// What must be known before anybody signs in.
pub async fn server_settings() -> Result<HardieSettings, Failure> {
    client::get("/settings/hardie").await
}

/// A user or an organisation.
pub async fn account(name: &str) -> Result<User, Failure> {
    client::get(&format!("/users/{}", encode_segment(name))).await
}

/// What an account is to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Somebody else's.
    Stranger,
    /// An organisation to which the reader belongs.
    Member,
    /// The reader's own, or one of an organisation's owners is the reader.
    Owner,
}

/// The reader's standing. No question is asked that would be refused.
pub async fn standing(account: &User, reader: &str) -> Result<Standing, Failure> {
    if account.kind != "organization" || reader.is_empty() {
        return Ok(if account.login == reader { Standing::Owner } else { Standing::Stranger });
    }
    if !my_organisations().await?.items.iter().any(|mine| mine.username == account.login) {
        return Ok(Standing::Stranger);
    }
    let path = format!("/users/{}/orgs/{}/permissions", encode_segment(reader), encode_segment(&account.login));
    let owns = client::get::<OrganizationPermissions>(&path).await?.is_owner;
    Ok(if owns { Standing::Owner } else { Standing::Member })
}

/// Organisations that the reader belongs to.
pub async fn my_organisations() -> Result<Paged<Organization>, Failure> {
    client::get_page("/user/orgs?limit=50").await
}
