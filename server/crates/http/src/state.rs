//! What every handler can reach.

use std::net::IpAddr;
use std::sync::Arc;

use hardie_app::App;
use hardie_app::shares::{Places, Shares};
use hardie_domain::ids::AccountId;
use hardie_domain::network::network;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::config::HttpConfig;
use crate::followers::Followers;
use crate::health::Readiness;
use crate::limits::Limits;
use crate::links::Links;
use crate::metrics::Metrics;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

/// The parts; handlers reach them through `Deref`.
pub struct Inner {
    /// The use cases.
    pub app: App,
    /// Bounds and trust.
    pub config: HttpConfig,
    /// Addresses that people and clients see.
    pub links: Links,
    /// Counters.
    pub metrics: Metrics,
    /// The last look at the parts, shared by those who ask at the same time.
    pub readiness: Readiness,
    /// How much users and networks asked.
    pub limits: Limits,
    /// API requests under way.
    pub api_places: Places,
    /// Bodies of API requests on their way.
    pub body_places: Places,
    /// Changes of large files under way: each is held in memory several times.
    pub change_places: Places,
    /// Web requests to plugins of which is looked up who asks for what.
    pub plugin_lookups: Places,
    /// Web requests to plugins under way, until their answers were taken.
    pub plugin_places: Places,
    /// Bodies of those on their way.
    pub plugin_bodies: Places,
    /// Those who follow events.
    pub followers: Followers,
    /// When the server is told to stop.
    pub stop: CancellationToken,
    /// One permit for each MiB of large files under way to clients.
    pub raw_slots: Arc<Semaphore>,
    /// How many of those permits each reader holds.
    pub raw_shares: Shares<Reader>,
}

/// Who reads a large file.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Reader {
    /// Somebody who has signed in.
    User(AccountId),
    /// Somebody who has not.
    Client(IpAddr),
}

impl Http {
    /// Joins the parts.
    pub fn new(app: App, config: HttpConfig, stop: CancellationToken) -> Http {
        let links = Links::new(&app.config.public_url, &app.config.ssh_address);
        let places = || Places::new(config.api_requests, config.api_requests_per_client);
        let (api_places, body_places) = (places(), places());
        let change_places = Places::new(config.large_changes, config.large_changes.div_ceil(4));
        let places = || Places::new(config.plugin_requests, config.plugin_requests_per_client);
        let (plugin_lookups, plugin_places, plugin_bodies) = (places(), places(), places());
        let followers = Followers::new(config.followers, config.followers_each);
        let raw_slots = Arc::new(Semaphore::new(config.raw_bytes >> 20));
        let raw_shares = Shares::new(config.raw_bytes_each >> 20);
        let limits = Limits::new(&config.rates);
        let (metrics, readiness) = (Metrics::default(), Readiness::default());
        Http(Arc::new(Inner {
            app,
            config,
            links,
            metrics,
            readiness,
            limits,
            api_places,
            body_places,
            change_places,
            plugin_lookups,
            plugin_places,
            plugin_bodies,
            followers,
            stop,
            raw_slots,
            raw_shares,
        }))
    }

    /// Whose share a request from this address counts towards. None for a trusted proxy that did not say for whom it asks: it
    /// stands for everybody behind it.
    pub fn client(&self, address: Option<IpAddr>) -> Option<IpAddr> {
        let is_proxy = |address: &IpAddr| self.config.trusted_proxies.iter().any(|range| range.contains(*address));
        address.filter(|address| !is_proxy(address)).map(network)
    }
}

impl std::ops::Deref for Http {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}
