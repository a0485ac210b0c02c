//! Joins the client for plugins' requests to the port that the use cases know.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hardie_app::ports::{BoundSecret, HttpSender, Outgoing, RemoteAnswer, RemoteAsk, Requester};
use hardie_domain::delivery::{HttpResponse, ServiceError};
use hardie_domain::secret::Secret;
use hardie_outbound::{Allowed, Destination, Egress, Slot, fill};

use super::remotes::Remotes;
use crate::config::Outbound;

/// Sends requests of plugins to the hosts of the configuration, as far as they were granted, and those of webhooks and imports to hosts of their own.
/// `own` are the addresses that this server listens on.
pub fn sender(plugins: Outbound, webhooks: Outbound, imports: Outbound, own: &[SocketAddr]) -> Arc<dyn HttpSender> {
    Arc::new(Sender { plugins: Way::new(plugins, own), webhooks: Way::new(webhooks, own), imports: Remotes::new(imports, own) })
}

struct Sender {
    plugins: Way,
    webhooks: Way,
    imports: Remotes,
}

/// A client with its lists. Each counts what is under way by itself, so that neither takes the places of the other.
struct Way {
    egress: Egress,
    hosts: Vec<Allowed>,
}

impl Way {
    fn new(outbound: Outbound, own: &[SocketAddr]) -> Way {
        let Outbound { hosts, permit } = outbound;
        let permitted = move |address| permit.iter().any(|network| network.contains(address));
        Way { egress: Egress::new(permitted, own.to_vec()), hosts }
    }
}

fn read(text: &str) -> Result<Allowed, String> {
    text.parse().map_err(|error: hardie_outbound::InvalidAllowed| error.to_string())
}

/// The secret of a name, if it may stand there.
fn bound(secrets: &[BoundSecret], name: &str, at: &Destination, slot: Slot<'_>) -> Result<Option<Secret>, ServiceError> {
    let Some(secret) = secrets.iter().find(|secret| secret.name == name) else { return Ok(None) };
    let host = read(&secret.destination).is_ok_and(|bound| bound.is_for(at));
    let place = secret.header.is_empty() || matches!(slot, Slot::Header(name) if name.eq_ignore_ascii_case(&secret.header));
    if host && place { (secret.open)().map(Some) } else { Ok(None) }
}

#[async_trait]
impl HttpSender for Sender {
    fn host(&self, text: &str) -> Result<String, String> {
        Ok(read(text)?.to_string())
    }

    fn destination(&self, text: &str) -> Result<String, String> {
        let destination = read(text)?;
        match destination.names_methods() {
            true => Err("a secret goes to a host whatever the method is: leave the methods out".to_owned()),
            false => Ok(destination.to_string()),
        }
    }

    fn address(&self, url: &str) -> Result<String, String> {
        Destination::of_address(url).map(|at| at.to_string()).map_err(|error| error.to_string())
    }

    fn remote(&self, url: &str) -> Result<String, String> {
        self.imports.address(url)
    }

    async fn ask_remote(&self, ask: RemoteAsk) -> Result<Box<dyn RemoteAnswer>, ServiceError> {
        self.imports.ask(ask).await
    }

    async fn send(&self, outgoing: Outgoing, left: Duration) -> Result<HttpResponse, ServiceError> {
        let Outgoing { installation, plugin, requester, cause, request, hosts, secrets } = outgoing;
        let granted: Vec<Allowed> = hosts.iter().filter_map(|host| read(host).ok()).collect();
        let (way, listed) = match requester {
            Requester::Plugin => (&self.plugins, &self.plugins.hosts),
            // What is not limited goes to any public host.
            Requester::Webhook if self.webhooks.hosts.is_empty() => (&self.webhooks, &granted),
            Requester::Webhook => (&self.webhooks, &self.webhooks.hosts),
        };
        let prepared = fill(
            request,
            &|method, at| match requester {
                Requester::Plugin if granted.iter().any(|host| host.permits(method, at)) => Ok(()),
                Requester::Plugin => Err(ServiceError::Denied(format!(
                    "{method} {at} is not among what {plugin} was granted; an administrator of this server grants it: \
                     hardie plugin grant {plugin} --host \"{method} {at}\""
                ))),
                Requester::Webhook if listed.iter().any(|host| host.permits(method, at)) => Ok(()),
                Requester::Webhook => Err(ServiceError::Denied(format!(
                    "{at} is not among the hosts of webhooks; whoever administers the server allows it by adding \"{at}\" to [webhooks] hosts"
                ))),
            },
            &|name, at, slot| bound(&secrets, name, at, slot),
        );
        let answer = match prepared {
            Ok(prepared) => {
                let told =
                    secrets.iter().filter(|secret| read(&secret.destination).is_ok_and(|bound| bound.is_for(prepared.destination())));
                // One that does not open was never sent.
                let told: Vec<Secret> = told.filter_map(|secret| (secret.open)().ok()).collect();
                let prepared = prepared.hiding(told.into_iter());
                match requester {
                    Requester::Plugin => way.egress.send(installation, prepared, listed, left).await,
                    // What it says besides its status is nobody's.
                    Requester::Webhook => way.egress.send_for_head(installation, prepared, listed, left).await,
                }
            }
            Err(refused) => Err(refused),
        };
        answer.inspect_err(|why| tracing::info!(%installation, %cause, %why, "a request was not answered"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> Arc<dyn HttpSender> {
        sender(Outbound::default(), Outbound::default(), Outbound::default(), &[])
    }

    #[test]
    fn hosts_and_destinations_are_kept_in_one_form() {
        let reader = reader();
        assert_eq!(reader.host("  POST,GET HTTPS://Chat.Example:443/ ").unwrap(), "POST,GET https://chat.example");
        assert_eq!(reader.host("http://0x7f.1").unwrap(), "http://127.0.0.1");
        assert_eq!(reader.destination("https://*.Example.org.:8443").unwrap(), "https://*.example.org:8443");
        for bad in ["POST https://chat.example", "chat.example", "https://chat.example/x", "https://*", ""] {
            assert!(reader.destination(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_opened_only_where_it_is_bound_to() {
        let secret = |destination: &str, header: &str| BoundSecret {
            name: "chat".to_owned(),
            destination: destination.to_owned(),
            header: header.to_owned(),
            open: Box::new(|| Ok(Secret::new("s3cr3t-value"))),
        };
        let opens = |secret: BoundSecret, name: &str, at: &str, slot: Slot<'_>| {
            let at: Destination = at.parse().unwrap();
            bound(&[secret], name, &at, slot).unwrap().is_some()
        };
        let below = || secret("https://*.example.org", "");
        assert!(opens(below(), "chat", "https://a.b.example.org", Slot::Path));
        assert!(opens(secret("https://a.example", "x-key"), "chat", "https://a.example", Slot::Header("X-KEY")));
        for at in [
            "https://example.org",
            "https://xexample.org",
            "http://a.example.org",
            "https://a.example.org:8443",
            "https://a.example.org.evil.example",
        ] {
            assert!(!opens(below(), "chat", at, Slot::Path), "{at}");
        }
        assert!(!opens(below(), "other", "https://a.example.org", Slot::Path));
        for slot in [Slot::Path, Slot::Header("x-key2"), Slot::Header("")] {
            assert!(!opens(secret("https://a.example", "x-key"), "chat", "https://a.example", slot), "{slot:?}");
        }
        assert!(!opens(secret("", ""), "chat", "https://a.example", Slot::Path), "a destination that cannot be read is none");
    }
}
