//! What becomes of a plugin's answer before a browser sees it: headers by list, and those that keep it where it belongs.

use super::content_type::{self, ContentType};
use super::{ANSWER_BYTES, HEADER_BYTES, HEADERS, WebResponse};

/// Headers that pass as they are.
const PASSED: &[&str] = &["allow", "content-language", "etag", "last-modified", "retry-after"];
/// Characters of a refused header that are told.
const TOLD: usize = 60;

/// Where and to whom an answer is served.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// `https://host[:port]`, if plugins have an origin of their own.
    pub origin: Option<&'a str>,
    /// Where the plugin is found.
    pub base_path: &'a str,
    /// Whether the answer is for one user alone.
    pub signed_in: bool,
}

/// An answer as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// 200 to 599.
    pub status: u16,
    /// Names, each once, and values of visible ASCII and blanks.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What was left out, in words for the people who administer the plugin.
    pub left_out: Vec<String>,
}

/// Holds an answer against the rules. The error says what is wrong with it, for the people who administer the plugin.
pub fn admit(response: WebResponse, served: Served<'_>) -> Result<Admitted, String> {
    let WebResponse { status, headers, body } = response;
    if !(200..=599).contains(&status) {
        return Err(format!("the status {status} is none of 200 to 599"));
    }
    check_size(&headers, &body)?;
    let mut admitted = Admitted { status, headers: own(served), body, left_out: Vec::new() };
    let (mut given_type, mut disposition, mut caching, mut location) = (None, None, None, None);
    for (name, value) in &headers {
        let is_plain = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let lower = name.to_ascii_lowercase();
        let slot = match lower.as_str() {
            "content-type" => &mut given_type,
            "content-disposition" => &mut disposition,
            "cache-control" => &mut caching,
            "location" => &mut location,
            other => match PASSED.iter().find(|known| **known == other) {
                Some(known) if is_plain && !admitted.headers.iter().any(|(there, _)| there == known) => {
                    admitted.headers.push((known, value.clone()));
                    continue;
                }
                _ => {
                    admitted.left_out.push(format!("the header {:?} was left out", cut(name)));
                    continue;
                }
            },
        };
        if !is_plain || slot.replace(value.as_str()).is_some() {
            return Err(format!("the header {lower} is there twice, or is not visible ASCII"));
        }
    }
    if matches!(status, 204 | 205 | 304) {
        admitted.body.clear();
    } else {
        let kind = content_type::read(given_type, served.origin.is_some())?;
        admitted.headers.extend(place(&kind, disposition)?.map(|value| ("content-disposition", value)));
        admitted.headers.push(("content-type", kind.value));
    }
    // A cache between must not keep for others what one was shown.
    let caching = caching.filter(|_| !served.signed_in).unwrap_or("no-store");
    admitted.headers.push(("cache-control", caching.to_owned()));
    match location {
        Some(to) if is_within(to, served.base_path) => admitted.headers.push(("location", to.to_owned())),
        Some(to) => return Err(format!("the location {:?} is not below {}", cut(to), served.base_path)),
        None if matches!(status, 301 | 302 | 303 | 307 | 308) => return Err(format!("the status {status} needs a location")),
        None => {}
    }
    Ok(admitted)
}

fn check_size(headers: &[(String, String)], body: &[u8]) -> Result<(), String> {
    let bytes: usize = headers.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum();
    if headers.len() > HEADERS || bytes > HEADER_BYTES {
        return Err(format!("the answer has {} headers of {bytes} bytes; {HEADERS} of {HEADER_BYTES} are the most", headers.len()));
    }
    match body.len().saturating_add(bytes) {
        ..=ANSWER_BYTES => Ok(()),
        all => Err(format!("the answer has {all} bytes; {ANSWER_BYTES} are the most")),
    }
}

/// What every answer carries. An own origin is shared by all plugins, so each page gets one of its own in the browser (`sandbox`, without
/// `allow-same-origin`) and loads from its own addresses alone.
fn own(served: Served<'_>) -> Vec<(&'static str, String)> {
    let (policy, sharing) = match served.origin {
        Some(origin) => {
            let here = format!("{origin}{}/", served.base_path);
            let policy = format!(
                "sandbox allow-scripts allow-forms; default-src {here} 'unsafe-inline' data:; form-action {here}; base-uri 'none'; \
                 frame-ancestors 'none'"
            );
            // To a sandboxed page its own scripts and pictures are another origin's.
            (policy, "cross-origin")
        }
        None => ("sandbox; default-src 'none'; frame-ancestors 'none'".to_owned(), "same-origin"),
    };
    vec![
        ("content-security-policy", policy),
        ("cross-origin-resource-policy", sharing.to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
    ]
}

/// How a browser is told to take it.
fn place(kind: &ContentType, given: Option<&str>) -> Result<Option<String>, String> {
    let word = given.map(|given| given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    match word.as_deref() {
        Some("attachment") => Ok(given.map(str::to_owned)),
        None | Some("inline") if kind.is_download => Ok(Some("attachment".to_owned())),
        None => Ok(None),
        Some("inline") => Ok(given.map(str::to_owned)),
        Some(other) => Err(format!("the content-disposition {:?} is neither inline nor attachment", cut(other))),
    }
}

/// Whether an address is one of the plugin's own, however a browser reads it.
fn is_within(to: &str, base_path: &str) -> bool {
    let Some(rest) = to.strip_prefix(base_path) else { return false };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let climbs = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    let begins = rest.is_empty() || rest.starts_with(['/', '?', '#']);
    begins && !to.contains(['\\', ' ']) && !path.split('/').any(climbs)
}

fn cut(text: &str) -> String {
    text.chars().take(TOLD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Served<'_> = Served { origin: None, base_path: "/plugins/7", signed_in: false };
    const APART: Served<'_> = Served { origin: Some("https://plugins.example.org"), ..HERE };

    fn response(status: u16, headers: &[(&str, &str)]) -> WebResponse {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        WebResponse { status, headers, body: b"body".to_vec() }
    }

    fn admitted(headers: &[(&str, &str)], served: Served<'_>) -> Admitted {
        admit(response(200, &[&[("content-type", "text/plain")], headers].concat()), served).unwrap()
    }

    fn header<'a>(admitted: &'a Admitted, name: &str) -> Option<&'a str> {
        let mut found = admitted.headers.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        let first = found.next();
        assert_eq!(found.next(), None, "{name} twice");
        first
    }

    #[test]
    fn headers_pass_by_list_and_the_rest_is_told() {
        let bad = [
            ("Set-Cookie", "hardie_session=x"),
            ("Clear-Site-Data", "\"*\""),
            ("Service-Worker-Allowed", "/"),
            ("Access-Control-Allow-Origin", "*"),
            ("Content-Security-Policy", "default-src *"),
            ("X-Content-Type-Options", "sniff"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
            ("Refresh", "0;url=https://evil.example"),
            ("Link", "</x.js>; rel=preload"),
            ("Strict-Transport-Security", "max-age=0"),
            ("WWW-Authenticate", "Basic"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Encoding", "br"),
            ("ETag\r\nSet-Cookie", "x"),
            ("", "x"),
            ("last-modified", "x\r\nSet-Cookie: a=b"),
        ];
        let answer = admitted(&[&bad[..], &[("ETag", "\"1\"")]].concat(), HERE);
        assert_eq!(answer.left_out.len(), bad.len());
        assert_eq!(header(&answer, "etag"), Some("\"1\""));
        assert_eq!(header(&answer, "content-security-policy"), Some("sandbox; default-src 'none'; frame-ancestors 'none'"));
        assert_eq!(header(&answer, "cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.headers.len(), 6, "{:?}", answer.headers);
    }

    #[test]
    fn redirects_stay_within_the_plugin() {
        let to = |location: &str| admit(response(302, &[("location", location), ("content-type", "text/plain")]), HERE);
        for good in ["/plugins/7", "/plugins/7/", "/plugins/7/a/b?c=../d", "/plugins/7?x#y", "/plugins/7/..."] {
            assert_eq!(header(&to(good).unwrap(), "location"), Some(good));
        }
        for bad in [
            "https://evil.example/plugins/7/",
            "//evil.example",
            "/\\evil.example",
            "/plugins/70/",
            "/plugins/7.evil.example",
            "/plugins/7/../8/",
            "/plugins/7/%2e%2E/8/",
            "/plugins/7/.%2e",
            "/plugins/7\\..\\8",
            "/plugins/7/\t/x",
            "javascript:alert(1)",
            "/",
            "",
        ] {
            assert!(to(bad).is_err(), "{bad}");
        }
        assert!(admit(response(303, &[("content-type", "text/plain")]), HERE).is_err());
    }

    #[test]
    fn an_own_origin_serves_pages_that_reach_nothing_but_their_own() {
        assert!(admit(response(200, &[("content-type", "text/html")]), HERE).unwrap_err().contains("plugin-web-origin"));
        let page = admit(response(200, &[("content-type", "text/html")]), APART).unwrap();
        let policy = header(&page, "content-security-policy").unwrap();
        assert!(policy.starts_with("sandbox allow-scripts allow-forms; ") && !policy.contains("allow-same-origin"), "{policy}");
        assert!(policy.contains("default-src https://plugins.example.org/plugins/7/ 'unsafe-inline' data:;"), "{policy}");
        assert_eq!(header(&page, "content-type"), Some("text/html; charset=utf-8"));
    }

    #[test]
    fn what_one_user_was_shown_is_kept_by_no_cache() {
        let caching = [("cache-control", "public, max-age=60")];
        assert_eq!(header(&admitted(&caching, HERE), "cache-control"), Some("public, max-age=60"));
        assert_eq!(header(&admitted(&caching, Served { signed_in: true, ..HERE }), "cache-control"), Some("no-store"));
        assert_eq!(header(&admitted(&[], HERE), "cache-control"), Some("no-store"));
    }

    #[test]
    fn what_is_a_file_stays_one_and_what_has_no_body_has_none() {
        let disposition = |kind: &str, given: &str| {
            let headers = [("content-type", kind), ("content-disposition", given)];
            admit(response(200, if given.is_empty() { &headers[..1] } else { &headers }), HERE)
        };
        let shown = |kind: &str, given: &str| header(&disposition(kind, given).unwrap(), "content-disposition").map(str::to_owned);
        assert_eq!(shown("application/pdf", "inline").as_deref(), Some("attachment"));
        assert_eq!(shown("application/zip", "").as_deref(), Some("attachment"));
        assert_eq!(shown("text/plain", ""), None);
        assert_eq!(shown("text/plain", "Attachment; filename=\"a.txt\"").as_deref(), Some("Attachment; filename=\"a.txt\""));
        assert!(disposition("text/plain", "form-data; name=x").is_err());
        let nothing = admit(response(204, &[("content-type", "text/html")]), HERE).unwrap();
        assert!(nothing.body.is_empty() && header(&nothing, "content-type").is_none());
    }

    #[test]
    fn bounds_and_statuses_are_kept() {
        for status in [0, 100, 101, 199, 600, 65_535] {
            assert!(admit(response(status, &[("content-type", "text/plain")]), HERE).is_err(), "{status}");
        }
        let many = vec![("x-a", "b"); HEADERS + 1];
        assert!(admit(response(200, &many), HERE).unwrap_err().contains("65 headers"));
        let long = "x".repeat(HEADER_BYTES);
        assert!(admit(response(200, &[("etag", &long)]), HERE).is_err());
        let large = WebResponse { body: vec![0; ANSWER_BYTES + 1], ..response(200, &[]) };
        assert!(admit(large, HERE).unwrap_err().contains("4194305"));
        let twice = [("content-type", "text/plain"), ("Content-Type", "text/html")];
        assert!(admit(response(200, &twice), HERE).unwrap_err().contains("twice"));
    }
}
