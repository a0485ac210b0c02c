//! Tokens that are narrowed to repositories, refs or reading: on every door they are good for that and nothing else.

use hardie_testkit::server::Options;
use hardie_testkit::{Git, TestServer, TestUser, process};
use serde_json::{Value, json};

use super::{Answer, Asker};
use crate::lfs::{batch, only};

struct World {
    server: TestServer,
    ann: TestUser,
    /// Private, with a branch `main`.
    tool: String,
    /// Private.
    other: String,
    dir: std::path::PathBuf,
}

async fn world() -> World {
    let server = TestServer::start().await.unwrap();
    let ann = server.admin("ann").await.unwrap();
    let tool = server.repo(&ann, "tool", true).await.unwrap();
    let other = server.repo(&ann, "other", true).await.unwrap();
    let dir = ann.git.init("work").unwrap();
    ann.git.commit(&dir, "a.txt", "a\n", "Begin").unwrap();
    for repo in [&tool, &other] {
        ann.git.ok(&dir, &["push", "-q", &server.http_remote(repo), "HEAD:refs/heads/main"]).unwrap();
    }
    World { server, ann, tool, other, dir }
}

impl World {
    fn make(&self, fields: &Value) -> Answer {
        let mut body = json!({ "name": format!("t{fields}").chars().take(90).collect::<String>(), "scopes": ["write:repository"] });
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        Asker::new(&self.server, Some(&self.ann)).json("POST", "/users/ann/tokens", &body)
    }

    fn asker(&self, fields: &Value) -> (Asker, Git) {
        let made = self.make(fields);
        assert_eq!(made.status, 201, "{}", made.text());
        let token = made.json()["sha1"].as_str().unwrap().to_owned();
        let git = Git::new("robot").unwrap().with_password("ann", &token).unwrap();
        (Asker::new(&self.server, Some(&TestUser { token, ..self.ann.clone() })), git)
    }
}

fn change(path: &str) -> Value {
    json!({ "files": [{ "operation": "create", "path": path, "content": "eA==" }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_repository_finds_no_other() {
    let world = world().await;
    let World { server, tool, other, .. } = &world;
    let open = server.repo(&world.ann, "open", false).await.unwrap();
    let (asker, git) = world.asker(&json!({ "repositories": ["ANN/tool"] }));
    git.ok(git.home(), &["clone", "-q", &server.http_remote(tool), "copy"]).unwrap();
    let copy = git.home().join("copy");
    git.commit(&copy, "b.txt", "b\n", "More").unwrap();
    git.ok(&copy, &["push", "-q", &server.http_remote(tool), "HEAD:refs/heads/more"]).unwrap();
    assert_eq!(asker.get(&format!("/repos/{tool}")).status, 200);
    assert_eq!(asker.json("POST", &format!("/repos/{tool}/contents"), &change("c.txt")).status, 201);
    assert!(only(&batch(&asker, tool, &[], "upload", b"new"))["actions"].is_object());
    git.fails(git.home(), &["ls-remote", &server.http_remote(other)]).unwrap();
    for repo in [other, &open] {
        git.fails(&copy, &["push", &server.http_remote(repo), "HEAD:refs/heads/more"]).unwrap();
        assert_eq!(asker.get(&format!("/repos/{repo}")).status, 404, "{repo}");
        assert_eq!(asker.json("POST", &format!("/repos/{repo}/contents"), &change("c.txt")).status, 404);
        assert_eq!(batch(&asker, repo, &[], "download", b"new").status, 404);
    }
    // What it was given for is found under its next name too, and nothing else under the old one.
    let owner = Asker::new(server, Some(&world.ann));
    assert_eq!(owner.json("PATCH", &format!("/repos/{tool}"), &json!({ "name": "hammer" })).status, 200);
    assert_eq!(asker.get("/repos/ann/hammer").status, 200);
    let tokens = owner.get("/users/ann/tokens").json();
    let shown = tokens.as_array().unwrap().iter().find(|token| token["repositories"].is_array()).unwrap();
    assert_eq!(shown["repositories"], json!(["ann/hammer"]), "{tokens}");
    assert_eq!(owner.json("DELETE", "/repos/ann/hammer", &Value::Null).status, 204);
    server.repo(&world.ann, "hammer", true).await.unwrap();
    assert_eq!(asker.get("/repos/ann/hammer").status, 404, "another of that name is another one");
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_token_leads_nowhere_else() {
    let world = world().await;
    let World { server, tool, other, .. } = &world;
    for fields in [json!({ "repositories": [tool] }), json!({ "refs": ["refs/heads/ci/**"] }), json!({ "access": "write" })] {
        let (asker, _) = world.asker(&fields);
        for (method, path, body) in [
            ("GET", "/user".to_owned(), Value::Null),
            ("POST", "/user/repos".to_owned(), json!({ "name": "new" })),
            ("POST", "/user/keys".to_owned(), json!({ "key": "ssh-ed25519 x" })),
            ("POST", "/users/ann/tokens".to_owned(), json!({ "name": "more", "scopes": ["write:repository"] })),
            ("GET", "/users/ann/tokens".to_owned(), Value::Null),
            ("GET", "/admin/users".to_owned(), Value::Null),
            ("POST", "/user/second-factor".to_owned(), json!({ "current_password": "x" })),
            ("PATCH", format!("/repos/{tool}"), json!({ "description": "x" })),
            ("DELETE", format!("/repos/{tool}"), Value::Null),
            ("POST", format!("/repos/{tool}/transfer"), json!({ "new_owner": "ann" })),
            ("GET", format!("/repos/{tool}/keys"), Value::Null),
            ("POST", format!("/repos/{tool}/keys"), json!({ "key": "ssh-ed25519 x" })),
            ("PUT", format!("/repos/{tool}/collaborators/ann"), json!({ "permission": "admin" })),
            ("POST", format!("/repos/{tool}/branch_protections"), json!({ "rule_name": "main" })),
            ("GET", format!("/repos/{tool}/hooks"), Value::Null),
        ] {
            let answer = asker.json(method, &path, &body);
            assert_eq!(answer.status, 403, "{fields}: {method} {path}: {}", answer.text());
        }
        let found = asker.get("/repos/search").json();
        assert_eq!(found["data"], json!([]), "{fields}: what is private is not listed");
    }
    // Nothing is made that would be wider than it says.
    for (fields, field) in [
        (json!({ "repositories": [tool], "scopes": ["all"] }), "scopes"),
        (json!({ "repositories": [tool], "scopes": ["write:repository", "write:user"] }), "scopes"),
        (json!({ "access": "read", "scopes": ["read:admin"] }), "scopes"),
        (json!({ "repositories": [] }), "repositories"),
        (json!({ "repositories": ["ann/none"] }), "repositories"),
        (json!({ "repositories": ["tool"] }), "repositories"),
        (json!({ "repositories": (0..21).map(|n| format!("ann/r{n}")).collect::<Vec<_>>() }), "repositories"),
        (json!({ "refs": ["main"] }), "refs"),
        (json!({ "refs": ["refs/heads/x\nrefs/heads/main"] }), "refs"),
        (json!({ "refs": vec!["refs/heads/x"; 21] }), "refs"),
        (json!({ "access": "admin" }), "access"),
    ] {
        let refused = world.make(&fields);
        assert_eq!((refused.status, refused.json()["field"].as_str()), (422, Some(field)), "{fields}: {}", refused.text());
    }
    // Whoever cannot see a repository does not learn of it so.
    let bob = Asker::new(server, Some(&server.user("bob").await.unwrap()));
    let ask = |repo: &str| {
        bob.json("POST", "/users/bob/tokens", &json!({ "name": "x", "scopes": ["read:repository"], "repositories": [repo] })).refusal()
    };
    assert_eq!(ask(other).1.replace("other", "none"), ask("ann/none").1);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_some_refs_moves_no_other_however_it_is_asked() {
    let world = world().await;
    let World { server, tool, ann, dir, .. } = &world;
    let (asker, git) = world.asker(&json!({ "refs": ["refs/heads/ci/**", "refs/tags/v*"] }));
    let remote = server.http_remote(tool);
    git.ok(git.home(), &["clone", "-q", &remote, "copy"]).unwrap();
    let copy = git.home().join("copy");
    git.commit(&copy, "b.txt", "b\n", "More").unwrap();
    git.ok(&copy, &["push", "-q", &remote, "HEAD:refs/heads/ci/a/b", "HEAD:refs/tags/v1"]).unwrap();
    for wanted in [
        "HEAD:refs/heads/main",
        "HEAD:refs/heads/ci",
        "HEAD:refs/tags/x1",
        "HEAD:refs/notes/x",
        ":refs/heads/main",
        "+HEAD:refs/heads/main",
    ] {
        let refused = git.fails(&copy, &["push", &remote, wanted]).unwrap();
        assert!(refused.contains("this access token moves refs/heads/ci/**, refs/tags/v* only"), "{wanted}: {refused}");
    }
    // Each ref is judged alone, unless all must go together.
    git.fails(&copy, &["push", "--atomic", &remote, "HEAD:refs/heads/ci/c", "HEAD:refs/heads/main"]).unwrap();
    assert!(!ann.git.ok(dir, &["ls-remote", &remote]).unwrap().contains("ci/c"));
    git.fails(&copy, &["push", &remote, "HEAD:refs/heads/ci/c", "HEAD:refs/heads/main"]).unwrap();
    assert!(ann.git.ok(dir, &["ls-remote", &remote]).unwrap().contains("ci/c"));
    git.ok(&copy, &["push", "-q", &remote, ":refs/heads/ci/c"]).unwrap();

    let on = |branch: &str, path: &str| {
        let mut body = change(path);
        body["branch"] = branch.into();
        asker.json("POST", &format!("/repos/{tool}/contents"), &body)
    };
    let refused = on("main", "c.txt");
    assert!(refused.status == 403 && refused.text().contains("this access token moves"), "{}", refused.text());
    assert_eq!(on("ci/a/b", "c.txt").status, 201);
    let branch = |name: &str| {
        asker.json("POST", &format!("/repos/{tool}/branches"), &json!({ "new_branch_name": name, "old_branch_name": "main" })).status
    };
    assert_eq!((branch("topic"), branch("ci/topic")), (403, 201));
    assert_eq!(asker.json("PATCH", &format!("/repos/{tool}/branches/ci%2Ftopic"), &json!({ "name": "topic" })).status, 403);
    assert_eq!(asker.json("DELETE", &format!("/repos/{tool}/branches/main"), &Value::Null).status / 100, 4);
    let tag = |name: &str| asker.json("POST", &format!("/repos/{tool}/tags"), &json!({ "tag_name": name, "target": "main" })).status;
    assert_eq!((tag("x2"), tag("v2")), (403, 201));

    // A release is of a tag, and so are its files.
    let owner = Asker::new(server, Some(ann));
    let releases = format!("/repos/{tool}/releases");
    let release = |asker: &Asker, tag: &str, draft: bool| asker.json("POST", &releases, &json!({ "tag_name": tag, "draft": draft }));
    let (theirs, own) = (release(&owner, "x3", false), release(&asker, "v2", false));
    assert_eq!((theirs.status, own.status), (201, 201), "{}", own.text());
    assert_eq!((release(&asker, "x4", true).status, release(&asker, "v3", true).status), (403, 201));
    for (made, good) in [(&theirs, false), (&own, true)] {
        let one = format!("{releases}/{}", made.json()["id"]);
        let upload = |asker: &Asker, name: &str| asker.send("POST", &format!("/api/v1{one}/assets?name={name}"), &[], b"file");
        let file = format!("{one}/assets/{}", upload(&owner, "a").json()["id"]);
        let statuses = [
            upload(&asker, "b").status,
            asker.json("PATCH", &file, &json!({ "name": "c" })).status,
            asker.json("DELETE", &file, &Value::Null).status,
            asker.json("PATCH", &one, &json!({ "body": "x" })).status,
            asker.json("PATCH", &one, &json!({ "tag_name": "x5" })).status,
            asker.json("DELETE", &one, &Value::Null).status,
        ];
        assert_eq!(statuses, if good { [201, 201, 204, 200, 403, 204] } else { [403; 6] }, "{one}");
    }
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_reading_changes_nothing_and_one_for_writing_administers_nothing() {
    let world = world().await;
    let World { server, tool, other, dir, .. } = &world;
    let (asker, git) = world.asker(&json!({ "access": "read", "repositories": [tool] }));
    git.ok(git.home(), &["ls-remote", &server.http_remote(tool)]).unwrap();
    git.fails(git.home(), &["ls-remote", &server.http_remote(other)]).unwrap();
    let refused = git.fails(dir, &["push", &server.http_remote(tool), "HEAD:refs/heads/more"]).unwrap();
    assert!(refused.contains("this token is for reading only"), "{refused}");
    for (path, body) in
        [("contents", change("c.txt")), ("branches", json!({ "new_branch_name": "x" })), ("tags", json!({ "tag_name": "x" }))]
    {
        assert_eq!(asker.json("POST", &format!("/repos/{tool}/{path}"), &body).status, 403, "{path}");
    }
    assert_eq!(batch(&asker, tool, &[], "upload", b"new").status, 403);
    assert_eq!(crate::lfs::ask(&asker, tool, "locks", &[], &json!({ "path": "a.bin" })).status, 403);

    // A pass that stands on a narrowed token is no wider, and ends with it.
    let made = world.make(&json!({ "repositories": [tool], "access": "write", "name": "lfs" }));
    let token = made.json()["sha1"].as_str().unwrap().to_owned();
    let lfs = Asker::new(server, Some(&TestUser { token, ..world.ann.clone() }));
    let given = only(&batch(&lfs, tool, &[], "upload", b"new"));
    let bearer = given["actions"]["upload"]["header"]["Authorization"].as_str().unwrap().to_owned();
    let nobody = Asker::new(server, None);
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(batch(&nobody, other, &headers, "download", b"new").status, 404);
    assert_eq!(batch(&nobody, tool, &headers, "download", b"new").status, 200);
    let owner = Asker::new(server, Some(&world.ann));
    assert_eq!(owner.json("DELETE", "/users/ann/tokens/lfs", &Value::Null).status, 204);
    assert_eq!(batch(&nobody, tool, &headers, "download", b"new").status, 401);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_narrows_tokens_too() {
    let World { server, ann, tool, other, .. } = world().await;
    let data = server.stop().await.unwrap();
    let make = |name: &str, scopes: &str, more: &[&str]| {
        let arguments = [&["token", "create", "ann", "--name", name, "--scopes", scopes], more].concat();
        process::admin(data.path(), &arguments, "").map(|said| said.trim().to_owned())
    };
    let token = make("one", "write:repository", &["--repositories", &tool, "--refs", "refs/heads/ci/*", "--access", "write"]).unwrap();
    let reader = make("two", "write:repository", &["--access", "read"]).unwrap();
    for (scopes, more, why) in [
        ("write:repository", ["--repositories", "ann/none"], "is not found"),
        ("write:repository", ["--refs", "main"], "must begin with refs/"),
        ("all", ["--access", "read"], "narrowed"),
    ] {
        let error = make("bad", scopes, &more).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    let server = TestServer::start_in(data.clone(), Options::default()).await.unwrap();
    let asker = |token: String| Asker::new(&server, Some(&TestUser { token, ..ann.clone() }));
    let (one, two) = (asker(token), asker(reader));
    assert_eq!((one.get(&format!("/repos/{tool}")).status, one.get(&format!("/repos/{other}")).status), (200, 404));
    let branch =
        |asker: &Asker, name: &str| asker.json("POST", &format!("/repos/{tool}/branches"), &json!({ "new_branch_name": name })).status;
    assert_eq!((branch(&one, "ci/a"), branch(&one, "b"), branch(&two, "ci/b")), (201, 403, 403));
    assert_eq!(two.get(&format!("/repos/{other}")).status, 200);
    server.stop().await.unwrap();
}
