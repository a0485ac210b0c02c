//! An application around a new database, two people, two repositories and a handler that does as it is told.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt as _;
use hardie_domain::access::Visibility;
use hardie_domain::attempt::DeliveryState;
use hardie_domain::delivery::{EventCall, EventOutcome, EventReport, HttpResponse, ServiceError, Writes};
use hardie_domain::ids::{AccountId, InstallationId, RepoId};
use hardie_domain::limits::{GitLimits, Retention};
use hardie_domain::names::{AccountName, RepoName};
use hardie_domain::page::Page;
use hardie_domain::plugin::{Digest, FailureClass, Mode, PolicyOutcome, Source, Usage};
use hardie_domain::policy::{PolicyCall, PolicyReport};
use hardie_domain::refname::RefName;
use hardie_domain::time::Timestamp;
use hardie_domain::web::{WebCall, WebOutcome, WebReport};
use hardie_git::lfs::LfsStore;
use hardie_git::packs::{DiskFiles, PackStore};
use hardie_store::accounts::{AccountKind, NewAccount};
use hardie_store::audit::AuditFilter;
use hardie_store::deliveries::{DeliveryFilter, DeliveryRow};
use hardie_store::plugins::{ComponentRow, InstallationChange, NewInstallation, Scope};
use hardie_store::repos::NewRepo;
use hardie_store::{Store, StoreOptions};
use tokio::sync::{Notify, Semaphore};

use crate::deliveries::{Dispatcher, Wakes, dispatcher, make_deliveries};
use crate::git_access::GitAccess;
use crate::oauth::OauthKeys;
use crate::plugins::WebCalls;
use crate::ports::{Clock, ComponentInfo, Entropy, HttpSender, NoMailer, Outgoing, PolicyRunner, RunPlace};
use crate::push::AnswerCounts;
use crate::sealing::SealingKeys;
use crate::signing::SigningKey;
use crate::state::{GitRules, Inner, PluginPolicy, SignUpRules};
use crate::upkeep::sequence_events;
use crate::webhooks::{Told, WebhookBodies};
use crate::{App, AppConfig};

/// A clock that stands still until it is moved.
pub struct Still(AtomicI64);

impl Still {
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Chance that is always the same: pauses are as short as they may be.
struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

type Answer = dyn Fn(&EventCall, &Still) -> EventReport + Send + Sync;

/// A sandbox in which handlers do as a test says.
pub struct Script {
    answer: Option<Arc<Answer>>,
    clock: Arc<Still>,
    calls: Mutex<Vec<EventCall>>,
    /// A web request waits for a place.
    pub waits: Notify,
    /// Places for web requests: none, until some are added.
    pub places: Arc<Semaphore>,
    asked: AtomicUsize,
}

impl Script {
    pub fn calls(&self) -> Vec<EventCall> {
        self.calls.lock().unwrap().clone()
    }

    /// Web requests that ran.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl PolicyRunner for Script {
    async fn prepare(&self, _component: Bytes) -> Result<ComponentInfo, String> {
        Err("nothing is installed here".to_owned())
    }

    async fn validate_config(&self, _digest: Digest, _component: Bytes, _config: &str) -> Result<(), Vec<String>> {
        Ok(())
    }

    async fn check(&self, _call: PolicyCall) -> PolicyReport {
        let outcome = PolicyOutcome::Fault(FailureClass::Unavailable, "nothing is pushed here".to_owned());
        PolicyReport { outcome, source: Source::Run, usage: Usage::default(), log: Vec::new() }
    }

    async fn handle(&self, call: EventCall) -> EventReport {
        self.calls.lock().unwrap().push(call.clone());
        let Some(answer) = self.answer.clone() else { return std::future::pending().await };
        let clock = Arc::clone(&self.clock);
        tokio::task::spawn_blocking(move || answer(&call, &clock)).await.unwrap()
    }

    async fn web_place(&self, _owner: i64) -> Result<RunPlace, String> {
        let mut waiting = Box::pin(Arc::clone(&self.places).acquire_owned());
        // It stands in the queue when the test hears of it.
        let at_once = waiting.as_mut().now_or_never();
        self.waits.notify_one();
        let place = match at_once {
            Some(place) => place,
            None => waiting.await,
        };
        Ok(Box::new(place.unwrap()))
    }

    async fn answer(&self, _call: WebCall, _place: RunPlace) -> WebReport {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let outcome = WebOutcome::Fault(FailureClass::Unavailable, "nothing is asked here".to_owned());
        WebReport { outcome, writes: Writes::default(), usage: Usage::default(), log: Vec::new() }
    }

    async fn load(&self, _digest: Digest, _component: Bytes) -> Result<(), String> {
        Ok(())
    }
}

/// Sends nothing.
struct Nowhere;

#[async_trait]
impl HttpSender for Nowhere {
    fn host(&self, _text: &str) -> Result<String, String> {
        Err("nothing is granted here".to_owned())
    }

    fn destination(&self, _text: &str) -> Result<String, String> {
        Err("nothing is granted here".to_owned())
    }

    async fn send(&self, _outgoing: Outgoing, _left: Duration) -> Result<HttpResponse, ServiceError> {
        Err(ServiceError::Denied("nothing is sent here".to_owned()))
    }
}

impl WebhookBodies for Nowhere {
    fn render(&self, _told: &Told) -> Vec<u8> {
        Vec::new()
    }
}

/// An end without writes.
pub fn report(outcome: EventOutcome) -> EventReport {
    EventReport { outcome, writes: Writes::default(), usage: Usage::default(), log: vec!["info: called".to_owned()] }
}

/// A good end.
pub fn done() -> EventReport {
    report(EventOutcome::Done)
}

/// A good end with writes.
pub fn wrote(writes: Writes) -> EventReport {
    EventReport { writes, ..done() }
}

/// A handler that crashed.
pub fn trap() -> EventOutcome {
    EventOutcome::Fault(FailureClass::Trap, "unreachable".to_owned())
}

/// One key and its value.
pub fn state(key: &str, value: &str) -> Writes {
    Writes { state: vec![(key.to_owned(), Some(value.as_bytes().to_vec()))], ..Writes::default() }
}

/// How many lines of an action there are.
pub async fn audited(world: &World, action: &str) -> u64 {
    let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
    world.app.store.list_audit(&filter, all()).await.unwrap().total
}

pub fn all() -> Page {
    Page::new(Some(1), Some(Page::MAX_LIMIT))
}

pub struct World {
    pub app: App,
    pub clock: Arc<Still>,
    pub script: Arc<Script>,
    pub dispatcher: Dispatcher,
    pub ann: AccountId,
    pub bob: AccountId,
    pub tool: RepoId,
    pub other: RepoId,
    _folder: tempfile::TempDir,
}

impl World {
    pub async fn new(answer: impl Fn(&EventCall) -> EventReport + Send + Sync + 'static) -> World {
        World::made(Some(Arc::new(move |call: &EventCall, _: &Still| answer(call)))).await
    }

    pub async fn with_clock(answer: impl Fn(&EventCall, &Still) -> EventReport + Send + Sync + 'static) -> World {
        World::made(Some(Arc::new(answer))).await
    }

    /// Handlers never come to an end.
    pub async fn stuck() -> World {
        World::made(None).await
    }

    async fn made(answer: Option<Arc<Answer>>) -> World {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreOptions::sqlite(&folder.path().join("hardie.db"))).await.unwrap();
        let clock = Arc::new(Still(AtomicI64::new(1_900_000_000_000)));
        let script = Arc::new(Script {
            answer,
            clock: Arc::clone(&clock),
            calls: Mutex::default(),
            waits: Notify::new(),
            places: Arc::new(Semaphore::new(0)),
            asked: AtomicUsize::new(0),
        });
        let app = App::new(Inner {
            store,
            packs: PackStore::open(folder.path(), Arc::new(DiskFiles)).unwrap(),
            lfs: LfsStore::open(folder.path(), Arc::new(DiskFiles)).unwrap(),
            git: GitAccess::new(2, 4),
            clock: clock.clone(),
            entropy: Arc::new(Zeros),
            signing: SigningKey::new([7; 32]),
            sealing: SealingKeys::new(&[7; 32], &[]),
            policies: script.clone(),
            sender: Arc::new(Nowhere),
            mailer: Arc::new(NoMailer),
            bodies: Arc::new(Nowhere),
            wakes: Wakes::default(),
            denials: crate::audit::Denials::default(),
            answers: AnswerCounts::default(),
            web: WebCalls::default(),
            oauth_keys: OauthKeys::default(),
            config: AppConfig {
                public_url: "http://hardie.test".to_owned(),
                ssh_address: "hardie.test".to_owned(),
                git_limits: GitLimits::default(),
                retention: Retention::default(),
                plugins: PluginPolicy::Open,
                require_signature: false,
                plugin_web_origin: None,
                git_rules: GitRules::default(),
                sign_up: SignUpRules::default(),
                require_sign_in: false,
                audit_keep: None,
                oauth_clients: Vec::new(),
                quotas: Default::default(),
            },
        });
        let (ann, bob) = (user(&app, "ann").await, user(&app, "bob").await);
        let dispatcher = Dispatcher::new(app.clone(), "first");
        let (tool, other) = (repo(&app, ann, "tool").await, repo(&app, ann, "other").await);
        World { app, clock, script, dispatcher, ann, bob, tool, other, _folder: folder }
    }

    /// That of another process.
    pub fn second_dispatcher(&self) -> Dispatcher {
        Dispatcher::new(self.app.clone(), "second")
    }

    pub async fn repo(&self, name: &str) -> RepoId {
        repo(&self.app, self.ann, name).await
    }

    pub async fn repo_of(&self, owner: AccountId, name: &str) -> RepoId {
        repo(&self.app, owner, name).await
    }

    pub async fn delete(&self, repo: RepoId) {
        let mut tx = self.app.store.begin().await.unwrap();
        assert!(tx.delete_repo(repo, self.clock.now()).await.unwrap());
        tx.commit().await.unwrap();
    }

    pub async fn give_away(&self, repo: RepoId) {
        let mut tx = self.app.store.begin().await.unwrap();
        let name = RepoName::parse("given").unwrap();
        assert!(tx.move_repo(repo, self.bob, &name, self.clock.now()).await.unwrap());
        tx.commit().await.unwrap();
    }

    pub async fn install(&self, scope: Scope, name: &str) -> InstallationId {
        let now = self.clock.now();
        let component = ComponentRow {
            digest: Digest([1; 32]),
            name: "notify".into(),
            version: "1.0".into(),
            description: String::new(),
            worlds: vec!["events".into(), "web".into()],
            imports: vec!["hardie:plugin/state@0.1.0".into()],
            default_config: "{}".into(),
            size: 3,
            uploaded_by: None,
            created_at: now,
        };
        let mut tx = self.app.store.begin().await.unwrap();
        tx.insert_component(&component, b"\0as").await.unwrap();
        let (digest, mode, config) = (component.digest, Mode::Enforce, "{\"x\":1}");
        let new = NewInstallation { scope, name, digest, mode, fail_open: false, config, grants: &[], by: None, at: now };
        let id = tx.insert_installation(&new).await.unwrap().unwrap();
        assert!(tx.insert_handler(id).await.unwrap());
        tx.commit().await.unwrap();
        id
    }

    pub async fn set_mode(&self, id: InstallationId, mode: Mode) {
        let scope = self.app.store.find_installation(id).await.unwrap().unwrap().scope;
        let mut tx = self.app.store.begin().await.unwrap();
        let change = InstallationChange { mode: Some(mode), ..InstallationChange::default() };
        assert!(tx.update_installation(scope, id, &change, None, self.clock.now()).await.unwrap());
        tx.commit().await.unwrap();
    }

    pub async fn announce(&self, kind: &str, repo: RepoId) {
        self.announce_many(kind, repo, 1).await;
    }

    pub async fn announce_many(&self, kind: &str, repo: RepoId, events: usize) {
        let mut tx = self.app.store.begin().await.unwrap();
        for _ in 0..events {
            tx.insert_outbox(kind, Some(repo), "{}", self.clock.now()).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Orders what was announced and makes deliveries of it.
    pub async fn make(&self) {
        while sequence_events(&self.app, "first").await.unwrap() > 0 {}
        while make_deliveries(&self.app, "first").await.unwrap() > 0 {}
    }

    /// Everything that is due, to its end.
    pub async fn run(&self) {
        self.make().await;
        while self.dispatcher.round().await.unwrap() > 0 {
            self.dispatcher.idle().await;
        }
    }

    /// The same with one try at a time, the first event first.
    pub async fn run_one_by_one(&self) {
        self.make().await;
        for due in self.app.store.list_due_deliveries(self.clock.now(), 100, 100).await.unwrap() {
            if let Some(claim) = dispatcher::claim(&self.app, due.id, due.installation, "first").await.unwrap() {
                dispatcher::attempt(&self.app, &claim).await.unwrap();
            }
        }
    }

    /// The same where all have begun before the first of them ends.
    pub async fn run_together(&self) {
        self.make().await;
        let mut claims = Vec::new();
        for due in self.app.store.list_due_deliveries(self.clock.now(), 100, 100).await.unwrap() {
            claims.extend(dispatcher::claim(&self.app, due.id, due.installation, "first").await.unwrap());
        }
        for claim in claims {
            dispatcher::attempt(&self.app, &claim).await.unwrap();
        }
    }

    /// Place in the log, state and tries of an installation's deliveries, the oldest event first.
    pub async fn told(&self, id: InstallationId) -> Vec<(i64, DeliveryState, u32)> {
        let rows = self.app.store.list_deliveries(id, DeliveryFilter::default(), all()).await.unwrap().items;
        rows.iter().rev().map(|row| (row.seq.0, row.state, row.attempt)).collect()
    }

    /// One of them.
    pub async fn row(&self, id: InstallationId, seq: i64) -> DeliveryRow {
        let rows = self.app.store.list_deliveries(id, DeliveryFilter::default(), all()).await.unwrap().items;
        rows.into_iter().find(|row| row.seq.0 == seq).unwrap()
    }
}

async fn user(app: &App, name: &str) -> AccountId {
    let mut tx = app.store.begin().await.unwrap();
    let new = NewAccount {
        kind: AccountKind::User,
        name: &AccountName::parse(name).unwrap(),
        full_name: "",
        email: &format!("{name}@example.org"),
        password_hash: None,
        is_admin: false,
        must_change_password: false,
        at: app.clock.now(),
    };
    let id = tx.insert_account(&new).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    id
}

async fn repo(app: &App, owner: AccountId, name: &str) -> RepoId {
    let mut tx = app.store.begin().await.unwrap();
    let new = NewRepo {
        owner,
        name: &RepoName::parse(name).unwrap(),
        description: "",
        visibility: Visibility::Private,
        default_branch: &RefName::parse(b"refs/heads/main").unwrap(),
        at: app.clock.now(),
    };
    let id = tx.insert_repo(&new).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    id
}
