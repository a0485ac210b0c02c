//! Repositories that the server fetches from elsewhere: from another of its kind, from git's own server, and from those that mean harm.

mod elsewhere;

use std::sync::Arc;

use hardie_domain::ids::RepoId;
use hardie_testkit::server::{Options, Outbound};
use hardie_testkit::{TestServer, postgres};
use serde_json::{Value, json};

use super::{Answer, Asker};
use crate::git::with_repo;
use crate::support::eventually;
use elsewhere::{Does, Elsewhere};

const IMPORT: &str = "/repos/bob/copy/import";

fn good(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()
}

/// Loopback may be fetched from.
fn open() -> Options {
    Options { imports: Outbound { hosts: Vec::new(), permit: vec!["127.0.0.1".parse().unwrap()] }, ..Options::default() }
}

/// How the import ended: its state and its message.
async fn ended(asker: &Asker, path: &str) -> (String, String) {
    let over = async || matches!(asker.get(path).json()["state"].as_str(), Some("done" | "failed"));
    eventually("the import is over", over).await;
    let import = asker.get(path).json();
    (import["state"].as_str().unwrap().to_owned(), import["message"].as_str().unwrap().to_owned())
}

fn ask(asker: &Asker, url: &str, more: &[(&str, Value)]) -> Answer {
    let mut body = json!({ "clone_addr": url, "repo_name": "copy" });
    more.iter().for_each(|(name, value)| body[*name] = value.clone());
    asker.json("POST", "/repos/migrate", &body)
}

async fn from_another_server(options: Options) {
    let source = TestServer::start().await.unwrap();
    let (ann, repo, dir) = with_repo(&source, "ann", "tool").await;
    ann.git.ok(&dir, &["tag", "-a", "v1", "-m", "One"]).unwrap();
    ann.git.ok(&dir, &["checkout", "-q", "-b", "trunk"]).unwrap();
    ann.git.commit(&dir, "b.txt", "b\n", "More").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "trunk", "v1"]).unwrap();
    assert_eq!(Asker::new(&source, Some(&ann)).json("PATCH", "/repos/ann/tool", &json!({ "default_branch": "trunk" })).status, 200);
    let server = TestServer::start_with(options).await.unwrap();
    let bob = server.user("bob").await.unwrap();
    let maker = Asker::new(&server, Some(&bob));
    let url = source.http_remote(&repo);

    // Nobody is shown what is private, and nothing is left of it but a reason.
    good(&ask(&maker, &url, &[]), 201);
    let (state, why) = ended(&maker, IMPORT).await;
    assert!(state == "failed" && why.contains("auth_username"), "{why}");
    assert_eq!(maker.get("/repos/bob/copy").json()["empty"], true);
    assert_eq!(maker.json("DELETE", "/repos/bob/copy", &Value::Null).status, 204);

    let given =
        [("auth_username", json!("ann")), ("auth_password", json!(ann.token)), ("private", json!(true)), ("description", json!("A copy"))];
    let made = good(&ask(&maker, &url, &given), 201);
    assert_eq!((&made["full_name"], &made["private"], &made["description"]), (&json!("bob/copy"), &json!(true), &json!("A copy")));
    assert_eq!(ended(&maker, IMPORT).await, ("done".to_owned(), String::new()));
    let shown = maker.get(IMPORT).json();
    assert_eq!((&shown["percent"], &shown["clone_addr"]), (&json!(100), &json!(url)));
    let after = maker.get("/repos/bob/copy").json();
    assert_eq!((&after["empty"], &after["default_branch"]), (&json!(false), &json!("trunk")));
    let refs = |git: &hardie_testkit::Git, remote: &str| git.ok(git.home(), &["ls-remote", remote]).unwrap();
    assert_eq!(refs(&bob.git, &server.http_remote("bob/copy")), refs(&ann.git, &url));
    bob.git.ok(bob.git.home(), &["clone", "-q", &server.http_remote("bob/copy"), "copy"]).unwrap();
    bob.git.ok(&bob.git.path("copy"), &["fsck", "--strict", "--full"]).unwrap();
    // What proved who asks is gone.
    let id = RepoId(made["id"].as_i64().unwrap());
    assert_eq!(server.server.app.store.find_import(id).await.unwrap().unwrap().sealed, None);
    assert!(!maker.get("/repos/bob/copy/audit").text().contains(&ann.token));
    let actions = maker.get("/repos/bob/copy/audit").text();
    assert!(actions.contains("import.end") && actions.contains("imported from"), "{actions}");

    // It is nobody else's business.
    let eve = server.user("eve").await.unwrap();
    assert_eq!(Asker::new(&server, Some(&eve)).get(IMPORT).status, 404);
    assert_eq!(maker.json("DELETE", IMPORT, &Value::Null).status, 409, "it is over");
    server.stop().await.unwrap();
    source.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_brings_branches_tags_and_head_of_another_server() {
    from_another_server(open()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_on_postgres_brings_branches_tags_and_head_of_another_server() {
    let database = postgres::Database::new().unwrap();
    from_another_server(Options { database: Some(database.url().to_owned()), ..open() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_brings_what_gits_own_server_has() {
    let server = TestServer::start_with(open()).await.unwrap();
    let bob = server.user("bob").await.unwrap();
    let maker = Asker::new(&server, Some(&bob));
    let source = Elsewhere::start(&bob.git, Does::Serve);
    for n in 0..40 {
        bob.git.commit(&source.work, &format!("d{}/f{n}.txt", n % 7), &format!("{n}\n").repeat(50), "Another").unwrap();
    }
    bob.git.ok(&source.work, &["push", "-q", "origin", "main", "main~3:refs/heads/old", "main~5:refs/pull/1/head"]).unwrap();
    good(&ask(&maker, &source.url, &[]), 201);
    assert_eq!(ended(&maker, IMPORT).await, ("done".to_owned(), String::new()));
    let got = bob.git.ok(bob.git.home(), &["ls-remote", &server.http_remote("bob/copy")]).unwrap();
    assert_eq!(got.lines().count(), 3, "HEAD and two branches: {got}");
    bob.git.ok(bob.git.home(), &["clone", "-q", &server.http_remote("bob/copy"), "copy"]).unwrap();
    bob.git.ok(&bob.git.path("copy"), &["fsck", "--strict", "--full"]).unwrap();
    let pushes = maker.get("/repos/bob/copy/pushes").json();
    assert_eq!((pushes.as_array().unwrap().len(), &pushes[0]["door"]), (1, &json!("system")), "{pushes}");

    // An empty one is one, too.
    let empty = Elsewhere::start(&bob.git, Does::Serve);
    bob.git.ok(&empty.bare, &["update-ref", "-d", "refs/heads/main"]).unwrap();
    good(&ask(&maker, &empty.url, &[("repo_name", json!("bare"))]), 201);
    assert_eq!(ended(&maker, "/repos/bob/bare/import").await.0, "done");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_reaches_no_address_inside_and_follows_no_redirect() {
    let closed = TestServer::start().await.unwrap();
    let bob = closed.user("bob").await.unwrap();
    let maker = Asker::new(&closed, Some(&bob));
    let inner = Elsewhere::start(&bob.git, Does::Serve);
    let port = inner.port;
    for (n, host) in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"].iter().enumerate() {
        let name = format!("c{n}");
        let url = format!("http://{host}:{port}/tool.git");
        good(&ask(&maker, &url, &[("repo_name", json!(name))]), 201);
        let (state, why) = ended(&maker, &format!("/repos/bob/{name}/import")).await;
        assert!(state == "failed" && why.contains("imports.permit"), "{host}: {why}");
    }
    assert_eq!(inner.asked(), 0);
    closed.stop().await.unwrap();

    let server = TestServer::start_with(open()).await.unwrap();
    let bob = server.user("bob").await.unwrap();
    let maker = Asker::new(&server, Some(&bob));
    let leads = Elsewhere::start(&bob.git, Does::Redirect(format!("{}/info/refs?service=git-upload-pack", inner.url)));
    good(&ask(&maker, &leads.url, &[("auth_token", json!("of-the-outer"))]), 201);
    let (state, why) = ended(&maker, IMPORT).await;
    assert!(state == "failed" && why.contains("not followed") && !why.contains(&port.to_string()), "{why}");
    assert_eq!((leads.asked(), inner.asked()), (1, 0));
    // Nor is this server its own source, even where its network is open.
    let own = server.http_remote("bob/copy");
    good(&ask(&maker, &own, &[("repo_name", json!("own"))]), 201);
    let (state, why) = ended(&maker, "/repos/bob/own/import").await;
    assert!(state == "failed" && why.contains("listens"), "{why}");
    server.stop().await.unwrap();

    // Where hosts are named, others are refused at once.
    let listed = Outbound { hosts: vec!["https://git.example".parse().unwrap()], permit: vec!["127.0.0.1".parse().unwrap()] };
    let server = TestServer::start_with(Options { imports: listed, ..Options::default() }).await.unwrap();
    let bob = server.user("bob").await.unwrap();
    let refused = ask(&Asker::new(&server, Some(&bob)), &inner.url, &[]);
    assert!(refused.status == 422 && refused.refusal().1.contains("[imports]"), "{}", refused.text());
    assert_eq!(inner.asked(), 0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_repository_or_a_broken_one_leaves_an_empty_one_and_a_reason() {
    let server = TestServer::start_with(open()).await.unwrap();
    let bob = server.user("bob").await.unwrap();
    let maker = Asker::new(&server, Some(&bob));
    let ways = [
        (Does::Say("200 OK", "text/html", b"<html>\x1b[31m".to_vec()), "as no git server does"),
        (Does::Say("404 Not Found", "text/plain", Vec::new()), "no such repository"),
        (Does::Say("500 Oops", "text/plain", Vec::new()), "status 500"),
        (Does::Say("200 OK", "application/x-git-upload-pack-advertisement", b"001e# service=git-upload-pack\n0000".to_vec()), "version 2"),
        (Does::Say("200 OK", "application/x-git-upload-pack-advertisement", b"zzzz".to_vec()), "packet"),
        (Does::Pack(b"0026\x01this is no pack at all, of course".to_vec()), "pack"),
        (Does::Pack(b"000d\x03boom\x07\n\n\n".to_vec()), "it failed: boom"),
        (Does::Pack(Vec::new()), ""),
        (Does::Cut(150), "ended before the pack was whole"),
        (Does::Hide, "missing"),
    ];
    for (n, (does, needle)) in ways.into_iter().enumerate() {
        let source = Elsewhere::start(&bob.git, does);
        let (name, what) = (format!("c{n}"), format!("{:?}", source.does));
        good(&ask(&maker, &source.url, &[("repo_name", json!(name))]), 201);
        let (state, why) = ended(&maker, &format!("/repos/bob/{name}/import")).await;
        assert!(state == "failed" && !why.is_empty() && why.contains(needle), "{what}: {why}");
        assert!(!why.chars().any(char::is_control), "{what}: {why:?}");
        let left = maker.get(&format!("/repos/bob/{name}")).json();
        assert_eq!((&left["empty"], &left["size"]), (&json!(true), &json!(0)), "{what}");
        assert_eq!(maker.get(&format!("/repos/bob/{name}/git/refs")).json().as_array().map_or(0, Vec::len), 0, "{what}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_asked_for_in_gitas_words_and_what_is_not_there_is_named() {
    let server = TestServer::start_with(open()).await.unwrap();
    let bob = server.user("bob").await.unwrap();
    let (maker, nobody) = (Asker::new(&server, Some(&bob)), Asker::new(&server, None));
    let url = "http://127.0.0.1:9/tool.git";
    assert_eq!(ask(&nobody, url, &[]).status, 401);
    for (url, more, field) in [
        (url, ("service", json!("github")), "service"),
        (url, ("mirror", json!(true)), "mirror"),
        (url, ("lfs", json!(true)), "lfs"),
        (url, ("issues", json!(true)), "issues"),
        (url, ("auth_username", json!("a:b")), "auth_username"),
        (url, ("auth_password", json!("a\r\nX-Evil: 1")), "auth_password"),
        (url, ("repo_name", json!("a b")), "name"),
        ("git://127.0.0.1/tool.git", ("wiki", json!(false)), "clone_addr"),
        ("file:///etc/passwd", ("wiki", json!(false)), "clone_addr"),
        ("ssh://git@127.0.0.1/tool.git", ("wiki", json!(false)), "clone_addr"),
        ("ext::sh -c id", ("wiki", json!(false)), "clone_addr"),
        ("/etc", ("wiki", json!(false)), "clone_addr"),
        ("http://127.0.0.1:9/tool.git?x=y", ("wiki", json!(false)), "clone_addr"),
        ("http://127.0.0.1:9/{secret:credential}", ("wiki", json!(false)), "clone_addr"),
        ("", ("wiki", json!(false)), "clone_addr"),
    ] {
        let refused = ask(&maker, url, std::slice::from_ref(&more));
        assert_eq!((refused.status, refused.json()["field"].as_str()), (422, Some(field)), "{url} {more:?}: {}", refused.text());
    }
    let inside = format!("http://{}@127.0.0.1:9/tool.git", "ann:of-ann");
    let refused = ask(&maker, &inside, &[]);
    assert!(refused.status == 422 && !refused.text().contains("of-ann"), "{}", refused.text());
    assert_eq!(ask(&maker, url, &[("repo_owner", json!("nobody-there"))]).status, 404);
    assert_eq!(maker.get("/repos/bob/copy").status, 404);
    assert_eq!(maker.get("/repos/bob/none/import").status, 404);

    // One that waits long is stopped by whoever administers the repository, and what comes later changes nothing.
    let source = Elsewhere::start(&bob.git, Does::Hold);
    good(&ask(&maker, &source.url, &[("auth_token", json!("of-a-source"))]), 201);
    eventually("it is asked", async || source.asked() > 0).await;
    assert_eq!(source.heard()[0].1, "Basic b2F1dGgyOm9mLWEtc291cmNl", "any name with the token");
    assert_eq!(maker.json("DELETE", IMPORT, &Value::Null).status, 204);
    assert_eq!(ended(&maker, IMPORT).await, ("failed".to_owned(), "it was stopped".to_owned()));
    assert!(maker.get("/repos/bob/copy/audit").text().contains("import.stop"));
    source.go_on();
    assert_eq!(maker.json("DELETE", "/repos/bob/copy", &Value::Null).status, 204);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_a_stop_cut_off_goes_on_at_the_next_start() {
    let server = TestServer::start_with(open()).await.unwrap();
    let bob = server.user("bob").await.unwrap();
    let maker = Asker::new(&server, Some(&bob));
    let source = Arc::new(Elsewhere::start(&bob.git, Does::Hold));
    good(&ask(&maker, &source.url, &[]), 201);
    eventually("it is under way", async || source.asked() > 0 && maker.get(IMPORT).json()["state"] == "running").await;
    let data = server.stop().await.unwrap();
    source.go_on();
    let server = TestServer::start_in(data, open()).await.unwrap();
    let maker = Asker::new(&server, Some(&bob));
    assert_eq!(ended(&maker, IMPORT).await, ("done".to_owned(), String::new()));
    assert_eq!(maker.get("/repos/bob/copy/branches/main").status, 200);
    server.stop().await.unwrap();
}
