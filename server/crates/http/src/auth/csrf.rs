//! Requests that another site made a browser send. Three things must hold before a session cookie changes anything: a header
//! that a plain form cannot set and that a script of another origin may not set (no CORS answer ever allows it), a fetch that
//! the browser itself calls same-origin, and `SameSite=Lax` on the cookie.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method};

use super::Presented;
use crate::error::Refusal;
use crate::state::Http;

/// The header; its value does not matter.
pub const HEADER: &str = "x-hardie-csrf";

/// Where a browser says that a request comes from (Fetch Metadata); no page can write it.
const SITE: &str = "sec-fetch-site";

/// Whether a method may change something.
fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Guards every request that carries a credential which a browser adds by itself: the cookie, and remembered Basic ones.
pub fn check(method: &Method, headers: &HeaderMap, presented: &Presented, http: &Http) -> Result<(), Refusal> {
    if !is_unsafe(method) {
        return Ok(());
    }
    match presented {
        Presented::Session(_) => {
            needs_header(headers)?;
            match claimed_origin(headers, http.links.origin()) {
                Claim::Same => Ok(()),
                Claim::Other | Claim::None => Err(cross_site()),
            }
        }
        Presented::Basic { .. } | Presented::Nothing => match claimed_origin(headers, http.links.origin()) {
            Claim::Other => Err(cross_site()),
            Claim::Same | Claim::None => Ok(()),
        },
        Presented::Token(_) => Ok(()),
    }
}

/// Guards signing in, which has no cookie yet: another site must not sign a browser in as somebody else.
pub fn check_sign_in(headers: &HeaderMap, http: &Http) -> Result<(), Refusal> {
    needs_header(headers)?;
    match claimed_origin(headers, http.links.origin()) {
        Claim::Other => Err(cross_site()),
        Claim::Same | Claim::None => Ok(()),
    }
}

/// Whether the browser says that another site made it ask. What somebody typed or has among their bookmarks is theirs.
pub fn is_led(headers: &HeaderMap) -> bool {
    let from = headers.get(SITE).and_then(|value| value.to_str().ok());
    from.is_some_and(|from| !matches!(from, "same-origin" | "none"))
}

/// The header that no form can set.
pub fn needs_header(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.contains_key(HEADER) {
        true => Ok(()),
        false => Err(Refusal::forbidden("a browser session needs the header X-Hardie-CSRF for this")),
    }
}

fn cross_site() -> Refusal {
    Refusal::forbidden("this request does not come from this site's own pages")
}

#[derive(Debug, PartialEq, Eq)]
enum Claim {
    /// The browser says that it comes from our own pages.
    Same,
    /// The browser says that it does not.
    Other,
    /// Nothing is said: not a browser of this decade.
    None,
}

fn claimed_origin(headers: &HeaderMap, public_origin: &str) -> Claim {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    // Sec-Fetch-Site is written by the browser alone and survives proxies that change the host.
    match text(SITE) {
        Some("same-origin") => return Claim::Same,
        Some(_) => return Claim::Other,
        None => {}
    }
    let Some(origin) = text(ORIGIN.as_str()) else { return Claim::None };
    let host_of_origin = origin.split_once("://").map(|(_, host)| host);
    let is_own_host = host_of_origin.is_some() && host_of_origin == text(HOST.as_str());
    if origin.eq_ignore_ascii_case(public_origin) || is_own_host { Claim::Same } else { Claim::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(pairs: &[(&'static str, &str)]) -> Claim {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        claimed_origin(&headers, "https://git.example.org")
    }

    #[test]
    fn only_our_own_pages_count_as_ours() {
        assert_eq!(claim(&[("sec-fetch-site", "same-origin")]), Claim::Same);
        assert_eq!(claim(&[("origin", "https://git.example.org")]), Claim::Same);
        assert_eq!(claim(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")]), Claim::Same);
        for other in ["cross-site", "same-site", "none"] {
            assert_eq!(claim(&[("sec-fetch-site", other), ("origin", "https://git.example.org")]), Claim::Other);
        }
        for other in ["https://evil.example", "null", "https://git.example.org.evil.example", "http://git.example.org"] {
            assert_eq!(claim(&[("origin", other), ("host", "git.internal")]), Claim::Other, "{other}");
        }
        assert_eq!(claim(&[]), Claim::None);
    }

    #[test]
    fn another_site_leads_and_the_address_bar_does_not() {
        let from = |site: &str| is_led(&HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), site.parse().unwrap())]));
        assert!(from("cross-site") && from("same-site") && from("something-new"));
        assert!(!from("same-origin") && !from("none") && !is_led(&HeaderMap::new()));
    }

    #[test]
    fn the_header_must_be_there() {
        let mut headers = HeaderMap::new();
        assert_eq!(needs_header(&headers).unwrap_err().status.as_u16(), 403);
        headers.insert(HEADER, "1".parse().unwrap());
        assert!(needs_header(&headers).is_ok());
    }
}
