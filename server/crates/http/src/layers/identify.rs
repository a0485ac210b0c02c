//! Names a request and says whose it is, so that its log lines, its answer and its metrics can be matched.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use hardie_domain::access::Actor;
use tracing::Instrument as _;

use crate::client::{Peer, client_address};
use crate::limits::Taken;
use crate::state::Http;

/// What is known of a request before anybody is proven.
#[derive(Clone, Debug)]
pub struct Meta {
    /// In the log, in the envelope and in the header `X-Request-Id`.
    pub request_id: String,
    /// The client's address behind trusted proxies.
    pub address: Option<IpAddr>,
    /// What becomes known on the way.
    pub known: Arc<Known>,
}

/// What handlers learn of a request, for the layers around them.
#[derive(Debug, Default)]
pub struct Known {
    actor: OnceLock<Actor>,
    cost: AtomicU32,
    taken: OnceLock<Taken>,
}

impl Known {
    /// Who asks, once that is proven.
    pub fn actor(&self) -> Option<Actor> {
        self.actor.get().cloned()
    }

    /// What the request costs; 0 for nothing, or before that is known.
    pub fn cost(&self) -> u32 {
        self.cost.load(Ordering::Relaxed)
    }

    /// Notes what it costs.
    pub fn set_cost(&self, cost: u32) {
        self.cost.store(cost, Ordering::Relaxed);
    }

    /// What came of paying for it.
    pub fn taken(&self) -> Option<Taken> {
        self.taken.get().copied()
    }

    /// Notes that it was paid for.
    pub fn set_taken(&self, taken: Taken) {
        // Once is enough.
        let _ = self.taken.set(taken);
    }

    /// Notes who asks.
    pub fn set_actor(&self, actor: &Actor) {
        // Whoever was proven first stays.
        let _ = self.actor.set(actor.clone());
    }
}

/// The outermost layer. Logs the route's pattern and the path, never a query or a header: those may hold secrets.
pub async fn identify(State(http): State<Http>, mut request: Request, next: Next) -> Response {
    let mut random = [0u8; 8];
    http.app.entropy.fill(&mut random);
    let request_id: String = random.iter().map(|b| format!("{b:02x}")).collect();
    let peer = request.extensions().get::<Peer>().copied();
    let address = peer.map(|Peer(peer)| client_address(peer, request.headers(), &http.config.trusted_proxies));
    request.extensions_mut().insert(Meta { request_id: request_id.clone(), address, known: Arc::default() });

    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route_name = route.as_ref().map_or("none", MatchedPath::as_str);
    let address_text = address.map(|a| a.to_string()).unwrap_or_default();
    let span = tracing::info_span!("http.request", request.id = %request_id, http.method = %method, http.route = route_name,
        http.path = request.uri().path(), client.address = %address_text);
    let under_way = http.metrics.begin();
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = began.elapsed();
    drop(under_way);
    http.metrics.record(&method, route_name, response.status(), elapsed);
    span.in_scope(|| tracing::debug!(http.status = response.status().as_u16(), elapsed_ms = elapsed.as_millis(), "answered"));
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
