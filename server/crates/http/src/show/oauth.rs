//! Applications of OAuth 2.

use hardie_api_types::Time;
use hardie_api_types::oauth::{OAuth2Application, OAuth2Grant};
use hardie_app::oauth::{Grant, MadeApp, OauthApp};

/// An application without its secret.
pub fn oauth_app(app: OauthApp) -> OAuth2Application {
    OAuth2Application {
        id: app.id.0,
        name: app.name,
        client_id: app.client_id,
        client_secret: String::new(),
        redirect_uris: app.redirect_uris,
        confidential_client: app.confidential,
        skip_secondary_authorization: app.skip_consent,
        created: app.created_at.into(),
    }
}

/// One that was just made, with its secret.
pub fn made_oauth_app(made: MadeApp) -> OAuth2Application {
    let client_secret = made.secret.map(|secret| secret.expose().to_owned()).unwrap_or_default();
    OAuth2Application { client_secret, ..oauth_app(made.app) }
}

/// A sign-in.
pub fn grant(grant: Grant) -> OAuth2Grant {
    let scopes = grant.scopes.to_string();
    OAuth2Grant {
        id: grant.id.0,
        client_id: grant.app.client_id,
        name: grant.app.name,
        scopes: scopes.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        created_at: grant.created_at.into(),
        last_used_at: grant.last_used_at.map_or_else(Time::never, Time::from),
        expires_at: grant.expires_at.into(),
    }
}
