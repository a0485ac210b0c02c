//! Scenarios: pushes, events and web requests written down as TOML, given to the production host over a repository in memory.
//!
//! This is what `hardie plugin test` runs, and what this crate's own tests push.

mod desk;
mod event_file;
mod event_run;
mod file;
mod repo;
mod requests;
mod run;
mod tree;
mod web_file;
mod web_run;

use hardie_domain::plugin::Digest;

use crate::plugin_host::PluginHost;

pub use event_file::{Answer, EventCase, EventScenario, ExpectedRequest, ExpectedStatus};
pub use event_run::run_events;
pub use file::{Expectation, Scenario};
pub use repo::{MemoryPush, MemoryRepo};
pub use run::{Outcome, call, run};
pub use web_file::{WebCase, WebScenario, WebSender};
pub use web_run::run_web;

/// A scenario of any kind.
#[derive(Clone, Debug)]
pub enum Case {
    /// A push and its verdict.
    Push(Box<Scenario>),
    /// Events and what comes of them.
    Events(Box<EventScenario>),
    /// Web requests and their answers.
    Web(Box<WebScenario>),
}

impl Case {
    /// Reads a scenario; one with an `[[event]]` is of events, one with a `[[web]]` of web requests.
    ///
    /// # Errors
    /// A text naming the line or field.
    pub fn parse(text: &str) -> Result<Case, String> {
        let table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
        if table.contains_key("web") {
            return WebScenario::parse(text).map(|scenario| Case::Web(Box::new(scenario)));
        }
        match table.contains_key("event") {
            true => EventScenario::parse(text).map(|scenario| Case::Events(Box::new(scenario))),
            false => Scenario::parse(text).map(|scenario| Case::Push(Box::new(scenario))),
        }
    }

    /// Runs it against a component that the host has loaded.
    ///
    /// # Errors
    /// If the scenario itself makes no sense.
    pub async fn run(&self, host: &PluginHost, digest: Digest, default_config: &str) -> Result<Outcome, String> {
        match self {
            Case::Push(scenario) => run(host, digest, default_config, scenario).await,
            Case::Events(scenario) => run_events(host, digest, default_config, scenario).await,
            Case::Web(scenario) => run_web(host, digest, default_config, scenario).await,
        }
    }
}
