//! How much one user or one network may ask in a minute, and who gives way when the server is crowded. In memory of this process, without a
//! lock that all requests share.

mod buckets;
mod cost;

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hardie_domain::access::Actor;
use hardie_domain::ids::AccountId;

use crate::error::Refusal;
use crate::layers::Meta;
use crate::net::Cidr;
use crate::state::Http;

pub use buckets::{Buckets, Taken};
pub use cost::cost;

/// What the operator allows, in points a minute. A request costs one; one that makes the server think costs more.
#[derive(Clone, Debug)]
pub struct Rates {
    /// Of one user; 0 is no bound.
    pub signed_in: u32,
    /// Of one network that has not signed in; 0 is no bound.
    pub anonymous: u32,
    /// Whose requests cost nothing.
    pub exempt: Vec<Cidr>,
}

impl Default for Rates {
    fn default() -> Rates {
        // What comes from the machine itself may stand for everybody behind a proxy there.
        let exempt = ["127.0.0.0/8", "::1"].iter().filter_map(|range| range.parse().ok()).collect();
        Rates { signed_in: 6000, anonymous: 3000, exempt }
    }
}

/// From this cost on a request gives way under load, if nobody signed in for it.
const DEAR: u32 = 5;
/// Seconds after which a crowd may be gone.
const CROWD_SECONDS: u64 = 10;

/// The counters.
pub struct Limits {
    users: Option<Buckets<AccountId>>,
    networks: Option<Buckets<IpAddr>>,
    exempt: Vec<Cidr>,
}

impl Limits {
    /// All may ask as much as these rates say.
    pub fn new(rates: &Rates) -> Limits {
        Limits { users: Buckets::new(rates.signed_in), networks: Buckets::new(rates.anonymous), exempt: rates.exempt.clone() }
    }

    fn take(&self, actor: Option<&Actor>, address: Option<IpAddr>, client: Option<IpAddr>, cost: u32) -> Option<Taken> {
        if address.is_some_and(|address| self.exempt.iter().any(|range| range.contains(address))) {
            return None;
        }
        match actor {
            Some(actor) => self.users.as_ref().map(|users| users.take(actor.id, cost)),
            // A proxy that did not say for whom it asks stands for everybody behind it.
            None => self.networks.as_ref().zip(client).map(|(networks, client)| networks.take(client, cost)),
        }
    }
}

/// Has a request paid for, once: by the user who was proven, else by the network that it came from. Refuses what is not paid for, and what
/// gives way.
pub fn charge(http: &Http, meta: &Meta, actor: Option<&Actor>) -> Result<(), Refusal> {
    let cost = meta.known.cost();
    if cost == 0 || meta.known.taken().is_some() {
        return Ok(());
    }
    if let Some(taken) = http.limits.take(actor, meta.address, http.client(meta.address), cost) {
        meta.known.set_taken(taken);
        if !taken.allowed {
            return Err(too_many(actor, &taken));
        }
    }
    if actor.is_none() && cost >= DEAR && http.api_places.is_crowded() {
        return Err(Refusal {
            retry_after: Some(CROWD_SECONDS),
            ..Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the server is busy and answers this to those who signed in alone for now; try again later",
            )
        });
    }
    Ok(())
}

fn too_many(actor: Option<&Actor>, taken: &Taken) -> Refusal {
    let Taken { limit, wait, .. } = taken;
    let who = match actor {
        Some(actor) => format!("{} asked too much: {limit} points a minute are answered", actor.name),
        None => format!("too many requests from your network: {limit} points a minute are answered to those who have not signed in"),
    };
    Refusal { retry_after: Some(*wait), ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, format!("{who}; try again in {wait} s")) }
}

/// How much there is left, in the headers that clients look for.
pub fn tell(headers: &mut HeaderMap, taken: &Taken) {
    let told: [(HeaderName, u64); 3] = [
        (HeaderName::from_static("ratelimit-limit"), u64::from(taken.limit)),
        (HeaderName::from_static("ratelimit-remaining"), taken.left),
        (HeaderName::from_static("ratelimit-reset"), taken.reset),
    ];
    for (name, value) in told {
        headers.insert(name, HeaderValue::from(value));
    }
}
