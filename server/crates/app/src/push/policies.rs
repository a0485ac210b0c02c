//! Asks the installed policies about a push and turns what they say into outcomes, lines for the pusher and rows.

use std::sync::Arc;

use futures_util::future::join_all;
use hardie_domain::ids::InstallationId;
use hardie_domain::plugin::{Digest, FailureClass, Mode, PolicyOutcome, Source, Verdict};
use hardie_domain::policy::{Basis, PolicyCall, PolicyReport, PushFacts, PushRepository};
use hardie_domain::time::Timestamp;
use hardie_store::plugins::Scope;
use hardie_store::verdicts::VerdictRow;
use tokio_util::sync::CancellationToken;

use super::PushReport;
use crate::plugins::{InstalledPolicy, PolicyServices};
use crate::{App, Result};

/// Who is refused by what lies outside of the push is told so.
const ASKED: &str = "it may ask other servers, and for the time: the same push may be answered otherwise later";

/// The push option that asks which policy took how long: `git push -o plugin-times`.
const TIMES: &str = "plugin-times";

/// Asks every policy at once: all run, so that the pusher sees every reason together. Those of one place share a window: what one read
/// serves the next, and what one holds up is the affair of whoever installed both.
pub async fn judge(
    app: &App,
    policies: &[InstalledPolicy],
    push: Arc<PushFacts>,
    basis: &Basis,
    window: impl Fn() -> Arc<dyn PushRepository>,
    report: &mut PushReport,
) -> Result<Vec<VerdictRow>> {
    let mut windows: Vec<(Scope, Arc<dyn PushRepository>)> = Vec::new();
    for policy in policies {
        if windows.iter().all(|(scope, _)| *scope != policy.scope) {
            windows.push((policy.scope, window()));
        }
    }
    let with_windows = policies.iter().filter_map(|policy| Some((policy, &windows.iter().find(|(scope, _)| *scope == policy.scope)?.1)));
    // The others are under way on other threads by the time the last one begins.
    let last = policies.len().saturating_sub(1);
    let calls = with_windows
        .enumerate()
        .map(|(nth, (policy, repository))| ask(app, policy, push.clone(), basis, Arc::clone(repository), nth == last));
    let answers = join_all(calls).await;
    let mut rows = Vec::new();
    let tells_times = push.options.iter().any(|option| option == TIMES);
    for (policy, answer) in policies.iter().zip(answers) {
        if tells_times {
            report.say(&policy.name, &cost(&answer));
        }
        rows.push(row(policy, &answer, &push, app.clock.now(), weigh(policy, &answer, &push, report)));
    }
    Ok(rows)
}

/// What an answer would do to a push if the policy were enforced and failed closed.
#[derive(Clone, Debug)]
pub struct Preview {
    /// `None` if it accepts every update; else how it ended.
    pub failure: Option<FailureClass>,
    /// What the pusher would see.
    pub lines: Vec<String>,
}

/// Weighs an answer as [`judge`] does, without a push that depends on it.
pub fn preview(name: &str, digest: Digest, push: &PushFacts, answer: &PolicyReport) -> Preview {
    let policy = InstalledPolicy {
        installation: InstallationId(0),
        scope: Scope::Repo(push.repo),
        name: name.to_owned(),
        digest,
        config: Arc::from(""),
        mode: Mode::Enforce,
        fail_open: false,
    };
    let mut report = PushReport::new(push.updates.iter().map(|facts| facts.update.clone()));
    let Weighed { failure, .. } = weigh(&policy, answer, push, &mut report);
    Preview { failure, lines: report.messages }
}

async fn ask(
    app: &App,
    policy: &InstalledPolicy,
    push: Arc<PushFacts>,
    basis: &Basis,
    repository: Arc<dyn PushRepository>,
    here: bool,
) -> PolicyReport {
    let gone = CancellationToken::new();
    let services = PolicyServices::new(app, policy.installation, push.id, gone.clone());
    // A push that is given up closes its connections.
    let _gone = gone.drop_guard();
    let call = PolicyCall {
        installation: policy.installation,
        digest: policy.digest,
        config: policy.config.clone(),
        push,
        repository,
        basis: Some(basis.clone()),
        services: Some(Arc::new(services)),
        background: false,
        here,
    };
    let report = app.policies.check(call).await;
    app.answers.count(report.source);
    report
}

/// What an answer cost, for the pusher who asked.
fn cost(answer: &PolicyReport) -> String {
    if answer.source == Source::Cached {
        return "took no time: it answered the same push before".to_owned();
    }
    let usage = &answer.usage;
    format!(
        "took {:.2} ms: {} instructions, {} calls to the server, {} KiB read, {:.1} MiB of memory",
        usage.wall_micros as f64 / 1e3,
        usage.fuel,
        usage.host_calls,
        usage.host_bytes.div_ceil(1024),
        usage.memory as f64 / f64::from(1 << 20)
    )
}

/// What is kept of an answer beside what it used.
#[derive(Default)]
struct Weighed {
    failure: Option<FailureClass>,
    text: String,
}

fn row(policy: &InstalledPolicy, answer: &PolicyReport, push: &PushFacts, at: Timestamp, weighed: Weighed) -> VerdictRow {
    VerdictRow {
        push: push.id,
        repo: push.repo,
        installation: policy.installation,
        name: policy.name.clone(),
        digest: policy.digest,
        mode: policy.mode,
        failure: weighed.failure,
        text: weighed.text,
        log: answer.log.join("\n"),
        usage: answer.usage,
        source: answer.source,
        at,
    }
}

fn weigh(policy: &InstalledPolicy, answer: &PolicyReport, push: &PushFacts, report: &mut PushReport) -> Weighed {
    match &answer.outcome {
        PolicyOutcome::Verdicts(verdicts) => {
            let mut weighed = Weighed::default();
            for verdict in verdicts {
                weigh_verdict(policy, verdict, push, report, &mut weighed);
            }
            if answer.source == Source::Online && weighed.failure.is_some() {
                report.say(&policy.name, ASKED);
            }
            weighed
        }
        PolicyOutcome::Fault(class, text) => {
            weigh_fault(policy, *class, text, push, report);
            Weighed { failure: Some(*class), text: text.clone() }
        }
    }
}

fn weigh_verdict(policy: &InstalledPolicy, verdict: &Verdict, push: &PushFacts, report: &mut PushReport, weighed: &mut Weighed) {
    for warning in &verdict.warnings {
        report.say(&policy.name, &format!("warning: {warning}"));
    }
    let Some(rejection) = &verdict.rejection else { return };
    weighed.failure = Some(FailureClass::Rejected);
    if weighed.text.len() < 4096 {
        weighed.text.push_str(&format!("{}: {}\n", rejection.code, rejection.lines.join("\n")));
    }
    let name = push.updates.get(verdict.update).map(|u| u.update.name.to_string()).unwrap_or_default();
    match policy.mode {
        Mode::Enforce => report.say(&policy.name, &format!("{name} is refused by the rule {}", rejection.code)),
        Mode::Monitor | Mode::Off => {
            report.say(&policy.name, &format!("{name} would be refused by the rule {} (monitored, not enforced)", rejection.code));
        }
    }
    for line in &rejection.lines {
        report.say(&policy.name, &format!("  {line}"));
    }
    if policy.mode == Mode::Enforce {
        report.refuse(verdict.update, &format!("{}: {}", policy.name, rejection.code));
    }
}

/// A fault is never called a verdict: it says what happened to the plugin, and refuses only where the policy is enforced and fails closed.
fn weigh_fault(policy: &InstalledPolicy, class: FailureClass, text: &str, push: &PushFacts, report: &mut PushReport) {
    let closed = policy.mode == Mode::Enforce && !policy.fail_open;
    report.say(&policy.name, &format!("could not judge this push ({}): {text}", class.as_str()));
    if !closed {
        report.say(&policy.name, "the push goes on without its verdict");
        return;
    }
    report.say(
        &policy.name,
        match class {
            FailureClass::Deadline | FailureClass::Unavailable => "push again in a moment",
            _ => "ask an administrator of this repository to look at the plugin's configuration or to set it to monitor",
        },
    );
    for index in 0..push.updates.len() {
        report.refuse(index, &format!("{}: {}", policy.name, class.as_str()));
    }
}
