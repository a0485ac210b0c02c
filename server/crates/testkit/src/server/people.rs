//! Accounts, keys and repositories, made by the same use cases that the doors call.

use hardie_app::accounts::{self, NewUser};
use hardie_app::identity::{self, NewKey, NewNarrowing, NewToken};
use hardie_app::repos::{self, NewRepo};
use hardie_app::{App, Ctx};
use hardie_domain::access::Visibility;
use hardie_domain::push::Door;
use hardie_domain::secret::Secret;

/// Makes a user and a token with all scopes; the token.
pub async fn make(app: &App, name: &str, password: &str, admin: bool) -> anyhow::Result<String> {
    let password = Some(Secret::new(password));
    let new = NewUser { name: name.to_owned(), email: format!("{name}@example.org"), full_name: String::new(), password, is_admin: admin };
    accounts::create_user(app, &Ctx::system(), new).await?;
    let new = NewToken {
        user: name.to_owned(),
        name: "test".to_owned(),
        scopes: vec!["all".to_owned()],
        expires_at: None,
        narrowing: NewNarrowing::default(),
    };
    let created = identity::create_token(app, &Ctx::system(), new).await?;
    Ok(created.token.expose().to_owned())
}

/// Somebody signed in by their token.
pub async fn signed_in(app: &App, token: &str) -> anyhow::Result<Ctx> {
    let actor = identity::authenticate_token(app, &Secret::new(token)).await?;
    Ok(Ctx { actor: Some(actor), door: Door::Api, address: None, request_id: "test".to_owned() })
}

/// Adds an SSH key for the token's owner.
pub async fn add_key(app: &App, token: &str, key: &str) -> anyhow::Result<()> {
    let ctx = signed_in(app, token).await?;
    identity::add_ssh_key(app, &ctx, NewKey { title: String::new(), key: key.to_owned() }).await?;
    Ok(())
}

/// Makes a repository for the token's owner.
pub async fn make_repo(app: &App, token: &str, name: &str, private: bool) -> anyhow::Result<()> {
    let ctx = signed_in(app, token).await?;
    let visibility = if private { Visibility::Private } else { Visibility::Public };
    let new = NewRepo { name: name.to_owned(), description: String::new(), visibility, default_branch: None };
    repos::create_repo(app, &ctx, None, new).await?;
    Ok(())
}
