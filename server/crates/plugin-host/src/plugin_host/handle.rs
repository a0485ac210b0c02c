//! The call of a handler of events.

use std::time::Duration;

use hardie_domain::delivery::{EventCall, EventOutcome, EventReport, Writes};

use super::{PluginHost, unrun};
use crate::bindings::exports::hardie::plugin::event_handler::HandlerError;
use crate::errand::Errand;
use crate::gate::Lane;
use crate::host::{EventHandle, RepositoryHandle};
use crate::invoke::Ended;
use crate::limits::Limits;
use crate::state::Task;
use crate::stop::Failure;
use crate::text;

/// The longest pause that a handler may ask for.
const LONGEST_PAUSE: u32 = 24 * 60 * 60;

impl PluginHost {
    /// Has one event handled. Never fails: a fault is an outcome. Nothing is written: that is for whoever asked.
    pub async fn handle(&self, call: EventCall) -> EventReport {
        let EventCall { installation, owner, digest, config, delivery, repository, services } = call;
        let loaded = match self.loaded(digest, Errand::Handle).await {
            Ok(loaded) if loaded.shape.handles() => loaded,
            Ok(_) => return report(unrun(Failure::unavailable("it handles no events", Errand::Handle))),
            Err(failure) => return report(unrun(failure)),
        };
        let task = Task {
            services: Some(services),
            repository: repository.clone(),
            delivery: Some(delivery.id),
            ..Task::pure(Errand::Handle, config)
        };
        let ended = self
            .run(Lane::event(owner, installation), task, move |runtime, task| {
                let ended = runtime.invoke(&loaded, task, |store, exports| {
                    let event = store.data_mut().table.push(EventHandle(delivery))?;
                    let repository = repository.map(|repository| store.data_mut().table.push(RepositoryHandle(repository))).transpose()?;
                    let answer = exports.handler.as_ref().map(|handler| handler.call_handle(&mut *store, event, repository)).transpose()?;
                    Ok((answer, store.data_mut().pending.take()))
                });
                let outcome = ended.outcome.and_then(|(answer, writes)| settle(answer, writes, &runtime.limits));
                Ended { outcome, usage: ended.usage, log: ended.log, spent: ended.spent }
            })
            .await;
        report(ended)
    }
}

fn settle(answer: Option<Result<(), HandlerError>>, writes: Writes, limits: &Limits) -> Result<(EventOutcome, Writes), Failure> {
    let cleaned = |message: &str| text::line(message, limits.reply_columns);
    let outcome = match answer {
        Some(Ok(())) => return Ok((EventOutcome::Done, writes)),
        Some(Err(HandlerError::Retry(retry))) => {
            let after = retry.after.map(|seconds| Duration::from_secs(seconds.min(LONGEST_PAUSE).into()));
            EventOutcome::Retry(after, cleaned(&retry.message))
        }
        Some(Err(HandlerError::Permanent(message))) => EventOutcome::Failed(cleaned(&message)),
        None => return Err(Failure::bad_output("it handles no events")),
    };
    Ok((outcome, Writes::default()))
}

fn report(ended: Ended<(EventOutcome, Writes)>) -> EventReport {
    let (outcome, writes) = match ended.outcome {
        Ok(answer) => answer,
        Err(failure) => (EventOutcome::Fault(failure.class, failure.text), Writes::default()),
    };
    EventReport { outcome, writes, usage: ended.usage, log: ended.log }
}
