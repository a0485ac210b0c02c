//! The rules that a guest's request is held against, whoever it goes to.

use hardie_domain::delivery::{HeaderValue, HttpRequest};
use hardie_domain::ids::DeliveryId;
use hardie_domain::plugin::is_short_name;

use crate::bindings::hardie::plugin::http::Request;
use crate::bindings::hardie::plugin::secrets::Slot;

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const URL: usize = 2048;
const HEADERS: usize = 64;
const HEADER_NAME: usize = 128;
const HEADER_VALUE: usize = 8 << 10;
const SECRETS: usize = 8;
/// Where a secret stands in an address.
const SECRET: &str = "{secret:";
/// What belongs to the connection, or would tell the server or a proxy something else than what is sent.
const RESERVED: &[&str] = &[
    "host",
    "connection",
    "keep-alive",
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "accept-encoding",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "via",
    "forwarded",
    // A part of an answer could be a part of a secret.
    "range",
    "if-range",
    // Another method or address than the one that was granted.
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];
const RESERVED_PREFIXES: &[&str] = &["proxy-", "x-forwarded-", "sec-"];
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The request in the server's own terms; the error is for the plugin. Without `slots` no secret may be named.
pub(crate) fn checked(request: Request, slots: Option<Vec<Slot>>, most_body: usize) -> Result<HttpRequest, String> {
    let Request { method, url, headers, body } = request;
    if !METHODS.contains(&method.as_str()) {
        return Err(format!("the method is one of {}", METHODS.join(", ")));
    }
    if body.len() > most_body {
        return Err(format!("the body has {} bytes; {most_body} are the most", body.len()));
    }
    let mut secrets = check_url(&url)?;
    let mut checked = Vec::new();
    for header in headers {
        check_header(&header.name, &header.value)?;
        checked.push((header.name, HeaderValue::Plain(header.value)));
    }
    if slots.is_none() && secrets > 0 {
        return Err("secrets are filled in by `secrets.send`, not by `http.send`".to_owned());
    }
    for Slot { header, prefix, secret: name, kind } in slots.into_iter().flatten() {
        check_header(&header, &prefix)?;
        check_secret(&name)?;
        secrets += 1;
        let value = match kind.as_str() {
            "value" => HeaderValue::Secret { prefix, name },
            "hmac-sha256" => HeaderValue::Signature { prefix, name },
            _ => return Err("a slot's kind is value or hmac-sha256".to_owned()),
        };
        checked.push((header, value));
    }
    if checked.len() > HEADERS || secrets > SECRETS {
        return Err(format!("a request has at most {HEADERS} headers and {SECRETS} secrets"));
    }
    Ok(HttpRequest { method, url, headers: checked, body })
}

/// By this a receiver tells that it has seen the request before, in an earlier attempt.
pub(crate) fn add_idempotency_key(request: &mut HttpRequest, delivery: DeliveryId, number: usize) {
    let given = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(IDEMPOTENCY_KEY));
    if !given && !["GET", "HEAD"].contains(&request.method.as_str()) {
        request.headers.push((IDEMPOTENCY_KEY.to_owned(), HeaderValue::Plain(format!("{}-{number}", delivery.0))));
    }
}

/// What it costs to hand it over.
pub(crate) fn size(request: &HttpRequest) -> usize {
    let value = |value: &HeaderValue| match value {
        HeaderValue::Plain(text) => text.len(),
        HeaderValue::Secret { prefix, name } | HeaderValue::Signature { prefix, name } => prefix.len() + name.len(),
    };
    request.url.len() + request.body.len() + request.headers.iter().map(|(name, text)| name.len() + value(text)).sum::<usize>()
}

/// Counts the secrets in its path.
fn check_url(url: &str) -> Result<usize, String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.ok_or("the address begins with https:// or http://")?;
    if url.len() > URL || !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#\"<>^`|".contains(&byte)) {
        return Err(format!("the address has at most {URL} visible ASCII characters, and none of \\ # \" < > ^ ` |"));
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.is_empty() || authority.contains(['@', '{', '}', '%']) {
        return Err("the address names a host, and no user before it".to_owned());
    }
    let behind = rest.strip_prefix(authority).unwrap_or_default();
    let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
    let misplaced = || "braces are for {secret:NAME}, in the path alone".to_owned();
    if query.contains(['{', '}']) {
        return Err(misplaced());
    }
    if path.to_ascii_lowercase().contains("%7b") {
        return Err(misplaced());
    }
    let (mut left, mut secrets) = (path, 0);
    while let Some((before, after)) = left.split_once(SECRET) {
        let (name, after) = after.split_once('}').ok_or_else(misplaced)?;
        if before.contains(['{', '}']) {
            return Err(misplaced());
        }
        check_secret(name)?;
        (left, secrets) = (after, secrets + 1);
    }
    if left.contains(['{', '}']) { Err(misplaced()) } else { Ok(secrets) }
}

fn check_secret(name: &str) -> Result<(), String> {
    if is_short_name(name) { Ok(()) } else { Err("the name of a secret is 1 to 64 of a-z, 0-9 and -".to_owned()) }
}

fn check_header(name: &str, value: &str) -> Result<(), String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !(1..=HEADER_NAME).contains(&name.len()) || !name.bytes().all(token) {
        return Err(format!("{:?} is no name of a header", crate::text::line(name, 40)));
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
        return Err(format!("the header {name} is the server's to set"));
    }
    if value.len() > HEADER_VALUE || !value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ' || byte == b'\t') {
        return Err(format!("the value of {name} is not visible ASCII of at most {HEADER_VALUE} characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::hardie::plugin::http::Header;

    fn request(url: &str, headers: &[(&str, &str)]) -> Request {
        let headers = headers.iter().map(|(name, value)| Header { name: (*name).into(), value: (*value).into() }).collect();
        Request { method: "POST".into(), url: url.into(), headers, body: b"{}".to_vec() }
    }

    fn slot(header: &str, prefix: &str, secret: &str, kind: &str) -> Slot {
        Slot { header: header.into(), prefix: prefix.into(), secret: secret.into(), kind: kind.into() }
    }

    #[test]
    fn addresses_name_a_host_and_hide_nothing() {
        for good in ["https://a.example", "http://a.example:8080/b?c=d&e=%20", "https://[::1]/x", "https://a.example?q"] {
            assert_eq!(check_url(good), Ok(0), "{good}");
        }
        for bad in [
            "",
            "ftp://a.example",
            "HTTPS://a.example",
            "https://",
            "https:///x",
            "https://user@a.example/",
            "https://a.example@b.example/",
            "https://a%2eexample/",
            "https://a.example\\@b.example/",
            "https://a.example/#x",
            "https://a.example/ x",
            "https://a.example/\r\nHost: b",
            "https://ä.example/",
            &format!("https://a.example/{}", "x".repeat(2048)),
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn secrets_stand_in_the_path_alone() {
        assert_eq!(check_url("https://hooks.example/services/{secret:slack}"), Ok(1));
        assert_eq!(check_url("https://hooks.example/{secret:a}/x{secret:b-2}?wait=true"), Ok(2));
        for bad in [
            "https://{secret:a}/",
            "https://{secret:a}.example/",
            "https://a.example/?k={secret:a}",
            "https://a.example/{secret:a",
            "https://a.example/{secret:A}",
            "https://a.example/{secret:}",
            "https://a.example/{secret:a/b}",
            "https://a.example/{x}",
            "https://a.example/}{secret:a}",
            "https://a.example/{secret:{secret:a}}",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
        let url = "https://a.example/{secret:a}";
        assert!(checked(request(url, &[]), None, 10).unwrap_err().contains("secrets.send"));
        assert!(checked(request(url, &[]), Some(Vec::new()), 10).is_ok());
    }

    #[test]
    fn headers_cannot_smuggle_or_take_the_servers_place() {
        let check = |name: &str, value: &str| checked(request("https://a.example", &[(name, value)]), None, 10);
        for (name, value) in [("Authorization", "Bearer x"), ("cookie", "a=b"), ("X-Hub-Signature", "sha256=1\tx"), ("a", "")] {
            assert!(check(name, value).is_ok(), "{name}");
        }
        let reserved = ["Host", "content-LENGTH", "Transfer-Encoding", "Connection", "Proxy-Authorization", "X-Forwarded-For", "Expect"];
        for name in reserved.into_iter().chain(["", "a b", "a:b", "a\r\nb", "ü", &"x".repeat(129)]) {
            assert!(check(name, "x").is_err(), "{name:?}");
        }
        for value in ["a\r\nHost: b", "a\nb", "a\0b", "ü", "\u{7f}", &"x".repeat(9000)] {
            assert!(check("a", value).is_err(), "{value:?}");
        }
        for slots in
            [slot("Host", "", "a", "value"), slot("A", "x\r\nB: ", "a", "value"), slot("A", "", "a b", "value"), slot("A", "", "a", "md5")]
        {
            assert!(checked(request("https://a.example", &[]), Some(vec![slots]), 10).is_err());
        }
    }

    #[test]
    fn a_request_is_told_in_the_servers_terms() {
        let slots = vec![slot("Authorization", "Bearer ", "token", "value"), slot("X-Sign", "sha256=", "key", "hmac-sha256")];
        let mut made = checked(request("https://a.example/x", &[("A", "b")]), Some(slots), 2).unwrap();
        add_idempotency_key(&mut made, DeliveryId(7), 2);
        let expected = [
            ("A", HeaderValue::Plain("b".into())),
            ("Authorization", HeaderValue::Secret { prefix: "Bearer ".into(), name: "token".into() }),
            ("X-Sign", HeaderValue::Signature { prefix: "sha256=".into(), name: "key".into() }),
            ("Idempotency-Key", HeaderValue::Plain("7-2".into())),
        ];
        assert_eq!(made.headers, expected.map(|(name, value)| (name.to_owned(), value)));
        let mut own = checked(request("https://a.example/x", &[("idempotency-key", "mine")]), None, 2).unwrap();
        add_idempotency_key(&mut own, DeliveryId(7), 1);
        assert_eq!(own.headers.len(), 1);
    }

    #[test]
    fn methods_bodies_and_counts_have_their_bounds() {
        let of = |method: &str, body: usize| Request { method: method.into(), body: vec![0; body], ..request("https://a.example", &[]) };
        assert!(checked(of("PATCH", 10), None, 10).is_ok());
        assert!(checked(of("PATCH", 11), None, 10).unwrap_err().contains("11 bytes"));
        for method in ["CONNECT", "TRACE", "get", "", "GET /x HTTP/1.1\r\n"] {
            assert!(checked(of(method, 0), None, 10).is_err(), "{method:?}");
        }
        let many = vec![("a", "b"); 65];
        assert!(checked(request("https://a.example", &many), None, 10).is_err());
        let slots = (0..9).map(|_| slot("a", "", "a", "value")).collect();
        assert!(checked(request("https://a.example", &[]), Some(slots), 10).is_err());
    }
}
