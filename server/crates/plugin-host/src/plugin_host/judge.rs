//! The call of a policy.

use std::sync::Arc;

use hardie_domain::plugin::{FailureClass, PolicyOutcome, Source, Usage, Verdict};
use hardie_domain::policy::{PolicyCall, PolicyReport};

use super::{PluginHost, unrun};
use crate::bindings::hardie::plugin::types::{Fault, RefVerdict};
use crate::errand::Errand;
use crate::gate::Lane;
use crate::host::{PushHandle, RepositoryHandle};
use crate::invoke::{Ended, Runtime};
use crate::kept::Key;
use crate::limits::Limits;
use crate::state::Task;
use crate::stop::Failure;
use crate::{text, verdicts};

impl PluginHost {
    /// Runs one policy over one push, or says what it said about an equal one. Never fails: a fault is an outcome.
    ///
    /// A component of the world `policy-online` is `unavailable` without services, and is asked each time. One that is not has none, whatever
    /// the call brings.
    pub async fn check(&self, call: PolicyCall) -> PolicyReport {
        let loaded = match self.loaded(call.digest, Errand::Judge).await {
            Ok(loaded) => loaded,
            Err(failure) => return report(unrun(failure), Source::Run),
        };
        if !loaded.shape.judges() {
            return report(unrun(Failure::unavailable("it handles events and judges no push", Errand::Judge)), Source::Run);
        }
        let online = loaded.shape.judges_online();
        let source = if online { Source::Online } else { Source::Run };
        let key = if online { None } else { Key::of(&call) };
        if let Some(verdicts) = key.as_ref().and_then(|key| self.0.kept.find(key)) {
            let outcome = PolicyOutcome::Verdicts(verdicts);
            return PolicyReport { outcome, source: Source::Cached, usage: Usage::default(), log: Vec::new() };
        }
        let PolicyCall { installation, config, push, repository, services, background, here, .. } = call;
        let lane = match (background, online) {
            (true, _) => Lane::Background,
            (false, true) => Lane::online(&push.repo_path, installation.0),
            (false, false) => Lane::of_owner(&push.repo_path),
        };
        let task = match (online, services) {
            (false, _) => Task::pure(Errand::Judge, config),
            (true, Some(services)) => Task { services: Some(services), ..Task::pure(Errand::JudgeOnline, config) },
            (true, None) => {
                let why = "it may ask other servers while it judges, which nobody may here";
                return report(unrun(Failure::unavailable(why, Errand::Judge)), source);
            }
        };
        let updates = push.updates.len();
        let kept = Arc::clone(&self.0);
        let work = move |runtime: &Runtime, task: Task| {
            let mut ended = runtime.invoke(&loaded, task, |store, exports| {
                let push = store.data_mut().table.push(PushHandle(push))?;
                let repository = store.data_mut().table.push(RepositoryHandle(repository))?;
                let answer = exports.policy.as_ref().map(|policy| policy.call_check(&mut *store, push, repository)).transpose()?;
                Ok((answer, store.data().saw_an_end))
            });
            let outcome = ended.outcome.and_then(|(answer, saw_an_end)| {
                let verdicts = settle(answer, updates, &runtime.limits)?;
                // What was cut short at a moment's speed may go on further the next time.
                if let (Some(key), false) = (key, saw_an_end) {
                    kept.kept.keep(key, &verdicts);
                }
                Ok(verdicts)
            });
            if let Err(failure) = &outcome
                && failure.class == FailureClass::BadOutput
            {
                ended.log.push(format!("error: bad-output: {}", failure.text));
            }
            Ended { outcome, usage: ended.usage, log: ended.log, spent: ended.spent }
        };
        let ended = match here && !online {
            // What asks others waits for them.
            true => self.run_here(lane, task, work).await,
            false => self.run(lane, task, work).await,
        };
        report(ended, source)
    }
}

fn settle(answer: Option<Result<Vec<RefVerdict>, Fault>>, updates: usize, limits: &Limits) -> Result<Vec<Verdict>, Failure> {
    match answer {
        Some(Ok(answer)) => verdicts::checked(answer, updates, limits).map_err(|what| Failure::bad_output(&what)),
        Some(Err(fault)) => {
            let message = text::line(&fault.message, limits.reply_columns);
            Err(Failure::new(FailureClass::BadOutput, format!("could not judge: {message}")))
        }
        None => Err(Failure::bad_output("it judges no push")),
    }
}

fn report(ended: Ended<Vec<Verdict>>, source: Source) -> PolicyReport {
    let outcome = match ended.outcome {
        Ok(verdicts) => PolicyOutcome::Verdicts(verdicts),
        Err(failure) => PolicyOutcome::Fault(failure.class, failure.text),
    };
    PolicyReport { outcome, source, usage: ended.usage, log: ended.log }
}
