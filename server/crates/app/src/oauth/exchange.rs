//! Exchanging a code for tokens (RFC 6749, section 4.1.3). A code has one try: one that fails ends what it stands for, since who brought it is not
//! who it was given to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_domain::audit::Outcome;
use hardie_domain::oauth::{ACCESS_SECONDS, REFRESH_SECONDS};
use hardie_domain::secret::Secret;
use hardie_store::oauth_grants::{CodeRow, GrantRow};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::clients::{self, Client, ClientProof};
use super::refresh::{self, RefreshToken};
use super::{Fault, access, claims};
use crate::audit::entry;
use crate::mail::hash_of;
use crate::{App, Ctx};

/// What a client sends to get tokens. What was left out is empty.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Who sends it.
    pub client: ClientProof,
    /// `authorization_code` or `refresh_token`.
    pub grant_type: String,
    /// The code.
    pub code: Option<Secret>,
    /// Where the browser was sent with it.
    pub redirect_uri: String,
    /// What the challenge was made of.
    pub verifier: Option<Secret>,
    /// The refresh token.
    pub refresh_token: Option<Secret>,
    /// What is asked for, of what was granted.
    pub scope: String,
}

/// Tokens.
#[derive(Clone, Debug)]
pub struct TokenAnswer {
    /// For `Authorization: Bearer …`, and as git's password.
    pub access_token: Secret,
    /// Seconds that it is good for.
    pub expires_in: i64,
    /// Good once, for the next of both.
    pub refresh_token: Secret,
    /// Says who signed in, if that was asked for.
    pub id_token: Option<Secret>,
    /// What the access token is good for.
    pub scope: String,
}

/// Gives tokens for a code or a refresh token.
pub async fn exchange(app: &App, ctx: &Ctx, request: &TokenRequest) -> Result<TokenAnswer, Fault> {
    let client = clients::prove(app, &request.client).await?;
    match request.grant_type.as_str() {
        "authorization_code" => by_code(app, ctx, &client, request).await,
        "refresh_token" => refresh::exchange(app, ctx, &client, request).await,
        "" => Err(Fault::request("grant_type is missing")),
        _ => {
            let text = "grant_type must be authorization_code or refresh_token".to_owned();
            Err(Fault::Refused { code: "unsupported_grant_type", text })
        }
    }
}

async fn by_code(app: &App, ctx: &Ctx, client: &Client, request: &TokenRequest) -> Result<TokenAnswer, Fault> {
    let code = request.code.as_ref().ok_or_else(|| Fault::request("code is missing"))?;
    let (now, hash) = (app.clock.now(), hash_of(code));
    let mut tx = app.store.begin().await?;
    let Some(taken) = tx.take_code(&hash).await? else {
        // Somebody brings it again: one of the two stole it, and nobody knows which.
        if let Some(id) = tx.find_used_code(&hash).await?
            && let Some(grant) = tx.find_grant(id).await?
        {
            end(&mut tx, ctx, app, &grant, "its code came twice").await?;
            tx.commit().await?;
        }
        return Err(Fault::grant());
    };
    let Some(grant) = tx.find_grant(taken.grant).await? else { return Err(Fault::grant()) };
    let is_good = grant.app.client_id == client.client_id
        && taken.expires_at > now
        && taken.redirect_uri == request.redirect_uri
        && proves(&taken, request.verifier.as_ref())
        && !grant.account.disabled;
    if !is_good {
        end(&mut tx, ctx, app, &grant, "its code was brought by another, too late, or without its proof").await?;
        tx.commit().await?;
        return Err(Fault::grant());
    }
    let token = RefreshToken::new(app, grant.id, 1);
    if !tx.rotate_grant(grant.id, 0, &token.hash, now, now.plus_seconds(REFRESH_SECONDS)).await? {
        return Err(Fault::grant());
    }
    tx.commit().await?;
    answer(app, &grant, token.secret, &taken.nonce).await
}

/// Whether the verifier is what the challenge was made of (RFC 7636, section 4.6). One that was not asked for is refused too: somebody took the
/// challenge out on its way (RFC 9700, section 4.8).
fn proves(code: &CodeRow, verifier: Option<&Secret>) -> bool {
    match verifier {
        None => code.challenge.is_empty(),
        Some(_) if code.challenge.is_empty() => false,
        Some(verifier) => {
            let made = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose().as_bytes()));
            (43..=128).contains(&verifier.expose().len()) && bool::from(made.as_bytes().ct_eq(code.challenge.as_bytes()))
        }
    }
}

/// Ends a grant for a reason that whoever administers should see.
pub(super) async fn end(tx: &mut hardie_store::Tx, ctx: &Ctx, app: &App, grant: &GrantRow, why: &str) -> Result<(), Fault> {
    tx.delete_grant(grant.account.id, grant.id).await?;
    let mut line = entry(ctx, "oauth.misuse");
    (line.account, line.outcome) = (Some(grant.account.id), Outcome::Denied);
    line.detail = format!("{:?} ({}) is let in no more: {why}", grant.app.name, grant.app.client_id);
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(())
}

/// What a client gets, its grant being good.
pub(super) async fn answer(app: &App, grant: &GrantRow, refresh_token: Secret, nonce: &str) -> Result<TokenAnswer, Fault> {
    let access_token = access::issue(app, grant).await?;
    let id_token = match grant.scopes.openid {
        true => Some(claims::id_token(app, grant, nonce, &access_token).await?),
        false => None,
    };
    Ok(TokenAnswer { access_token, expires_in: ACCESS_SECONDS, refresh_token, id_token, scope: grant.scopes.to_string() })
}
