//! The call of a plugin that answers web requests.

use hardie_domain::delivery::Writes;
use hardie_domain::web::{WebCall, WebOutcome, WebReport, WebResponse, is_safe};

use super::{PluginHost, unrun};
use crate::bindings::exports::hardie::plugin::web_handler::Response;
use crate::errand::Errand;
use crate::gate::Lane;
use crate::host::RequestHandle;
use crate::invoke::Ended;
use crate::limits::Limits;
use crate::state::Task;
use crate::stop::Failure;
use crate::text;

impl PluginHost {
    /// Waits for a place to run; the installations of one owner have half of them at most. The error says why there is none.
    pub async fn web_place(&self, owner: i64) -> Result<impl Send + 'static, &'static str> {
        self.0.gate.enter(Lane::Web(owner)).await
    }

    /// Has one request answered. Never fails: a fault is an outcome. Nothing is written and nothing is sent: that is for whoever asked, who
    /// holds the answer against the rules first. `place` is kept until the run is truly over.
    pub async fn answer(&self, call: WebCall, place: impl Send + 'static) -> WebReport {
        let WebCall { digest, config, request, caller, repository, services } = call;
        let errand = Errand::Answer { writes: !is_safe(&request.method) };
        let loaded = match self.loaded(digest, errand).await {
            Ok(loaded) if loaded.shape.answers() => loaded,
            Ok(_) => return report(unrun(Failure::unavailable("it answers no web requests", errand))),
            Err(failure) => return report(unrun(failure)),
        };
        let task = Task { services: Some(services), repository, caller, ..Task::pure(errand, config) };
        let ended = self
            .run_in(place, task, move |runtime, task| {
                let ended = runtime.invoke(&loaded, task, |store, exports| {
                    let request = store.data_mut().table.push(RequestHandle(request))?;
                    let answer = exports.web.as_ref().map(|web| web.call_handle(&mut *store, request)).transpose()?;
                    Ok((answer, store.data_mut().pending.take()))
                });
                let outcome = ended.outcome.and_then(|(answer, writes)| settle(answer, writes, &runtime.limits));
                Ended { outcome, usage: ended.usage, log: ended.log, spent: ended.spent }
            })
            .await;
        report(ended)
    }
}

fn settle(answer: Option<Result<Response, String>>, writes: Writes, limits: &Limits) -> Result<(WebOutcome, Writes), Failure> {
    match answer {
        Some(Ok(Response { status, headers, body })) => {
            let headers = headers.into_iter().map(|header| (header.name, header.value)).collect();
            Ok((WebOutcome::Answered(WebResponse { status, headers, body }), writes))
        }
        Some(Err(why)) => Ok((WebOutcome::Failed(text::line(&why, limits.reply_columns)), Writes::default())),
        None => Err(Failure::bad_output("it answers no web requests")),
    }
}

fn report(ended: Ended<(WebOutcome, Writes)>) -> WebReport {
    let (outcome, writes) = match ended.outcome {
        Ok(answer) => answer,
        Err(failure) => (WebOutcome::Fault(failure.class, failure.text), Writes::default()),
    };
    WebReport { outcome, writes, usage: ended.usage, log: ended.log }
}
