//! Mails, and what they prove, against a real server of mails.

mod addresses;
mod admission;
mod reset;
mod sending;
pub mod server;
mod sign_up;

use hardie_domain::sign_up::{MailDomains, SignUpMode};
use hardie_testkit::{FakeClock, Options, TestServer};
use serde_json::{Value, json};

use crate::api::{Answer, Asker};
use server::Smtp;

/// A forge that sends its mails there, with a clock of its own.
pub async fn forge(smtp: &Smtp, mode: SignUpMode, domains: &[&str]) -> (TestServer, FakeClock) {
    let clock = FakeClock::default();
    let mut options = Options { mail: Some(smtp.settings()), ..Options::default() };
    options.ports.clock = std::sync::Arc::new(clock.clone());
    options.sign_up.mode = mode;
    options.sign_up.domains = MailDomains::parse(&domains.iter().map(|d| (*d).to_owned()).collect::<Vec<_>>()).unwrap();
    (TestServer::start_with(options).await.unwrap(), clock)
}

/// As a page of ours asks.
fn post(asker: &Asker, path: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("x-hardie-csrf", "1")];
    asker.send("POST", &format!("/api/v1{path}"), &headers, body.to_string().as_bytes())
}

fn token(token: &str) -> Value {
    json!({ "token": token })
}
