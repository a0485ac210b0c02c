//! Has a scenario's requests answered by a plugin, one after the other, and compares.

use std::sync::Arc;

use hardie_domain::ids::InstallationId;
use hardie_domain::plugin::{Digest, FailureClass};
use hardie_domain::policy::PushRepository;
use hardie_domain::web::{METHODS, Served, WebCall, WebCaller, WebOutcome, WebReport, WebRequest, admit, base_path, passed_on};

use super::desk::Desk;
use super::event_run::{compare_state, most};
use super::file::Scenario;
use super::requests::compare_requests;
use super::run::{self, Outcome};
use super::web_file::WebCase;
use crate::plugin_host::PluginHost;

/// Stands for the server's, where there is one.
const ORIGIN: &str = "https://plugins.example.org";

/// Runs a scenario's requests. What is written by one request is there at the next.
pub(super) async fn run_web(
    host: &PluginHost,
    digest: Digest,
    config: Arc<str>,
    scenario: &Scenario,
    (origin, cases): (bool, &[WebCase]),
) -> Result<Outcome, String> {
    let repository: Arc<dyn PushRepository> = Arc::new(run::settled(scenario)?.0);
    let desk = Arc::new(Desk::new(scenario));
    let mut all = Outcome::empty();
    for (case, number) in cases.iter().zip(1..) {
        let request = Arc::new(request(case)?);
        let caller = case.caller.as_ref().map(|who| Arc::new(WebCaller { name: who.name.clone(), role: who.role.clone() }));
        let call = WebCall {
            digest,
            config: Arc::clone(&config),
            request: Arc::clone(&request),
            caller,
            repository: Some(Arc::clone(&repository)),
            services: desk.clone(),
        };
        let WebReport { outcome, writes, usage, log } = host.answer(call, ()).await;
        let origin = origin.then_some(ORIGIN);
        let got = Got::of(outcome, Served { origin, base_path: &request.base_path, signed_in: case.caller.is_some() });
        if got.is_answer {
            desk.commit(&writes);
        }
        let mut problems = got.compare(case);
        problems.extend(compare_requests(&desk.sent(), &case.request));
        problems.extend(compare_state(&desk, &case.state));
        all.problems.extend(problems.into_iter().map(|problem| format!("request {number}, {} {}: {problem}", case.method, case.path)));
        let between = if all.verdict.is_empty() { "" } else { ", " };
        all.verdict.push_str(&format!("{between}{}", got.word));
        all.lines.extend(got.told);
        all.log.extend(log);
        most(&mut all.usage, usage);
    }
    Ok(all)
}

fn request(case: &WebCase) -> Result<WebRequest, String> {
    if !METHODS.contains(&case.method.as_str()) {
        return Err(format!("web.method: {:?} is none of {}", case.method, METHODS.join(", ")));
    }
    let (path, query) = case.path.split_once('?').map_or((case.path.as_str(), None), |(path, query)| (path, Some(query.to_owned())));
    let headers = case.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    Ok(WebRequest {
        method: case.method.clone(),
        path: path.to_owned(),
        query,
        base_path: base_path(InstallationId(1)),
        headers: headers.filter(|(name, _)| passed_on(name)).collect(),
        body: case.body.clone().into_bytes(),
        repo_path: "ann/demo".to_owned(),
    })
}

/// What came of a request, in words.
struct Got {
    is_answer: bool,
    /// The status, or how it failed.
    word: String,
    headers: Vec<(&'static str, String)>,
    /// The body, or why it failed.
    text: String,
    /// What is told of it.
    told: Vec<String>,
}

impl Got {
    fn of(outcome: WebOutcome, served: Served<'_>) -> Got {
        let failed =
            |word: &str, text: String| Got { is_answer: false, word: word.to_owned(), headers: Vec::new(), told: vec![text.clone()], text };
        match outcome {
            WebOutcome::Failed(why) => failed("failed", why),
            WebOutcome::Fault(class, why) => failed(class.as_str(), why),
            WebOutcome::Answered(response) => match admit(response, served) {
                Err(why) => failed(FailureClass::BadOutput.as_str(), why),
                Ok(admitted) => Got {
                    is_answer: true,
                    word: admitted.status.to_string(),
                    headers: admitted.headers,
                    text: String::from_utf8_lossy(&admitted.body).into_owned(),
                    told: admitted.left_out,
                },
            },
        }
    }

    fn compare(&self, case: &WebCase) -> Vec<String> {
        let mut problems = Vec::new();
        if self.word != case.expect {
            problems.push(format!("expected {}, got {}: {}", case.expect, self.word, self.text));
        }
        let missing = case.contains.iter().filter(|text| !self.text.contains(*text));
        problems.extend(missing.map(|text| format!("the answer does not contain {text:?}: {}", self.text)));
        let too_much = case.lacks.iter().filter(|text| self.text.contains(*text));
        problems.extend(too_much.map(|text| format!("the answer contains {text:?}: {}", self.text)));
        for (name, wanted) in &case.answered {
            let found = self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
            if found != wanted {
                problems.push(format!("{name}: expected {wanted:?}, got {found:?}"));
            }
        }
        problems
    }
}
