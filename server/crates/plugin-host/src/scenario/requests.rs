//! What was sent, held against what should be.

use hardie_domain::delivery::HttpRequest;

use super::asked_file::ExpectedRequest;
use super::desk::shown;

/// What differs, one line each: all requests are expected, in order.
pub(super) fn compare_requests(sent: &[HttpRequest], wanted: &[ExpectedRequest]) -> Vec<String> {
    let mut problems = Vec::new();
    if sent.len() != wanted.len() {
        let lines: Vec<String> = sent.iter().map(|request| format!("{} {}", request.method, request.url)).collect();
        problems.push(format!("expected {} requests, got {}: {lines:?}", wanted.len(), sent.len()));
    }
    problems.extend(sent.iter().zip(wanted).flat_map(|(sent, wanted)| compare(sent, wanted)));
    problems
}

fn compare(sent: &HttpRequest, wanted: &ExpectedRequest) -> Vec<String> {
    let body = String::from_utf8_lossy(&sent.body);
    let mut problems: Vec<String> = differs("method", wanted.method.as_deref(), &sent.method).into_iter().collect();
    problems.extend(differs("url", wanted.url.as_deref(), &sent.url));
    for (name, value) in &wanted.headers {
        let found = sent.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| shown(value));
        problems.extend(differs(name, Some(value), &found.unwrap_or_default()));
    }
    let lacking = wanted.contains.iter().filter(|text| !body.contains(*text));
    problems.extend(lacking.map(|text| format!("the body does not contain {text:?}: {body}")));
    let too_much = wanted.lacks.iter().filter(|text| body.contains(*text));
    problems.extend(too_much.map(|text| format!("the body contains {text:?}: {body}")));
    problems
}

/// One thing that is not as it should be, if that was said.
pub(super) fn differs(what: &str, wanted: Option<&str>, got: &str) -> Option<String> {
    wanted.filter(|wanted| *wanted != got).map(|wanted| format!("{what}: expected {wanted:?}, got {got:?}"))
}
