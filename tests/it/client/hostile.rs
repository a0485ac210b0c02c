//! Servers that mean ill, and clones of strangers.

use hardie_testkit::TestServer;
use serde_json::{Value, json};

use super::Machine;
use crate::api::Asker;
use crate::webhooks::receiver::{Does, Receiver};

fn says(status: &str, lines: &str, body: &[u8]) -> Does {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{lines}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    Does::Bytes([head.as_bytes(), body].concat())
}

fn token() -> String {
    format!("hrd_{}", "not-of-yours")
}

/// Somebody who has a token for this server.
fn of(receiver: &Receiver) -> Machine {
    Machine::new().with("HARDIE_SERVER", &receiver.url).with("HARDIE_TOKEN", &token())
}

/// A repository as a good server shows it.
async fn good() -> Value {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let repo = Asker::new(&server, Some(&ann)).get("/repos/ann/tool").json();
    server.stop().await.unwrap();
    repo
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_takes_no_token_along() {
    let elsewhere = Receiver::ok();
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let evil = Receiver::new(says(status, &format!("Location: {}/api/v1/user\r\n", elsewhere.url), b"{}"));
        let machine = of(&evil);
        machine.run(&["whoami"]).refused("a token goes nowhere by itself");
        machine.run(&["repo", "create", "tool"]).refused("elsewhere now");
        let said = machine.told(machine.git.home(), &["login", &evil.url, "--user", "ann", "--password-stdin"], "correct horse\n");
        assert_eq!(said.code, Some(1), "{said:?}");
        assert_eq!(evil.heard().len(), 3);
        assert_eq!(evil.heard()[0].header("authorization"), format!("token {}", token()));
    }
    assert_eq!(elsewhere.heard().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_cannot_paint_the_terminal() {
    let mut repo = good().await;
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\u{9b}31m\u{202e}\nrm -rf /";
    repo["description"] = evil.into();
    repo["full_name"] = evil.into();
    let bad = |text: &str| text.chars().any(|c| (c.is_control() && !"\n\t".contains(c)) || c == '\u{202e}');
    let one = Receiver::new(says("200 OK", "", repo.to_string().as_bytes()));
    let list = Receiver::new(says("200 OK", "", json!([repo]).to_string().as_bytes()));
    let refusal = Receiver::new(says("403 No", "", json!({ "message": evil }).to_string().as_bytes()));
    for (receiver, arguments) in [(&one, &["repo", "show", "a/b"][..]), (&list, &["repo", "list"]), (&refusal, &["repo", "list"])] {
        let said = of(receiver).run(arguments);
        assert!(said.out.len() + said.err.len() > 20 && !bad(&said.out) && !bad(&said.err), "{said:?}");
    }
    // One repository is one line of the table, and JSON means what was sent.
    assert_eq!(of(&list).run(&["repo", "list"]).fine().out.lines().count(), 2);
    let said = of(&one).run(&["repo", "show", "a/b", "--json"]).fine();
    assert!(!bad(&said.out) && said.json()["description"] == evil, "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_or_not_what_was_asked_for_is_refused() {
    let repo = good().await;
    let many: Vec<&Value> = std::iter::repeat_n(&repo, 51).collect();
    let huge = vec![b' '; 17 << 20];
    for (body, words) in [
        (serde_json::to_vec(&many).unwrap(), "was asked for 50"),
        (huge, "more than 16777216 bytes"),
        (b"{\"ok\": tru".to_vec(), "not what this version expects"),
        (b"<html>".to_vec(), "not what this version expects"),
    ] {
        let evil = Receiver::new(says("200 OK", "", &body));
        let said = of(&evil).run(&["repo", "list"]).refused(words);
        assert!(said.err.len() < 1000 && said.out.is_empty(), "{said:?}");
    }
    let shouts = Receiver::new(says("403 No", "", json!({ "message": "no ".repeat(1 << 20) }).to_string().as_bytes()));
    assert!(of(&shouts).run(&["repo", "list"]).refused("no no").err.len() < 5000);
    // A list that never ends does.
    let endless = Receiver::new(says("200 OK", "", &serde_json::to_vec(&many[..50]).unwrap()));
    let said = of(&endless).run(&["repo", "list"]).fine();
    assert!(said.out.lines().count() == 5001 && said.err.contains("more than these 5000"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_cannot_put_words_into_git_s_mouth() {
    let mut user = good().await["owner"].clone();
    user["login"] = "ann\nhost=forge.example".into();
    let evil = Receiver::new(says("200 OK", "", user.to_string().as_bytes()));
    let machine = Machine::new();
    machine.told(machine.git.home(), &["login", &evil.url, "--token-stdin"], "hrd_x\n").refused("a name that is none");
    assert!(!machine.kept().contains("hrd_x"));
    let mut repo = good().await;
    repo["ssh_url"] = "ext::sh -c 'touch owned'".into();
    repo["clone_url"] = repo["ssh_url"].clone();
    let evil = Receiver::new(says("200 OK", "", repo.to_string().as_bytes()));
    let machine = of(&evil);
    machine.run(&["repo", "clone", "ann/tool", "--ssh"]).refused("no address of it");
    // Over HTTP nothing of that is looked at; what git makes of such a server is git's.
    machine.run(&["repo", "clone", "ann/tool"]);
    assert!(evil.heard().iter().any(|heard| heard.line.starts_with("GET /ann/tool.git/info/refs")));
    assert!(!machine.git.path("owned").exists() && !machine.git.path("tool/owned").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_s_clone_gets_no_token() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let evil = Receiver::ok();
    let machine = Machine::of(&server, &ann);
    let dir = machine.git.init("strange").unwrap();
    machine.git.ok(&dir, &["remote", "add", "origin", &format!("{}/ann/tool.git", evil.url)]).unwrap();
    assert!(machine.within(&dir, &["whoami"]).fine().out.contains(&server.url()));
    machine.within(&dir, &["repo", "show"]).refused("say which repository");
    let with_token = machine.with("HARDIE_TOKEN", &ann.token);
    with_token.within(&dir, &["whoami"]).fine();
    assert_eq!(evil.heard().len(), 0);
    server.stop().await.unwrap();
}

#[test]
fn a_secret_goes_without_tls_to_this_machine_alone() {
    let machine = Machine::new();
    for call in [
        &["login", "http://192.0.2.1", "--token-stdin"][..],
        &["repo", "list", "--server", "http://192.0.2.1", "--token", "hrd_x"],
        &["plugin", "list", "--site", "--server", "http://192.0.2.1", "--token", "hrd_x"],
    ] {
        machine.told(machine.git.home(), call, "hrd_x\n").refused("--insecure-http");
    }
    let password = format!("http://ann:{}@localhost:1", "hunter2");
    let said = machine.run(&["repo", "list", "--server", &password]).refused("holds no user name");
    assert!(!said.err.contains("hunter2"), "{said:?}");
}

#[test]
fn what_others_may_read_is_not_taken() {
    use std::os::unix::fs::PermissionsExt as _;
    let machine = Machine::new();
    std::fs::create_dir_all(machine.git.path(".config/hardie")).unwrap();
    let file = machine.git.path(".config/hardie/servers.toml");
    std::fs::write(&file, "default = \"http://127.0.0.1:1\"\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    machine.run(&["whoami"]).refused("chmod 600");
}
