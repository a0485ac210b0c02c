//! Hands a scenario's events to a handler, one after the other, and compares.

use std::collections::BTreeMap;
use std::sync::Arc;

use hardie_domain::delivery::{DeliveryFacts, EventCall, EventOutcome, EventReport};
use hardie_domain::ids::{DeliveryId, EventSeq, InstallationId, RepoId};
use hardie_domain::oid::Oid;
use hardie_domain::plugin::{Digest, Usage};
use hardie_domain::policy::{PushFacts, PushRepository};
use hardie_domain::time::Timestamp;
use serde_json::{Value, json};

use super::desk::Desk;
use super::event_file::{EventCase, ExpectedStatus};
use super::file::Scenario;
use super::requests::{compare_requests, differs};
use super::run::{self, Outcome};
use crate::plugin_host::PluginHost;

/// Runs a scenario's events. What is written after one event is there at the next.
pub(super) async fn run_events(
    host: &PluginHost,
    digest: Digest,
    config: Arc<str>,
    scenario: &Scenario,
    events: &[EventCase],
) -> Result<Outcome, String> {
    let is_push = events.iter().any(|event| event.kind == "push");
    let (push, repository, tip) = repository(scenario, is_push)?;
    let repository: Arc<dyn PushRepository> = Arc::new(repository);
    let desk = Arc::new(Desk::new(scenario));
    let mut all = Outcome::empty();
    for (event, number) in events.iter().zip(1i64..) {
        let payload = payload(event, &push, tip)?;
        let delivery = DeliveryFacts {
            id: DeliveryId(number),
            attempt: event.attempt,
            seq: EventSeq(number),
            kind: event.kind.clone(),
            at: Timestamp(scenario.now),
            payload: payload.into(),
            repo: Some(RepoId(1)),
            repo_path: if event.gone { String::new() } else { "ann/demo".into() },
            installation: "plugin".into(),
        };
        let call = EventCall {
            installation: InstallationId(1),
            owner: None,
            digest,
            config: Arc::clone(&config),
            delivery: Arc::new(delivery),
            repository: (!event.gone).then(|| Arc::clone(&repository)),
            services: desk.clone(),
        };
        let report = host.handle(call).await;
        desk.commit(&report.writes);
        let problems = compare(event, &report, &desk, &tip.to_hex());
        all.problems.extend(problems.into_iter().map(|problem| format!("event {number}, {}: {problem}", event.kind)));
        add(&mut all, report);
    }
    Ok(all)
}

/// The push (if there is one), the repository, and its last commit.
fn repository(scenario: &Scenario, is_push: bool) -> Result<(Option<PushFacts>, super::MemoryPush, Oid), String> {
    if is_push {
        return run::build(scenario).map(|(facts, repository, tip)| (Some(facts), repository, tip));
    }
    run::settled(scenario).map(|(repository, tip)| (None, repository, tip))
}

/// In the form in which the server announces it.
fn payload(event: &EventCase, push: &Option<PushFacts>, tip: Oid) -> Result<String, String> {
    let mut payload = match push.as_ref().filter(|_| event.kind == "push") {
        Some(push) => {
            let refs = push.updates.iter().map(|facts| &facts.update).map(|update| {
                json!({
                    "ref": update.name.to_string(), "before": update.old.to_hex(), "after": update.new.to_hex(),
                    "kind": update.kind().as_str(),
                })
            });
            let actor = json!({ "id": push.actor.0, "login": push.actor_name });
            json!({ "push": push.id.0, "actor": actor, "refs": refs.collect::<Vec<_>>(), "options": push.options })
        }
        None => json!({
            "repository": {
                "id": 1, "name": "demo", "full_name": "ann/demo", "owner": { "id": 1, "login": "ann" }, "private": false,
                "archived": false, "default_branch": "main",
            },
            "actor": { "id": 1, "login": "ann" },
        }),
    };
    let own = serde_json::to_value(&event.payload).map_err(|error| format!("payload: {error}"))?;
    if let (Value::Object(all), Value::Object(own)) = (&mut payload, own) {
        all.extend(own);
    }
    Ok(payload.to_string().replace("{tip}", &tip.to_hex()))
}

fn compare(event: &EventCase, report: &EventReport, desk: &Desk, tip: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let (word, reason) = words(&report.outcome);
    if word != event.expect {
        problems.push(format!("expected {}, got {word} {reason}", event.expect));
    }
    let missing = event.contains.iter().filter(|text| !reason.contains(*text));
    problems.extend(missing.map(|text| format!("the reason does not contain {text:?}")));
    problems.extend(compare_requests(&desk.sent(), &event.request));
    let set = &report.writes.statuses;
    if set.len() != event.status.len() {
        problems.push(format!("expected {} statuses, got {}: {set:?}", event.status.len(), set.len()));
    }
    for ((commit, finding), ExpectedStatus { commit: id, state, context, description }) in set.iter().zip(&event.status) {
        let (id, hex) = (id.as_ref().map(|id| id.replace("{tip}", tip)), commit.to_hex());
        problems.extend(differs("commit", id.as_deref(), &hex));
        problems.extend(differs("state", state.as_deref(), finding.state.as_str()));
        problems.extend(differs("context", context.as_deref(), &finding.context));
        problems.extend(differs("description", description.as_deref(), &finding.description));
    }
    problems.extend(compare_state(desk, &event.state));
    problems
}

/// How what is kept differs from what should be.
pub(super) fn compare_state(desk: &Desk, wanted: &BTreeMap<String, String>) -> Vec<String> {
    let kept = |key: &str| desk.kept(key).map(|value| String::from_utf8_lossy(&value).into_owned()).unwrap_or_default();
    wanted.iter().filter_map(|(key, wanted)| differs(&format!("state {key}"), Some(wanted), &kept(key))).collect()
}

fn words(outcome: &EventOutcome) -> (&'static str, String) {
    match outcome {
        EventOutcome::Done => ("done", String::new()),
        EventOutcome::Retry(None, why) => ("retry", why.clone()),
        EventOutcome::Retry(Some(after), why) => ("retry", format!("{why} (after {} s)", after.as_secs())),
        EventOutcome::Failed(why) => ("failed", why.clone()),
        EventOutcome::Fault(class, why) => (class.as_str(), why.clone()),
    }
}

/// Joins one event's report; of what was used, the most counts.
fn add(all: &mut Outcome, report: EventReport) {
    let (word, reason) = words(&report.outcome);
    let between = if all.verdict.is_empty() { "" } else { ", " };
    all.verdict.push_str(&format!("{between}{word}"));
    all.lines.extend(Some(reason).filter(|reason| !reason.is_empty()));
    all.log.extend(report.log);
    most(&mut all.usage, report.usage);
}

/// Of what several calls used, the most counts.
pub(super) fn most(most: &mut Usage, used: Usage) {
    most.fuel = most.fuel.max(used.fuel);
    most.memory = most.memory.max(used.memory);
    most.host_calls = most.host_calls.max(used.host_calls);
    most.host_bytes = most.host_bytes.max(used.host_bytes);
    most.wall_micros = most.wall_micros.max(used.wall_micros);
}
