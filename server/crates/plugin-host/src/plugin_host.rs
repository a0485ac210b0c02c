//! The host as the rest of the server sees it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardie_domain::plugin::{Digest, FailureClass, PolicyOutcome, Usage};
use hardie_domain::policy::{PolicyCall, PolicyReport};
use tokio::sync::Semaphore;
use wasmtime::component::{Component, HasSelf, Linker};

use crate::bindings::{Policy, PolicyPre};
use crate::cache::{Cache, CacheKey};
use crate::compile::{self, CompileCommand};
use crate::engine::{self, Allocation};
use crate::gate::{Gate, Lane};
use crate::host::{PushHandle, RepositoryHandle};
use crate::info::{self, ComponentInfo};
use crate::inspect;
use crate::invoke::{Ended, Runtime};
use crate::limits::Limits;
use crate::loaded::{Loaded, Registry};
use crate::state::CallState;
use crate::stop::Failure;
use crate::ticker::Ticker;
use crate::{text, verdicts, wasi};

/// The lane of everything that no repository asks for: descriptions and configuration checks at install.
const INSTALL_LANE: Lane = Lane::Of(i64::MIN);

/// How long past its wall budget an invocation may sit in a read that does not return before we stop listening to it.
const GRACE: Duration = Duration::from_millis(15);

/// How a host is set up.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Folder for compiled components; made if it is not there, and for nothing else.
    pub cache: PathBuf,
    /// Seals what lies in it.
    pub key: CacheKey,
    /// The program that compiles.
    pub compiler: CompileCommand,
    /// Bounds.
    pub limits: Limits,
    /// How instances get their memory; a pool falls back to [`Allocation::OnDemand`] where there is no room for one.
    pub allocation: Allocation,
}

/// Why a host cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The sandbox cannot work on this machine.
    #[error("the plugin sandbox cannot start: {0}")]
    Sandbox(String),
    /// The cache folder cannot be used.
    #[error("the folder for compiled plugins")]
    Cache(#[from] std::io::Error),
}

/// Runs components. Clones share everything.
#[derive(Clone)]
pub struct PluginHost(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    plain: Linker<CallState>,
    with_wasi: Linker<CallState>,
    registry: Registry,
    cache: Cache,
    compiler: CompileCommand,
    /// Installs compile one at a time, so that they cannot crowd out requests.
    compiling: Semaphore,
    gate: Gate,
    allocation: Allocation,
}

impl PluginHost {
    /// Sets up engine, linkers, cache and the thread that keeps time.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(options: HostOptions) -> Result<PluginHost, OpenError> {
        let broken = |error: wasmtime::Error| OpenError::Sandbox(format!("{error:#}"));
        let (engine, allocation) = engine::for_running(&options.limits, options.allocation).map_err(broken)?;
        let mut plain = Linker::new(&engine);
        Policy::add_to_linker::<CallState, HasSelf<CallState>>(&mut plain, |state| state).map_err(broken)?;
        let mut with_wasi = plain.clone();
        wasi::add_to_linker(&mut with_wasi).map_err(broken)?;
        let cache = Cache::open(&options.cache, options.key, &engine)?;
        let ticker = Ticker::start(&engine)?;
        Ok(PluginHost(Arc::new(Inner {
            registry: Registry::new(options.limits.loaded),
            gate: Gate::new(&options.limits),
            runtime: Runtime { engine, limits: options.limits, ticker },
            plain,
            with_wasi,
            cache,
            compiler: options.compiler,
            compiling: Semaphore::new(1),
            allocation,
        })))
    }

    /// The bounds in force.
    pub fn limits(&self) -> &Limits {
        &self.0.runtime.limits
    }

    /// Whether instances come from a pool.
    pub fn allocation(&self) -> Allocation {
        self.0.allocation
    }

    /// Checks, compiles and describes a component.
    ///
    /// # Errors
    /// A text for the person who installs.
    pub async fn prepare(&self, component: Bytes) -> Result<ComponentInfo, String> {
        let (digest, loaded) = self.ready(None, component).await?;
        let limits = self.limits().clone();
        let asked = Arc::clone(&loaded);
        let ended = self
            .run(INSTALL_LANE, Arc::from(""), move |runtime, config| {
                runtime.invoke(&asked, config, |store, policy| policy.hardie_plugin_plugin_info().call_describe(store))
            })
            .await;
        let info = ended.outcome.map_err(|failure| format!("asked for its name, it {}", failure.text))?;
        info::checked(digest, info, &loaded.shape, &limits)
    }

    /// Asks whether a configuration suits a component.
    ///
    /// # Errors
    /// One text for each thing that is wrong, beginning with the field.
    pub async fn validate_config(&self, digest: Digest, component: Bytes, config: &str) -> Result<(), Vec<String>> {
        info::config_is_json(config, self.limits()).map_err(|error| vec![error])?;
        let (_, loaded) = self.ready(Some(digest), component).await.map_err(|error| vec![error])?;
        let config: Arc<str> = Arc::from(config);
        let ended = self
            .run(INSTALL_LANE, Arc::clone(&config), move |runtime, held| {
                runtime.invoke(&loaded, held, |store, policy| policy.hardie_plugin_plugin_info().call_validate_config(store, &config))
            })
            .await;
        match ended.outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(errors)) => Err(info::field_errors(errors)),
            Err(failure) => Err(vec![format!("asked about its configuration, it {}", failure.text)]),
        }
    }

    /// Runs one policy over one push. Never fails: a fault is an outcome.
    pub async fn check(&self, call: PolicyCall) -> PolicyReport {
        let PolicyCall { digest, config, push, repository, background } = call;
        let lane = if background { Lane::Background } else { Lane::Of(push.repo.0) };
        let updates = push.updates.len();
        let loaded = match self.find(digest).await {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return report(unrun(Failure::unavailable("it is not loaded"))),
            Err(why) => return report(unrun(Failure::unavailable(&why))),
        };
        let ended = self
            .run(lane, config, move |runtime, config| {
                let mut ended = runtime.invoke(&loaded, config, |store, policy| {
                    let push = store.data_mut().table.push(PushHandle(push))?;
                    let repository = store.data_mut().table.push(RepositoryHandle(repository))?;
                    policy.hardie_plugin_push_policy().call_check(store, push, repository)
                });
                let outcome = match ended.outcome {
                    Ok(Ok(answer)) => verdicts::checked(answer, updates, &runtime.limits).map_err(|what| Failure::bad_output(&what)),
                    Ok(Err(fault)) => {
                        let message = text::line(&fault.message, runtime.limits.reply_columns);
                        Err(Failure::new(FailureClass::BadOutput, format!("could not judge: {message}")))
                    }
                    Err(failure) => Err(failure),
                };
                if let Err(failure) = &outcome
                    && failure.class == FailureClass::BadOutput
                {
                    ended.log.push(format!("error: bad-output: {}", failure.text));
                }
                Ended { outcome, usage: ended.usage, log: ended.log }
            })
            .await;
        report(ended)
    }

    /// Makes sure that a component is loaded, compiling it again if the cache lost it.
    ///
    /// # Errors
    /// A text for whoever installed it.
    pub async fn load(&self, digest: Digest, component: Bytes) -> Result<(), String> {
        self.ready(Some(digest), component).await.map(|_| ())
    }

    /// Whether a component could run at once: loaded, or compiled on disk (then it is loaded now).
    pub async fn is_ready(&self, digest: Digest) -> bool {
        matches!(self.find(digest).await, Ok(Some(_)))
    }

    /// Runs one invocation where blocking is allowed, once there is a place for it.
    async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        config: Arc<str>,
        work: impl FnOnce(&Runtime, Arc<str>) -> Ended<T> + Send + 'static,
    ) -> Ended<T> {
        let pass = match self.0.gate.enter(lane).await {
            Ok(pass) => pass,
            Err(why) => return unrun(Failure::unavailable(why)),
        };
        let inner = Arc::clone(&self.0);
        let wall = inner.runtime.limits.wall;
        let running = tokio::task::spawn_blocking(move || {
            // Kept until the work is truly over, also when nobody waits for it any more.
            let _pass = pass;
            work(&inner.runtime, config)
        });
        match tokio::time::timeout(wall.saturating_add(GRACE), running).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) => {
                tracing::error!(%error, "the plugin host failed");
                unrun(Failure::unavailable("the server failed"))
            }
            // It sits in a read that does not return; the budget check after that read will end it.
            Err(_) => unrun(Failure::deadline(wall)),
        }
    }

    /// A loaded component, from memory or from the sealed cache. Never compiles.
    async fn find(&self, digest: Digest) -> Result<Option<Arc<Loaded>>, String> {
        if let Some(loaded) = self.0.registry.find(&digest) {
            return Ok(Some(loaded));
        }
        let inner = Arc::clone(&self.0);
        let found = tokio::task::spawn_blocking(move || {
            let component = inner.cache.load(&digest, &inner.runtime.engine).map_err(|error| {
                tracing::error!(%error, plugin.digest = %digest, "the plugin cache cannot be read");
                "the plugin cache cannot be read".to_owned()
            })?;
            component.map(|component| inner.link(digest, &component)).transpose()
        });
        found.await.map_err(|error| error.to_string())?
    }

    /// Loads a component, compiling it if nothing better is there. `expected` guards against other bytes than the pinned ones.
    async fn ready(&self, expected: Option<Digest>, component: Bytes) -> Result<(Digest, Arc<Loaded>), String> {
        let limits = self.limits();
        inspect::bytes(&component, limits)?;
        let digest = inspect::digest(&component);
        if expected.is_some_and(|expected| expected != digest) {
            return Err("the stored component is not the one that was pinned".into());
        }
        if let Some(loaded) = self.find(digest).await? {
            return Ok((digest, loaded));
        }
        let _turn = self.0.compiling.acquire().await.map_err(|error| error.to_string())?;
        if let Some(loaded) = self.find(digest).await? {
            return Ok((digest, loaded));
        }
        let code = compile::compile(&self.0.compiler, self.0.cache.folder(), &component, limits).await?;
        let inner = Arc::clone(&self.0);
        let stored = tokio::task::spawn_blocking(move || inner.cache.store(&digest, &code)).await;
        stored.map_err(|error| error.to_string())?.map_err(|error| {
            tracing::error!(%error, "a compiled plugin could not be kept");
            "the server could not keep the compiled component; its log says why".to_owned()
        })?;
        let loaded = self.find(digest).await?.ok_or("the compiled component could not be loaded")?;
        Ok((digest, loaded))
    }
}

impl Inner {
    /// Checks what a component wants and links it.
    fn link(&self, digest: Digest, component: &Component) -> Result<Arc<Loaded>, String> {
        let shape = inspect::shape(&self.runtime.engine, component)?;
        let linker = if shape.wants_wasi { &self.with_wasi } else { &self.plain };
        let policy = linker
            .instantiate_pre(component)
            .and_then(PolicyPre::new)
            .map_err(|error| format!("its types do not match this server's: {}", text::line(&format!("{error:#}"), 600)))?;
        Ok(self.registry.insert(digest, Loaded { policy, shape }))
    }
}

/// An invocation that never ran, or that nobody waits for any more.
fn unrun<T>(failure: Failure) -> Ended<T> {
    let log = vec![format!("error: {}: {}", failure.class.as_str(), failure.text)];
    Ended { outcome: Err(failure), usage: Usage::default(), log }
}

fn report(ended: Ended<Vec<hardie_domain::plugin::Verdict>>) -> PolicyReport {
    let outcome = match ended.outcome {
        Ok(verdicts) => PolicyOutcome::Verdicts(verdicts),
        Err(failure) => PolicyOutcome::Fault(failure.class, failure.text),
    };
    PolicyReport { outcome, usage: ended.usage, log: ended.log }
}
