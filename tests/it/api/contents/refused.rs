//! What the API does not do: the door's rules and policies are those of a push, and a path is nothing but a name.

use hardie_app::state::GitRules;
use hardie_domain::hidden::HiddenRefs;
use hardie_domain::limits::GitLimits;
use hardie_testkit::TestServer;
use hardie_testkit::server::Options;
use serde_json::{Value, json};

use super::{CONTENTS, base64, empty, made, sha, start, tip};
use crate::api::Asker;
use crate::git::shipped::guard;

#[tokio::test(flavor = "multi_thread")]
async fn policies_refuse_a_commit_of_the_api_as_they_refuse_a_push_and_all_say_why() {
    let (server, ann, asker) = start().await;
    made(&asker.json("POST", &format!("{CONTENTS}/CODEOWNERS"), &json!({ "content": base64("/core/ @bob\n") })), 201);
    guard(&server, &ann, "ann/tool", "commit-message", r#"{"max-subject": 50}"#).await;
    guard(&server, &ann, "ann/tool", "code-owners", "{}").await;
    guard(&server, &ann, "ann/tool", "secret-scan", "{}").await;
    let before = tip(&asker, "main");
    let secret = format!("db:\n  {}: {}\n", "password", "k7Hq2vPz9LmX4bTn");
    let message = "This subject is much longer than the fifty characters that the rule allows";
    let files = json!([
        { "operation": "create", "path": "core/engine.c", "content": base64("int x;\n") },
        { "operation": "create", "path": "deploy/app.yaml", "content": base64(&secret) },
    ]);
    let refused = asker.json("POST", CONTENTS, &json!({ "message": message, "files": files }));
    let (status, text) = refused.refusal();
    assert_eq!(status, 403, "{text}");
    for wanted in [
        "[commit-message]",
        "[code-owners]   @bob owns: core/engine.c",
        "[secret-scan]",
        "deploy/app.yaml:2: password: k7Hq… (16 characters)",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is missing in\n{text}");
    }
    assert_eq!(tip(&asker, "main"), before);
    assert_eq!(asker.get(&format!("{CONTENTS}/core/engine.c")).status, 404);
    // Each verdict is kept with the push, as of any other.
    let pushes = asker.get("/repos/ann/tool/pushes").json();
    let push = asker.get(&format!("/repos/ann/tool/pushes/{}", pushes[0]["id"])).json();
    assert_eq!(
        (&push["state"], &push["door"], push["verdicts"].as_array().map(Vec::len)),
        (&json!("refused"), &json!("api"), Some(3)),
        "{push}"
    );
    // The way out that they name.
    let fine = json!([{ "operation": "create", "path": "mine/engine.c", "content": base64("int x;\n") }]);
    made(&asker.json("POST", CONTENTS, &json!({ "message": "Add an engine", "files": fine })), 201);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_that_are_no_files_or_become_gits_own_are_refused_and_move_nothing() {
    let (server, ann, asker) = start().await;
    let first = tip(&asker, "main");
    let create = |path: &str| asker.json("POST", CONTENTS, &json!({ "files": [{ "operation": "create", "path": path, "content": "" }] }));
    let long = "x".repeat(256);
    for path in [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../x",
        "a/../../x",
        "a//b",
        "a/",
        "./a",
        ".git/config",
        "a/.GIT/hooks/x",
        ".git ",
        "git~1/x",
        ".g\u{200c}it/x",
        "a\\.git\\x",
        "a\nb",
        "a\u{1b}b",
        &long,
        "README.md/below",
        "src",
    ] {
        let refused = create(path);
        assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("path")), "{path:?}: {}", refused.text());
    }
    let nul = asker.json("POST", CONTENTS, &json!({ "files": [{ "operation": "create", "path": "a\0b", "content": "" }] }));
    assert!(matches!(nul.status, 400 | 422), "{}", nul.text());
    for address in ["%2e%2e/x", "a%2F..%2Fb", ".git%2Fconfig", "a%00b"] {
        let refused = asker.json("POST", &format!("{CONTENTS}/{address}"), &json!({ "content": "" }));
        assert!(matches!(refused.status, 400 | 422), "{address}: {}", refused.text());
    }
    assert_eq!(tip(&asker, "main"), first);
    // Through a link nothing is written elsewhere: it is a file, and nothing is below it.
    let dir = super::cloned(&server, &ann, "links");
    std::os::unix::fs::symlink("/tmp", dir.join("away")).unwrap();
    ann.git.ok(&dir, &["add", "-A"]).unwrap();
    ann.git.ok(&dir, &["commit", "--quiet", "-m", "A link"]).unwrap();
    ann.git.ok(&dir, &["push", "--quiet", "origin", "HEAD"]).unwrap();
    let below = create("away/x");
    assert!(below.status == 422 && below.text().contains("away is a file"), "{}", below.text());
    let put = |path: &str, body: Value| asker.json("PUT", &format!("{CONTENTS}/{path}"), &body);
    let link = sha(&asker, "away");
    assert_eq!(put("away", json!({ "sha": link, "content": base64("a\0b") })).status, 422);
    assert_eq!(put("away", json!({ "sha": link, "content": "" })).status, 422);
    // What git itself refuses in a file that it reads.
    let modules = create(".gitmodules");
    assert_eq!(modules.status, 201, "{}", modules.text());
    let before = tip(&asker, "main");
    let evil = base64("[submodule \"a\"]\n\tpath = a\n\turl = -u./payload\n");
    let evil = put(".gitmodules", json!({ "sha": sha(&asker, ".gitmodules"), "content": evil }));
    assert!(evil.status == 422 && evil.text().contains("gitmodules"), "{} {}", evil.status, evil.text());
    assert_eq!(tip(&asker, "main"), before);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_says_too_little_or_what_is_not_so_changes_nothing() {
    let (server, _, asker) = start().await;
    let (before, readme) = (tip(&asker, "main"), sha(&asker, "README.md"));
    let put = |path: &str, body: Value| asker.json("PUT", &format!("{CONTENTS}/{path}"), &body).refusal();
    let stale = "0123456789012345678901234567890123456789";
    for (told, status, text) in [
        (put("README.md", json!({ "content": "" })), 422, "to change it, send its sha"),
        (put("README.md", json!({ "content": "", "sha": stale })), 409, "read it again"),
        (put("README.md", json!({ "content": "", "sha": "main" })), 422, "sha: must be 40"),
        (put("README.md", json!({ "content": "???", "sha": readme })), 422, "README.md is not base64"),
        (put("README.md", json!({ "sha": readme })), 422, "content: is missing"),
        (put("none.md", json!({ "content": "", "sha": readme })), 404, "file not found"),
        (put("src", json!({ "content": "", "sha": readme })), 422, "folder"),
        (put("src/main.rs", json!({ "from_path": "README.md", "sha": readme })), 422, "exists already"),
        (put("x", json!({ "from_path": "none", "sha": readme })), 404, "file not found"),
        (put("x", json!({ "content": "", "branch": "none" })), 404, "branch not found"),
        (put("x", json!({ "content": "", "branch": "a..b" })), 422, "branch"),
        (put("x", json!({ "content": "", "new_branch": "main/sub" })), 403, "conflicts with the existing ref refs/heads/main"),
        (put("x", json!({ "content": "", "new_branch": "-bad name" })), 422, "new_branch"),
        (put("x", json!({ "content": "", "new_branch": "refs/heads/x" })), 422, "new_branch: begins with refs/"),
        (put("x", json!({ "content": "", "branch": "refs/heads/main" })), 422, "branch: begins with refs/"),
        (put("x", json!({ "content": "", "author": { "name": "A\ncommitter B" } })), 422, "author.name"),
        (put("x", json!({ "content": "", "committer": { "email": "a> 1 +0000\nx" } })), 422, "committer.email"),
        (put("x", json!({ "content": "", "dates": { "author": "then" } })), 422, "dates.author"),
        (put("x", json!({ "content": "", "dates": { "committer": "1969-12-31T23:59:59Z" } })), 422, "1970"),
        (put("x", json!({ "content": "", "message": "x".repeat(70_000) })), 422, "message"),
        (put("x", json!({ "content": "", "force_push": true })), 422, "force_push"),
        (put("x", json!({ "content": 5 })), 422, "content"),
    ] {
        assert!(told.0 == status && told.1.contains(text), "{status} {text:?}: {told:?}");
    }
    for (files, status) in [
        (json!([]), 422),
        (json!([{ "operation": "chmod", "path": "README.md" }]), 422),
        (json!([{ "operation": "delete", "path": "README.md" }]), 422),
        (json!([{ "operation": "delete", "path": "README.md", "sha": stale }]), 409),
        (json!([{ "operation": "rename", "path": "README.md" }]), 422),
        (
            json!([{ "operation": "create", "path": "good", "content": "" }, { "operation": "create", "path": "good/bad", "content": "" }]),
            422,
        ),
    ] {
        assert_eq!(asker.json("POST", CONTENTS, &json!({ "files": files })).status, status, "{files}");
    }
    let taken = asker.json("POST", &format!("{CONTENTS}/x"), &json!({ "content": "", "branch": "main", "new_branch": "main" }));
    assert_eq!(taken.status, 201, "the branch itself is no new one");
    let before = [before, tip(&asker, "main")];
    assert_ne!(before[0], before[1]);
    assert_eq!(asker.json("DELETE", &format!("{CONTENTS}/x"), &Value::Null).status, 422);
    assert_eq!(tip(&asker, "main"), before[1]);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_push_changes_files_and_nobody_where_nobody_may() {
    let rules = GitRules { hidden_refs: HiddenRefs::parse(&["refs/heads/secret"]).unwrap(), ..GitRules::default() };
    let (server, _, asker) = empty(Options { git_rules: rules, ..Options::default() }).await;
    let bob = server.user("bob").await.unwrap();
    let (nobody, stranger) = (Asker::new(&server, None), Asker::new(&server, Some(&bob)));
    let body = json!({ "content": base64("x\n") });
    let create = |asker: &Asker, file: &str| asker.json("POST", &format!("{CONTENTS}/{file}"), &body).status;
    assert_eq!([create(&nobody, "a"), create(&stranger, "a"), create(&asker, "a")], [401, 403, 201]);
    // Who may not is told so while the body is still to come.
    let lines = [("content-type", "application/json"), ("transfer-encoding", "chunked")];
    assert_eq!(stranger.send("POST", &format!("/api/v1{CONTENTS}/a"), &lines, b"").status, 403);
    let token = |scopes: Value| {
        let made = asker.json("POST", "/users/ann/tokens", &json!({ "name": scopes.to_string(), "scopes": scopes })).json();
        Asker { host: asker.host.clone(), token: Some(made["sha1"].as_str().unwrap().to_owned()) }
    };
    assert_eq!(create(&token(json!(["read:repository"])), "b"), 403);
    assert_eq!(create(&token(json!(["write:repository"])), "b"), 201);
    // The door's own rules.
    let to = |branch: &str| asker.json("POST", &format!("{CONTENTS}/c"), &json!({ "content": "", "new_branch": branch })).refusal();
    assert!(matches!(to("secret"), (403, text) if text.contains("hidden ref")), "{:?}", to("secret"));
    assert_eq!(asker.json("PATCH", "/repos/ann/tool", &json!({ "archived": true })).status, 200);
    let before = tip(&asker, "main");
    assert_eq!(create(&asker, "d"), 403);
    let gone = json!({ "sha": sha(&asker, "a") });
    assert_eq!(asker.json("DELETE", &format!("{CONTENTS}/a"), &gone).status, 403);
    assert_eq!(tip(&asker, "main"), before);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_signed_pushes_move_refs_the_api_moves_none() {
    let rules = GitRules { require_signed_push: true, ..GitRules::default() };
    // Something is there from before the rule.
    let (server, ann, _) = start().await;
    let data = server.stop().await.unwrap();
    let server = TestServer::start_in(data, Options { git_rules: rules, ..Options::default() }).await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    let before = tip(&asker, "main");
    for (method, path, body) in [
        ("POST", format!("{CONTENTS}/a"), json!({ "content": "" })),
        ("POST", "/repos/ann/tool/branches".to_owned(), json!({ "new_branch_name": "b" })),
        ("PATCH", "/repos/ann/tool/branches/main".to_owned(), json!({ "name": "b" })),
        ("POST", "/repos/ann/tool/tags".to_owned(), json!({ "tag_name": "v1" })),
        ("POST", "/repos/ann/tool/tags".to_owned(), json!({ "tag_name": "v1", "message": "One" })),
    ] {
        let refused = asker.json(method, &path, &body).refusal();
        assert!(refused.0 == 403 && refused.1.contains("signed pushes only"), "{path} {body}: {refused:?}");
    }
    assert_eq!((tip(&asker, "main"), asker.get("/repos/ann/tool/tags").json()), (before, json!([])));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_very_many_values_are_refused() {
    let (server, _, asker) = start().await;
    let before = tip(&asker, "main");
    let send = |body: String| asker.send("POST", &format!("/api/v1{CONTENTS}"), &[("content-type", "application/json")], body.as_bytes());
    let many = |value: &str| vec![value; 1_500_000].join(",");
    for (body, status, text) in [
        (format!("{{\"files\":[{}]}}", many("{}")), 422, "operation"),
        (format!("{{\"files\":[{}}}", many("{}")), 400, "not JSON"),
        (format!("{{\"x\":[{}]}}", many("0")), 422, "names no file"),
        (format!("{{\"force_push\":[{}]}}", many("0")), 422, "force_push"),
    ] {
        let refused = send(body).refusal();
        assert!(refused.0 == status && refused.1.contains(text), "{status} {text}: {refused:?}");
    }
    assert_eq!(tip(&asker, "main"), before);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_a_bound_of_the_site_is_too_large() {
    let limits = GitLimits { object_bytes: 1 << 20, ..GitLimits::default() };
    let (server, _, asker) = empty(Options { limits, ..Options::default() }).await;
    let large = json!({ "content": base64(&"x".repeat((1 << 20) + 1)) });
    let refused = asker.json("POST", &format!("{CONTENTS}/a"), &large).refusal();
    assert!(refused.0 == 413 && refused.1.contains("larger than 1048576 bytes"), "{refused:?}");
    server.stop().await.unwrap();
}
