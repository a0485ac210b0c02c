//! What a code is exchanged for, and what that opens.

use hardie_testkit::{Git, TestServer};
use serde_json::{Value, json};

use super::{Browser, as_client, bearer, exchange, form, query, refresh, register, text};
use crate::api::Asker;

#[tokio::test(flavor = "multi_thread")]
async fn git_signs_in_by_the_browser_and_pushes_with_what_a_helper_gives_it() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let repo = server.repo(&ann, "tool", true).await.unwrap();
    let browser = Browser::of(&server, &ann);
    // It names no scope.
    let tokens = browser.tokens("");
    assert_eq!((&tokens["token_type"], &tokens["expires_in"], &tokens["id_token"]), (&json!("bearer"), &json!(3600), &Value::Null));
    assert_eq!(tokens["scope"], "read:organization write:repository read:user");
    let git = Git::new("ann").unwrap();
    let dir = git.init("work").unwrap();
    git.commit(&dir, "a.txt", "a\n", "Begin").unwrap();
    let remote = server.http_remote(&repo);
    let push = |token: &str, branch: &str| {
        let helper = format!("credential.helper=!f() {{ test \"$1\" = get && echo username=oauth2 && echo password={token}; }}; f");
        git.run(&dir, &["-c", "credential.helper=", "-c", &helper, "push", "-q", &remote, &format!("HEAD:refs/heads/{branch}")]).unwrap()
    };
    let pushed = push(&text(&tokens, "access_token"), "main");
    assert!(pushed.ok, "{}", pushed.stderr);
    let pushes = Asker::new(&server, Some(&ann)).get("/repos/ann/tool/pushes").json();
    assert_eq!(pushes[0]["actor"], "ann");
    // As Renovate gives a token, and as build servers do.
    for (user, password) in [(text(&tokens, "access_token"), String::new()), ("ann".to_owned(), text(&tokens, "access_token"))] {
        let git = Git::new("robot").unwrap().with_password(&user, &password).unwrap();
        git.ok(git.home(), &["ls-remote", &remote]).unwrap();
    }

    let listed = Asker::new(&server, Some(&ann)).get("/user/applications/granted").json();
    assert_eq!((&listed[0]["name"], listed.as_array().unwrap().len()), (&json!("git-credential-oauth"), 1));
    let page = browser.get("/login/applications").text();
    assert!(page.contains("git-credential-oauth") && page.contains("push, change settings, delete"), "{page}");
    let (csrf, id) = (super::hidden(&page, "csrf"), super::hidden(&page, "id"));
    assert_eq!(browser.post("/login/applications", &[("csrf", "x"), ("id", &id)]).status, 403);
    assert_eq!(browser.post("/login/applications", &[("csrf", &csrf), ("id", &id)]).status, 303);
    assert!(!push(&text(&tokens, "access_token"), "more").ok);
    assert_eq!(refresh(&browser.asker, &text(&tokens, "refresh_token")).json()["error"], "invalid_grant");
    assert_eq!(Asker::new(&server, Some(&ann)).get("/user/applications/granted").json(), json!([]));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_what_was_granted_and_leads_nowhere_else() {
    let server = TestServer::start().await.unwrap();
    let ann = server.admin("ann").await.unwrap();
    let repo = server.repo(&ann, "tool", true).await.unwrap();
    let browser = Browser::of(&server, &ann);
    let get = |tokens: &Value, path: &str| bearer(&browser.asker, &text(tokens, "access_token"), path).status;
    let only_who = browser.tokens("openid profile");
    for path in ["/api/v1/user", &format!("/api/v1/repos/{repo}"), "/api/v1/admin/users", "/api/v1/user/applications/granted"] {
        assert!(matches!(get(&only_who, path), 403 | 404), "{path}");
    }
    assert_eq!(get(&only_who, "/login/oauth/userinfo"), 200);
    let all = browser.tokens("all");
    assert_eq!(get(&all, "/login/oauth/userinfo"), 403, "it was not asked for openid");
    let send = |method: &str, path: &str, body: &Value| {
        let headers =
            [("authorization", format!("Bearer {}", text(&all, "access_token"))), ("content-type", "application/json".to_owned())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.asker.send(method, &format!("/api/v1{path}"), &headers, body.to_string().as_bytes())
    };
    // What would outlive it, or let more in.
    let app = json!({ "name": "Mine", "redirect_uris": ["https://evil.example/"] });
    for (path, body) in [
        ("/users/ann/tokens", json!({ "name": "more", "scopes": ["all"] })),
        ("/user/keys", json!({ "title": "x", "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKPmNIOp1qZnNFZ3DyZEsCgVhXuhCNWnUI5vsXAUYzVa" })),
        ("/user/applications/oauth2", app),
    ] {
        let refused = send("POST", path, &body);
        assert_eq!(refused.status, 403, "{path}: {}", refused.text());
    }
    assert_eq!(send("GET", "/admin/users", &Value::Null).status, 200, "an administrator let it do all");
    // A personal token is no sign-in.
    assert_eq!(bearer(&browser.asker, &ann.token, "/login/oauth/userinfo").status, 403);
    assert_eq!(browser.asker.send("GET", "/login/oauth/userinfo", &[("cookie", &browser.cookie)], b"").status, 401);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_client_asks_and_ends_its_own_tokens_alone() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    let browser = Browser::of(&server, &ann);
    let (one, other) = (register(&server, &bob, json!({})), register(&server, &bob, json!({ "name": "Other" })));
    let sign_in = |client: &(String, String), scope: &str| {
        let fields =
            [("client_id", client.0.as_str()), ("redirect_uri", "https://ci.example/done"), ("response_type", "code"), ("scope", scope)];
        let code = query(&browser.answer(&fields, "allow"), "code");
        let brought = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", "https://ci.example/done")];
        let got = as_client(&browser.asker, "/login/oauth/access_token", (&client.0, &client.1), &brought);
        assert_eq!(got.status, 200, "{}", got.text());
        got.json()
    };
    let tokens = sign_in(&one, "read:user");
    let ask = |client: &(String, String), token: &str| {
        as_client(&browser.asker, "/login/oauth/introspect", (&client.0, &client.1), &[("token", token)]).json()
    };
    let found = ask(&one, &text(&tokens, "access_token"));
    assert_eq!((&found["active"], &found["username"], &found["scope"]), (&json!(true), &json!("ann"), &json!("read:user")), "{found}");
    assert_eq!(ask(&one, &text(&tokens, "refresh_token"))["token_type"], "refresh_token");
    for name in ["access_token", "refresh_token"] {
        assert_eq!(ask(&other, &text(&tokens, name)), json!({ "active": false }), "{name}");
        let ended = as_client(&browser.asker, "/login/oauth/revoke", (&other.0, &other.1), &[("token", &text(&tokens, name))]);
        assert_eq!(ended.status, 200);
    }
    assert_eq!(ask(&one, &text(&tokens, "access_token"))["active"], true, "another client ends nothing");
    assert_eq!(ask(&one, &ann.token), json!({ "active": false }), "nor is a personal token anybody's to ask about");
    // Without a secret nobody asks at all.
    for (id, secret) in
        [(one.0.as_str(), "wrong"), (one.0.as_str(), ""), (super::GIT, ""), ("nobody", "x"), (one.0.as_str(), other.1.as_str())]
    {
        let refused = as_client(&browser.asker, "/login/oauth/introspect", (id, secret), &[("token", &text(&tokens, "access_token"))]);
        assert_eq!((refused.status, &refused.json()["error"]), (401, &json!("invalid_client")), "{id} {}", refused.text());
    }
    let ended = as_client(&browser.asker, "/login/oauth/revoke", (&one.0, &one.1), &[("token", &text(&tokens, "refresh_token"))]);
    assert_eq!(ended.status, 200);
    assert_eq!(bearer(&browser.asker, &text(&tokens, "access_token"), "/api/v1/user").status, 401);
    assert_eq!(ask(&one, &text(&tokens, "access_token")), json!({ "active": false }));

    // The secret by the form, and a new one after a change.
    let tokens = sign_in(&one, "read:user");
    let next = |secret: &str, token: &str| {
        let fields = [("grant_type", "refresh_token"), ("client_id", &one.0), ("client_secret", secret), ("refresh_token", token)];
        browser.asker.send("POST", "/login/oauth/access_token", &[super::FORM], form(&fields).as_bytes())
    };
    let tokens = next(&one.1, &text(&tokens, "refresh_token")).json();
    let owner = Asker::new(&server, Some(&bob));
    let apps = owner.get("/user/applications/oauth2").json();
    let of = |name: &str| apps.as_array().unwrap().iter().find(|app| app["name"] == name).unwrap()["id"].as_i64().unwrap();
    assert!(!apps.to_string().contains(&one.1), "the secret is shown once");
    let path = format!("/user/applications/oauth2/{}", of("Builder"));
    let body = json!({ "name": "Builder 2", "redirect_uris": ["https://ci.example/done"], "confidential_client": true });
    let edited = owner.json("PATCH", &path, &body).json();
    assert_eq!(next(&one.1, &text(&tokens, "refresh_token")).status, 401);
    let tokens = next(&text(&edited, "client_secret"), &text(&tokens, "refresh_token")).json();
    assert_eq!(Asker::new(&server, Some(&ann)).get(&path).status, 404, "it is not hers");
    assert_eq!(Asker::new(&server, Some(&ann)).json("DELETE", &path, &Value::Null).status, 404);
    assert_eq!(owner.json("DELETE", &path, &Value::Null).status, 204);
    assert_eq!(bearer(&browser.asker, &text(&tokens, "access_token"), "/api/v1/user").status, 401, "gone with its application");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_that_lead_astray_are_not_registered() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let owner = Asker::new(&server, Some(&ann));
    let uris = |uris: &[&str]| json!({ "name": "x", "redirect_uris": uris });
    for (body, field) in [
        (uris(&[]), "redirect_uris"),
        (uris(&["javascript:alert(1)"]), "redirect_uris"),
        (uris(&["https://a.example/#x"]), "redirect_uris"),
        (uris(&["https://a.example/\nhttps://b.example/"]), "redirect_uris"),
        (uris(&["https://a.example/"; 21]), "redirect_uris"),
        (json!({ "name": "", "redirect_uris": ["https://a.example/"] }), "name"),
        (json!({ "name": "git\u{202e}htuao", "redirect_uris": ["https://a.example/"] }), "name"),
        (json!({ "name": "x".repeat(101), "redirect_uris": ["https://a.example/"] }), "name"),
        (
            json!({ "name": "x", "redirect_uris": ["https://a.example/"], "skip_secondary_authorization": true }),
            "skip_secondary_authorization",
        ),
    ] {
        let refused = owner.json("POST", "/user/applications/oauth2", &body);
        assert_eq!((refused.status, refused.json()["field"].as_str()), (422, Some(field)), "{body}: {}", refused.text());
    }
    let public =
        owner.json("POST", "/user/applications/oauth2", &json!({ "name": "x", "redirect_uris": ["org.example.app:/done"] })).json();
    assert_eq!((&public["client_secret"], &public["confidential_client"]), (&json!(""), &json!(false)));
    assert_eq!(
        exchange(&Asker::new(&server, None), "x", &[("client_id", public["client_id"].as_str().unwrap())]).json()["error"],
        "invalid_grant"
    );
    server.stop().await.unwrap();
}
