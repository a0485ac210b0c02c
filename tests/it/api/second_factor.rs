//! Second factors from outside: the two steps of the sign-in page, git and the API without a password, tokens by `X-Gitea-OTP`, and what operators do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_testkit::server::Options;
use hardie_testkit::{Git, TestServer, process};
use serde_json::{Value, json};

use super::{Answer, Asker};
use crate::app::factor::{shown, world};
use crate::backup::{admin, arg, done};

fn sign_in(server: &TestServer, password: &str, code: Option<&str>) -> Answer {
    let mut body = json!({ "username": "ann", "password": password });
    if let Some(code) = code {
        body["code"] = code.into();
    }
    let headers = [("content-type", "application/json"), ("x-hardie-csrf", "1"), ("sec-fetch-site", "same-origin")];
    Asker::new(server, None).send("POST", "/api/v1/user/sessions", &headers, body.to_string().as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_no_cookie_before_its_code() {
    let (server, clock, ann, secret, _) = world().await;
    let asked = sign_in(&server, &ann.password, None);
    assert_eq!((asked.status, asked.json()["field"].as_str(), asked.header("set-cookie")), (401, Some("code"), ""), "{}", asked.text());
    let wrong = sign_in(&server, "wrong password", None);
    assert_eq!((wrong.status, &wrong.json()["field"]), (401, &Value::Null), "who does not know the password does not learn of the factor");
    assert_eq!(sign_in(&server, "wrong password", Some(&shown(&secret, &clock))).json()["field"], Value::Null);
    let signed_in = sign_in(&server, &ann.password, Some(&shown(&secret, &clock)));
    assert_eq!(signed_in.status, 201, "{}", signed_in.text());
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let nobody = Asker::new(&server, None);
    let state = nobody.send("GET", "/api/v1/user/second-factor", &[("cookie", &cookie)], b"").json();
    assert_eq!((&state["enabled"], &state["recovery_codes"]), (&json!(true), &json!(10)));
    assert_eq!(sign_in(&server, &ann.password, Some(&shown(&secret, &clock))).json()["field"], "code", "it was used");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn git_and_the_api_refuse_the_password_and_name_tokens() {
    let (server, clock, ann, secret, _) = world().await;
    let repo = server.repo(&ann, "tool", false).await.unwrap();
    let git = Git::new("other").unwrap().with_password("ann", &ann.password).unwrap();
    let dir = git.init("tool").unwrap();
    let refused = git.fails(&dir, &["push", &server.http_remote(&repo), "HEAD:refs/heads/main"]).unwrap();
    assert!(refused.contains("access token") && refused.contains("http://forge.test/user/settings/tokens"), "{refused}");
    assert!(ann.git.ok(ann.git.home(), &["ls-remote", &server.http_remote(&repo)]).is_ok(), "by a token");
    assert!(ann.git.ok(ann.git.home(), &["ls-remote", &server.ssh_remote(&repo)]).is_ok(), "by a key");

    let basic = format!("Basic {}", STANDARD.encode(format!("ann:{}", ann.password)));
    let code = shown(&secret, &clock);
    let nobody = Asker::new(&server, None);
    let ask = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let all = [&[("authorization", basic.as_str()), ("content-type", "application/json")], headers].concat();
        nobody.send(method, path, &all, body.as_bytes())
    };
    let otp = [("x-gitea-otp", code.as_str())];
    for path in ["/api/v1/user", "/api/v1/repos/ann/tool", "/ann/tool.git/info/refs?service=git-upload-pack", "/api/v1/user/second-factor"]
    {
        for headers in [&[][..], &otp] {
            let refused = ask("GET", path, headers, "");
            assert!(refused.status == 401 && refused.text().contains("access token"), "{path}: {}", refused.text());
        }
    }
    let tokens = "/api/v1/users/ann/tokens";
    let new = |name: &str| json!({ "name": name, "scopes": ["read:repository"] }).to_string();
    let without = ask("POST", tokens, &[], &new("a"));
    assert!(without.status == 401 && without.text().contains("X-Gitea-OTP"), "{}", without.text());
    assert_eq!(ask("GET", tokens, &[], "").status, 401);
    assert_eq!(ask("POST", tokens, &[("x-gitea-otp", "000000")], &new("a")).status, 401);
    // Clients of Gitea look at the list first.
    assert_eq!((ask("GET", tokens, &otp, "").status, ask("GET", tokens, &otp, "").status), (200, 200));
    assert_eq!(ask("POST", tokens, &otp, &new("a")).status, 201);
    assert_eq!((ask("POST", tokens, &otp, &new("b")).status, ask("GET", tokens, &otp, "").status), (401, 401), "the code was used");
    clock.advance(30);
    let code = shown(&secret, &clock);
    assert_eq!(ask("DELETE", &format!("{tokens}/a"), &[("x-gitea-otp", &code)], "").status, 204);
    let foreign = server.user("bob").await.unwrap();
    clock.advance(30);
    let code = shown(&secret, &clock);
    assert_eq!(ask("GET", &format!("/api/v1/users/{}/tokens", foreign.name), &[("x-gitea-otp", &code)], "").status, 403);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factor_is_got_and_given_up_over_the_api() {
    let (server, clock, ann, secret, _) = world().await;
    let asker = Asker::new(&server, Some(&ann));
    let proof = |code: &str| json!({ "current_password": ann.password, "code": code });
    let (path, confirm) = ("/user/second-factor", "/user/second-factor/confirm");
    assert_eq!(asker.json("DELETE", path, &proof("")).json()["field"], "code");
    assert_eq!(asker.json("DELETE", path, &proof(&shown(&secret, &clock))).status, 204);
    assert_eq!(asker.get(path).json(), json!({ "enabled": false, "enabled_at": null, "recovery_codes": 0 }));
    assert_eq!(asker.json("POST", path, &json!({})).json()["field"], "current_password");
    let begun = asker.json("POST", path, &proof(""));
    let secret = begun.json()["secret"].as_str().unwrap().to_owned();
    assert!(begun.status == 201 && begun.json()["uri"].as_str().unwrap().starts_with("otpauth://totp/"), "{}", begun.text());
    assert!(begun.json()["qr"].as_str().unwrap().starts_with("<svg "), "{}", begun.text());
    assert_eq!(asker.json("POST", confirm, &json!({ "code": "0" })).json()["field"], "code");
    let made = asker.json("POST", confirm, &json!({ "code": shown(&secret, &clock) }));
    assert_eq!((made.status, made.json()["codes"].as_array().unwrap().len()), (200, 10));
    clock.advance(30);
    let renewed = asker.json("POST", &format!("{path}/recovery-codes"), &proof(&shown(&secret, &clock)));
    assert_eq!((renewed.status, renewed.json()["codes"] == made.json()["codes"]), (200, false));
    // Tokens that may not change the account change nothing of this either.
    let narrow = asker.json("POST", "/users/ann/tokens", &json!({ "name": "narrow", "scopes": ["read:user", "write:repository"] }));
    let narrow = Asker { token: narrow.json()["sha1"].as_str().map(str::to_owned), ..Asker::new(&server, None) };
    clock.advance(30);
    assert_eq!(narrow.json("DELETE", path, &proof(&shown(&secret, &clock))).status, 403);

    let root = Asker::new(&server, Some(&server.admin("root").await.unwrap()));
    assert_eq!(root.get("/admin/second-factors").json()[0]["login"], "ann");
    assert_eq!(asker.get("/admin/second-factors").status, 403);
    assert_eq!(root.json("DELETE", "/admin/users/ann/second-factor", &Value::Null).status, 204);
    assert_eq!(root.json("DELETE", "/admin/users/ann/second-factor", &Value::Null).status, 404);
    assert_eq!(sign_in(&server, &ann.password, None).status, 201);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_list_it_take_it_away_and_exchange_the_key_that_seals_it() {
    let (server, clock, ann, secret, codes) = world().await;
    let mut options = Options::default();
    options.ports.clock = std::sync::Arc::new(clock.clone());
    let data = server.stop().await.unwrap();
    let (key, old) = (data.path().join("secret.key"), data.path().join("old.key"));
    assert!(done(data.path(), &["secrets"]).contains("1 second factors"));
    assert!(done(data.path(), &["user", "list"]).contains("ann\tann@example.org\tsecond factor"));

    // Without its key codes cannot be checked, and recovery codes still count.
    std::fs::rename(&key, &old).unwrap();
    let server = TestServer::start_in(data.clone(), options.clone()).await.unwrap();
    let refused = sign_in(&server, &ann.password, Some(&shown(&secret, &clock)));
    assert!(refused.status == 503 && refused.text().contains("recovery code"), "{}", refused.text());
    assert_eq!(sign_in(&server, &ann.password, None).status, 401, "nor is it let be");
    assert_eq!(sign_in(&server, &ann.password, Some(codes[0].expose())).status, 201);
    server.stop().await.unwrap();
    let found = admin(data.path(), &["secrets"]);
    assert!(!found.ok && found.out.contains("the second factor of the account"), "{found:?}");
    let config = data.path().join("hardie.toml");
    std::fs::write(&config, format!("[secrets]\nearlier-key-files = [{:?}]\n", arg(&old))).unwrap();
    let resealed = done(data.path(), &["secrets", "--reseal", "--config", arg(&config)]);
    assert!(resealed.contains("1 second factors, 1 sealed again"), "{resealed}");
    std::fs::remove_file(&old).unwrap();
    let server = TestServer::start_in(data.clone(), options).await.unwrap();
    assert_eq!(sign_in(&server, &ann.password, Some(&shown(&secret, &clock))).status, 201);

    process::admin(data.path(), &["user", "reset-2fa", "ann"], "").unwrap();
    assert_eq!(sign_in(&server, &ann.password, None).status, 201);
    let again = process::admin(data.path(), &["user", "reset-2fa", "ann"], "").unwrap_err().to_string();
    assert!(again.contains("ann has no second factor"), "{again}");
    server.stop().await.unwrap();
}
