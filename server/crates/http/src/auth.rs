//! Who asks: turns what a request carries into a [`Ctx`]. What it carries is proven by `app`; this module only reads it.

mod credential;
mod csrf;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hardie_app::identity::Second;
use hardie_app::{Ctx, Error, identity};
use hardie_domain::access::Actor;
use hardie_domain::push::Door;
use hardie_domain::secret::Secret;
use sha2::{Digest as _, Sha256};

pub use credential::{Presented, cookie, session_cookie_name};
pub use csrf::{check_form, check_sign_in, is_own};

use crate::error::Refusal;
use crate::layers::Meta;
use crate::limits::charge;
use crate::state::Http;

/// Somebody at the API: signed in or not, but never with a credential that proves nobody.
pub struct Asker(pub Ctx);

/// Somebody at an address where reading is not harmless. Who was led there by another site is nobody, unless by a token: the browser sends
/// the rest of its own accord.
pub struct Unled(pub Ctx);

/// Somebody with git over HTTP.
pub struct GitAsker(pub Ctx);

/// Somebody with Git LFS over HTTP: as with git, or with a pass, which is good nowhere else.
pub struct LfsAsker(pub Ctx);

/// Somebody about to sign in, or a program that proves itself in its own way: whatever credential comes along is not looked at, and the network
/// pays before anything is done.
pub struct Visitor(pub Ctx);

impl FromRequestParts<Http> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Visitor, Refusal> {
        know(http, parts, None)?;
        Ok(Visitor(anonymous(parts, Door::Api)))
    }
}

impl FromRequestParts<Http> for Asker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Asker, Refusal> {
        let presented = Presented::read(&parts.headers, http.links.is_https())?;
        csrf::check(&parts.method, &parts.headers, &presented, http)?;
        let ctx = anonymous(parts, Door::Api);
        prove(http, parts, ctx, presented).await.map(Asker)
    }
}

/// Somebody at the addresses of access tokens: the one place where a password counts together with a code of the second factor, as clients of Gitea
/// send it. What only reads spends no code: they list tokens first and make one with the same code.
pub struct TokenAsker(pub Ctx);

/// The header with the code.
const OTP: &str = "x-gitea-otp";

impl FromRequestParts<Http> for TokenAsker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<TokenAsker, Refusal> {
        let presented = Presented::read(&parts.headers, http.links.is_https())?;
        csrf::check(&parts.method, &parts.headers, &presented, http)?;
        let ctx = anonymous(parts, Door::Api);
        let Presented::Basic { user, secret } = presented else {
            return prove(http, parts, ctx, presented).await.map(TokenAsker);
        };
        let code = parts.headers.get(OTP).and_then(|value| value.to_str().ok()).map(Secret::new);
        let second = if parts.method.is_safe() { Second::Looked(code.as_ref()) } else { Second::Spent(code.as_ref()) };
        let proven = identity::authenticate_basic_with(&http.app, &ctx, user.expose(), &secret, second).await;
        let actor = proven.map_err(|error| match error {
            Error::SecondFactor(text) => Error::SecondFactor(format!("{text} (in the header X-Gitea-OTP)")),
            other => other,
        })?;
        know(http, parts, Some(&actor))?;
        Ok(TokenAsker(Ctx { actor: Some(actor), ..ctx }))
    }
}

impl FromRequestParts<Http> for Unled {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Unled, Refusal> {
        let presented = Presented::read(&parts.headers, http.links.is_https())?;
        csrf::check(&parts.method, &parts.headers, &presented, http)?;
        let presented = match presented {
            Presented::Session(_) | Presented::Basic { .. } if csrf::is_led(&parts.headers) => Presented::Nothing,
            Presented::Session(_) if !http.links.is_https() && csrf::is_untold(&parts.headers, http.links.origin()) => Presented::Nothing,
            other => other,
        };
        prove(http, parts, anonymous(parts, Door::Api), presented).await.map(Unled)
    }
}

/// Somebody at a page of ours, by the session cookie alone: nothing else is a browser's.
pub struct Surfer {
    /// Who asks.
    pub ctx: Ctx,
    /// What forms of this session hold.
    pub csrf: Option<String>,
}

impl Surfer {
    /// Whether a form was made for this session: no other site can read what it holds.
    pub fn is_own_form(&self, csrf: &str) -> bool {
        // Of two digests nobody learns by the time it takes where they differ.
        self.csrf.as_ref().is_some_and(|own| Sha256::digest(own.as_bytes()) == Sha256::digest(csrf.as_bytes()))
    }
}

impl FromRequestParts<Http> for Surfer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Surfer, Refusal> {
        let ctx = anonymous(parts, Door::Api);
        let signed_in = match Presented::read(&parts.headers, http.links.is_https())? {
            Presented::Session(cookie) => identity::authenticate_session(&http.app, &ctx, &cookie).await?,
            _ => None,
        };
        know(http, parts, signed_in.as_ref().map(|signed_in| &signed_in.actor))?;
        Ok(match signed_in {
            Some(signed_in) => Surfer { ctx: Ctx { actor: Some(signed_in.actor), ..ctx }, csrf: Some(signed_in.csrf) },
            None => Surfer { ctx, csrf: None },
        })
    }
}

impl FromRequestParts<Http> for LfsAsker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<LfsAsker, Refusal> {
        if let Presented::Token(secret) = Presented::read(&parts.headers, http.links.is_https())?
            && secret.expose().starts_with(identity::PASS_PREFIX)
        {
            let actor = identity::authenticate_pass(&http.app, &secret).await?;
            know(http, parts, Some(&actor))?;
            return Ok(LfsAsker(Ctx { actor: Some(actor), ..anonymous(parts, Door::Http) }));
        }
        GitAsker::from_request_parts(parts, http).await.map(|GitAsker(ctx)| LfsAsker(ctx))
    }
}

impl FromRequestParts<Http> for GitAsker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<GitAsker, Refusal> {
        // git never sends a cookie on purpose; a browser must not be led into a push by one.
        let presented = match Presented::read(&parts.headers, http.links.is_https())? {
            Presented::Session(_) => Presented::Nothing,
            other => other,
        };
        csrf::check(&parts.method, &parts.headers, &presented, http)?;
        let ctx = anonymous(parts, Door::Http);
        prove(http, parts, ctx, presented).await.map(GitAsker)
    }
}

/// A context without an actor.
pub fn anonymous(parts: &Parts, door: Door) -> Ctx {
    let meta = parts.extensions.get::<Meta>();
    Ctx { actor: None, door, address: meta.and_then(|m| m.address), request_id: meta.map(|m| m.request_id.clone()).unwrap_or_default() }
}

/// Tells the layers around who asks, and has the request paid for.
pub fn know(http: &Http, parts: &Parts, actor: Option<&Actor>) -> Result<(), Refusal> {
    let Some(meta) = parts.extensions.get::<Meta>() else { return Ok(()) };
    if let Some(actor) = actor {
        meta.known.set_actor(actor);
    }
    charge(http, meta, actor)
}

async fn prove(http: &Http, parts: &Parts, ctx: Ctx, presented: Presented) -> Result<Ctx, Refusal> {
    let app = &http.app;
    let actor: Option<Actor> = match presented {
        Presented::Nothing => None,
        Presented::Basic { user, secret } => Some(identity::authenticate_basic(app, &ctx, user.expose(), &secret).await?),
        Presented::Token(token) => Some(identity::authenticate_token(app, &token).await?),
        // A session that ended leaves its cookie behind: its bearer is nobody, as after signing out, not refused everything.
        Presented::Session(cookie) => identity::authenticate_session(app, &ctx, &cookie).await?.map(|signed_in| signed_in.actor),
    };
    know(http, parts, actor.as_ref())?;
    let ctx = Ctx { actor, ..ctx };
    identity::admit(app, &ctx)?;
    Ok(ctx)
}
