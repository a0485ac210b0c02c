//! How mails are sent, with all that can go wrong on the way.

use hardie_domain::sign_up::SignUpMode;
use hardie_testkit::process::{self, ServerProcess};
use hardie_testkit::{Options, TestServer};
use serde_json::json;
use tempfile::TempDir;

use super::server::Smtp;
use super::{Asker, forge, post};
use crate::support::eventually;

fn forgot(server: &TestServer, email: &str) {
    assert_eq!(post(&Asker::new(server, None), "/user/password/forgot", &json!({ "email": email })).status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_go_by_starttls_and_by_tls_to_a_server_that_is_believed() {
    for security in ["starttls", "tls"] {
        let smtp = Smtp::start(security, true);
        let server = TestServer::start_with(Options { mail: Some(smtp.settings()), ..Options::default() }).await.unwrap();
        server.user("ann").await.unwrap();
        let mail = smtp.nth("ann@example.org", 2).await;
        assert_eq!((mail.tls, mail.user.as_deref()), (security == "starttls", Some("forge")));
        assert_eq!(mail.header("From"), "Hardie <forge@example.org>");
        server.stop().await.unwrap();
        // Nobody vouches for its certificate here.
        let options = Options { mail: Some(smtp.settings_without_trust()), ..Options::default() };
        let server = TestServer::start_with(options).await.unwrap();
        server.user("bob").await.unwrap();
        postponed(&server, 2).await;
        assert!(smtp.to("bob@example.org").is_empty());
        server.stop().await.unwrap();
    }
}

/// Waits until so many mails were tried in vain.
async fn postponed(server: &TestServer, count: u64) {
    let store = &server.server.app.store;
    eventually("the mails were tried", async || store.count_postponed_mails().await.unwrap() == count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_for_a_server_that_is_down_and_goes_out_once_it_is_back() {
    let smtp = Smtp::plain();
    let (server, clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    smtp.set("down").await;
    server.user("ann").await.unwrap();
    postponed(&server, 2).await;
    assert!(smtp.said().iter().any(|line| line["turned_away"] == true));
    smtp.set("up").await;
    clock.advance(60);
    smtp.nth("ann@example.org", 2).await;
    eventually("nothing waits", async || server.server.app.store.count_waiting_mails().await.unwrap() == 0).await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_there_gets_one_try_and_who_is_busy_tries_for_a_day() {
    let smtp = Smtp::plain();
    let (server, clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let root = server.admin("root").await.unwrap();
    let by_root = Asker::new(&server, Some(&root));
    for (name, email) in [("ann", "refused@example.org"), ("bob", "busy@example.org")] {
        let body = json!({ "username": name, "email": email, "password": "a long enough one" });
        assert_eq!(by_root.json("POST", "/admin/users", &body).status, 201);
    }
    let parked = || by_root.get("/admin/audit?action=mail.park").json();
    forgot(&server, "refused@example.org");
    eventually("it is given up", async || parked().as_array().unwrap().len() == 1).await;
    let line = parked()[0].clone();
    let detail = line["detail"].as_str().unwrap();
    assert!(detail.starts_with("reset after 1 tries: ") && detail.contains("nobody of this name"), "{line}");
    assert!(!line.to_string().contains("token"), "{line}");
    assert_eq!(server.server.app.store.count_parked_mails().await.unwrap(), 1);
    forgot(&server, "busy@example.org");
    let tries = || smtp.said().iter().filter(|line| line["busy"].is_string()).count();
    let store = &server.server.app.store;
    for hours in (0..).step_by(4) {
        assert!(hours < 48, "it is tried for ever");
        let before = tries();
        eventually("a try ended", async || {
            let given_up = store.count_parked_mails().await.unwrap() == 2;
            given_up || (tries() > 0 && store.count_postponed_mails().await.unwrap() == 1)
        })
        .await;
        if store.count_parked_mails().await.unwrap() == 2 {
            break;
        }
        clock.advance(4 * 3600);
        eventually("another try", async || tries() > before.max(1) || store.count_parked_mails().await.unwrap() == 2).await;
    }
    assert!((4..12).contains(&tries()), "{} tries", tries());
    assert_eq!(parked().as_array().unwrap().len(), 2);
    server.stop().await.unwrap();
}

/// What a mail says opens accounts: neither the database nor the log has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_taken_and_not_acknowledged_goes_out_again_after_kill_9_with_the_same_id() {
    let smtp = Smtp::plain();
    let data = TempDir::new().unwrap();
    let config = data.path().join("hardie.toml");
    let text = format!("[mail]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"forge@example.org\"\n", smtp.port);
    std::fs::write(&config, text).unwrap();
    let folder = data.path().join("data");
    process::admin(&folder, &["user", "create", "ann", "--email", "ann@example.org", "--password-stdin"], "a long enough one\n").unwrap();
    smtp.set("stall").await;
    let more = ["--config", config.to_str().unwrap(), "--public-url", "http://forge.test"];
    let server = ServerProcess::serve(&folder, &more).unwrap();
    let ask = format!(
        "POST /api/v1/user/password/forgot HTTP/1.1\r\nhost: x\r\nx-hardie-csrf: 1\r\nconnection: close\r\ncontent-length: 27\r\n\r\n{}",
        r#"{"email":"ann@example.org"}"#
    );
    let host = server.url().trim_start_matches("http://").to_owned();
    let answer = hardie_testkit::raw::exchange(&host, ask.as_bytes()).unwrap();
    assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 202"), "{}", String::from_utf8_lossy(&answer));
    let first = smtp.nth("ann@example.org", 1).await;
    let (_, log) = server.kill().unwrap();
    smtp.set("up").await;
    let server = ServerProcess::serve(&folder, &more).unwrap();
    let second = smtp.nth("ann@example.org", 2).await;
    assert_eq!(first, second, "the same mail, with the same Message-ID");
    let token = second.token("reset");
    let (_, later_log) = server.terminate().unwrap();
    assert!(!log.contains(&token) && !later_log.contains(&token));
    for file in ["hardie.db", "hardie.db-wal"] {
        let bytes = std::fs::read(folder.join(file)).unwrap_or_default();
        assert!(!bytes.windows(token.len()).any(|part| part == token.as_bytes()), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_are_told_of_new_keys_and_tokens() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let ann = server.user("ann").await.unwrap();
    smtp.nth("ann@example.org", 2).await;
    let (token, key) = (smtp.to("ann@example.org")[0].body.clone(), smtp.to("ann@example.org")[1].body.clone());
    let both = format!("{token}{key}");
    assert!(both.contains("An access token that ends in") && both.contains("An SSH key was added, with the fingerprint SHA256:"), "{both}");
    assert!(!both.contains(&ann.token));
    server.stop().await.unwrap();
}
