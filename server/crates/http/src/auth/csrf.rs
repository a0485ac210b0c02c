//! Requests that another site made a browser send. Three things must hold before a session cookie changes anything: a header
//! that a plain form cannot set and that a script of another origin may not set (no CORS answer ever allows it), a fetch that
//! the browser itself calls same-origin, and `SameSite=Lax` on the cookie.

use axum::http::header::{HOST, ORIGIN, REFERER};
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
    check_form(headers, http)
}

/// Guards a form on a page of ours that needs no cookie: another site must not fill it in.
pub fn check_form(headers: &HeaderMap, http: &Http) -> Result<(), Refusal> {
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

/// Whether nothing tells that a page of ours made a browser ask. Over plain http none says where it comes from by Fetch Metadata, so there
/// a link of another site looks as the address bar does.
pub fn is_untold(headers: &HeaderMap, public_origin: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text(SITE).is_some() {
        return is_led(headers);
    }
    let page = text(ORIGIN.as_str()).or_else(|| text(REFERER.as_str()).map(origin_of));
    !page.is_some_and(|origin| is_own(origin, headers, public_origin))
}

/// Scheme, host and port of an address.
fn origin_of(address: &str) -> &str {
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address.get(host..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(address.len(), |at| host + at);
    address.get(..end).unwrap_or(address)
}

/// Whether an origin is ours, by the public address or by the host that was asked.
pub fn is_own(origin: &str, headers: &HeaderMap, public_origin: &str) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_host = origin.split_once("://").is_some_and(|(_, of)| Some(of) == host);
    is_host || origin.eq_ignore_ascii_case(public_origin)
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
    if is_own(origin, headers, public_origin) { Claim::Same } else { Claim::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn claim(pairs: &[(&'static str, &str)]) -> Claim {
        claimed_origin(&headers(pairs), "https://git.example.org")
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
        let from = |site: &str| is_led(&headers(&[("sec-fetch-site", site)]));
        assert!(from("cross-site") && from("same-site") && from("something-new"));
        assert!(!from("same-origin") && !from("none") && !is_led(&HeaderMap::new()));
    }

    #[test]
    fn where_browsers_say_nothing_a_page_of_ours_must_have_made_them_ask() {
        let untold = |pairs: &[(&'static str, &str)]| is_untold(&headers(pairs), "http://git.example.org:8080");
        for own in [
            ("origin", "http://git.example.org:8080"),
            ("referer", "http://git.example.org:8080/ann/tool?x=y"),
            ("referer", "http://192.0.2.7:3000?x"),
            ("sec-fetch-site", "none"),
            ("sec-fetch-site", "same-origin"),
        ] {
            assert!(!untold(&[own, ("host", "192.0.2.7:3000")]), "{own:?}");
        }
        for other in [
            ("origin", "null"),
            ("referer", "http://git.example.org/"),
            ("referer", "http://git.example.org:8080.evil.example/"),
            ("referer", "http://evil.example/http://git.example.org:8080/"),
            ("referer", "192.0.2.7:3000"),
            ("referer", ""),
            ("sec-fetch-site", "cross-site"),
        ] {
            assert!(untold(&[other, ("host", "192.0.2.7:3000")]), "{other:?}");
        }
        let own_page = ("referer", "http://git.example.org:8080/");
        assert!(
            untold(&[]) && untold(&[own_page, ("origin", "http://evil.example")]) && untold(&[own_page, ("sec-fetch-site", "same-site")])
        );
    }

    #[test]
    fn the_header_must_be_there() {
        assert_eq!(needs_header(&HeaderMap::new()).unwrap_err().status.as_u16(), 403);
        assert!(needs_header(&headers(&[(HEADER, "1")])).is_ok());
    }
}
