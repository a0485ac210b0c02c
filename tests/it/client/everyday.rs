//! What somebody does in a week.

use std::os::unix::fs::PermissionsExt as _;

use hardie_testkit::{Options, TestServer};
use serde_json::json;

use super::Machine;
use crate::api::Asker;
use crate::app::factor::{shown, world};

#[tokio::test(flavor = "multi_thread")]
async fn a_password_becomes_a_token_that_is_kept_and_revoked() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let machine = Machine::new();
    machine.run(&["repo", "list", "--server", &server.url()]).refused("hardie login");
    machine.told(machine.git.home(), &["login", &server.url(), "--user", "ann", "--password-stdin"], "wrong horse\n").refused("status 401");
    assert!(!machine.kept().contains("127.0.0.1"), "{}", machine.kept());
    let said = machine.login(&server, &ann, &[]).fine();
    assert!(said.out.contains(&format!("signed in to {} as ann", server.url())) && !said.out.contains("hrd_"), "{said:?}");
    let mode = |name: &str| machine.git.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(".config/hardie"), mode(".config/hardie/servers.toml")), (0o700, 0o600));
    assert!(!machine.kept().contains(&ann.password));
    let who = machine.run(&["whoami", "--json"]).fine().json();
    assert_eq!((&who["user"]["login"], &who["server"]), (&json!("ann"), &json!(server.url())));

    // Another sign-in makes another token, and what it was before is good for nothing.
    let first = machine.token(&server).unwrap();
    let by = |token: &str| Asker::by(&server, token).get("/user").status;
    assert_eq!(by(&first), 200);
    machine.login(&server, &ann, &["--scopes", "read:user,read:repository"]).fine();
    let second = machine.token(&server).unwrap();
    assert_eq!((by(&first), by(&second)), (401, 200));
    machine.run(&["repo", "create", "tool"]).refused("status 403");
    machine.login(&server, &ann, &["--scopes", "write:repository"]).refused("read:user");
    machine.login(&server, &ann, &["--name", "laptop"]).fine();
    let third = machine.token(&server).unwrap();
    // The second could not revoke itself: it was made to read.
    assert_eq!((by(&second), by(&third)), (200, 200));
    let names = machine.run(&["token", "list", "--json"]).fine().json();
    assert!(names.as_array().unwrap().iter().any(|one| one["name"] == "laptop"), "{names}");
    machine.run(&["logout"]).fine();
    assert_eq!((by(&third), machine.token(&server)), (401, None));
    machine.run(&["logout"]).refused("say which server");
    assert!(!machine.kept().contains("hrd_"), "{}", machine.kept());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_brought_is_looked_at_and_stays_its_owner_s() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let machine = Machine::new();
    let url = server.url();
    machine.told(machine.git.home(), &["login", &url, "--token-stdin"], "hrd_nobody\n").refused("does not take this token");
    machine.told(machine.git.home(), &["login", &url, "--token-stdin"], "\n").refused("empty");
    machine.told(machine.git.home(), &["login", &url, "--token-stdin", "--json"], &format!("{}\n", ann.token)).fine();
    let said = machine.run(&["logout", &url]).fine();
    assert!(said.err.contains("was not made by hardie"), "{said:?}");
    assert_eq!(Asker::new(&server, Some(&ann)).get("/user").status, 200);
    // By the environment alone nothing is kept.
    let machine = machine.with("HARDIE_SERVER", &url).with("HARDIE_TOKEN", &ann.token);
    assert!(machine.run(&["whoami"]).fine().out.contains("the token of this call"));
    assert!(!machine.kept().contains(&ann.token));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for() {
    let (server, clock, ann, secret, _) = world().await;
    let machine = Machine::new();
    machine.login(&server, &ann, &[]).refused("--code");
    let code = shown(&secret, &clock);
    machine.login(&server, &ann, &["--code", &code]).fine();
    let said = machine.login(&server, &ann, &["--code", &code]);
    assert!(said.code == Some(1) && !said.err.contains(&code), "a code counts once: {said:?}");
    assert!(machine.run(&["whoami"]).fine().out.starts_with("ann at "));
    server.stop().await.unwrap();
}

async fn repositories(options: Options) {
    let server = TestServer::start_with(options).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    assert_eq!(Asker::new(&server, Some(&ann)).json("POST", "/orgs", &json!({ "username": "smiths" })).status, 201);
    let machine = Machine::of(&server, &ann);
    machine.run(&["repo", "create", "tool", "--private", "--description", "Makes things"]).fine();
    machine.run(&["repo", "create", "smiths/anvil"]).fine();
    machine.run(&["repo", "create", "ann/other", "--json"]).fine();
    machine.run(&["repo", "create", "tool"]).refused("status 409");
    machine.run(&["repo", "create", "../admin"]).refused("cannot be the name");
    let table = machine.run(&["repo", "list"]).fine().out;
    assert!(["ann/tool ", "private", "Makes things", "smiths/anvil", "ann/other"].iter().all(|word| table.contains(word)), "{table}");
    let names = |arguments: &[&str]| -> Vec<String> {
        let list = machine.run(arguments).fine().json();
        list.as_array().unwrap().iter().map(|one| one["full_name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["repo", "list", "smiths", "--json"]), ["smiths/anvil"]);
    assert_eq!(names(&["repo", "list", "--search", "makes & things", "--json"]).len(), 0);
    assert_eq!(names(&["repo", "list", "--search", "makes thi", "--json"]), ["ann/tool"]);
    machine.run(&["repo", "list", "nobody"]).refused("status 404");

    // In a clone its repository is meant.
    machine.run(&["repo", "clone", "ann/tool"]).fine();
    let dir = machine.git.path("tool");
    assert!(machine.within(&dir, &["repo", "show"]).fine().out.starts_with("ann/tool: private, no commit yet"));
    machine.run(&["repo", "show"]).refused("say which repository");
    machine.within(&dir, &["repo", "edit"]).refused("say what shall change");
    machine.within(&dir, &["repo", "edit", "--description", "Makes better things", "--public"]).fine();
    machine.within(&dir, &["repo", "edit", "--name", "hammer"]).fine();
    let shown = machine.run(&["repo", "show", "ann/hammer", "--json"]).fine().json();
    assert_eq!((&shown["description"], &shown["private"]), (&json!("Makes better things"), &json!(false)));
    machine.within(&dir, &["repo", "show"]).refused("elsewhere now");

    // Deleting takes the name and a yes.
    assert_eq!(machine.within(&dir, &["repo", "delete"]).code, Some(2));
    machine.run(&["repo", "delete", "ann/hammer"]).refused("--yes");
    machine.run(&["repo", "delete", "ann/hammer", "--yes"]).fine();
    machine.run(&["repo", "show", "ann/hammer"]).refused("status 404");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_are_made_shown_changed_and_deleted() {
    repositories(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_keys_come_and_go() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let machine = Machine::of(&server, &ann);
    machine.run(&["repo", "create", "tool"]).fine();
    let made = machine.run(&["token", "create", "ci", "--access", "read", "--repo", "ann/tool", "--days", "9"]).fine().out;
    let narrow = Asker::by(&server, made.trim());
    assert_eq!((narrow.get("/repos/ann/tool").status, narrow.get("/user/emails").status), (200, 403));
    machine.run(&["token", "create", "big", "--scopes", "all"]).refused("status 403");
    assert_eq!(machine.run(&["token", "create", "none"]).code, Some(2));
    let table = machine.run(&["token", "list"]).fine().out;
    assert!(table.contains("ann/tool,read") && !table.contains(made.trim()), "{table}");
    machine.run(&["token", "delete", "nothing"]).refused("hardie token list");
    machine.run(&["token", "delete", "ci"]).fine();
    assert_eq!(narrow.get("/repos/ann/tool").status, 401);

    let keygen = ["-q", "-t", "ed25519", "-N", "", "-C", "ann's laptop", "-f", "id"];
    assert!(machine.git.command("ssh-keygen").current_dir(machine.git.home()).args(keygen).status().unwrap().success());
    machine.run(&["key", "add", "id"]).refused("private half");
    let key = machine.run(&["key", "add", "id.pub", "--json"]).fine().json();
    assert!(machine.run(&["key", "list"]).fine().out.contains("ann's laptop"));
    machine.run(&["key", "add", "id.pub"]).refused("status 4");
    machine.run(&["key", "delete", &key["id"].to_string()]).fine();
    assert!(!machine.run(&["key", "list"]).fine().out.contains("ann's laptop"));
    server.stop().await.unwrap();
}
