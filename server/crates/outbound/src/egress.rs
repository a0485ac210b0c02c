//! Requests that plugins and webhooks send: only to where they may, and only so much of everything.
//!
//! One request goes through these files in order: [`fill`] reads its address once and puts secrets in, [`Allowed`] says whether
//! that destination was granted, `places` how many may be under way, `resolve` asks for the addresses of its host once,
//! `addresses` judges each, `connect` opens a connection to one that passed, `exchange` sends and `answer` reads; `mask` takes out of the answer
//! what was filled in.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hardie_domain::delivery::{HttpResponse, ServiceError};
use hardie_domain::ids::InstallationId;
use rustls::ClientConfig;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};

use crate::tls;

mod addresses;
mod allowed;
mod answer;
mod bounds;
mod connect;
mod destination;
mod exchange;
mod fill;
mod headers;
mod mask;
mod places;
mod resolve;
mod stream;
mod url_text;

pub use allowed::{Allowed, InvalidAllowed};
pub use destination::{Destination, InvalidDestination};
pub use fill::{May, Prepared, Secrets, Slot, fill};
pub use stream::Streamed;

use addresses::Vetting;
use bounds::Bounds;
use mask::Mask;
use places::{Place, Places};
use resolve::Lookup;

/// How long before the end of a request nobody listens any more to a body that nobody wants.
const HEARD: Duration = Duration::from_millis(200);

/// How much of an answer is wanted.
#[derive(Clone, Copy, Debug)]
enum Wants {
    All,
    Head,
}

/// Sends requests of plugins. One for the whole server: it counts what is under way. Connections are not kept: each request has its own,
/// so that no plugin meets the connection of another.
pub struct Egress {
    vetting: Vetting,
    lookup: Lookup,
    places: Places,
    tls: OnceCell<Arc<ClientConfig>>,
    bounds: Bounds,
}

impl Egress {
    /// `permitted` says which addresses of private networks an administrator has opened (`permit`); `own` are the
    /// addresses that this server listens on, which no request reaches even so. Opens nothing yet.
    pub fn new(permitted: impl Fn(IpAddr) -> bool + Send + Sync + 'static, own: Vec<SocketAddr>) -> Egress {
        let bounds = Bounds::default();
        Egress {
            vetting: Vetting::new(Box::new(permitted), own),
            lookup: resolve::system(),
            places: Places::new(bounds.per_installation, bounds.in_all),
            tls: OnceCell::new(),
            bounds,
        }
    }

    /// Sends one request and reads its answer, within `deadline` (10 s at most), waiting for a place included: 4 requests of an
    /// installation are under way at once, 32 in all. Whoever drops the future closes the connection and frees the place.
    ///
    /// # Errors
    /// [`ServiceError::Denied`] if none of `allowed` has the method and destination, or the host has only addresses that plugins may not
    /// reach; [`ServiceError::Failed`] if no answer came, or not in time, or a larger one than is taken (64 KiB of headers, 4 MiB of
    /// body). The texts hold no secret and nothing that the other side said.
    pub async fn send(
        &self,
        installation: InstallationId,
        request: Prepared,
        allowed: &[Allowed],
        deadline: Duration,
    ) -> Result<HttpResponse, ServiceError> {
        self.send_and(Wants::All, installation, request, allowed, deadline).await
    }

    /// The same, but the head of the answer is all of it: its body is empty, and none that is cut off, slow or without end makes an answer
    /// a failure.
    ///
    /// # Errors
    /// As [`Egress::send`] has them, as far as the head.
    pub async fn send_for_head(
        &self,
        installation: InstallationId,
        request: Prepared,
        allowed: &[Allowed],
        deadline: Duration,
    ) -> Result<HttpResponse, ServiceError> {
        self.send_and(Wants::Head, installation, request, allowed, deadline).await
    }

    async fn send_and(
        &self,
        wants: Wants,
        installation: InstallationId,
        request: Prepared,
        allowed: &[Allowed],
        deadline: Duration,
    ) -> Result<HttpResponse, ServiceError> {
        allowed::check(allowed, request.method(), request.destination())?;
        let whole = deadline.min(self.bounds.whole);
        let end = Instant::now() + whole;
        let destination = request.destination().clone();
        let place = timeout_at(end, self.places.take(installation)).await.map_err(|_| {
            ServiceError::Failed(format!(
                "no request to {destination} within {whole:?}: {} of this plugin or {} in all were under way; send fewer at once",
                self.bounds.per_installation, self.bounds.in_all
            ))
        })?;
        match timeout_at(end, self.go(wants, end, installation, request, place)).await {
            Ok(answer) => answer,
            Err(_) => Err(ServiceError::Failed(format!("{destination} did not answer in full within {whole:?}"))),
        }
    }

    async fn go(
        &self,
        wants: Wants,
        end: Instant,
        installation: InstallationId,
        mut request: Prepared,
        place: Place,
    ) -> Result<HttpResponse, ServiceError> {
        let destination = request.destination().clone();
        let found = resolve::addresses(&self.lookup, &destination, &place, self.bounds.lookup).await?;
        let vetted = self.vetting.choose(&destination, found).inspect_err(|_| {
            tracing::info!(%installation, %destination, "a plugin's request was refused for where its host is");
        })?;
        let tcp = connect::tcp(&destination, &vetted, self.bounds.connect).await?;
        let tls = if destination.is_https() { Some(self.tls().await?) } else { None };
        let mask = Mask::of(std::mem::take(&mut request.filled));
        let inflates = request.method() != http::Method::HEAD;
        let (head, _open) = exchange::exchange(request, tcp, tls, &self.bounds).await?;
        let answer = match wants {
            Wants::All => answer::read(head, &destination, inflates, &self.bounds).await?,
            // Before all of it would be over, which would be a failure.
            Wants::Head => {
                let last = end.checked_sub(HEARD).unwrap_or(end);
                answer::read_head(head, last.min(Instant::now() + self.bounds.pace)).await
            }
        };
        Ok(mask.over(answer))
    }

    /// The system's certificates, read when the first request needs them.
    async fn tls(&self) -> Result<Arc<ClientConfig>, ServiceError> {
        let failed = |error: String| ServiceError::Failed(format!("this server cannot speak TLS: {error}"));
        let load = || async {
            let mut config = tokio::task::spawn_blocking(|| tls::config(true))
                .await
                .map_err(|error| failed(error.to_string()))?
                .map_err(|error| failed(error.to_string()))?;
            config.alpn_protocols = vec![connect::H2.to_vec(), b"http/1.1".to_vec()];
            Ok(Arc::new(config))
        };
        self.tls.get_or_try_init(load).await.cloned()
    }
}

#[cfg(test)]
mod tests;
