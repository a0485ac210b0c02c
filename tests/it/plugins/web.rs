//! A component that answers web requests: who may ask, what it sees of a request and what a browser sees of its answer.

mod apart;
mod busy;
mod slow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_testkit::{TestServer, TestUser};
use serde_json::{Value, json};

use super::upload;
use crate::api::auth::sign_in;
use crate::api::{Answer, Asker};
use crate::git::with_repo;
use crate::support::component;

/// Installs the fixture; its address and the one of its records.
struct Web {
    path: String,
    records: String,
}

impl Web {
    fn install(admin: &Asker, place: &str) -> Web {
        let digest = upload(admin, &component("web-all"));
        let installed = admin.json("POST", place, &json!({ "digest": digest, "hosts": [] }));
        assert_eq!(installed.status, 201, "{}", installed.text());
        let id = &installed.json()["id"];
        Web { path: format!("/plugins/{id}"), records: format!("{place}/{id}/requests") }
    }

    fn ask(&self, asker: &Asker, method: &str, rest: &str, headers: &[(&str, &str)]) -> Answer {
        asker.send(method, &format!("{}{rest}", self.path), headers, b"")
    }

    fn get(&self, asker: &Asker, rest: &str) -> Answer {
        self.ask(asker, "GET", rest, &[])
    }

    /// What the newest record says.
    fn newest(&self, asker: &Asker) -> Value {
        asker.get(&self.records).json()[0].clone()
    }
}

/// The body by which the fixture answers with a status, headers and a body.
fn script(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let number = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    let mut all = [status.to_le_bytes(), number(headers.len())].concat();
    for (name, value) in headers {
        all.extend([number(name.len()), number(value.len())].concat());
        all.extend([name.as_bytes(), value.as_bytes()].concat());
    }
    [all, body.as_bytes().to_vec()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_reaches_the_plugin_without_what_let_its_sender_in() {
    let server = TestServer::start().await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let place = format!("/repos/{repo}/plugins");
    let refused = owner.json("POST", &place, &json!({ "digest": upload(&admin, &component("web-all")) }));
    let (status, why) = refused.refusal();
    assert!(status == 403 && why.contains("/web-request@") && why.contains("/caller@"), "{why}");
    let web = Web::install(&admin, &place);
    let id = web.path.rsplit('/').next().unwrap();
    let permissions = owner.get(&format!("{place}/{id}")).json()["permissions"].to_string();
    assert!(permissions.contains("answer requests of web clients") && permissions.contains("learn the name and the role"), "{permissions}");

    let secrets = ["c00kie", "pr0xy", "csrf-t0ken", "198.51.100.7", "evil.example", "c00kie-two", "Bearer-two"];
    let headers = [
        ("Cookie", "hardie_session=c00kie; x=y"),
        ("COOKIE2", "c00kie-two"),
        ("Proxy-Authorization", "Basic pr0xy"),
        ("X-Hardie-CSRF", "csrf-t0ken"),
        ("X-Forwarded-For", "198.51.100.7"),
        ("Forwarded", "for=198.51.100.7"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Authorization", "Bearer-two"),
        ("Referer", "http://evil.example/private"),
        ("If-None-Match", "\"seen\""),
        ("X-Plugin-Note", "for the plugin"),
    ];
    let mirrored = owner.send("PUT", &format!("{}/m/a%2Fb/../c?x=%20&y", web.path), &headers, b"the body");
    assert_eq!(mirrored.status, 200, "{}", mirrored.text());
    let seen = mirrored.text();
    for wanted in [
        "PUT",
        "/m/a%2Fb/../c",
        "x=%20&y",
        &web.path,
        "the body",
        "ann/tool",
        "if-none-match",
        "\"seen\"",
        "x-plugin-note",
        "for the plugin",
    ] {
        assert!(seen.contains(wanted), "{wanted} in {seen:?}");
    }
    for secret in secrets.into_iter().chain([ann.token.as_str(), "authorization", "cookie"]) {
        assert!(!seen.to_ascii_lowercase().contains(&secret.to_ascii_lowercase()), "{secret} in {seen:?}");
    }
    let commit = ann.git.ok(&dir, &["rev-parse", "main"]).unwrap();
    let hex: String = web.get(&owner, "/r").body.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(hex.ends_with(commit.trim()), "the repository as it is now: {hex}");
    let head = web.ask(&owner, "HEAD", "/m", &[]);
    assert!(head.status == 200 && head.body.is_empty());
    for method in ["OPTIONS", "TRACE", "BREW"] {
        let refused = web.ask(&owner, method, "/m", &[("origin", "https://evil.example"), ("access-control-request-method", "PUT")]);
        assert_eq!(refused.status, 405, "{method}");
        assert!(refused.headers.iter().all(|(name, _)| !name.starts_with("access-control-")), "{:?}", refused.headers);
    }
    assert_eq!(owner.send("POST", &format!("{}/m", web.path), &[], &vec![b'x'; (1 << 20) + 1]).status, 413);
    assert_eq!(owner.send("POST", &format!("{}/m", web.path), &[], &vec![b'x'; 1 << 20]).status, 200);
    assert_eq!(web.get(&owner, &format!("/m{}", "x".repeat(9000))).status, 414);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_it_answers_follows_from_what_it_is_installed_for() {
    let server = TestServer::start().await.unwrap();
    let (ann, hidden, _) = with_repo(&server, "ann", "tool").await;
    let open = server.repo(&ann, "open", false).await.unwrap();
    let (bob, root) = (server.user("bob").await.unwrap(), server.admin("root").await.unwrap());
    let ask = |user: Option<&TestUser>| Asker::new(&server, user);
    let (anybody, owner, other, admin) = (ask(None), ask(Some(&ann)), ask(Some(&bob)), ask(Some(&root)));
    let private = Web::install(&admin, &format!("/repos/{hidden}/plugins"));
    let public = Web::install(&admin, &format!("/repos/{open}/plugins"));
    let site = Web::install(&admin, "/admin/plugins");
    assert_eq!(owner.json("POST", "/orgs", &json!({ "username": "smiths" })).status, 201);
    let org = Web::install(&admin, "/orgs/smiths/plugins");
    let absent = anybody.send("GET", "/plugins/4711/w", &[], b"");
    assert_eq!(absent.status, 404);
    for (web, asker) in [(&private, &anybody), (&private, &other), (&site, &anybody), (&org, &anybody), (&org, &other)] {
        let refused = web.get(asker, "/w");
        assert_eq!((refused.status, refused.text()), (404, absent.text()), "as if it were not there");
    }
    let said = |web: &Web, asker: &Asker| {
        let answer = web.get(asker, "/w");
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text().split('\0').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(said(&public, &anybody), "nobody");
    assert!(said(&public, &other).contains("bob") && said(&public, &other).contains("read"));
    assert!(said(&private, &owner).contains("ann") && said(&private, &owner).contains("admin"));
    assert!(said(&site, &other).contains("bob") && said(&org, &owner).contains("ann") && said(&org, &admin).contains("root"));
    assert!(!said(&site, &admin).contains("admin"), "without one repository there is no role");

    // A token does no more than its scopes; a cookie does no more than a page of ours.
    let made = owner.json("POST", "/users/ann/tokens", &json!({ "name": "reader", "scopes": ["read:repository"] }));
    let reader = ask(Some(&TestUser { token: made.json()["sha1"].as_str().unwrap().to_owned(), ..ann.clone() }));
    assert_eq!((private.get(&reader, "/w").status, private.ask(&reader, "POST", "/w", &[]).status), (200, 403));
    let cookie = sign_in(&server, &ann);
    let browser = |method: &str, more: &[(&str, &str)]| {
        let headers = [&[("cookie", cookie.as_str())], more].concat();
        private.ask(&anybody, method, "/w", &headers)
    };
    // Over plain http a browser does not say that another site led it, so a page of ours must have.
    let own_page = format!("http://{}/ann/tool", server.server.http);
    for page in [own_page.as_str(), "http://forge.test/ann/tool"] {
        assert!(browser("GET", &[("referer", page)]).text().contains("ann"), "{page}");
    }
    for page in [&[][..], &[("referer", "http://evil.example/")], &[("referer", own_page.as_str()), ("origin", "null")]] {
        assert_eq!(browser("GET", page).status, 404, "{page:?}");
    }
    for own in ["same-origin", "none"] {
        assert!(browser("GET", &[("sec-fetch-site", own)]).text().contains("ann"), "{own}");
    }
    // What another site makes a browser ask is nobody's, whatever the browser adds of its own accord; a token is added by no browser.
    let remembered = format!("Basic {}", STANDARD.encode(format!("ann:{}", ann.password)));
    let remembered = [("authorization", remembered.as_str())];
    assert!(public.ask(&anybody, "GET", "/w", &remembered).text().contains("ann"));
    for other in ["cross-site", "same-site"] {
        let led = |web: &Web, more: &[(&str, &str)]| web.ask(&anybody, "GET", "/w", &[&[("sec-fetch-site", other)], more].concat());
        for added in [&[("cookie", cookie.as_str())], &remembered] {
            assert_eq!((led(&private, added).status, led(&public, added).text().as_str()), (404, "nobody"), "{other}");
        }
        assert!(led(&private, &[("authorization", &format!("token {}", ann.token))]).text().contains("ann"));
    }
    assert_eq!(browser("POST", &[]).status, 403);
    assert_eq!(browser("POST", &[("x-hardie-csrf", "1"), ("sec-fetch-site", "cross-site")]).status, 403);
    assert_eq!(browser("POST", &[("x-hardie-csrf", "1"), ("sec-fetch-site", "same-origin")]).status, 200);

    // What is off is not there, and what answers no requests neither.
    let id = public.path.rsplit('/').next().unwrap().to_owned();
    assert_eq!(admin.json("PATCH", &format!("/repos/{open}/plugins/{id}"), &json!({ "mode": "off" })).status, 200);
    assert_eq!((public.get(&owner, "/w").status, public.get(&owner, "/w").text()), (404, absent.text()));
    let policy =
        admin.json("POST", &format!("/repos/{open}/plugins"), &json!({ "digest": upload(&admin, &component("accept")), "name": "policy" }));
    assert_eq!(admin.send("GET", &format!("/plugins/{}/", policy.json()["id"]), &[], b"").status, 404);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_data_and_stays_where_it_belongs() {
    let server = TestServer::start().await.unwrap();
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let web = Web::install(&admin, &format!("/repos/{repo}/plugins"));
    let scripted =
        |status: u16, headers: &[(&str, &str)]| owner.send("POST", &format!("{}/s", web.path), &[], &script(status, headers, "text"));
    for kind in [
        "text/html",
        "Text/HTML;charset=utf-8",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "text/javascript",
        "text/plain;charset=utf-7",
    ] {
        let refused = scripted(200, &[("content-type", kind)]);
        assert_eq!(refused.status, 502, "{kind}");
        assert!(refused.text().contains("bad-output") && !refused.text().contains("text\0"), "{}", refused.text());
        assert_eq!(refused.header("content-type"), "text/plain; charset=utf-8");
    }
    let told = web.newest(&owner);
    assert!(told["outcome"] == "bad-output" && told["text"].as_str().unwrap().contains("charset") && told["path"] == "/s", "{told}");
    let answer = scripted(
        201,
        &[
            ("Content-Type", "text/csv; header=present"),
            ("Set-Cookie", "hardie_session=stolen"),
            ("Clear-Site-Data", "\"*\""),
            ("Service-Worker-Allowed", "/"),
            ("Access-Control-Allow-Origin", "*"),
            ("Content-Security-Policy", "default-src *"),
            ("X-Frame-Options", "ALLOWALL"),
            ("Refresh", "0;url=https://evil.example"),
            ("Connection", "x-y"),
            ("Content-Length", "1"),
            ("Transfer-Encoding", "chunked"),
            ("ETag", "\"1\"\r\nSet-Cookie: hardie_session=injected"),
            ("X\r\nSet-Cookie: a", "b"),
            ("Cache-Control", "public, max-age=9"),
            ("Location", &format!("{}/new", web.path)),
        ],
    );
    assert_eq!((answer.status, answer.text().as_str()), (201, "text"), "{:?}", answer.headers);
    for (name, value) in [
        ("content-type", "text/csv; charset=utf-8"),
        ("content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("location", &format!("{}/new", web.path)),
        ("content-length", "4"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    for name in ["set-cookie", "clear-site-data", "service-worker-allowed", "access-control-allow-origin", "refresh", "etag"] {
        assert_eq!(answer.header(name), "", "{name}");
    }
    assert!(web.newest(&owner)["text"].as_str().unwrap().contains("Set-Cookie"), "{}", web.newest(&owner));
    for location in ["https://evil.example/", "//evil.example", "/ann/tool", "/plugins/1/../../api/v1/user", ""] {
        assert_eq!(scripted(302, &[("content-type", "text/plain"), ("location", location)]).status, 502, "{location}");
    }
    for status in [100, 101, 199, 600, 999] {
        assert_eq!(scripted(status, &[]).status, 502, "{status}");
    }
    let file = scripted(200, &[]);
    assert_eq!((file.header("content-type"), file.header("content-disposition")), ("application/octet-stream", "attachment"));
    assert_eq!(scripted(204, &[]).body, b"");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lends_a_plugin_no_more_than_it_was_given_and_an_archive_is_only_read() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let repo = server.repo(&ann, "tool", false).await.unwrap();
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let web = Web::install(&admin, &format!("/repos/{repo}/plugins"));
    let token = |scope: &str| {
        let made = owner.json("POST", "/users/ann/tokens", &json!({ "name": scope, "scopes": [scope] })).json();
        Asker::new(&server, Some(&TestUser { token: made["sha1"].as_str().unwrap().to_owned(), ..ann.clone() }))
    };
    let reads = |asker: &Asker| web.get(asker, "/").status;
    let reader = token("read:repository");
    assert_eq!((reads(&Asker::new(&server, None)), reads(&reader)), (200, 200));
    let other = token("read:user");
    let refused = web.get(&other, "/");
    assert!(refused.status == 403 && refused.text().contains("read:repository"), "{} {}", refused.status, refused.text());
    assert_eq!(web.ask(&reader, "POST", "/", &[]).status, 403);

    assert_eq!(owner.json("PATCH", &format!("/repos/{repo}"), &json!({ "archived": true })).status, 200);
    let refused = web.ask(&owner, "POST", "/", &[]);
    assert!(refused.status == 403 && refused.text().contains("archived"), "{} {}", refused.status, refused.text());
    assert_eq!(reads(&owner), 200);
    server.stop().await.unwrap();
}
