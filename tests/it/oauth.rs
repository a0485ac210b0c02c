//! OAuth 2 and OpenID Connect from outside: what a browser is shown, what programs get, and what whoever steals a part of it does not.

mod attacks;
mod clients;
mod consent;
mod guards;
mod keys;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hardie_domain::percent::{decode, encode_segment};
use hardie_testkit::{TestServer, TestUser};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::api::{Answer, Asker};

/// git-credential-oauth, as it knows every Gitea.
pub const GIT: &str = "a4792ccc-144e-407e-86c9-5e7d8d9c3269";
/// Where it listens this time.
pub const HERE: &str = "http://127.0.0.1:43210/";
/// As long as a verifier must be.
pub const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters-0";

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

pub fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encode_segment(value.as_bytes()))).collect::<Vec<_>>().join("&")
}

/// The fields of an address's query.
pub fn query(address: &str, name: &str) -> String {
    let (_, query) = address.split_once('?').unwrap_or(("", address));
    let value = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    String::from_utf8(decode(value).unwrap()).unwrap()
}

/// A browser with a session.
pub struct Browser {
    pub asker: Asker,
    pub cookie: String,
}

impl Browser {
    pub fn of(server: &TestServer, user: &TestUser) -> Browser {
        let asker = Asker::new(server, None);
        let body = form(&[("username", &user.name), ("password", &user.password)]);
        let signed_in = asker.send("POST", "/login/sign-in", &[FORM], body.as_bytes());
        assert_eq!(signed_in.status, 303, "{}", signed_in.text());
        let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
        Browser { asker, cookie }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.asker.send("GET", path, &[("cookie", &self.cookie)], b"")
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.asker.send("POST", path, &[FORM, ("cookie", &self.cookie), ("sec-fetch-site", "same-origin")], form(fields).as_bytes())
    }

    /// Opens the page for a request and gives this answer; where the browser is sent.
    pub fn answer(&self, fields: &[(&str, &str)], answer: &str) -> String {
        let page = self.get(&format!("/login/oauth/authorize?{}", form(fields)));
        assert_eq!(page.status, 200, "{} {}", page.header("location"), page.text());
        let csrf = hidden(&page.text(), "csrf");
        let sent = self.post("/login/oauth/authorize", &[fields, &[("csrf", &csrf), ("answer", answer)]].concat());
        assert_eq!(sent.status, 303, "{}", sent.text());
        sent.header("location").to_owned()
    }

    /// A code for git-credential-oauth.
    pub fn code(&self, scope: &str) -> String {
        query(&self.answer(&git_asks(scope), "allow"), "code")
    }

    /// Tokens of git-credential-oauth.
    pub fn tokens(&self, scope: &str) -> Value {
        let got = exchange(&self.asker, &self.code(scope), &[]);
        assert_eq!(got.status, 200, "{}", got.text());
        got.json()
    }
}

/// The value of a hidden field.
pub fn hidden(page: &str, name: &str) -> String {
    let at = page.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    let value = page[at..].split_once("value=\"").unwrap().1;
    value.split_once('"').unwrap().0.to_owned()
}

/// What git-credential-oauth asks.
pub fn git_asks(scope: &str) -> Vec<(&str, &str)> {
    static CHALLENGE: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| challenge(VERIFIER));
    vec![
        ("client_id", GIT),
        ("redirect_uri", HERE),
        ("response_type", "code"),
        ("scope", scope),
        ("state", "some state/&="),
        ("code_challenge", &CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// Brings a code as git-credential-oauth does, with these fields instead of its own.
pub fn exchange(asker: &Asker, code: &str, other: &[(&str, &str)]) -> Answer {
    let own =
        [("grant_type", "authorization_code"), ("client_id", GIT), ("redirect_uri", HERE), ("code_verifier", VERIFIER), ("code", code)];
    let kept = own.into_iter().filter(|(name, _)| !other.iter().any(|(given, _)| given == name));
    let fields: Vec<(&str, &str)> = kept.chain(other.iter().copied().filter(|(_, value)| !value.is_empty())).collect();
    asker.send("POST", "/login/oauth/access_token", &[FORM], form(&fields).as_bytes())
}

pub fn refresh(asker: &Asker, token: &str) -> Answer {
    let fields = [("grant_type", "refresh_token"), ("client_id", GIT), ("refresh_token", token)];
    asker.send("POST", "/login/oauth/access_token", &[FORM], form(&fields).as_bytes())
}

/// Sends a form with these Basic credentials.
pub fn as_client(asker: &Asker, path: &str, client: (&str, &str), fields: &[(&str, &str)]) -> Answer {
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", client.0, client.1)));
    asker.send("POST", path, &[FORM, ("authorization", &basic)], form(fields).as_bytes())
}

pub fn bearer(asker: &Asker, token: &str, path: &str) -> Answer {
    asker.send("GET", path, &[("authorization", &format!("Bearer {token}"))], b"")
}

pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// Registers a confidential application of this user's: its id and its secret.
pub fn register(server: &TestServer, user: &TestUser, fields: Value) -> (String, String) {
    let mut body = json!({ "name": "Builder", "redirect_uris": ["https://ci.example/done"], "confidential_client": true });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = Asker::new(server, Some(user)).json("POST", "/user/applications/oauth2", &body);
    assert_eq!(made.status, 201, "{}", made.text());
    (text(&made.json(), "client_id"), text(&made.json(), "client_secret"))
}
