//! Asks the installed policies about a push and turns what they say into outcomes, lines for the pusher and rows.

use std::sync::Arc;

use futures_util::future::join_all;
use hardie_domain::plugin::{FailureClass, Mode, PolicyOutcome, Verdict};
use hardie_domain::policy::{PolicyCall, PolicyReport, PushFacts, PushRepository};
use hardie_domain::time::Timestamp;
use hardie_store::verdicts::VerdictRow;

use super::PushReport;
use crate::plugins::InstalledPolicy;
use crate::{App, Result};

/// Asks every policy at once: all run, so that the pusher sees every reason together.
pub async fn judge(
    app: &App,
    policies: &[InstalledPolicy],
    push: Arc<PushFacts>,
    repository: Arc<dyn PushRepository>,
    report: &mut PushReport,
) -> Result<Vec<VerdictRow>> {
    let calls = policies.iter().map(|policy| ask(app, policy, push.clone(), repository.clone()));
    let answers = join_all(calls).await;
    let mut rows = Vec::new();
    for (policy, answer) in policies.iter().zip(answers) {
        rows.push(weigh(policy, &answer, &push, app.clock.now(), report));
    }
    Ok(rows)
}

async fn ask(app: &App, policy: &InstalledPolicy, push: Arc<PushFacts>, repository: Arc<dyn PushRepository>) -> PolicyReport {
    let call = PolicyCall { digest: policy.digest, config: policy.config.clone(), push, repository };
    app.policies.check(call).await
}

fn weigh(policy: &InstalledPolicy, answer: &PolicyReport, push: &PushFacts, at: Timestamp, report: &mut PushReport) -> VerdictRow {
    let mut row = VerdictRow {
        push: push.id,
        repo: push.repo,
        installation: policy.installation,
        name: policy.name.clone(),
        digest: policy.digest,
        mode: policy.mode,
        failure: None,
        text: String::new(),
        log: answer.log.join("\n"),
        usage: answer.usage,
        at,
    };
    match &answer.outcome {
        PolicyOutcome::Verdicts(verdicts) => {
            for verdict in verdicts {
                weigh_verdict(policy, verdict, push, report, &mut row);
            }
        }
        PolicyOutcome::Fault(class, text) => {
            row.failure = Some(*class);
            row.text = text.clone();
            weigh_fault(policy, *class, text, push, report);
        }
    }
    row
}

fn weigh_verdict(policy: &InstalledPolicy, verdict: &Verdict, push: &PushFacts, report: &mut PushReport, row: &mut VerdictRow) {
    for warning in &verdict.warnings {
        report.say(&policy.name, &format!("warning: {warning}"));
    }
    let Some(rejection) = &verdict.rejection else { return };
    row.failure = Some(FailureClass::Rejected);
    if row.text.len() < 4096 {
        row.text.push_str(&format!("{}: {}\n", rejection.code, rejection.lines.join("\n")));
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
