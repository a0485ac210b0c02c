//! Signing in to a registry: by name and password, or by a token that is fetched for this repository alone (the distribution project's token
//! authentication).

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_domain::secret::Secret;
use hardie_outbound::{Url, WebRequest};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::access::Login;
use super::challenge::Challenge;
use super::registry::{Registry, refusal};

/// The largest answer with a token, in bytes.
const MOST: usize = 64 << 10;

/// What comes back: either name is in use.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    token: String,
    access_token: String,
}

/// The value of the `Authorization` header from now on.
pub async fn sign_in(registry: &Registry, challenges: &[Challenge]) -> anyhow::Result<Secret> {
    let login = registry.login()?;
    let bearer = challenges.iter().find_map(|challenge| match challenge {
        Challenge::Bearer { realm, service } => Some((realm, service)),
        Challenge::Basic => None,
    });
    if let Some((realm, service)) = bearer {
        return token(registry, realm, service.as_deref(), login.as_ref()).await;
    }
    ensure!(challenges.contains(&Challenge::Basic), "{} asks to sign in by a way that is not known here", registry.host());
    match &login {
        Some(login) => Ok(basic(login)),
        None => bail!("{0} asks to sign in: `docker login {0}`, or --username with --password-stdin", registry.host()),
    }
}

async fn token(registry: &Registry, realm: &str, service: Option<&str>, login: Option<&Login>) -> anyhow::Result<Secret> {
    let mut url = Url::parse(realm).with_context(|| format!("{} names no address at which to sign in", registry.host()))?;
    registry.hosts.check(&url)?;
    if login.is_some() {
        registry.hosts.check_sign_in(&url)?;
    }
    // What is asked for is what this command needs, whatever the challenge names.
    url.query_pairs_mut().extend_pairs(service.map(|service| ("service", service))).append_pair("scope", &registry.scope());
    let authorization = login.map(basic);
    let request = WebRequest {
        method: "GET",
        url: &url,
        headers: &[("accept", "application/json")],
        authorization: authorization.as_ref(),
        body: None,
    };
    let answer = registry.web.send(request).await?;
    if answer.status != 200 {
        return Err(refusal(answer, &format!("{} does not let you sign in", registry.host())).await);
    }
    let body = Zeroizing::new(answer.whole(MOST).await?.to_vec());
    // The parser's own words may repeat the token.
    let Answer { token, access_token } = serde_json::from_slice(&body).ok().context("the registry's sign-in gave no token")?;
    let token = if token.is_empty() { access_token } else { token };
    ensure!(!token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()), "the registry's sign-in gave no token");
    Ok(Secret::new(format!("Bearer {token}")))
}

fn basic(login: &Login) -> Secret {
    let pair = Zeroizing::new(format!("{}:{}", login.username, login.password.expose()));
    let coded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    Secret::new(format!("Basic {}", coded.as_str()))
}
