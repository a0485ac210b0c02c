//! One repository of one registry, by the OCI distribution specification. Only the registry itself hears who asks.

use std::sync::OnceLock;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use hardie_domain::secret::Secret;
use hardie_git::wire::error::one_line;
use hardie_outbound::{Sent, Url, WebAnswer, WebClient, WebRequest};
use serde_json::Value;

use super::access::{Login, kept};
use super::challenge;
use super::hosts::Hosts;
use super::token::sign_in;
use super::{Access, Reference};

/// How often a registry may send on to somewhere else.
const HOPS: usize = 5;
/// How much of a refusal is read, and shown, in bytes.
const REFUSAL: usize = 64 << 10;
const SHOWN: usize = 200;

/// What a command means to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Only read.
    Pull,
    /// Read and write.
    Push,
}

/// A repository in a registry, and who asks it.
pub struct Registry {
    pub(super) web: WebClient,
    pub(super) hosts: Hosts,
    host: String,
    name: String,
    may: May,
    given: Option<Login>,
    authorization: OnceLock<Secret>,
}

/// What is asked of it.
pub struct Ask<'a> {
    pub method: &'a str,
    pub url: Url,
    pub headers: &'a [(&'static str, &'a str)],
    pub body: Option<(Bytes, Sent)>,
}

impl Registry {
    /// Opens no connection yet.
    pub fn open(reference: &Reference, access: &Access, may: May) -> anyhow::Result<Registry> {
        let official = reference.registry == "docker.io" && !reference.name.contains('/');
        Ok(Registry {
            web: WebClient::default(),
            hosts: Hosts::of(reference, access)?,
            host: reference.registry.clone(),
            name: if official { format!("library/{}", reference.name) } else { reference.name.clone() },
            may,
            given: access.given()?,
            authorization: OnceLock::new(),
        })
    }

    /// How people call it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What this command needs, in the words of the token authentication.
    pub fn scope(&self) -> String {
        let actions = if self.may == May::Push { "pull,push" } else { "pull" };
        format!("repository:{}:{actions}", self.name)
    }

    /// Who to be there.
    pub fn login(&self) -> anyhow::Result<Option<Login>> {
        self.given.clone().map_or_else(|| kept(&self.host), |login| Ok(Some(login)))
    }

    /// An address of this repository: `manifests/latest`.
    pub fn url(&self, path: &str) -> anyhow::Result<Url> {
        Ok(self.hosts.registry().join(&format!("v2/{}/{path}", self.name))?)
    }

    /// Asks, and once more after signing in if that is asked for.
    pub async fn ask(&self, ask: Ask<'_>) -> anyhow::Result<WebAnswer> {
        let (answer, url) = self.follow(&ask).await?;
        if answer.status != 401 || !self.hosts.is_registry(&url) {
            return Ok(answer);
        }
        ensure!(self.authorization.get().is_none(), "{} does not accept who you are; sign in anew by `docker login {0}`", self.host);
        let challenges = challenge::read(answer.headers("www-authenticate"));
        // A second call at the same time would have brought as good a token.
        let _ = self.authorization.set(sign_in(self, &challenges).await?);
        let (answer, _) = self.follow(&ask).await?;
        ensure!(answer.status != 401, "{} does not accept who you are; sign in anew by `docker login {0}`", self.host);
        Ok(answer)
    }

    /// Asks, and asks where it is sent to; where that was.
    async fn follow(&self, ask: &Ask<'_>) -> anyhow::Result<(WebAnswer, Url)> {
        let mut url = ask.url.clone();
        for _ in 0..=HOPS {
            self.hosts.check(&url)?;
            let authorization = self.authorization.get().filter(|_| self.hosts.is_registry(&url));
            let request = WebRequest { method: ask.method, url: &url, headers: ask.headers, authorization, body: ask.body.clone() };
            let answer = self.web.send(request).await?;
            if ask.method != "GET" || !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok((answer, url));
            }
            url = target(&url, &answer)?;
        }
        bail!("{} sends from one address to the next without end", self.host)
    }
}

/// Where an answer points to.
pub fn target(from: &Url, answer: &WebAnswer) -> anyhow::Result<Url> {
    let location = answer.header("location").context("the registry points somewhere and does not say where")?;
    from.join(location).ok().context("the registry points to what is no address")
}

/// What a registry says is wrong, for people.
pub async fn refusal(answer: WebAnswer, doing: &str) -> anyhow::Error {
    let status = answer.status;
    let body = answer.whole(REFUSAL).await.unwrap_or_default();
    let said: Option<Value> = serde_json::from_slice(&body).ok();
    let said = said.as_ref().and_then(|value| value.get("errors")?.get(0)?.get("message")?.as_str()).unwrap_or_default();
    let hint = match status {
        403 => "; who you are there may not do that",
        404 => "; is the name right, and may you see it?",
        429 => "; it asks for a pause",
        _ => "",
    };
    anyhow::anyhow!("{doing}: {} (status {status}{hint})", if said.is_empty() { "no reason given".into() } else { one_line(said, SHOWN) })
}
