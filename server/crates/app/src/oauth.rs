//! OAuth 2 and OpenID Connect: other programs act for people who let them (RFC 6749, 6750, 7009, 7636, 7662, 8252, 9068, 9207).
//!
//! A browser session lets an application in ([`authorize`]), which gets a code; the application exchanges it ([`exchange`]) for an access token,
//! which is signed and not stored, and a refresh token, of which only the newest is good. Behind both stands one row, the grant. Each use of an access
//! token reads that row, so that what is revoked, disabled or turned off counts no more from that moment.

mod access;
mod apps;
mod authorize;
mod claims;
mod clients;
mod exchange;
mod fault;
mod grants;
mod inspect;
mod jwk;
mod jws;
mod keys;
mod refresh;

pub(crate) use access::{actor_by_access_token, is_access_token, standing_grant};
pub use apps::{App as OauthApp, MadeApp, NewApp, create_app, delete_app, edit_app, get_app, list_apps};
pub use authorize::{Asked, AuthorizeRequest, Step, Turned, begin, decide};
pub use claims::user_info;
pub use clients::{Client, ClientProof};
pub use exchange::{TokenAnswer, TokenRequest, exchange};
pub use fault::Fault;
pub use grants::{Grant, list_grants, revoke_grant};
pub use inspect::{Inspected, introspect, revoke};
pub use keys::{KeysReport, OauthKeys, check_oauth_keys, public_keys};

/// The name under which this server gives out tokens: its public address.
pub fn issuer(app: &crate::App) -> &str {
    &app.config.public_url
}
