//! The call of a policy.

use std::sync::Arc;

use hardie_domain::delivery::Services;
use hardie_domain::plugin::{FailureClass, PolicyOutcome, Verdict};
use hardie_domain::policy::{PolicyCall, PolicyReport};

use super::{PluginHost, unrun};
use crate::bindings::hardie::plugin::types::{Fault, RefVerdict};
use crate::errand::Errand;
use crate::gate::Lane;
use crate::host::{PushHandle, RepositoryHandle};
use crate::invoke::Ended;
use crate::limits::Limits;
use crate::state::Task;
use crate::stop::Failure;
use crate::{text, verdicts};

impl PluginHost {
    /// Runs one policy over one push. Never fails: a fault is an outcome.
    ///
    /// A component of the world `policy-online` is `unavailable` here: it is for [`PluginHost::check_online`].
    pub async fn check(&self, call: PolicyCall) -> PolicyReport {
        self.judge(call, None).await
    }

    /// As [`PluginHost::check`], for a component that may ask others. One that may not is as pure here as there.
    pub async fn check_online(&self, call: PolicyCall, services: Arc<dyn Services>) -> PolicyReport {
        self.judge(call, Some(services)).await
    }

    async fn judge(&self, call: PolicyCall, services: Option<Arc<dyn Services>>) -> PolicyReport {
        let PolicyCall { digest, config, push, repository, background } = call;
        let lane = if background { Lane::Background } else { Lane::of_owner(&push.repo_path) };
        let updates = push.updates.len();
        let loaded = match self.loaded(digest, Errand::Judge).await {
            Ok(loaded) => loaded,
            Err(failure) => return report(unrun(failure)),
        };
        let task = match (loaded.shape.judges_online(), services) {
            (false, _) => Task::pure(Errand::Judge, config),
            (true, Some(services)) => Task { services: Some(services), ..Task::pure(Errand::JudgeOnline, config) },
            (true, None) => {
                let why = "it may ask other servers while it judges, which this server does not let it";
                return report(unrun(Failure::unavailable(why, Errand::Judge)));
            }
        };
        if !loaded.shape.judges() {
            return report(unrun(Failure::unavailable("it handles events and judges no push", Errand::Judge)));
        }
        let ended = self
            .run(lane, task, move |runtime, task| {
                let mut ended = runtime.invoke(&loaded, task, |store, exports| {
                    let push = store.data_mut().table.push(PushHandle(push))?;
                    let repository = store.data_mut().table.push(RepositoryHandle(repository))?;
                    exports.policy.as_ref().map(|policy| policy.call_check(store, push, repository)).transpose()
                });
                let outcome = ended.outcome.and_then(|answer| settle(answer, updates, &runtime.limits));
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

fn report(ended: Ended<Vec<Verdict>>) -> PolicyReport {
    let outcome = match ended.outcome {
        Ok(verdicts) => PolicyOutcome::Verdicts(verdicts),
        Err(failure) => PolicyOutcome::Fault(failure.class, failure.text),
    };
    PolicyReport { outcome, usage: ended.usage, log: ended.log }
}
