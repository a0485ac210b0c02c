use super::*;

fn request(url: &str, headers: Vec<(&str, HeaderValue)>) -> HttpRequest {
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    HttpRequest { method: "POST".to_owned(), url: url.to_owned(), headers, body: b"what do ya want for nothing?".to_vec() }
}

fn plain(value: &str) -> HeaderValue {
    HeaderValue::Plain(value.to_owned())
}

fn secret(prefix: &str, name: &str) -> HeaderValue {
    HeaderValue::Secret { prefix: prefix.to_owned(), name: name.to_owned() }
}

/// `token` and the others are bound to https://hooks.example.org, port 443, alone.
fn bound(name: &str, at: &Destination, slot: Slot<'_>) -> Result<Option<Secret>, ServiceError> {
    let value = match name {
        "token" => "s3cr3t-value",
        "jefe" => "Jefe",
        "path" => "T0/B0/xyz",
        "up" => "a/../../admin",
        "dot" => ".",
        "query" => "x?y",
        "lines" => "one\r\nX-Two: two",
        "header" if slot == Slot::Header("X-Key") => "s3cr3t-value",
        "sealed" => return Err(ServiceError::Failed("the key is lost".to_owned())),
        _ => return Ok(None),
    };
    Ok((*at == "https://hooks.example.org".parse().unwrap()).then(|| Secret::new(value)))
}

/// Fills in a request that may go anywhere.
fn filled(request: HttpRequest) -> Result<Prepared, ServiceError> {
    fill(request, &|_, _| Ok(()), &bound)
}

fn header(prepared: &Prepared, name: &str) -> String {
    prepared.headers.get(name).unwrap().to_str().unwrap().to_owned()
}

#[test]
fn secrets_and_signatures_stand_where_they_were_named() {
    let sign = HeaderValue::Signature { prefix: "sha256=".to_owned(), name: "jefe".to_owned() };
    let url = "https://hooks.example.org/services/{secret:path}/x?y=z";
    let headers = vec![("Authorization", secret("Bearer ", "token")), ("X-Signature", sign), ("X-Plain", plain("{secret:token}"))];
    let prepared = filled(request(url, headers)).unwrap();
    assert_eq!(prepared.path.as_str(), "/services/T0/B0/xyz/x?y=z");
    assert_eq!(header(&prepared, "authorization"), "Bearer s3cr3t-value");
    // RFC 4231, test case 2.
    assert_eq!(header(&prepared, "x-signature"), "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_eq!(header(&prepared, "x-plain"), "{secret:token}");
    assert_eq!(header(&prepared, "user-agent"), concat!("Hardie/", env!("CARGO_PKG_VERSION")));
    assert!(prepared.headers.get("authorization").unwrap().is_sensitive() && prepared.headers.get("x-signature").unwrap().is_sensitive());
    assert_eq!(format!("{prepared:?}"), "Prepared(POST https://hooks.example.org)");
}

#[test]
fn a_secret_goes_only_to_the_destination_that_it_is_bound_to() {
    for url in [
        "http://hooks.example.org/",
        "https://hooks.example.org:8443/",
        "https://www.hooks.example.org/",
        "https://example.org/",
        "https://hooks.example.org.evil.example/",
        "https://evil.example/https://hooks.example.org/",
    ] {
        for headers in
            [vec![("A", secret("", "token"))], vec![("A", HeaderValue::Signature { prefix: String::new(), name: "token".to_owned() })]]
        {
            let Err(ServiceError::Denied(text)) = filled(request(url, headers)) else { panic!("{url}") };
            assert!(text.contains("\"token\"") && !text.contains("s3cr3t"), "{text}");
        }
        assert!(matches!(filled(request(&format!("{url}{{secret:path}}"), vec![])), Err(ServiceError::Denied(_))), "{url}");
    }
    assert!(filled(request("https://HOOKS.example.org.:443/", vec![("A", secret("", "token"))])).is_ok());
    let missing = filled(request("https://hooks.example.org/", vec![("A", secret("", "other"))]));
    assert!(matches!(missing, Err(ServiceError::Denied(_))));
}

#[test]
fn a_secret_is_asked_for_by_the_place_where_it_will_stand() {
    let url = "https://hooks.example.org/";
    let sign = || HeaderValue::Signature { prefix: String::new(), name: "header".to_owned() };
    assert!(filled(request(url, vec![("X-Key", secret("", "header"))])).is_ok() && filled(request(url, vec![("X-Key", sign())])).is_ok());
    for refused in [
        filled(request(url, vec![("X-Other", secret("", "header"))])),
        filled(request(url, vec![("X-Other", sign())])),
        filled(request(&format!("{url}{{secret:header}}"), vec![])),
    ] {
        assert!(matches!(&refused, Err(ServiceError::Denied(text)) if text.contains("\"header\"")), "{refused:?}");
    }
    let lost = filled(request(url, vec![("A", secret("", "sealed"))]));
    assert!(matches!(&lost, Err(ServiceError::Failed(text)) if text == "the key is lost"), "{lost:?}");
}

#[test]
fn no_secret_is_opened_for_where_nothing_may_go() {
    let denied = |_: &Method, at: &Destination| Err(ServiceError::Denied(format!("not {at}")));
    let opened = |_: &str, _: &Destination, _: Slot<'_>| -> Result<Option<Secret>, ServiceError> { panic!("opened") };
    let refused = fill(request("https://hooks.example.org/{secret:path}", vec![("A", secret("", "token"))]), &denied, &opened);
    assert!(matches!(&refused, Err(ServiceError::Denied(text)) if text == "not https://hooks.example.org"), "{refused:?}");
}

#[test]
fn a_secret_cannot_change_what_stands_around_it() {
    for url in [
        "https://hooks.example.org/{secret:up}",
        "https://hooks.example.org/a/.{secret:dot}/b",
        "https://hooks.example.org/a/%2e{secret:dot}/b",
        "https://hooks.example.org/{secret:query}",
        "https://hooks.example.org/{secret:lines}",
        "https://hooks.example.org/?x={secret:token}",
        "https://hooks.example.org/?x=%7Bsecret:token%7D",
        "https://{secret:token}.example.org/",
        "https://hooks.example.org/{secret:token",
    ] {
        let refused = filled(request(url, vec![]));
        let Err(ServiceError::Invalid(text)) = refused else { panic!("{url}: {refused:?}") };
        assert!(!text.contains("s3cr3t") && !text.contains("admin"), "{text}");
    }
    let lines = filled(request("https://hooks.example.org/", vec![("A", secret("", "lines"))]));
    let Err(ServiceError::Invalid(text)) = lines else { panic!("{lines:?}") };
    assert!(text.contains("\"lines\"") && !text.contains("one"), "{text}");
}

#[test]
fn headers_that_are_not_a_plugins_are_refused() {
    let refused = |name: &str, value: HeaderValue| {
        let result = filled(request("https://hooks.example.org/", vec![(name, value)]));
        assert!(matches!(result, Err(ServiceError::Invalid(_))), "{name:?}: {result:?}");
    };
    for name in [
        "Host",
        "hOST",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
        "TE",
        "Trailer",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Expect",
        "Keep-Alive",
        "HTTP2-Settings",
        "Accept-Encoding",
        "",
        "a b",
        "a:b",
        "a\r\nb",
        "ä",
        ":authority",
        "a\0",
    ] {
        refused(name, plain("x"));
    }
    for value in ["a\r\nHost: evil", "a\nb", "a\rb", "a\0b", "\u{7f}", "\u{1}"] {
        refused("X-A", plain(value));
        refused("X-A", secret(value, "token"));
    }
    refused("X-Large", plain(&"x".repeat(17 << 10)));
    let many = (0..65).map(|n| (format!("x-{n}"), plain("x"))).collect();
    let many = HttpRequest { headers: many, ..request("https://hooks.example.org/", vec![]) };
    assert!(matches!(filled(many), Err(ServiceError::Invalid(_))));
}

#[test]
fn methods_and_bodies_have_bounds() {
    for method in ["CONNECT", "TRACE", "OPTIONS", "get", "", "GET /"] {
        let request = HttpRequest { method: method.to_owned(), ..request("https://hooks.example.org/", vec![]) };
        assert!(matches!(filled(request), Err(ServiceError::Invalid(_))), "{method:?}");
    }
    let body = |length| HttpRequest { body: vec![0; length], ..request("https://hooks.example.org/", vec![]) };
    assert!(filled(body(1 << 20)).is_ok());
    assert!(matches!(filled(body((1 << 20) + 1)), Err(ServiceError::Invalid(_))));
}
