//! A webhook from its making to its end, as Woodpecker and other clients of Gitea use one.

use hardie_testkit::postgres::Database;
use hardie_testkit::{FakeClock, TestServer};
use serde_json::{Value, json};

use super::receiver::{Receiver, SIGNED, verified};
use super::{all_sent, in_order, make, options, told};
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::eventually;

async fn woodpecker(database: Option<Database>) {
    let options = hardie_testkit::Options { database: database.as_ref().map(|d| d.url().to_owned()), ..options(&FakeClock::default()) };
    let server = TestServer::start_with(options).await.unwrap();
    let receiver = Receiver::ok();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let (secret, token) = (format!("sign-{}", "with-this"), format!("let-{}", "me-in"));
    let url = format!("{}/api/hook?access_token={token}", receiver.url);
    let hooks = format!("/repos/{repo}/hooks");
    let new = json!({
        "type": "gitea", "active": true, "events": ["push", "create", "pull_request", "release"],
        "config": { "url": url, "secret": secret, "content_type": "json" }
    });
    let made = asker.json("POST", &hooks, &new);
    assert_eq!(made.status, 201, "{}", made.text());
    let listed = asker.get(&format!("{hooks}?page=1&limit=50"));
    let hook = listed.json()[0].clone();
    assert_eq!((&hook["config"]["url"], &hook["active"], &hook["type"]), (&json!(url), &json!(true), &json!("gitea")));
    assert!(hook["signed"] == true && !listed.text().contains(&secret) && !made.text().contains(&secret), "{}", listed.text());
    assert_eq!(listed.header("x-total-count"), "1");
    assert_eq!(asker.get(&format!("{hooks}?page=2")).json(), json!([]));

    let before = ann.git.ok(&dir, &["rev-parse", "HEAD"]).unwrap().trim().to_owned();
    ann.git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    ann.git.ok(&dir, &["rm", "-q", "a.txt"]).unwrap();
    let after = ann.git.commit(&dir, "b \"ü\".txt", "two\n", "Two\n\nwith a body").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    ann.git.ok(&dir, &["tag", "v1.0.0"]).unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "v1.0.0"]).unwrap();
    let address = format!("{hooks}/{}", hook["id"]);
    eventually("both pushes are told", async || receiver.heard().len() == 3).await;
    all_sent(&asker, &address).await;
    let heard = receiver.heard();
    for one in &heard {
        assert_eq!(verified(one, &secret), SIGNED);
        assert_ne!(verified(one, "another"), SIGNED);
        assert_eq!(one.line, format!("POST /api/hook?access_token={token} HTTP/1.1"));
        for family in ["gitea", "forgejo", "gogs", "github"] {
            assert_eq!(one.header(&format!("x-{family}-delivery")), one.header("webhook-id"));
            assert_eq!(one.header(&format!("x-{family}-event")), one.header("x-gitea-event-type"));
        }
        assert_eq!((one.header("x-hardie-attempt"), one.header("content-type")), ("1", "application/json"));
    }
    let push = heard[0].json();
    assert_eq!(heard[0].header("x-gitea-event"), "push");
    assert_eq!((&push["ref"], &push["before"], &push["after"]), (&json!("refs/heads/main"), &json!(before), &json!(after)));
    assert_eq!(push["compare_url"], json!(format!("http://forge.test/{repo}/compare/{before}...{after}")));
    assert_eq!((&push["total_commits"], &push["truncated"], &push["head_commit"]["id"]), (&json!(2), &json!(false), &json!(after)));
    let newest = &push["commits"][0];
    assert_eq!((&newest["message"], &newest["id"]), (&json!("Two\n\nwith a body\n"), &json!(after)));
    assert_eq!((&newest["added"], &newest["removed"]), (&json!(["b \"ü\".txt"]), &json!(["a.txt"])));
    assert_eq!(push["commits"][1]["added"], json!(["a.txt"]));
    assert!(newest["url"].as_str().unwrap().ends_with(&format!("/{repo}/commit/{after}")));
    assert_eq!((&push["repository"]["full_name"], &push["repository"]["permissions"]["admin"]), (&json!(repo), &json!(true)));
    assert_eq!((&push["sender"]["login"], &push["pusher"]["username"]), (&json!("ann"), &json!("ann")));
    assert_eq!((&push["sender"]["email"], &push["repository"]["owner"]["email"]), (&json!(""), &json!("")), "addresses are nobody's");
    let create = heard[1].json();
    assert_eq!(heard[1].header("x-gitea-event"), "create");
    assert_eq!((&create["ref"], &create["ref_type"], &create["sha"]), (&json!("v1.0.0"), &json!("tag"), &json!(after)));
    let tagged = heard[2].json();
    assert_eq!((&tagged["ref"], &tagged["commits"], &tagged["head_commit"]["id"]), (&json!("refs/tags/v1.0.0"), &json!([]), &json!(after)));
    again(&asker, &receiver, &address, heard.len()).await;

    // Neither is anywhere in the rows, in the audit log or in the description of the webhook.
    if database.is_none() {
        let rows: Vec<u8> = ["hardie.db", "hardie.db-wal"]
            .iter()
            .flat_map(|file| std::fs::read(server.data_dir().join(file)).unwrap_or_default())
            .collect();
        for text in [&secret, &token] {
            assert!(!rows.windows(text.len()).any(|part| part == text.as_bytes()), "{text} can be read in the database");
        }
    }
    let found = asker.get(&hooks).json().as_array().unwrap().iter().find(|hook| hook["config"]["url"] == json!(url)).unwrap()["id"].clone();
    assert_eq!(asker.json("DELETE", &format!("{hooks}/{found}"), &Value::Null).status, 204);
    assert_eq!((asker.get(&hooks).json(), asker.get(&format!("{address}/deliveries")).status), (json!([]), 404));
    ann.git.commit(&dir, "c.txt", "c\n", "Three").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    in_order(&server).await;
    assert_eq!(receiver.heard().len(), heard.len() + 4, "nobody is told any more");
    server.stop().await.unwrap();
}

/// One by one and by range: the same bytes and id, and an attempt that counts on.
async fn again(asker: &Asker, receiver: &Receiver, hook: &str, sent: usize) {
    let list = asker.get(&format!("{hook}/deliveries")).json();
    let first = list.as_array().unwrap().last().unwrap().clone();
    let one = asker.get(&format!("{hook}/deliveries/{}", first["id"])).json();
    assert_eq!(one["uuid"], json!(receiver.heard()[0].header("webhook-id")));
    assert_eq!((&one["payload"], &one["about"]), (&receiver.heard()[0].json(), &json!("push refs/heads/main")));
    assert_eq!(asker.json("POST", &format!("{hook}/deliveries/{}/redeliver", first["id"]), &json!({})).status, 202);
    eventually("it is sent again", async || receiver.heard().len() == sent + 1).await;
    all_sent(asker, hook).await;
    let would = asker.json("POST", &format!("{hook}/redeliver"), &json!({ "from": 1, "dry_run": true }));
    assert_eq!((would.status, &would.json()["redelivered"]), (202, &json!(3)));
    assert_eq!(asker.json("POST", &format!("{hook}/redeliver"), &json!({ "from": 1 })).json()["redelivered"], json!(3));
    eventually("all are sent again", async || receiver.heard().len() == sent + 4).await;
    all_sent(asker, hook).await;
    let heard = receiver.heard();
    for (place, attempt) in [(sent, "2"), (sent + 1, "3")] {
        assert_eq!((&heard[place].body, heard[place].header("webhook-id")), (&heard[0].body, heard[0].header("webhook-id")));
        assert_eq!(heard[place].header("x-hardie-attempt"), attempt);
    }
    let ids = |from: usize| heard[from..from + 3].iter().map(|one| one.header("webhook-id").to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(0), ids(sent + 1), "in the order of the events");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_serves_woodpecker_from_its_making_to_its_end() {
    woodpecker(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_serves_woodpecker_from_its_making_to_its_end_on_postgres() {
    woodpecker(Some(Database::new().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_what_it_asks_for_and_nothing_else() {
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let receiver = Receiver::ok();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (asker, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    in_order(&server).await;
    let secret = format!("a form is {}", "signed too");
    let more = json!({ "content_type": "form", "secret": secret, "branch_filter": "{main,release/*}" });
    let filtered = make(&asker, &repo, &receiver.url, &["push", "delete"], more);
    let site = json!({ "type": "gitea", "active": true, "events": ["repository", "status"], "config": { "url": format!("{}/site", receiver.url) } });
    assert_eq!(admin.json("POST", "/admin/hooks", &site).status, 201);
    ann.git.ok(&dir, &["push", "-q", "origin", "main:refs/heads/other", "main:refs/heads/release/1", "main:refs/tags/main"]).unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", ":refs/heads/other", ":refs/heads/release/1"]).unwrap();
    in_order(&server).await;
    all_sent(&asker, &filtered).await;
    assert_eq!(
        told(&asker, &filtered).into_iter().map(|(_, about)| about).collect::<Vec<_>>(),
        ["push refs/heads/release/1", "delete refs/heads/release/1"]
    );
    let commit = ann.git.ok(&dir, &["rev-parse", "HEAD"]).unwrap().trim().to_owned();
    let said = json!({ "state": "success", "context": "ci/x", "description": "70 tests", "target_url": "https://ci.example.org/7" });
    assert_eq!(asker.json("POST", &format!("/repos/{repo}/statuses/{commit}"), &said).status, 201);
    assert_eq!(asker.json("PATCH", &format!("/repos/{repo}"), &json!({ "name": "renamed" })).status, 200);
    assert_eq!(asker.json("DELETE", "/repos/ann/renamed", &Value::Null).status, 204);
    eventually("the site's is told of the rest", async || receiver.heard().len() == 5).await;
    let heard = receiver.heard();
    assert!(heard[..2].iter().all(|one| verified(one, &secret) == SIGNED && one.body.starts_with(b"payload=%7B")));
    let site = &heard[2..];
    assert!(site.iter().all(|one| one.line == "POST /site HTTP/1.1" && one.headers.iter().all(|(name, _)| !name.ends_with("signature"))));
    let events: Vec<&str> = site.iter().map(|one| one.header("x-gitea-event")).collect();
    assert_eq!(events, ["status", "repository", "repository"]);
    let (status, renamed, deleted) = (site[0].json(), site[1].json(), site[2].json());
    assert_eq!((&status["sha"], &status["context"], &status["sender"]["login"]), (&json!(commit), &json!("ci/x"), &json!("ann")));
    assert_eq!((&renamed["action"], &renamed["previous_full_name"]), (&json!("renamed"), &json!("ann/tool")));
    assert_eq!((&deleted["action"], &deleted["repository"]["full_name"]), (&json!("deleted"), &json!("ann/renamed")));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_many_refs_is_told_ref_by_ref_up_to_a_hundred_and_then_at_once() {
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let receiver = Receiver::ok();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    make(&asker, &repo, &receiver.url, &["push"], json!({}));
    let refs: Vec<String> = (0..103).map(|n| format!("main:refs/heads/b{n:03}")).collect();
    let refs: Vec<&str> = ["push", "-q", "origin"].into_iter().chain(refs.iter().map(String::as_str)).collect();
    ann.git.ok(&dir, &refs).unwrap();
    for told in [30, 60, 101] {
        eventually("all are told", async || receiver.heard().len() >= told).await;
    }
    let heard = receiver.heard();
    for (n, one) in heard[..100].iter().enumerate() {
        assert_eq!(one.json()["ref"], json!(format!("refs/heads/b{n:03}")), "in the order of the push");
    }
    let rest = heard[100].json();
    assert_eq!((&rest["truncated"], &rest["total_refs"], &rest["ref"]), (&json!(true), &json!(103), &json!("")));
    let more = rest["more_url"].as_str().unwrap().strip_prefix("http://forge.test/api/v1").unwrap().to_owned();
    assert_eq!(asker.get(&more).json()["refs"].as_array().unwrap().len(), 103, "what is left out is where the body says");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_commits_beyond_what_a_body_holds_are_not_left_out_in_silence() {
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let receiver = Receiver::ok();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let hook = make(&asker, &repo, &receiver.url, &["push"], json!({}));
    let before = ann.git.ok(&dir, &["rev-parse", "HEAD"]).unwrap().trim().to_owned();
    std::fs::create_dir(dir.join("many")).unwrap();
    for n in 0..3000 {
        std::fs::write(dir.join(format!("many/{n}-{}", "x".repeat(80))), "x").unwrap();
    }
    ann.git.ok(&dir, &["add", "-A"]).unwrap();
    let large = ann.git.commit(&dir, "a.txt", "a\n", "Many files").unwrap();
    let small = ann.git.commit(&dir, "b.txt", "b\n", "One file").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("it is told", async || receiver.heard().len() == 1).await;
    let body = receiver.heard()[0].json();
    assert_eq!((&body["truncated"], &body["total_commits"]), (&json!(true), &json!(2)));
    let listed: Vec<&str> = body["commits"].as_array().unwrap().iter().map(|commit| commit["id"].as_str().unwrap()).collect();
    assert_eq!(listed, [small.as_str()], "a commit is there with all of its paths, or it is not there: {large}");
    let more = body["more_url"].as_str().unwrap();
    assert!(more.ends_with(&format!("/compare/{before}...{small}")), "{more}");
    let more = asker.get(more.strip_prefix("http://forge.test/api/v1").unwrap());
    assert_eq!((more.status, more.json()["total_commits"].clone()), (200, json!(2)));

    // A test sends the newest commit again.
    assert_eq!(asker.json("POST", &format!("{hook}/tests"), &Value::Null).status, 204);
    eventually("the test is told", async || receiver.heard().len() == 2).await;
    let tested = receiver.heard()[1].json();
    assert_eq!((&tested["before"], &tested["after"], &tested["total_commits"]), (&json!(large), &json!(small), &json!(1)));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_was_interrupted_hides_nothing_else_and_comes_to_its_end() {
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let receiver = Receiver::ok();
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    let hooks: Vec<String> = (0..3).map(|_| make(&asker, &repo, &receiver.url, &["push"], json!({}))).collect();
    let app = &server.server.app;
    // As far as the first step of a removal goes.
    for hook in &hooks[..2] {
        let id = hook.rsplit('/').next().unwrap().parse().unwrap();
        let mut tx = app.store.begin().await.unwrap();
        assert!(tx.delete_handler(hardie_domain::ids::InstallationId(id)).await.unwrap());
        tx.commit().await.unwrap();
    }
    let listed = asker.get(&format!("/repos/{repo}/hooks"));
    assert!(listed.status == 200 && listed.header("x-total-count") == "1", "{}", listed.text());
    assert!(hooks[2].ends_with(&format!("/{}", listed.json()[0]["id"])));
    assert_eq!((asker.get(&hooks[0]).status, asker.json("PATCH", &hooks[0], &json!({})).status), (404, 404));
    assert_eq!(asker.json("DELETE", &hooks[0], &Value::Null).status, 204);
    assert_eq!(app.store.list_leaving_webhooks(9).await.unwrap().len(), 1);
    hardie_app::deliveries::forget_old(app).await.unwrap();
    assert!(app.store.list_leaving_webhooks(9).await.unwrap().is_empty());
    assert_eq!(asker.json("DELETE", &hooks[1], &Value::Null).status, 404, "nothing is left of it");
    let audit = asker.get(&format!("/repos/{repo}/audit?action=webhook.remove")).text();
    assert!(audit.contains("came to its end"), "{audit}");
    assert_eq!(asker.get(&hooks[2]).status, 200);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_of_releases_and_of_no_draft() {
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let receiver = Receiver::ok();
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let hook = make(&asker, &repo, &format!("{}/hook", receiver.url), &["release"], json!({}));
    let releases = format!("/repos/{repo}/releases");
    let made = asker.json("POST", &releases, &json!({ "tag_name": "v1", "name": "One", "body": "Notes", "draft": true })).json();
    let one = format!("{releases}/{}", made["id"]);
    for (method, body) in [("PATCH", json!({ "body": "More" })), ("PATCH", json!({ "draft": false })), ("PATCH", json!({ "name": "Uno" }))]
    {
        assert_eq!(asker.json(method, &one, &body).status, 200);
        in_order(&server).await;
    }
    eventually("both are told", async || receiver.heard().len() == 2).await;
    assert_eq!(asker.json("DELETE", &one, &Value::Null).status, 204);
    eventually("the end is told", async || receiver.heard().len() == 3).await;
    all_sent(&asker, &hook).await;
    let heard = receiver.heard();
    let said: Vec<Value> = heard.iter().map(|one| one.json()).collect();
    assert_eq!(said.iter().map(|one| one["action"].as_str().unwrap()).collect::<Vec<_>>(), ["published", "updated", "deleted"]);
    for (one, said) in heard.iter().zip(&said) {
        assert_eq!(one.header("x-gitea-event"), "release");
        assert_eq!((&said["release"]["tag_name"], &said["release"]["prerelease"]), (&json!("v1"), &json!(false)));
        assert_eq!((&said["repository"]["full_name"], &said["sender"]["login"]), (&json!(repo), &json!("ann")));
        assert!(said["release"]["html_url"].as_str().unwrap().ends_with("/releases/tag/v1"), "{said}");
    }
    assert_eq!((&said[0]["release"]["body"], &said[0]["release"]["author"]["email"]), (&json!("More"), &json!("")));
    assert_eq!((&said[1]["release"]["name"], &said[2]["release"]["name"]), (&json!("Uno"), &json!("Uno")));
    server.stop().await.unwrap();
}
