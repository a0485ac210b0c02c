//! A sandbox whose handlers do what their configuration says.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use hardie_app::ports::{Clock, ComponentInfo, PolicyRunner, RunPlace};
use hardie_domain::delivery::{EventCall, EventOutcome, EventReport, Writes};
use hardie_domain::oid::Oid;
use hardie_domain::plugin::{Digest, FailureClass, PolicyOutcome, Source, Usage, Verdict};
use hardie_domain::policy::{PolicyCall, PolicyReport};
use hardie_domain::status::Finding;
use hardie_domain::web::{WebCall, WebOutcome, WebReport};
use hardie_testkit::Options;
use serde_json::Value;
use sha2::Digest as _;

/// See above. Policies accept everything; they have no configuration.
pub struct Script {
    clock: Arc<dyn Clock>,
    begun: Mutex<Vec<(String, i64, i64)>>,
}

impl Default for Script {
    fn default() -> Script {
        Script { clock: Options::default().ports.clock, begun: Mutex::default() }
    }
}

impl Script {
    /// Kind of the event, when it was and when its handler began, in milliseconds, for all calls since this was asked.
    pub fn begun(&self) -> Vec<(String, i64, i64)> {
        std::mem::take(&mut *self.begun.lock().unwrap())
    }
}

#[async_trait]
impl PolicyRunner for Script {
    async fn prepare(&self, component: Bytes) -> Result<ComponentInfo, String> {
        // NAME WORLD INTERFACE, anything behind them.
        let says = String::from_utf8(component.to_vec()).unwrap();
        let words: Vec<&str> = says.split(' ').collect();
        Ok(ComponentInfo {
            digest: Digest(sha2::Sha256::digest(&component).into()),
            name: words[0].to_owned(),
            version: "1.0.0".to_owned(),
            description: String::new(),
            worlds: vec![words[1].to_owned()],
            imports: vec![format!("hardie:plugin/{}@0.1.0", words[2])],
            default_config: "{}".to_owned(),
        })
    }

    async fn validate_config(&self, _digest: Digest, _component: Bytes, _config: &str) -> Result<(), Vec<String>> {
        Ok(())
    }

    async fn check(&self, call: PolicyCall) -> PolicyReport {
        let verdict = |update| Verdict { update, rejection: None, warnings: Vec::new() };
        let outcome = match &*call.config {
            "{}" => PolicyOutcome::Verdicts((0..call.push.updates.len()).map(verdict).collect()),
            _ => PolicyOutcome::Fault(FailureClass::Trap, "a handler was asked about a push".to_owned()),
        };
        PolicyReport { outcome, source: Source::Run, usage: Usage::default(), log: Vec::new() }
    }

    async fn handle(&self, call: EventCall) -> EventReport {
        let begun = self.clock.now();
        self.begun.lock().unwrap().push((call.delivery.kind.clone(), call.delivery.at.0, begun.0));
        tokio::task::spawn_blocking(move || answer(&call)).await.unwrap()
    }

    async fn web_place(&self, _owner: i64) -> Result<RunPlace, String> {
        Err("nothing is asked here".to_owned())
    }

    async fn answer(&self, _call: WebCall, _place: RunPlace) -> WebReport {
        let outcome = WebOutcome::Fault(FailureClass::Unavailable, "nothing is asked here".to_owned());
        WebReport { outcome, writes: Writes::default(), usage: Usage::default(), log: Vec::new() }
    }

    async fn load(&self, _digest: Digest, _component: Bytes) -> Result<(), String> {
        Ok(())
    }
}

fn answer(call: &EventCall) -> EventReport {
    let config: Value = serde_json::from_str(&call.config).unwrap();
    let outcome = match config["do"].as_str().unwrap() {
        "fail" => EventOutcome::Failed("it never will".to_owned()),
        _ => EventOutcome::Done,
    };
    let writes = if config["do"] == "status" { status(call) } else { Writes::default() };
    EventReport { outcome, writes, usage: Usage { fuel: 7, ..Usage::default() }, log: vec!["info: called".to_owned()] }
}

/// A status on the first commit that a push brought, and another on the commit of each status.
fn status(call: &EventCall) -> Writes {
    let payload: Value = serde_json::from_str(&call.delivery.payload).unwrap();
    let (sha, text) = match payload["refs"].as_array() {
        Some(refs) => {
            let commits = call.repository.as_ref().unwrap().new_commits(0, 0, 10).unwrap();
            let text = format!("{} new commits in the first of {} updates", commits.len(), refs.len());
            (refs[0]["after"].as_str().unwrap().to_owned(), text)
        }
        None => (payload["sha"].as_str().unwrap().to_owned(), "again".to_owned()),
    };
    let seen = call.services.read_state("seen").unwrap().map_or(0, |text| String::from_utf8(text).unwrap().parse::<u32>().unwrap());
    let finding = Finding::new("success", &format!("at {seen}"), &text, "").unwrap();
    let state = vec![("seen".to_owned(), Some((seen + 1).to_string().into_bytes()))];
    Writes { state, statuses: vec![(Oid::from_hex(sha.as_bytes()).unwrap(), finding)] }
}
