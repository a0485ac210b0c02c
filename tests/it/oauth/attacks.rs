//! Codes and tokens in the wrong hands, and tokens that somebody made.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_testkit::TestServer;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};

use super::{Browser, HERE, VERIFIER, as_client, bearer, exchange, form, query, refresh, register, text};
use crate::api::Asker;

fn lines(server: &TestServer, root: &hardie_testkit::TestUser) -> usize {
    let found = Asker::new(server, Some(root)).get("/admin/audit?action=oauth.misuse&limit=50").json();
    found.as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_has_one_try_and_its_second_use_ends_the_first() {
    let server = TestServer::start().await.unwrap();
    let root = server.admin("root").await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let browser = Browser::of(&server, &ann);
    let asker = &browser.asker;
    let (id, secret) = register(&server, &root, json!({ "redirect_uris": ["https://ci.example/done", HERE] }));
    for wrong in [
        &[("code_verifier", "another-verifier-of-more-than-forty-three-chars")][..],
        &[("code_verifier", "")],
        &[("code_verifier", &super::challenge(VERIFIER))],
        &[("redirect_uri", "http://127.0.0.1:43211/")],
        &[("redirect_uri", "")],
        &[("client_id", "d57cb8c4-630c-4168-8324-ec79935e18d4")],
        &[("client_id", &id), ("client_secret", &secret)],
    ] {
        let code = browser.code("read:user");
        let refused = exchange(asker, &code, wrong);
        assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_grant")), "{wrong:?}: {}", refused.text());
        let late = exchange(asker, &code, &[]);
        assert_eq!(late.json()["error"], "invalid_grant", "{wrong:?}: whoever brought it first was a thief, or is robbed");
    }
    assert_eq!(lines(&server, &root), 7);
    let code = browser.code("read:user");
    let tokens = exchange(asker, &code, &[]).json();
    assert_eq!(bearer(asker, &text(&tokens, "access_token"), "/api/v1/user").status, 200);
    assert_eq!(exchange(asker, &code, &[]).json()["error"], "invalid_grant");
    assert_eq!(bearer(asker, &text(&tokens, "access_token"), "/api/v1/user").status, 401, "one of the two stole it");
    assert_eq!(refresh(asker, &text(&tokens, "refresh_token")).json()["error"], "invalid_grant");
    assert_eq!(lines(&server, &root), 8);
    // A challenge that was taken out on its way does not make the verifier needless.
    let fields =
        [("client_id", id.as_str()), ("redirect_uri", "https://ci.example/done"), ("response_type", "code"), ("scope", "read:user")];
    let code = query(&browser.answer(&fields, "allow"), "code");
    let brought = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", "https://ci.example/done")];
    let brought = [brought.as_slice(), &[("code_verifier", VERIFIER)]].concat();
    assert_eq!(as_client(asker, "/login/oauth/access_token", (&id, &secret), &brought).json()["error"], "invalid_grant");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_bring_a_code_or_a_refresh_token_at_once_neither_keeps_anything() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let browser = Browser::of(&server, &ann);
    for _ in 0..4 {
        let code = browser.code("read:user");
        let got: Vec<_> = std::thread::scope(|scope| {
            let bring = || exchange(&browser.asker, &code, &[]);
            let both = [scope.spawn(bring), scope.spawn(bring)];
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let good: Vec<Value> = got.iter().filter(|answer| answer.status == 200).map(|answer| answer.json()).collect();
        assert_eq!(good.len(), 1, "{got:?}");
        assert_eq!(bearer(&browser.asker, &text(&good[0], "access_token"), "/api/v1/user").status, 401);
        let tokens = browser.tokens("read:user");
        let token = text(&tokens, "refresh_token");
        let got: Vec<_> = std::thread::scope(|scope| {
            let bring = || refresh(&browser.asker, &token);
            let both = [scope.spawn(bring), scope.spawn(bring)];
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(got.iter().filter(|answer| answer.status == 200).count(), 1, "{got:?}");
        assert_eq!(bearer(&browser.asker, &text(&tokens, "access_token"), "/api/v1/user").status, 401);
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_refresh_token_ends_everything_and_none_grows() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let browser = Browser::of(&server, &ann);
    let asker = &browser.asker;
    let first = browser.tokens("read:user");
    let second = refresh(asker, &text(&first, "refresh_token")).json();
    assert_eq!((&second["scope"], bearer(asker, &text(&second, "access_token"), "/api/v1/user").status), (&json!("read:user"), 200));
    let asks = |token: &str, scope: &str| {
        let fields = [("grant_type", "refresh_token"), ("client_id", super::GIT), ("refresh_token", token), ("scope", scope)];
        asker.send("POST", "/login/oauth/access_token", &[super::FORM], form(&fields).as_bytes())
    };
    let newest = text(&second, "refresh_token");
    for more in ["write:user", "all", "read:user openid", "read:user read:admin"] {
        assert_eq!(asks(&newest, more).json()["error"], "invalid_scope", "{more}");
    }
    // Another client's use of it is nothing, neither here nor there.
    let foreign = [("grant_type", "refresh_token"), ("client_id", "d57cb8c4-630c-4168-8324-ec79935e18d4"), ("refresh_token", &newest)];
    let foreign = asker.send("POST", "/login/oauth/access_token", &[super::FORM], form(&foreign).as_bytes());
    assert_eq!(foreign.json()["error"], "invalid_grant");
    let third = asks(&newest, "read:user").json();
    assert_eq!(bearer(asker, &text(&third, "access_token"), "/api/v1/user").status, 200);
    // An access token is no refresh token, nor a refresh token one for anything else.
    assert_eq!(refresh(asker, &text(&third, "access_token")).json()["error"], "invalid_grant");
    assert_eq!(bearer(asker, &text(&third, "refresh_token"), "/api/v1/user").status, 401);
    // A token that nobody made ends nothing.
    let guessed = format!("hrdrefresh_{}", URL_SAFE_NO_PAD.encode([0; 64]));
    assert_eq!(refresh(asker, &guessed).json()["error"], "invalid_grant");
    assert_eq!(bearer(asker, &text(&third, "access_token"), "/api/v1/user").status, 200);
    assert_eq!(refresh(asker, &text(&first, "refresh_token")).json()["error"], "invalid_grant");
    for tokens in [&first, &second, &third] {
        assert_eq!(bearer(asker, &text(tokens, "access_token"), "/api/v1/user").status, 401);
    }
    assert_eq!(refresh(asker, &text(&third, "refresh_token")).json()["error"], "invalid_grant");
    server.stop().await.unwrap();
}

/// A token with another head, and whatever this makes of what is signed.
fn forged(header: &Value, payload: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header.to_string()));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(sign(signed.as_bytes())))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_somebody_made_or_changed_proves_nothing() {
    let server = TestServer::start().await.unwrap();
    let ann = server.admin("ann").await.unwrap();
    let browser = Browser::of(&server, &ann);
    let asker = &browser.asker;
    let tokens = browser.tokens("all openid");
    let (good, id_token) = (text(&tokens, "access_token"), text(&tokens, "id_token"));
    let works = |token: &str| {
        let statuses = [bearer(asker, token, "/api/v1/user").status, bearer(asker, token, "/login/oauth/userinfo").status];
        assert_eq!(statuses[0], statuses[1], "{token}");
        statuses[0] == 200
    };
    assert!(works(&good));
    assert!(!works(&id_token), "what says who signed in opens nothing");
    let parts: Vec<&str> = good.split('.').collect();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    let kid = text(&header, "kid");
    let keys = asker.send("GET", "/login/oauth/keys", &[], b"").json();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str()).unwrap().clone();
    let public = URL_SAFE_NO_PAD.decode(text(&key, "x")).unwrap();
    let hmac = |secret: &[u8]| {
        let secret = secret.to_vec();
        move |signed: &[u8]| {
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&secret).unwrap();
            mac.update(signed);
            mac.finalize().into_bytes().to_vec()
        }
    };
    let head = |alg: &str, kid: &str| json!({ "alg": alg, "typ": "at+jwt", "kid": kid });
    let own = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    claims["grant"] = json!(1);
    claims["sub"] = json!("1");
    claims["scope"] = json!("all");
    let changed = URL_SAFE_NO_PAD.encode(claims.to_string());
    let mut bad = vec![
        forged(&head("none", &kid), parts[1], |_| Vec::new()),
        forged(&head("None", &kid), parts[1], |_| own.clone()),
        forged(&head("HS256", &kid), parts[1], hmac(&public)),
        forged(&head("HS256", &kid), parts[1], hmac(key.to_string().as_bytes())),
        forged(&head("HS256", &kid), parts[1], hmac(b"")),
        forged(&head("RS256", &kid), parts[1], |_| own.clone()),
        forged(&head("EdDSA", ""), parts[1], |_| own.clone()),
        forged(&head("EdDSA", "../../../../dev/null"), parts[1], |_| own.clone()),
        forged(&head("EdDSA", "' OR 1=1 --"), parts[1], |_| own.clone()),
        forged(&json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid, "jwk": key, "jku": "http://127.0.0.1:9/" }), parts[1], |_| {
            own.clone()
        }),
        format!("{}.{changed}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode([0; 64])),
    ];
    // The order of the group added to S would be another signature of the same token (RFC 8032, section 5.1.7).
    let mut other = own.clone();
    other[63] |= 0xe0;
    bad.push(format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode(&other)));
    for token in &bad {
        assert!(!works(token), "{token}");
        let git =
            asker.send("GET", "/ann/none.git/info/refs?service=git-upload-pack", &[("authorization", &format!("Bearer {token}"))], b"");
        assert_eq!(git.status, 401, "{token}");
    }
    assert!(works(&good), "and nothing broke");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_not_well_formed_are_refused_in_the_words_of_the_standard() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let (id, secret) = register(&server, &ann, json!({}));
    let nobody = Asker::new(&server, None);
    let send = |headers: &[(&str, &str)], body: &str| nobody.send("POST", "/login/oauth/access_token", headers, body.as_bytes());
    let plain = format!("client_id={id}&client_secret={secret}");
    let sent_as_form = |body: &str| send(&[super::FORM], body).json()["error"].clone();
    assert_eq!(send(&[("content-type", "application/json")], "{}").json()["error"], "invalid_request");
    assert_eq!(sent_as_form(&plain), "invalid_request", "no grant_type");
    assert_eq!(sent_as_form(&format!("{plain}&grant_type=password&username=ann&password=x")), "unsupported_grant_type");
    assert_eq!(sent_as_form(&format!("{plain}&grant_type=authorization_code")), "invalid_request");
    assert_eq!(sent_as_form(&format!("{plain}&grant_type=authorization_code&code=x&code=y")), "invalid_request");
    assert_eq!(sent_as_form(&format!("client_id={id}&grant_type=authorization_code&code=x")), "invalid_client", "its secret is missing");
    assert_eq!(sent_as_form(&format!("client_id={}&client_secret=x&grant_type=authorization_code&code=x", super::GIT)), "invalid_client");
    let both = as_client(&nobody, "/login/oauth/access_token", (&id, &secret), &[("client_secret", &secret), ("grant_type", "x")]);
    assert_eq!(both.json()["error"], "invalid_request");
    let large = send(&[super::FORM], &"x".repeat(40 << 10));
    assert!(large.status == 400 && large.json()["error"] == "invalid_request", "{large:?}");
    let refused = as_client(&nobody, "/login/oauth/access_token", (&id, "wrong"), &[("grant_type", "refresh_token")]);
    assert!(refused.status == 401 && refused.header("www-authenticate").starts_with("Basic"), "{refused:?}");
    // The value of a Basic header is a form's (RFC 6749, section 2.3.1).
    let encoded = as_client(&nobody, "/login/oauth/introspect", (&id.replace('-', "%2D"), &secret), &[("token", "x")]);
    assert_eq!((encoded.status, encoded.json()), (200, json!({ "active": false })));
    server.stop().await.unwrap();
}
