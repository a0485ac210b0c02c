use std::fs;
use std::sync::Mutex;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use futures_util::{StreamExt as _, stream};
use tower::ServiceExt as _;

use super::*;

fn bundle() -> Bundle {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), "<!doctype html><script type=\"module\">go()</script>").unwrap();
    fs::write(folder.path().join("app-0123456789abcdef.js"), "plain").unwrap();
    fs::write(folder.path().join("app-0123456789abcdef.js.br"), "brotli").unwrap();
    fs::write(folder.path().join("app-0123456789abcdef.js.gz"), "gzip").unwrap();
    Bundle::load(folder.path()).unwrap()
}

fn echo() -> Forward {
    Arc::new(|request| {
        Box::pin(async move {
            let line = format!("{} {}|", request.method(), request.uri());
            let head = stream::once(async move { Ok(bytes::Bytes::from(line)) });
            let body: ByteStream = Box::pin(head.chain(request.into_body()));
            Ok(axum::http::Response::new(body))
        })
    })
}

fn down() -> Forward {
    Arc::new(|_| Box::pin(async { Err(Unreachable { message: "nothing answers at http://10.0.0.5:3000".into(), timed_out: false }) }))
}

async fn ask(forward: Forward, request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, String) {
    let response = router(bundle(), forward, Some("https://plugins.example.org")).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).header("accept-encoding", "gzip, br").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn any_page_address_gets_the_page_with_its_policy_and_no_cache() {
    for path in ["/", "/ann/tool/src/branch/main/a%20b.rs", "/no/such/page"] {
        let (status, headers, body) = ask(down(), get(path)).await;
        assert_eq!(status, 200, "{path}");
        assert!(body.starts_with("<!doctype html>"));
        assert_eq!(headers["cache-control"], "no-cache");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
        assert_eq!(headers["referrer-policy"], "same-origin");
    }
}

#[tokio::test]
async fn two_hosts_are_refused_and_nothing_is_passed_on() {
    for path in ["/", "/api/v1/version", "/plugins/1/"] {
        let mut request = get(path);
        request.headers_mut().append("host", "git.example.org".parse().unwrap());
        let (status, _, _) = ask(echo(), request).await;
        assert_eq!(status, 200, "{path}");
        let mut request = get(path);
        for host in ["git.example.org", "plugins.example.org"] {
            request.headers_mut().append("host", host.parse().unwrap());
        }
        let (status, _, body) = ask(echo(), request).await;
        assert!(status == 400 && body.contains("one Host header"), "{path}: {body}");
    }
}

#[tokio::test]
async fn hashed_files_are_immutable_and_precompressed() {
    let (_, headers, body) = ask(down(), get("/-/ui/app-0123456789abcdef.js")).await;
    assert_eq!((body.as_str(), &headers["content-encoding"]), ("brotli", &"br".parse().unwrap()));
    assert!(headers["cache-control"].to_str().unwrap().contains("immutable"));
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    let plain = Request::get("/-/ui/app-0123456789abcdef.js").body(Body::empty()).unwrap();
    let (_, headers, body) = ask(down(), plain).await;
    assert_eq!(body, "plain");
    assert!(!headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn a_file_that_was_not_built_is_404_and_never_the_page() {
    for path in ["/-/ui/app.js", "/-/ui/../../etc/passwd", "/-/ui/", "/-/ui/index.html", "/favicon.ico"] {
        let (status, _, body) = ask(down(), get(path)).await;
        assert_eq!(status, 404, "{path}");
        assert!(!body.contains("doctype"), "{path}");
    }
}

#[tokio::test]
async fn a_known_page_is_answered_with_304() {
    let (_, headers, _) = ask(down(), get("/")).await;
    let again = Request::get("/").header("if-none-match", &headers["etag"]).body(Body::empty()).unwrap();
    let (status, _, body) = ask(down(), again).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
}

#[tokio::test]
async fn a_page_cannot_be_written_to() {
    let (status, headers, _) = ask(down(), Request::post("/ann/tool").body(Body::empty()).unwrap()).await;
    assert_eq!((status, &headers["allow"]), (StatusCode::METHOD_NOT_ALLOWED, &"GET, HEAD".parse().unwrap()));
}

#[tokio::test]
async fn requests_of_the_server_go_through_with_query_and_body() {
    let request = Request::post("/ann/tool.git/git-upload-pack?x=%2F1").body(Body::from("0000")).unwrap();
    let (status, _, body) = ask(echo(), request).await;
    assert_eq!((status.as_u16(), body.as_str()), (200, "POST /ann/tool.git/git-upload-pack?x=%2F1|0000"));
}

#[tokio::test]
async fn an_answer_arrives_before_the_request_has_ended() {
    let (send, receive) = tokio::sync::mpsc::channel::<std::io::Result<bytes::Bytes>>(1);
    let input = stream::unfold(receive, |mut receive| async { receive.recv().await.map(|item| (item, receive)) });
    let request = Request::post("/a/b/git-receive-pack").body(Body::from_stream(input)).unwrap();
    let response = router(bundle(), echo(), None).oneshot(request).await.unwrap();
    let mut body = response.into_body().into_data_stream();
    assert!(body.next().await.unwrap().unwrap().starts_with(b"POST"));
    send.send(Ok("first".into())).await.unwrap();
    assert_eq!(body.next().await.unwrap().unwrap(), "first");
    drop(send);
    assert!(body.next().await.is_none());
}

#[tokio::test]
async fn a_server_that_is_down_is_a_502_in_the_askers_own_form() {
    let (status, headers, body) = ask(down(), get("/api/v1/version")).await;
    assert_eq!(status, 502);
    assert_eq!(headers["content-type"], "application/json; charset=utf-8");
    assert!(body.contains(r#""message":"nothing answers behind this address"#) && !body.contains("10.0.0.5"), "{body}");
    let (status, _, body) = ask(down(), get("/a/b.git/info/refs?service=git-upload-pack")).await;
    assert_eq!(status, 502);
    assert!(body.ends_with("is `hardie serve` running there?\n") && !body.contains("10.0.0.5"), "{body}");
}

#[tokio::test]
async fn the_page_is_served_while_the_server_is_down_and_nothing_is_asked_of_it() {
    let asked = Arc::new(Mutex::new(0));
    let counter = asked.clone();
    let forward: Forward = Arc::new(move |_| {
        *counter.lock().unwrap() += 1;
        Box::pin(async { Err(Unreachable { message: String::new(), timed_out: true }) })
    });
    let (status, _, _) = ask(forward.clone(), get("/user/login")).await;
    assert_eq!((status.as_u16(), *asked.lock().unwrap()), (200, 0));
    let (status, _, _) = ask(forward, get("/api/v1/user")).await;
    assert_eq!((status, *asked.lock().unwrap()), (StatusCode::GATEWAY_TIMEOUT, 1));
}

#[tokio::test]
async fn the_host_of_plugins_is_the_servers_whatever_is_asked() {
    for path in ["/", "/ann/tool", "/-/ui/app-0123456789abcdef.js", "/healthz", "/favicon.ico"] {
        let request = Request::get(path).header("host", "Plugins.example.org").body(Body::empty()).unwrap();
        assert_eq!(ask(echo(), request).await.2, format!("GET {path}|"));
        let made_up = Request::get(path).header("host", "git.example.org").header("x-forwarded-host", "plugins.example.org");
        assert_ne!(ask(echo(), made_up.body(Body::empty()).unwrap()).await.2, format!("GET {path}|"), "a client says so");
    }
    assert_ne!(ask(echo(), get("/ann/tool")).await.2, "GET /ann/tool|");
}
