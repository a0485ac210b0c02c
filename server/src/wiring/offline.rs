//! The use cases without a server around them, for `hardie admin`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::Bytes;
use hardie_app::audit::Denials;
use hardie_app::deliveries::Wakes;
use hardie_app::git_access::GitAccess;
use hardie_app::oauth::OauthKeys;
use hardie_app::plugins::WebCalls;
use hardie_app::ports::{ComponentInfo, Entropy as _, HttpSender, NoMailer, Outgoing, PolicyRunner, RunPlace};
use hardie_app::push::AnswerCounts;
use hardie_app::sealing::SealingKeys;
use hardie_app::signing::SigningKey;
use hardie_app::state::{GitRules, Inner, PluginPolicy, SignUpRules};
use hardie_app::{App, AppConfig};
use hardie_domain::delivery::{EventCall, EventOutcome, EventReport, HttpResponse, ServiceError, Writes};
use hardie_domain::plugin::{Digest, FailureClass, PolicyOutcome, Source, Usage};
use hardie_domain::policy::{PolicyCall, PolicyReport};
use hardie_domain::web::{WebCall, WebOutcome, WebReport};
use hardie_git::lfs::LfsStore;
use hardie_git::packs::PackStore;
use hardie_store::{Store, StoreOptions};

use crate::config::Place;

use super::key_file;
use super::system::{SystemClock, SystemEntropy};

/// Opens the data of a server that may be running: nothing that it has under way is touched.
pub async fn offline(place: &Place) -> anyhow::Result<App> {
    Ok(around(place, super::open_store(&place.database).await?, no_keys()))
}

/// The same with the keys that open secrets of plugins.
pub async fn offline_with_keys(place: &Place) -> anyhow::Result<App> {
    let sealing = key_file::sealing(&place.data_dir, &place.sealing)?;
    Ok(around(place, super::open_store(&place.database).await?, sealing))
}

/// The same for a backup, which leaves an older schema as it is: one is taken before an upgrade, with either program.
pub async fn offline_as_it_is(place: &Place) -> anyhow::Result<App> {
    let store = Store::attach(&StoreOptions::new(&place.database)).await.context("cannot open the database")?;
    Ok(around(place, store, no_keys()))
}

/// Nothing is signed or sealed: a key that nobody else has.
fn nobodys_key() -> [u8; 32] {
    let mut key = [0; 32];
    SystemEntropy.fill(&mut key);
    key
}

fn no_keys() -> SealingKeys {
    SealingKeys::new(&nobodys_key(), &[])
}

fn around(place: &Place, store: Store, sealing: SealingKeys) -> App {
    let config = AppConfig {
        public_url: String::new(),
        ssh_address: String::new(),
        git_limits: place.limits,
        retention: place.retention,
        plugins: PluginPolicy::Closed,
        require_signature: false,
        plugin_web_origin: None,
        git_rules: GitRules::default(),
        sign_up: SignUpRules::default(),
        require_sign_in: false,
        audit_keep: None,
        oauth_clients: Vec::new(),
        quotas: place.quotas,
    };
    App::new(Inner {
        store,
        packs: PackStore::attach(&place.data_dir),
        lfs: LfsStore::attach(&place.data_dir),
        git: GitAccess::new(super::cores(), config.git_limits.per_actor),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        signing: SigningKey::new(nobodys_key()),
        sealing,
        policies: Arc::new(NoSandbox),
        sender: Arc::new(NoSender),
        mailer: Arc::new(NoMailer),
        bodies: hardie_http::webhook_bodies("", ""),
        wakes: Wakes::default(),
        denials: Denials::default(),
        answers: AnswerCounts::default(),
        web: WebCalls::default(),
        oauth_keys: OauthKeys::default(),
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
        PolicyReport { outcome, source: Source::Run, usage: Usage::default(), log: Vec::new() }
    }

    async fn handle(&self, _call: EventCall) -> EventReport {
        let outcome = EventOutcome::Fault(FailureClass::Unavailable, ABSENT.to_owned());
        EventReport { outcome, writes: Writes::default(), usage: Usage::default(), log: Vec::new() }
    }

    async fn web_place(&self, _owner: i64) -> Result<RunPlace, String> {
        Err(ABSENT.to_owned())
    }

    async fn answer(&self, _call: WebCall, _place: RunPlace) -> WebReport {
        let outcome = WebOutcome::Fault(FailureClass::Unavailable, ABSENT.to_owned());
        WebReport { outcome, writes: Writes::default(), usage: Usage::default(), log: Vec::new() }
    }

    async fn load(&self, _digest: Digest, _component: Bytes) -> Result<(), String> {
        Err(ABSENT.to_owned())
    }
}

/// Nor does it send their requests.
struct NoSender;

#[async_trait]
impl HttpSender for NoSender {
    fn host(&self, _text: &str) -> Result<String, String> {
        Err(ABSENT.to_owned())
    }

    fn destination(&self, _text: &str) -> Result<String, String> {
        Err(ABSENT.to_owned())
    }

    async fn send(&self, _outgoing: Outgoing, _left: Duration) -> Result<HttpResponse, ServiceError> {
        Err(ServiceError::Denied(ABSENT.to_owned()))
    }
}
