//! Passkeys in a real browser, whose authenticator is Chromium's own.

use hardie_testkit::TestServer;
use hardie_testkit::server::Options;
use serde_json::{Value, json};

use super::checks::page_is_sound;
use super::chromium::Chromium;

/// Asks the API from the page, as scripts of ours do; the status.
fn fetch(browser: &Chromium, method: &str, path: &str, body: &Value) -> Value {
    let script = "const [method, path, body] = arguments; const headers = { 'x-hardie-csrf': '1', 'content-type': 'application/json' }; \
        return fetch('/api/v1' + path, { method, headers, body: body ? JSON.stringify(body) : undefined }).then((answer) => answer.status)";
    browser.script(script, &[json!(method), json!(path), body.clone()]).unwrap()
}

/// The page that whoever signed in is sent to.
const ELSEWHERE: &str = "return !location.pathname.startsWith('/login/') && document.readyState === 'complete'";

/// Signed in, and back where nobody is.
fn is_in_and_leaves(browser: &Chromium) {
    browser.wait_for("another page", ELSEWHERE).unwrap();
    // That page may ask nothing of the API.
    browser.goto("http://forge.localhost/login/passkey").unwrap();
    assert_eq!(fetch(browser, "GET", "/user", &Value::Null), 200);
    assert_eq!(fetch(browser, "DELETE", "/user/sessions/current", &Value::Null), 204);
    assert_eq!(fetch(browser, "GET", "/user", &Value::Null), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_made_signs_in_alone_stands_beside_the_password_and_is_removed() {
    let options = Options { public_url: "http://forge.localhost".to_owned(), ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let browser = Chromium::start_for("forge.localhost:80", server.server.http).unwrap();
    browser.screen(1280, 900, false).unwrap();
    browser.plug_in_authenticator().unwrap();
    let page = |name: &str| browser.goto(&format!("http://forge.localhost/login/{name}")).unwrap();
    let said = |words: &str| {
        browser.wait_for(words, &format!("return document.querySelector('#said').textContent.includes({})", json!(words))).unwrap()
    };

    page("passkey");
    let who = json!({ "username": "ann", "password": ann.password });
    assert_eq!(fetch(&browser, "POST", "/user/sessions", &who), 201);
    page("passkeys");
    browser.fill("#name", "laptop").unwrap();
    browser.fill("#password", &ann.password).unwrap();
    browser.click("#proof > button").unwrap();
    said("Keep these recovery codes");
    browser.wait_for_text("laptop, never used").unwrap();
    let codes = browser.script("return document.querySelector('#shown').textContent.split('\\n').length", &[]).unwrap();
    assert_eq!(codes, 10);
    page_is_sound(&browser, "one's own passkeys").unwrap();
    browser.screenshot("passkeys").unwrap();
    // The authenticator has one for this account, and makes no second.
    browser.click("#proof > button").unwrap();
    browser.wait_for("a refusal", "return document.querySelector('#said[role=alert]')?.textContent").unwrap();
    assert_eq!(fetch(&browser, "DELETE", "/user/sessions/current", &Value::Null), 204);

    page("passkey");
    page_is_sound(&browser, "signing in by a passkey").unwrap();
    browser.screenshot("sign-in-passkey").unwrap();
    browser.click("#alone").unwrap();
    is_in_and_leaves(&browser);

    page("passkey");
    browser.fill("#username", "ann").unwrap();
    browser.fill("#password", "not the password").unwrap();
    browser.click("#second > button").unwrap();
    said("wrong user name or password");
    browser.fill("#password", &ann.password).unwrap();
    browser.click("#second > button").unwrap();
    is_in_and_leaves(&browser);
    assert_eq!(fetch(&browser, "POST", "/user/sessions", &who), 401, "the password alone is not enough");

    page("passkey");
    browser.click("#alone").unwrap();
    browser.wait_for("another page", ELSEWHERE).unwrap();
    page("passkeys");
    browser.wait_for_text("laptop, last used").unwrap();
    browser.click("#make-code").unwrap();
    browser.wait_for("a code", "return document.querySelector('#shown').textContent.length === 19").unwrap();
    browser.fill("#password", &ann.password).unwrap();
    browser.click("#passkeys button").unwrap();
    said("Removed.");
    assert_eq!(fetch(&browser, "DELETE", "/user/sessions/current", &Value::Null), 204);
    page("passkey");
    browser.click("#alone").unwrap();
    said("not known here");
    assert_eq!(fetch(&browser, "POST", "/user/sessions", &who), 201, "the password is enough again");
    server.stop().await.unwrap();
}
