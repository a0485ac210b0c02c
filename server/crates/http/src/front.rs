//! The top of this port. People who open it in a browser meant the web UI.

use axum::extract::State;
use axum::http::header::{ACCEPT, HOST, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::links::Links;
use crate::state::Http;

/// Leads a browser to the public address; tells everybody else what this is.
pub async fn front(State(http): State<Http>, headers: HeaderMap) -> Response {
    match elsewhere(&http.links, &headers) {
        Some(public) => (StatusCode::FOUND, [(LOCATION, public)]).into_response(),
        None => {
            let public = http.links.public();
            format!("This is Hardie's door for git over HTTP and for the REST API, below /api/v1.\nThe web UI is at {public}\n")
                .into_response()
        }
    }
}

/// The public address, if a browser asks and is not there already: a proxy that sends pages to this port must not send it round.
fn elsewhere(links: &Links, headers: &HeaderMap) -> Option<HeaderValue> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_there = links.origin().split_once("://").is_none_or(|(_, host)| host.eq_ignore_ascii_case(text(HOST)));
    let is_page = text(ACCEPT).contains("text/html");
    HeaderValue::from_str(links.public()).ok().filter(|_| is_page && !is_there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_led_to_the_public_address_unless_it_is_there() {
        let links = Links::new("https://git.example.org/forge", "");
        let asked = |host: &'static str, accept: &'static str| {
            let headers = [(HOST, HeaderValue::from_static(host)), (ACCEPT, HeaderValue::from_static(accept))];
            elsewhere(&links, &headers.into_iter().collect())
        };
        let html = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
        assert_eq!(asked("127.0.0.1:3000", html).unwrap(), "https://git.example.org/forge");
        assert_eq!(asked("git.example.org", html), None);
        assert_eq!(asked("127.0.0.1:3000", "*/*"), None);
    }
}
