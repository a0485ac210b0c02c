//! Joins the sandbox to the port that the use cases know.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::Bytes;
use hardie_app::ports::{ComponentInfo, Entropy, PolicyRunner, RunPlace};
use hardie_domain::delivery::{EventCall, EventReport};
use hardie_domain::plugin::Digest;
use hardie_domain::policy::{PolicyCall, PolicyReport};
use hardie_domain::web::{WebCall, WebReport};
use hardie_plugin_host::{Allocation, CacheKey, CompileCommand, HostOptions, Limits, PluginHost};

/// The hidden subcommand in which components are compiled.
pub const COMPILE_SUBCOMMAND: &str = "plugin-compile";

/// The sandbox of a server, with its cache and key in the data folder.
pub fn host(data_dir: &Path, entropy: &dyn Entropy) -> anyhow::Result<Arc<dyn PolicyRunner>> {
    Ok(Arc::new(Runner(open(data_dir, entropy, Limits::default())?)))
}

/// The sandbox itself, for commands that use it without a server.
pub fn open(data_dir: &Path, entropy: &dyn Entropy, limits: Limits) -> anyhow::Result<PluginHost> {
    let key_file = data_dir.join("plugin-cache.key");
    let key = CacheKey::load_or_create(&key_file, |buffer| entropy.fill(buffer))
        .with_context(|| format!("the key of the plugin cache, {}", key_file.display()))?;
    let compiler = CompileCommand { program: compiler_program()?, args: vec![COMPILE_SUBCOMMAND.into()], env: Vec::new() };
    let cache = data_dir.join("plugin-cache");
    let host = PluginHost::open(HostOptions { cache, key, compiler, limits, allocation: Allocation::Pooling })?;
    tracing::debug!(allocation = ?host.allocation(), "the plugin sandbox is ready");
    Ok(host)
}

/// The `hardie` binary: this very program, or, for a program that embeds the server, the one built beside it.
fn compiler_program() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe().context("cannot tell where this program lies")?;
    if this.file_stem().is_some_and(|stem| stem == "hardie") {
        return Ok(this);
    }
    // target/debug/deps/it-… and target/debug/xtask lie below or beside target/debug/hardie.
    let beside = this.ancestors().skip(1).take(2).map(|folder| folder.join("hardie")).find(|program| program.is_file());
    Ok(beside.unwrap_or(this))
}

struct Runner(PluginHost);

#[async_trait]
impl PolicyRunner for Runner {
    async fn prepare(&self, component: Bytes) -> Result<ComponentInfo, String> {
        let info = self.0.prepare(component).await?;
        Ok(ComponentInfo {
            digest: info.digest,
            name: info.name,
            version: info.version,
            description: info.description,
            worlds: info.worlds,
            imports: info.imports,
            default_config: info.default_config,
        })
    }

    async fn validate_config(&self, digest: Digest, component: Bytes, config: &str) -> Result<(), Vec<String>> {
        self.0.validate_config(digest, component, config).await
    }

    async fn check(&self, call: PolicyCall) -> PolicyReport {
        self.0.check(call).await
    }

    async fn handle(&self, call: EventCall) -> EventReport {
        self.0.handle(call).await
    }

    async fn web_place(&self, owner: i64) -> Result<RunPlace, String> {
        let place = self.0.web_place(owner).await.map_err(str::to_owned)?;
        Ok(Box::new(place))
    }

    async fn answer(&self, call: WebCall, place: RunPlace) -> WebReport {
        self.0.answer(call, place).await
    }

    async fn load(&self, digest: Digest, component: Bytes) -> Result<(), String> {
        self.0.load(digest, component).await
    }

    async fn is_ready(&self, digest: Digest) -> bool {
        self.0.is_ready(digest).await
    }

    fn altered(&self) -> Vec<Digest> {
        self.0.altered()
    }

    fn take_missed(&self) -> Vec<Digest> {
        self.0.take_missed()
    }

    fn told_altered(&self, digest: &Digest) {
        self.0.told_altered(digest);
    }

    async fn forget(&self, digest: Digest) {
        self.0.forget(digest).await;
    }
}
