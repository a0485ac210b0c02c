//! Applications that people register. The secret is shown once.

use hardie_domain::access::Credential;
use hardie_domain::error::Invalid;
use hardie_domain::ids::OauthAppId;
use hardie_domain::oauth::{MAX_APPS, MAX_REDIRECTS, check_redirect};
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};
use hardie_domain::secret::Secret;
use hardie_store::oauth_apps::NewOauthApp;
pub use hardie_store::oauth_apps::OauthAppRow as App;

use crate::access::{require_more_than_public, require_scope};
use crate::audit::entry;
use crate::mail::Proof;
use crate::{Ctx, Error, Result};

const MAX_NAME_CHARS: usize = 100;

/// What an application shall be.
#[derive(Clone, Debug)]
pub struct NewApp {
    /// What people call it.
    pub name: String,
    /// Where browsers may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Whether it can keep a secret: a program on people's machines cannot.
    pub confidential: bool,
    /// Whether somebody who let it in before is not asked again.
    pub skip_consent: bool,
}

/// An application with its secret, which cannot be read again.
#[derive(Clone, Debug)]
pub struct MadeApp {
    /// The application.
    pub app: App,
    /// Its secret, if it keeps one.
    pub secret: Option<Secret>,
}

/// Registers an application of the actor's.
pub async fn create_app(app: &crate::App, ctx: &Ctx, new: NewApp) -> Result<MadeApp> {
    let actor = require_owner(ctx, Level::Write)?;
    let new = checked(new)?;
    if app.store.list_oauth_apps(actor.id, Page::new(None, Some(1))).await?.total >= MAX_APPS {
        return Err(Error::Quota(format!("a user may have {MAX_APPS} applications: remove those that are not needed")));
    }
    let (now, client_id) = (app.clock.now(), uuid(&app.entropy.name()));
    let proof = new.confidential.then(|| Proof::new(app));
    let mut tx = app.store.begin().await?;
    let row = row(&new, &client_id, proof.as_ref(), actor.id, now);
    let id = tx.insert_oauth_app(&row).await?.ok_or_else(|| Error::internal("an id came twice"))?;
    let mut line = entry(ctx, "oauth-app.create");
    (line.account, line.detail) = (Some(actor.id), format!("{:?} ({client_id}) for {}", new.name, new.redirect_uris.join(" ")));
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    let made = App {
        id,
        owner: Some(actor.id),
        name: new.name,
        client_id,
        secret_hash: proof.as_ref().map(|proof| proof.hash),
        redirect_uris: new.redirect_uris,
        confidential: new.confidential,
        skip_consent: new.skip_consent,
        created_at: now,
    };
    Ok(MadeApp { app: made, secret: proof.map(|proof| proof.secret) })
}

/// The actor's applications, newest first.
pub async fn list_apps(app: &crate::App, ctx: &Ctx, page: Page) -> Result<Paged<App>> {
    let actor = require_owner(ctx, Level::Read)?;
    Ok(app.store.list_oauth_apps(actor.id, page).await?)
}

/// One application of the actor's.
pub async fn get_app(app: &crate::App, ctx: &Ctx, id: OauthAppId) -> Result<App> {
    let actor = require_owner(ctx, Level::Read)?;
    app.store.find_oauth_app(actor.id, id).await?.ok_or(Error::NotFound("application"))
}

/// Changes an application of the actor's, and gives it a new secret, as Gitea does. Whom it signed in before stays so.
pub async fn edit_app(app: &crate::App, ctx: &Ctx, id: OauthAppId, new: NewApp) -> Result<MadeApp> {
    let actor = require_owner(ctx, Level::Write)?;
    let new = checked(new)?;
    let before = app.store.find_oauth_app(actor.id, id).await?.ok_or(Error::NotFound("application"))?;
    let (now, proof) = (app.clock.now(), new.confidential.then(|| Proof::new(app)));
    let mut tx = app.store.begin().await?;
    if !tx.update_oauth_app(actor.id, id, &row(&new, &before.client_id, proof.as_ref(), actor.id, now)).await? {
        return Err(Error::NotFound("application"));
    }
    let mut line = entry(ctx, "oauth-app.edit");
    (line.account, line.detail) = (Some(actor.id), format!("{:?} ({}) for {}", new.name, before.client_id, new.redirect_uris.join(" ")));
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    let NewApp { name, redirect_uris, confidential, skip_consent } = new;
    let secret_hash = proof.as_ref().map(|proof| proof.hash);
    let after = App { name, redirect_uris, confidential, skip_consent, secret_hash, ..before };
    Ok(MadeApp { app: after, secret: proof.map(|proof| proof.secret) })
}

/// Removes an application of the actor's, with everything that it was let do.
pub async fn delete_app(app: &crate::App, ctx: &Ctx, id: OauthAppId) -> Result<()> {
    let actor = require_owner(ctx, Level::Write)?;
    let before = app.store.find_oauth_app(actor.id, id).await?.ok_or(Error::NotFound("application"))?;
    let mut tx = app.store.begin().await?;
    if !tx.delete_oauth_app(actor.id, id).await? {
        return Err(Error::NotFound("application"));
    }
    let mut line = entry(ctx, "oauth-app.delete");
    (line.account, line.detail) = (Some(actor.id), format!("{:?} ({})", before.name, before.client_id));
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// An application changes none: it could send people elsewhere, who trust another.
fn require_owner(ctx: &Ctx, level: Level) -> Result<&hardie_domain::access::Actor> {
    let actor = require_scope(ctx, Category::User, level)?;
    require_more_than_public(ctx)?;
    match actor.credential {
        Credential::Grant(_) if level == Level::Write => {
            Err(Error::forbidden("applications are registered and changed by their owners, not by an application"))
        }
        _ => Ok(actor),
    }
}

fn row<'a>(
    new: &'a NewApp,
    client_id: &'a str,
    proof: Option<&'a Proof>,
    owner: hardie_domain::ids::AccountId,
    at: hardie_domain::time::Timestamp,
) -> NewOauthApp<'a> {
    NewOauthApp {
        owner: Some(owner),
        name: &new.name,
        client_id,
        secret_hash: proof.map(|proof| &proof.hash),
        redirect_uris: &new.redirect_uris,
        confidential: new.confidential,
        skip_consent: new.skip_consent,
        at,
    }
}

fn checked(mut new: NewApp) -> Result<NewApp> {
    new.name = new.name.trim().to_owned();
    let chars = new.name.chars().count();
    // People are asked whether to let in what is called so: nothing in it may hide or turn round what stands beside.
    let hides =
        |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if chars == 0 || chars > MAX_NAME_CHARS || new.name.chars().any(hides) {
        let text = format!("must have 1 to {MAX_NAME_CHARS} characters, none of them invisible");
        return Err(Invalid::new("name", text).into());
    }
    if new.redirect_uris.is_empty() || new.redirect_uris.len() > MAX_REDIRECTS {
        return Err(Invalid::new("redirect_uris", format!("must hold 1 to {MAX_REDIRECTS} addresses")).into());
    }
    for uri in &new.redirect_uris {
        check_redirect(uri)?;
    }
    if new.skip_consent && !new.confidential {
        let text = "is for confidential clients: whoever answers for a public one need not be that one";
        return Err(Invalid::new("skip_secondary_authorization", text).into());
    }
    Ok(new)
}

/// 32 hexadecimal digits as Gitea's clients are named.
fn uuid(name: &str) -> String {
    let mut text = String::with_capacity(36);
    for (at, digit) in name.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}
