//! Letting an application in (RFC 6749, section 4.1.1): by a whole browser session, whose person sees what is asked for.
//!
//! Before client and address are known to belong together nobody is sent anywhere. After that every refusal is told to the application.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::error::Invalid;
use hardie_domain::mail::MailKind;
use hardie_domain::oauth::{CODE_SECONDS, MAX_GRANTS, MAX_REDIRECT_BYTES, Scopes};
use hardie_domain::percent::encode_segment;
use hardie_store::oauth_grants::{CodeRow, NewGrant};
use hardie_store::sessions::SessionRow;

use super::clients::{self, Client};
use super::issuer;
use super::keys::{self, Sort};
use crate::audit::entry;
use crate::identity::require_standing;
use crate::mail::{self, Proof};
use crate::{App, Ctx, Error, Result};

/// What the application may have us carry, in bytes.
const MAX_CARRIED: usize = 2000;
/// A challenge by SHA-256: 32 bytes as base64url (RFC 7636, section 4.2).
const CHALLENGE_CHARS: usize = 43;

/// What a browser brings. What was left out is empty.
#[derive(Clone, Debug, Default)]
pub struct AuthorizeRequest {
    /// Who asks.
    pub client_id: String,
    /// Where the browser goes afterwards.
    pub redirect_uri: String,
    /// `code`.
    pub response_type: String,
    /// `query`, or nothing.
    pub response_mode: String,
    /// What is asked for.
    pub scope: String,
    /// What the application wants to see again.
    pub state: String,
    /// What the code's exchange will be held against (RFC 7636).
    pub challenge: String,
    /// `S256`.
    pub challenge_method: String,
    /// What the token that says who signed in repeats.
    pub nonce: String,
    /// `none`, `login`, `consent`.
    pub prompt: String,
    /// How long ago the sign-in may have been, in seconds.
    pub max_age: String,
}

/// A request that may be put to somebody.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asks.
    pub client: Client,
    /// For what.
    pub scopes: Scopes,
    request: AuthorizeRequest,
}

/// Why a request ends.
#[derive(Debug)]
pub enum Turned {
    /// Shown to the person: the application is not who it says, or nothing is sure.
    Shown(Error),
    /// The browser goes to this address, which tells the application.
    Back(String),
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// Whoever it is signs in first; again, if they are signed in.
    SignIn {
        /// Whether the present session will not do.
        again: bool,
    },
    /// The person is asked.
    Ask(Box<Asked>),
    /// The browser goes to this address.
    Go(String),
}

impl From<Error> for Turned {
    fn from(error: Error) -> Turned {
        Turned::Shown(error)
    }
}

impl From<hardie_store::Error> for Turned {
    fn from(error: hardie_store::Error) -> Turned {
        Turned::Shown(error.into())
    }
}

impl Asked {
    /// Where the browser goes afterwards.
    pub fn redirect_uri(&self) -> &str {
        &self.request.redirect_uri
    }

    /// The address with what is to be told, and by whom (RFC 9207): an application that speaks to several servers knows who answers.
    fn address(&self, app: &App, told: &[(&str, &str)]) -> String {
        let uri = &self.request.redirect_uri;
        let mut address = format!("{uri}{}", if uri.contains('?') { '&' } else { '?' });
        for (name, value) in told.iter().chain([&("state", self.request.state.as_str()), &("iss", issuer(app))]) {
            if !value.is_empty() {
                address.push_str(&format!("{name}={}&", encode_segment(value.as_bytes())));
            }
        }
        address.truncate(address.trim_end_matches('&').len());
        address
    }

    fn refused(&self, app: &App, code: &str, text: &str) -> Turned {
        Turned::Back(self.address(app, &[("error", code), ("error_description", text)]))
    }

    fn prompts(&self, word: &str) -> bool {
        self.request.prompt.split(' ').any(|prompt| prompt == word)
    }
}

/// Looks at a request, whoever sends it.
async fn examine(app: &App, request: &AuthorizeRequest) -> Result<Asked, Turned> {
    let shown = |field: &'static str, why: &str| Turned::Shown(Invalid::new(field, why).into());
    let client = clients::find(app, &request.client_id).await?;
    let client = client.ok_or_else(|| shown("client_id", "no application is known by it here"))?;
    if request.redirect_uri.len() > MAX_REDIRECT_BYTES || !client.may_return_to(&request.redirect_uri) {
        return Err(shown("redirect_uri", "is not an address that this application registered: they must be the same to the letter"));
    }
    let asked = Asked { client, scopes: Scopes::default(), request: request.clone() };
    if request.state.len() > MAX_CARRIED || request.nonce.len() > MAX_CARRIED {
        let asked = Asked { request: AuthorizeRequest { state: String::new(), ..request.clone() }, ..asked };
        return Err(asked.refused(app, "invalid_request", "state and nonce may have 2000 bytes each"));
    }
    let wrong = |text: &str| Err(asked.refused(app, "invalid_request", text));
    if request.response_type != "code" {
        return Err(asked.refused(app, "unsupported_response_type", "response_type must be code"));
    }
    if !matches!(request.response_mode.as_str(), "" | "query") {
        return wrong("response_mode must be query");
    }
    if request.challenge.is_empty() {
        if !asked.client.confidential {
            return wrong("a public client needs code_challenge, with the method S256 (RFC 7636)");
        }
        if !request.challenge_method.is_empty() {
            return wrong("code_challenge_method without code_challenge");
        }
    } else if request.challenge_method != "S256" {
        return wrong("code_challenge_method must be S256: plain proves nothing to who reads the address");
    } else if request.challenge.len() != CHALLENGE_CHARS
        || !request.challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    {
        return wrong("code_challenge must be the SHA-256 of the verifier as base64url without padding");
    }
    if asked.prompts("none") && request.prompt != "none" {
        return wrong("prompt=none goes with nothing else");
    }
    if !request.max_age.is_empty() && request.max_age.parse::<u32>().is_err() {
        return wrong("max_age must be a number of seconds");
    }
    match Scopes::parse(&request.scope) {
        Ok(scopes) => Ok(Asked { scopes, ..asked }),
        Err(error) => Err(asked.refused(app, "invalid_scope", &error.reason)),
    }
}

/// What comes of a request that a browser brings: `ctx` is its session, if there is one.
pub async fn begin(app: &App, ctx: &Ctx, request: &AuthorizeRequest) -> Result<Step, Turned> {
    let asked = examine(app, request).await?;
    let silent = asked.prompts("none");
    let Some((actor, session)) = whole_session(app, ctx).await? else {
        return match silent {
            true => Err(asked.refused(app, "login_required", "nobody is signed in")),
            false => Ok(Step::SignIn { again: false }),
        };
    };
    let age = app.clock.now().seconds().saturating_sub(session.created_at.seconds());
    let is_old = request.max_age.parse::<u32>().is_ok_and(|most| age > i64::from(most));
    if asked.prompts("login") || is_old {
        return match silent {
            true => Err(asked.refused(app, "login_required", "the sign-in is older than max_age")),
            false => Ok(Step::SignIn { again: true }),
        };
    }
    if !asked.prompts("consent") && was_let_in(app, actor, &asked).await? {
        return Ok(Step::Go(let_in(app, ctx, actor, &session, &asked).await?));
    }
    match silent {
        true => Err(asked.refused(app, "consent_required", "nobody has let this application in yet")),
        false => Ok(Step::Ask(Box::new(asked))),
    }
}

/// The person's answer; where the browser goes.
pub async fn decide(app: &App, ctx: &Ctx, request: &AuthorizeRequest, allowed: bool) -> Result<String, Turned> {
    let asked = examine(app, request).await?;
    let Some((actor, session)) = whole_session(app, ctx).await? else {
        return Err(Error::unauthenticated("sign in first: an application is let in by a browser session").into());
    };
    if !allowed {
        return Err(asked.refused(app, "access_denied", "this person does not let the application in"));
    }
    Ok(let_in(app, ctx, actor, &session, &asked).await?)
}

/// Only a browser session lets anything in: a token would make itself another one.
async fn whole_session<'a>(app: &App, ctx: &'a Ctx) -> Result<Option<(&'a Actor, SessionRow)>> {
    let Some(actor) = &ctx.actor else { return Ok(None) };
    let Credential::Session(id) = actor.credential else { return Ok(None) };
    let sessions = app.store.list_sessions(actor.id, app.clock.now()).await?;
    Ok(sessions.into_iter().find(|session| session.id == id).map(|session| (actor, session)))
}

/// Whether this person needs not be asked. Of a public client nobody knows that it is the one from before (RFC 8252, section 8.6).
async fn was_let_in(app: &App, actor: &Actor, asked: &Asked) -> Result<bool> {
    let Some(row) = asked.client.row.as_ref().filter(|_| asked.client.confidential && asked.client.skip_consent) else { return Ok(false) };
    let granted = app.store.list_granted_scopes(actor.id, row.id, app.clock.now()).await?;
    Ok(granted.iter().any(|granted| granted.covers(&asked.scopes)))
}

async fn let_in(app: &App, ctx: &Ctx, actor: &Actor, session: &SessionRow, asked: &Asked) -> Result<String> {
    require_standing(app, ctx).await?;
    // To make a key takes a while: now, and not when the code is spent already.
    keys::signer(app, Sort::Ed25519).await?;
    if asked.scopes.openid {
        keys::signer(app, Sort::Rsa).await?;
    }
    let (now, proof) = (app.clock.now(), Proof::new(app));
    let expires_at = now.plus_seconds(CODE_SECONDS);
    let mut tx = app.store.begin().await?;
    let id = clients::row_of(&mut tx, &asked.client, now).await?;
    let is_first = tx.list_granted_scopes(actor.id, id, now).await?.is_empty();
    let new = NewGrant { app: id, account: actor.id, scopes: &asked.scopes, signed_in_at: session.created_at, at: now, expires_at };
    let grant = tx.insert_grant(&new).await?;
    tx.delete_oldest_grants(actor.id, id, MAX_GRANTS).await?;
    let code = CodeRow {
        grant,
        redirect_uri: asked.request.redirect_uri.clone(),
        challenge: asked.request.challenge.clone(),
        nonce: asked.request.nonce.clone(),
        expires_at,
    };
    tx.insert_code(&proof.hash, &code).await?;
    let mut line = entry(ctx, "oauth.authorize");
    line.account = Some(actor.id);
    line.detail = format!("{:?} ({}) with {}", asked.client.name, asked.client.client_id, asked.scopes);
    tx.insert_audit(&line, now).await?;
    if is_first {
        let happened = format!("The application {:?} was let in, for: {}.", asked.client.name, asked.scopes);
        mail::notify(&mut tx, app, MailKind::CredentialAdded, actor.id, &happened).await?;
    }
    tx.commit().await?;
    Ok(asked.address(app, &[("code", proof.secret.expose())]))
}
