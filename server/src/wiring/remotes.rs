//! Joins the client for outside requests to the port by which repositories are fetched.

use std::net::SocketAddr;

use async_trait::async_trait;
use hardie_app::ports::{RemoteAnswer, RemoteAsk};
use hardie_domain::delivery::{HeaderValue, HttpRequest, ServiceError};
use hardie_outbound::{Allowed, Destination, Egress, Streamed, fill};

use crate::config::Outbound;

/// What a credential is called while a request is made.
const CREDENTIAL: &str = "credential";

/// Git servers elsewhere, as far as the configuration lets them be asked.
pub struct Remotes {
    egress: Egress,
    /// Empty for any public host.
    hosts: Vec<Allowed>,
}

impl Remotes {
    /// `own` are the addresses that this server listens on.
    pub fn new(outbound: Outbound, own: &[SocketAddr]) -> Remotes {
        let Outbound { hosts, permit } = outbound;
        let permitted = move |address| permit.iter().any(|network| network.contains(address));
        Remotes { egress: Egress::new(permitted, own.to_vec()).patient(["imports", "imports"]), hosts }
    }

    /// Where an address leads, if that may be asked.
    pub fn address(&self, url: &str) -> Result<String, String> {
        let at = Destination::of_address(url).map_err(|error| error.to_string())?;
        match self.hosts.is_empty() || self.hosts.iter().any(|host| host.is_for(&at)) {
            true => Ok(at.to_string()),
            false => Err(format!(
                "{at} is not among the hosts of imports; whoever administers the server allows it by adding \"{at}\" to [imports] hosts"
            )),
        }
    }

    /// Asks, and waits for the head of the answer.
    pub async fn ask(&self, ask: RemoteAsk) -> Result<Box<dyn RemoteAnswer>, ServiceError> {
        let RemoteAsk { url, content, credential } = ask;
        let plain = |name: &str, value: &str| (name.to_owned(), HeaderValue::Plain(value.to_owned()));
        let mut headers = vec![plain("git-protocol", "version=2")];
        if content.is_some() {
            headers.push(plain("content-type", "application/x-git-upload-pack-request"));
            headers.push(plain("accept", "application/x-git-upload-pack-result"));
        }
        if credential.is_some() {
            let value = HeaderValue::Secret { prefix: "Basic ".to_owned(), name: CREDENTIAL.to_owned() };
            headers.push(("authorization".to_owned(), value));
        }
        let method = if content.is_some() { "POST" } else { "GET" };
        let request = HttpRequest { method: method.to_owned(), url, headers, body: content.unwrap_or_default() };
        // Where it may go is judged below, where the connection is opened.
        let prepared = fill(request, &|_, _| Ok(()), &|name, _, _| Ok(credential.clone().filter(|_| name == CREDENTIAL)))?;
        Ok(Box::new(Answer(self.egress.stream(prepared, &self.hosts).await?)))
    }
}

struct Answer(Streamed);

#[async_trait]
impl RemoteAnswer for Answer {
    fn status(&self) -> u16 {
        self.0.status()
    }

    fn content_type(&self) -> &str {
        self.0.content_type()
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, ServiceError> {
        self.0.next().await
    }
}
