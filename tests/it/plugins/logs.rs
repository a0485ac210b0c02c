//! What a plugin logs is kept within bounds, made harmless, and shown to those who administer it.

use hardie_app::upkeep;
use hardie_testkit::TestServer;
use serde_json::json;

use super::{remote, upload};
use crate::api::Asker;
use crate::support::component;

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_lines_are_kept_and_shown_to_administrators_alone() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob, root) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap(), server.admin("root").await.unwrap());
    let repo = server.repo(&ann, "tool", false).await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let install = |asker: &Asker, place: &str, plugin: &str| {
        let new = json!({ "digest": upload(asker, &component(plugin)), "name": plugin });
        asker.json("POST", place, &new).json()["id"].clone()
    };
    let flood = format!("/repos/{repo}/plugins/{}", install(&owner, &format!("/repos/{repo}/plugins"), "log-flood"));
    let site = install(&admin, "/admin/plugins", "refuse");
    assert_eq!(admin.json("PATCH", &format!("/admin/plugins/{site}"), &json!({ "mode": "monitor" })).status, 200);
    let dir = ann.git.init("tool").unwrap();
    for round in 0..6 {
        let pushed = ann.git.run(&dir, &["push", &server.http_remote(&repo), &format!("main:round{round}")]).unwrap();
        assert!(pushed.ok && !pushed.stderr.contains("remote: all is well"), "the pusher never sees it: {}", pushed.stderr);
    }
    // Each run logs 200 lines and a notice; four of them fit into a thousand.
    let page = owner.get(&format!("{flood}/logs?limit=1000"));
    assert_eq!((page.header("x-total-count"), page.json().as_array().unwrap().len()), ("804", 804));
    assert!(page.json()[0]["line"].as_str().unwrap().contains("4800 more lines"));
    let said = remote(&server, &ann, &["logs", "log-flood", "--repo", &repo, "--limit", "5"]);
    assert_eq!((said.code, said.out.lines().count()), (Some(0), 5), "{}{}", said.out, said.err);
    assert!(said.out.contains("ann/tool push 6 accepted  info: \u{fffd}[2J") && !said.out.contains('\u{1b}'), "{:?}", said.out);
    assert!(said.out.lines().last().unwrap().contains("4800 more lines"), "the last line is the last: {}", said.out);
    let verdicts = || owner.get(&format!("{flood}/verdicts")).json();
    let logged =
        |verdicts: serde_json::Value| verdicts.as_array().unwrap().iter().map(|v| v["log"].as_array().unwrap().len()).collect::<Vec<_>>();
    assert_eq!(logged(verdicts()), [201; 6]);
    assert_eq!(upkeep::expire(&server.server.app).await.unwrap().logs, 2);
    assert_eq!(logged(verdicts()), [201, 201, 201, 201, 0, 0]);
    assert_eq!(upkeep::expire(&server.server.app).await.unwrap().logs, 0);
    assert_eq!(owner.get(&format!("{flood}/logs")).header("x-total-count"), "804");

    assert_eq!(Asker::new(&server, None).get(&format!("{flood}/logs")).status, 401);
    assert_eq!(Asker::new(&server, Some(&bob)).get(&format!("{flood}/logs")).status, 403);
    assert_eq!(owner.get(&format!("/admin/plugins/{site}/logs")).status, 403);
    assert_eq!(owner.get(&format!("/repos/{repo}/plugins/{site}/logs")).status, 404, "an inherited log belongs to the site");
    let inherited = remote(&server, &ann, &["logs", "refuse", "--repo", &repo]);
    assert!(inherited.code == Some(1) && inherited.err.contains("comes from the site"), "{}", inherited.err);
    let said = remote(&server, &root, &["logs", "refuse", "--site", "--json"]);
    assert_eq!(said.json()[5]["line"], "info: judging a push");
    assert_eq!((&said.json()[5]["outcome"], &said.json()[5]["repository"]), (&json!("rejected"), &json!(repo)));
    server.stop().await.unwrap();
}
