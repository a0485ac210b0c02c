//! Scenarios: pushes, events and web requests written down as TOML, given to the production host over a repository in memory.
//!
//! This is what `hardie plugin test` runs, and what this crate's own tests push.

mod asked_file;
mod desk;
mod event_file;
mod event_run;
mod file;
mod push_file;
mod repo;
mod requests;
mod run;
mod tree;
mod web_file;
mod web_run;

use hardie_domain::plugin::Digest;

use crate::plugin_host::PluginHost;

pub use asked_file::{Answer, ExpectedRequest};
pub use event_file::{EventCase, ExpectedStatus};
pub use file::{Cases, Scenario};
pub use push_file::{Commit, Expectation, File, Push, SpecialFile};
pub use repo::{MemoryPush, MemoryRepo};
pub use run::{Outcome, call};
pub use web_file::{WebCase, WebSender};

impl Scenario {
    /// Runs it against a component that the host has loaded.
    ///
    /// # Errors
    /// If the scenario itself makes no sense.
    pub async fn run(&self, host: &PluginHost, digest: Digest, default_config: &str) -> Result<Outcome, String> {
        let config = || run::config(self.config.as_ref(), default_config);
        match &self.cases {
            Cases::Push { expect, request } => {
                let call = call(digest, default_config, self)?;
                Ok(run::run_push(host, call, self, (expect, request.as_deref())).await)
            }
            Cases::Events(events) => event_run::run_events(host, digest, config()?.into(), self, events).await,
            Cases::Web { origin, requests } => web_run::run_web(host, digest, config()?.into(), self, (*origin, requests)).await,
        }
    }
}
