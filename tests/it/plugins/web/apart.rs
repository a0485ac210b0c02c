//! Plugins on an origin of their own, which serves nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_testkit::TestServer;
use hardie_testkit::server::Options;

use super::{Web, script};
use crate::api::auth::sign_in;
use crate::api::{Answer, Asker};
use crate::git::with_repo;

/// Asks the host of plugins.
fn apart(asker: &Asker, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: Plugins.test\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    asker.raw(&[head.as_bytes(), b"\r\n", body].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_origin_serves_pages_and_nothing_of_the_forge() {
    let options = Options { plugin_web_origin: Some("http://plugins.test".to_owned()), ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, hidden, _) = with_repo(&server, "ann", "tool").await;
    let open = server.repo(&ann, "open", false).await.unwrap();
    let root = server.admin("root").await.unwrap();
    let (nobody, admin) = (Asker::new(&server, None), Asker::new(&server, Some(&root)));
    let public = Web::install(&admin, &format!("/repos/{open}/plugins"));
    let private = Web::install(&admin, &format!("/repos/{hidden}/plugins"));
    let get = |path: &str, headers: &[(&str, &str)]| apart(&nobody, "GET", path, headers, b"");

    let page = apart(
        &nobody,
        "POST",
        &format!("{}/s", public.path),
        &[],
        &script(200, &[("content-type", "text/html"), ("set-cookie", "a=b")], "<p>"),
    );
    assert_eq!((page.status, page.text().as_str()), (200, "<p>"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("sandbox allow-scripts") && !policy.contains("allow-same-origin"), "{policy}");
    assert!(policy.contains(&format!("default-src http://plugins.test{}/ ", public.path)), "{policy}");
    assert_eq!((page.header("content-type"), page.header("set-cookie")), ("text/html; charset=utf-8", ""));
    assert!(page.headers.iter().all(|(name, _)| !name.starts_with("access-control-")));

    // No cookie and no remembered password makes anybody somebody there; a token does.
    let cookie = sign_in(&server, &ann);
    let who = format!("{}/w", public.path);
    assert_eq!(get(&who, &[("cookie", &cookie)]).text(), "nobody");
    let basic = format!("Basic {}", STANDARD.encode(format!("ann:{}", ann.token)));
    assert_eq!(get(&who, &[("authorization", &basic)]).status, 403);
    let bearer = format!("Bearer {}", ann.token);
    assert!(get(&who, &[("authorization", &bearer)]).text().contains("ann"));
    let hidden = format!("{}/w", private.path);
    assert_eq!((get(&hidden, &[("cookie", &cookie)]).status, get(&hidden, &[("authorization", &bearer)]).status), (404, 200));

    // Nothing of the forge is there, whoever asks.
    for path in [
        "/",
        "/api/v1/version",
        "/api/v1/user",
        "/api/openapi.json",
        "/api/docs",
        "/healthz",
        "/metrics",
        "/ann/open.git/info/refs?service=git-upload-pack",
        "/ann/open/raw/branch/main/a",
        "/plugins",
        "/PLUGINS/1/",
    ] {
        let absent = get(path, &[("authorization", &bearer)]);
        assert_eq!(absent.status, 404, "{path}: {}", absent.text());
    }
    let credentials = format!("{{\"username\":\"ann\",\"password\":\"{}\"}}", ann.password);
    let signed_in = apart(
        &nobody,
        "POST",
        "/api/v1/user/sessions",
        &[("content-type", "application/json"), ("x-hardie-csrf", "1"), ("sec-fetch-site", "same-origin")],
        credentials.as_bytes(),
    );
    assert!(signed_in.status == 404 && signed_in.header("set-cookie").is_empty(), "{:?}", signed_in.headers);
    // Nor are plugins at the forge's host, and a proxy that nobody trusts does not make one host the other.
    let here = Asker::new(&server, Some(&ann));
    let elsewhere = public.get(&here, "/w");
    assert!(elsewhere.status == 404 && elsewhere.text().contains("http://plugins.test"), "{}", elsewhere.text());
    assert_eq!(here.get("/version").status, 200);
    let forge =
        |path: &str| format!("GET {path} HTTP/1.1\r\nhost: forge.test\r\nx-forwarded-host: plugins.test\r\nconnection: close\r\n\r\n");
    assert_eq!(
        (here.raw(forge(&who).as_bytes()).status, here.raw(forge("/api/v1/version").as_bytes()).status),
        (404, 200),
        "by its own name"
    );
    for path in [who.as_str(), "/api/v1/version"] {
        assert_eq!(here.send("GET", path, &[("x-forwarded-host", "plugins.test")], b"").status, 421, "{path}");
    }
    server.stop().await.unwrap();
}
