//! The reader's own settings: profile, password, keys, tokens, sessions.

use hardie_api_types::account::{ChangePasswordOption, UserSettings, UserSettingsOptions};
use hardie_api_types::factor::{FactorOption, FactorSecret, RecoveryCodes, SecondFactor};
use hardie_api_types::identity::{AccessToken, CreateAccessTokenOption, CreateKeyOption, PublicKey, Session};

use super::client::{self, Done};
use super::{Failure, Paged};
use crate::text::encode_segment;

/// Name, e-mail, a line about oneself.
pub async fn profile() -> Result<UserSettings, Failure> {
    client::get("/user/settings").await
}

/// Changes what is present.
pub async fn edit_profile(options: &UserSettingsOptions) -> Result<UserSettings, Failure> {
    client::send("PATCH", "/user/settings", options).await
}

/// Changes the password.
pub async fn change_password(current_password: String, new_password: String, code: String) -> Result<Done, Failure> {
    client::send_only("POST", "/user/password", &ChangePasswordOption { current_password, new_password, code }).await
}

/// SSH keys.
pub async fn keys() -> Result<Paged<PublicKey>, Failure> {
    client::get_page("/user/keys?limit=50").await
}

/// Adds an SSH key.
pub async fn add_key(options: &CreateKeyOption) -> Result<PublicKey, Failure> {
    client::send("POST", "/user/keys", options).await
}

/// Removes an SSH key.
pub async fn remove_key(id: i64) -> Result<Done, Failure> {
    client::delete(&format!("/user/keys/{id}")).await
}

/// Access tokens.
pub async fn tokens(username: &str) -> Result<Paged<AccessToken>, Failure> {
    client::get_page(&format!("/users/{}/tokens?limit=50", encode_segment(username))).await
}

/// Makes a token; the answer is the only time that it is shown.
pub async fn add_token(username: &str, options: &CreateAccessTokenOption) -> Result<AccessToken, Failure> {
    client::send("POST", &format!("/users/{}/tokens", encode_segment(username)), options).await
}

/// Ends a token.
pub async fn remove_token(username: &str, id: i64) -> Result<Done, Failure> {
    client::delete(&format!("/users/{}/tokens/{id}", encode_segment(username))).await
}

/// Browsers that are signed in.
pub async fn sessions() -> Result<Vec<Session>, Failure> {
    client::get("/user/sessions").await
}

/// Signs a browser out.
pub async fn end_session(id: i64) -> Result<Done, Failure> {
    client::delete(&format!("/user/sessions/{id}")).await
}

/// Whether signing in asks for a code.
pub async fn factor() -> Result<SecondFactor, Failure> {
    client::get("/user/second-factor").await
}

/// A secret for an app.
pub async fn begin_factor(current_password: String) -> Result<FactorSecret, Failure> {
    client::send("POST", "/user/second-factor", &FactorOption { current_password, code: String::new() }).await
}

/// Makes signing in ask for codes from now on.
pub async fn confirm_factor(code: String) -> Result<RecoveryCodes, Failure> {
    client::send("POST", "/user/second-factor/confirm", &FactorOption { current_password: String::new(), code }).await
}

/// Exchanges the recovery codes.
pub async fn renew_codes(current_password: String, code: String) -> Result<RecoveryCodes, Failure> {
    client::send("POST", "/user/second-factor/recovery-codes", &FactorOption { current_password, code }).await
}

/// Gives the second factor up.
pub async fn disable_factor(current_password: String, code: String) -> Result<Done, Failure> {
    client::send_only("DELETE", "/user/second-factor", &FactorOption { current_password, code }).await
}
