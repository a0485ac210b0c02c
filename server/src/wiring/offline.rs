//! The use cases without a server around them, for `hardie admin`.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::Bytes;
use hardie_app::deliveries::Wakes;
use hardie_app::git_access::GitAccess;
use hardie_app::ports::{ComponentInfo, Entropy as _, PolicyRunner};
use hardie_app::signing::SigningKey;
use hardie_app::state::{GitRules, Inner, PluginPolicy};
use hardie_app::{App, AppConfig};
use hardie_domain::delivery::{EventCall, EventOutcome, EventReport, Writes};
use hardie_domain::plugin::{Digest, FailureClass, PolicyOutcome, Usage};
use hardie_domain::policy::{PolicyCall, PolicyReport};
use hardie_git::lfs::LfsStore;
use hardie_git::packs::PackStore;
use hardie_store::{Store, StoreOptions};

use crate::config::Place;

use super::system::{SystemClock, SystemEntropy};

/// Opens the data of a server that may be running: nothing that it has under way is touched.
pub async fn offline(place: &Place) -> anyhow::Result<App> {
    Ok(around(place, super::open_store(&place.database).await?))
}

/// The same for a backup, which leaves an older schema as it is: one is taken before an upgrade, with either program.
pub async fn offline_as_it_is(place: &Place) -> anyhow::Result<App> {
    let store = Store::attach(&StoreOptions::new(&place.database)).await.context("cannot open the database")?;
    Ok(around(place, store))
}

fn around(place: &Place, store: Store) -> App {
    let config = AppConfig {
        public_url: String::new(),
        ssh_address: String::new(),
        git_limits: place.limits,
        retention: place.retention,
        plugins: PluginPolicy::Closed,
        require_signature: false,
        git_rules: GitRules::default(),
    };
    // Nothing is signed here: a key that nobody else has.
    let mut key = [0; 32];
    SystemEntropy.fill(&mut key);
    App::new(Inner {
        store,
        packs: PackStore::attach(&place.data_dir),
        lfs: LfsStore::attach(&place.data_dir),
        git: GitAccess::new(super::cores(), config.git_limits.per_actor),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        signing: SigningKey::new(key),
        policies: Arc::new(NoSandbox),
        sender: None,
        wakes: Wakes::default(),
        config,
    })
}

/// Administration runs no plugins; a push that came here all the same would be refused, not let through.
struct NoSandbox;

const ABSENT: &str = "plugins run in the server only";

#[async_trait]
impl PolicyRunner for NoSandbox {
    async fn prepare(&self, _component: Bytes) -> Result<ComponentInfo, String> {
        Err(ABSENT.to_owned())
    }

    async fn validate_config(&self, _digest: Digest, _component: Bytes, _config: &str) -> Result<(), Vec<String>> {
        Err(vec![ABSENT.to_owned()])
    }

    async fn check(&self, _call: PolicyCall) -> PolicyReport {
        let outcome = PolicyOutcome::Fault(FailureClass::Unavailable, ABSENT.to_owned());
        PolicyReport { outcome, usage: Usage::default(), log: Vec::new() }
    }

    async fn handle(&self, _call: EventCall) -> EventReport {
        let outcome = EventOutcome::Fault(FailureClass::Unavailable, ABSENT.to_owned());
        EventReport { outcome, writes: Writes::default(), usage: Usage::default(), log: Vec::new() }
    }

    async fn load(&self, _digest: Digest, _component: Bytes) -> Result<(), String> {
        Err(ABSENT.to_owned())
    }
}
