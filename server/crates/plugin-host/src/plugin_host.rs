//! The host as the rest of the server sees it.

mod answer;
mod handle;
mod judge;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hardie_domain::plugin::{Digest, Usage};
use tokio::runtime::RuntimeFlavor;
use tokio::sync::Semaphore;
use wasmtime::component::Component;

use crate::cache::{Cache, CacheKey};
use crate::compile::{self, CompileCommand};
use crate::engine::{self, Allocation};
use crate::errand::Errand;
use crate::gate::{Gate, Lane};
use crate::image::Image;
use crate::info::{self, ComponentInfo};
use crate::inspect;
use crate::invoke::{Ended, Runtime};
use crate::kept::Kept;
use crate::limits::Limits;
use crate::linkers::Linkers;
use crate::loaded::{Loaded, Registry};
use crate::state::Task;
use crate::stop::Failure;
use crate::text;
use crate::ticker::Ticker;

/// The lane of everything that no repository asks for: descriptions and configuration checks at install.
const INSTALL_LANE: Lane = Lane::Of(0);

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
    linkers: Linkers,
    registry: Registry,
    cache: Cache,
    compiler: CompileCommand,
    /// Installs compile one at a time, so that they cannot crowd out requests.
    compiling: Semaphore,
    gate: Gate,
    kept: Kept,
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
        let linkers = Linkers::new(&engine).map_err(broken)?;
        let cache = Cache::open(&options.cache, options.key, &engine)?;
        let ticker = Ticker::start(&engine)?;
        Ok(PluginHost(Arc::new(Inner {
            registry: Registry::new(options.limits.loaded),
            gate: Gate::new(&options.limits),
            kept: Kept::new(&options.limits),
            runtime: Runtime { engine, limits: options.limits, ticker },
            linkers,
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
            .run(INSTALL_LANE, Task::pure(Errand::Describe, Arc::from("")), move |runtime, task| {
                runtime.invoke(&asked, task, |store, exports| exports.info.call_describe(store))
            })
            .await;
        let info = ended.outcome.map_err(|failure| format!("asked for its name, it {}", failure.text));
        let info = info.and_then(|info| info::checked(digest, info, &loaded.shape, &limits));
        if info.is_err() {
            self.forget(digest).await;
        }
        info
    }

    /// Removes what is kept of a component that nothing needs any more. What runs goes on.
    pub async fn forget(&self, digest: Digest) {
        let inner = Arc::clone(&self.0);
        let removed = tokio::task::spawn_blocking(move || {
            inner.registry.remove(&digest);
            inner.cache.remove(&digest)
        });
        if let Ok(Err(error)) = removed.await {
            tracing::warn!(%error, plugin.digest = %digest, "a compiled plugin that nothing needs cannot be removed");
        }
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
            .run(INSTALL_LANE, Task::pure(Errand::Describe, Arc::clone(&config)), move |runtime, task| {
                runtime.invoke(&loaded, task, |store, exports| exports.info.call_validate_config(store, &config))
            })
            .await;
        match ended.outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(errors)) => Err(info::field_errors(errors)),
            Err(failure) => Err(vec![format!("asked about its configuration, it {}", failure.text)]),
        }
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

    /// Components whose compiled code somebody altered on the disk, until [`PluginHost::told_altered`]. None of it ran.
    pub fn altered(&self) -> Vec<Digest> {
        self.0.cache.altered()
    }

    /// Components that were asked for since this was last called and were not there: each has to be loaded again.
    pub fn take_missed(&self) -> Vec<Digest> {
        self.0.cache.take_missed()
    }

    /// That it was altered is recorded where people look.
    pub fn told_altered(&self, digest: &Digest) {
        self.0.cache.told(digest);
    }

    /// A component that must be there already. The error is why it cannot be run.
    async fn loaded(&self, digest: Digest, errand: Errand) -> Result<Arc<Loaded>, Failure> {
        let found = self.find(digest).await.map_err(|why| Failure::unavailable(&why, errand))?;
        found.ok_or_else(|| {
            self.0.cache.miss(digest);
            Failure::unavailable("it is not loaded", errand)
        })
    }

    /// Runs one invocation once there is a place for it.
    async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        task: Task,
        work: impl FnOnce(&Runtime, Task) -> Ended<T> + Send + 'static,
    ) -> Ended<T> {
        match self.0.gate.enter(lane).await {
            Ok(pass) => self.run_in(pass, task, work).await,
            Err(why) => unrun(Failure::unavailable(why, task.errand)),
        }
    }

    /// The same on the thread of whoever asks, where the runtime has others to go on with. To wake another thread and be woken by it takes
    /// as long as a small call.
    async fn run_here<T: Send + 'static>(
        &self,
        lane: Lane,
        task: Task,
        work: impl FnOnce(&Runtime, Task) -> Ended<T> + Send + 'static,
    ) -> Ended<T> {
        if tokio::runtime::Handle::current().runtime_flavor() != RuntimeFlavor::MultiThread {
            return self.run(lane, task, work).await;
        }
        match self.0.gate.enter(lane).await {
            Ok(pass) => {
                let errand = task.errand;
                let run = AssertUnwindSafe(|| work(&self.0.runtime, task));
                // Caught, as on a thread of its own: a fault of the host is not to end the push.
                let Ok(mut ended) = tokio::task::block_in_place(|| catch_unwind(run)) else {
                    return unrun(Failure::unavailable("the server failed", errand));
                };
                let spent = ended.spent.take();
                tokio::task::spawn_blocking(move || drop((spent, pass)));
                ended
            }
            Err(why) => unrun(Failure::unavailable(why, task.errand)),
        }
    }

    /// Runs one invocation where blocking is allowed. It ends at its next call to the host if this is dropped.
    async fn run_in<T: Send + 'static>(
        &self,
        place: impl Send + 'static,
        task: Task,
        work: impl FnOnce(&Runtime, Task) -> Ended<T> + Send + 'static,
    ) -> Ended<T> {
        let errand = task.errand;
        let inner = Arc::clone(&self.0);
        let wall = inner.runtime.limits.wall;
        let _waits = Waits(Arc::clone(&task.gone));
        let (tell, told) = tokio::sync::oneshot::channel();
        let running = tokio::task::spawn_blocking(move || {
            // Kept until the work is truly over, also when nobody waits for it any more.
            let _place = place;
            if task.gone.load(Ordering::Relaxed) {
                return;
            }
            let mut ended = work(&inner.runtime, task);
            let spent = ended.spent.take();
            // Nobody may be there to be told.
            let _ = tell.send(ended);
            drop(spent);
        });
        match tokio::time::timeout(wall.saturating_add(GRACE), told).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(_)) => {
                let error = running.await.err().map(|error| error.to_string()).unwrap_or_default();
                tracing::error!(%error, "the plugin host failed");
                unrun(Failure::unavailable("the server failed", errand))
            }
            // It sits in a read or a request that does not return; the budget check after that will end it.
            Err(_) => unrun(Failure::deadline(self.limits(), errand)),
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
        let kept = tokio::task::spawn_blocking(move || {
            // Nothing stays on the disk of what cannot run here.
            let component = Image::of(&*code).map_err(wasmtime::Error::from).and_then(|image| image.component(&inner.runtime.engine));
            let component = component.map_err(|error| format!("this server cannot hold it: {}", text::line(&format!("{error:#}"), 600)))?;
            let loaded = inner.link(digest, &component)?;
            inner.cache.store(&digest, &code).map_err(|error| {
                tracing::error!(%error, "a compiled plugin could not be kept");
                "the server could not keep the compiled component; its log says why".to_owned()
            })?;
            Ok((digest, loaded))
        });
        kept.await.map_err(|error| error.to_string())?
    }
}

impl Inner {
    /// Checks what a component wants and links it.
    fn link(&self, digest: Digest, component: &Component) -> Result<Arc<Loaded>, String> {
        let shape = inspect::shape(&self.runtime.engine, component)?;
        let linked = self.linkers.of(&shape).instantiate_pre(component).and_then(|instance| Loaded::new(instance, shape));
        let misfit = |error| format!("its types do not match this server's: {}", text::line(&format!("{error:#}"), 600));
        Ok(self.registry.insert(digest, linked.map_err(misfit)?))
    }
}

/// Says that nobody waits any more when it is dropped.
struct Waits(Arc<AtomicBool>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// An invocation that never ran, or that nobody waits for any more.
fn unrun<T>(failure: Failure) -> Ended<T> {
    let log = vec![format!("error: {}: {}", failure.class.as_str(), failure.text)];
    Ended { outcome: Err(failure), usage: Usage::default(), log, spent: None }
}
