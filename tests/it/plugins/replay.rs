//! `hardie plugin replay`: a policy tried on the past, which stays as it was.

use hardie_app::state::PluginPolicy;
use hardie_testkit::{Options, TestServer, TestUser, tools};
use serde_json::{Value, json};

use super::{file, remote, upload};
use crate::api::Asker;
use crate::support::component;

fn commit_message() -> Vec<u8> {
    std::fs::read(tools::plugin("commit-message").unwrap()).unwrap()
}

/// Five pushes: a good one, a bad one, a good branch on top of the bad commit, a bad branch, and that branch's end.
fn five_pushes(server: &TestServer, ann: &TestUser, repo: &str) {
    let (git, url) = (&ann.git, server.http_remote(repo));
    let dir = git.init("work").unwrap();
    let push = |what: &str| git.ok(&dir, &["push", "--quiet", &url, what]).unwrap();
    push("main");
    git.commit(&dir, "a.txt", "a\n", "wip").unwrap();
    push("main");
    git.ok(&dir, &["checkout", "--quiet", "-b", "topic"]).unwrap();
    git.commit(&dir, "b.txt", "b\n", "Add another file").unwrap();
    push("topic");
    git.ok(&dir, &["checkout", "--quiet", "-b", "side", "main"]).unwrap();
    git.commit(&dir, "c.txt", "c\n", "draft").unwrap();
    push("side");
    push(":side");
}

fn counts(run: &Value) -> [i64; 5] {
    ["judged", "accepted", "refused", "faults", "gone"].map(|name| run[name].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_push_is_judged_as_it_was_and_nothing_is_changed() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let repo = server.repo(&ann, "tool", true).await.unwrap();
    five_pushes(&server, &ann, &repo);
    let asker = Asker::new(&server, Some(&ann));
    let state = || {
        [format!("/repos/{repo}/branches"), format!("/repos/{repo}/pushes"), format!("/repos/{repo}/plugins")].map(|p| asker.get(&p).json())
    };
    let before = state();
    let policy = file(&ann, "policy", &commit_message());
    let replay = |plugin: &str, more: &[&str]| {
        let said = remote(&server, &ann, &[&["replay", plugin, "--repo", &repo, "--json"], more].concat());
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.json()
    };
    let run = replay(&policy, &[]);
    assert_eq!(counts(&run), [3, 2, 1, 0, 2], "a new branch brings its own commits alone; what a deleted one had is gone: {run}");
    let finding = &run["findings"][0];
    let pushes = asker.get(&format!("/repos/{repo}/pushes")).json();
    assert_eq!((&finding["push_id"], &finding["actor"], &finding["outcome"]), (&pushes[3]["id"], &json!("ann"), &json!("rejected")));
    assert!(finding["lines"].to_string().contains("work-in-progress") && finding["fuel"].as_i64() > Some(0), "{finding}");
    assert!(run["fuel_max"].as_i64() >= run["fuel_p50"].as_i64() && run["fuel_p50"].as_i64() > Some(0) && run["cut_off"] == "");
    assert_eq!(counts(&replay(&policy, &["--last", "1"])), [0, 0, 0, 0, 1]);
    assert_eq!(counts(&replay(&policy, &["--last", "4"])), [2, 1, 1, 0, 2]);
    assert_eq!(counts(&replay(&policy, &["--since", "2999-01-01"])), [0; 5]);
    assert_eq!(counts(&replay(&policy, &["--since", "2000-01-01"])), [3, 2, 1, 0, 2]);
    assert_eq!(counts(&replay(&policy, &["--range", "main~..topic~0"])), [1, 0, 1, 0, 0]);
    assert_eq!(counts(&replay(&policy, &["--range", "main..topic"])), [1, 1, 0, 0, 0]);
    let lax = ann.git.path("lax.json");
    std::fs::write(&lax, r#"{"forbid-wip": false}"#).unwrap();
    assert_eq!(counts(&replay(&policy, &["--config", lax.to_str().unwrap()])), [3, 3, 0, 0, 2]);
    assert_eq!(counts(&replay(&file(&ann, "trap", &component("trap")), &[])), [3, 0, 0, 3, 2]);
    let text = remote(&server, &ann, &["replay", &policy, "--repo", &repo]).out;
    assert!(text.contains("3 judged: 2 accepted, 1 would be refused, 0 faults") && text.contains("remote: [commit-message]"), "{text}");
    assert_eq!(state(), before);

    // One that is installed, by its name; switched off it refuses nothing.
    let new = json!({ "digest": upload(&asker, &component("refuse")), "name": "strict", "mode": "off" });
    assert_eq!(asker.json("POST", &format!("/repos/{repo}/plugins"), &new).status, 201);
    let run = replay("strict", &[]);
    assert_eq!((counts(&run), &run["plugin"]), ([3, 0, 3, 0, 2], &json!("strict")));
    assert_eq!(asker.get(&format!("/repos/{repo}/plugins/1/verdicts")).json(), json!([]), "it said nothing that counts");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_install_may_not_try() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob, eve) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap(), server.user("eve").await.unwrap());
    let repo = server.repo(&ann, "tool", true).await.unwrap();
    five_pushes(&server, &ann, &repo);
    let (owner, writer, stranger) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)), Asker::new(&server, Some(&eve)));
    assert_eq!(owner.json("PUT", &format!("/repos/{repo}/collaborators/bob"), &json!({ "permission": "write" })).status, 204);
    let digest = upload(&owner, &component("accept"));
    let place = format!("/repos/{repo}/plugins/dry-run");
    let asks = |asker: &Asker, body: Value| asker.json("POST", &place, &body).refusal();
    let plain = || json!({ "digest": digest });
    assert_eq!(asks(&Asker::new(&server, None), plain()).0, 401);
    assert_eq!(asks(&stranger, plain()).0, 404);
    assert_eq!(asks(&writer, plain()).0, 403);
    assert_eq!(asks(&owner, plain()).0, 200);
    // Another repository's installation is none here.
    let elsewhere = server.repo(&eve, "own", true).await.unwrap();
    let id = stranger.json("POST", &format!("/repos/{elsewhere}/plugins"), &plain()).json()["id"].clone();
    assert_eq!(asks(&owner, json!({ "plugin_id": id })).0, 404);
    for (body, text) in [
        (json!({}), "plugin_id"),
        (json!({ "plugin_id": 1, "digest": digest }), "plugin_id"),
        (json!({ "digest": digest, "last": 0 }), "last"),
        (json!({ "digest": digest, "last": 101 }), "last"),
        (json!({ "digest": digest, "since": "yesterday" }), "since"),
        (json!({ "digest": digest, "range": "a...b" }), "A..B"),
        (json!({ "digest": digest, "range": "main..main" }), "is empty"),
        (json!({ "digest": digest, "range": "main", "last": 3 }), "range"),
        (json!({ "digest": digest, "range": "main~9..main" }), "before the first commit"),
        (json!({ "digest": digest, "range": "main~1000~..main" }), "up to 1000"),
        (json!({ "digest": digest, "range": format!("main~{}~{}..main", usize::MAX, usize::MAX) }), "up to 1000"),
        (json!({ "digest": format!("sha256:{}", "0".repeat(64)) }), "was not uploaded"),
    ] {
        let refusal = asks(&owner, body.clone());
        assert!(refusal.0 == 422 && refusal.1.contains(text), "{body}: {refusal:?}");
    }
    assert_eq!(asks(&owner, json!({ "digest": digest, "range": "nowhere..main" })).0, 404);
    server.stop().await.unwrap();

    let server = TestServer::start_with(Options { plugins: PluginPolicy::Closed, ..Options::default() }).await.unwrap();
    let (ann, root) = (server.user("ann").await.unwrap(), server.admin("root").await.unwrap());
    let repo = server.repo(&ann, "tool", true).await.unwrap();
    let digest = upload(&Asker::new(&server, Some(&root)), &component("accept"));
    let asks = |user: &TestUser| {
        Asker::new(&server, Some(user)).json("POST", &format!("/repos/{repo}/plugins/dry-run"), &json!({ "digest": digest })).status
    };
    assert_eq!((asks(&ann), asks(&root)), (403, 200));
    server.stop().await.unwrap();
}
