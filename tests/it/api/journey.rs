//! What an integrator does with the API, in Gitea's words.

use hardie_testkit::TestServer;
use serde_json::{Value, json};

use super::Asker;

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_lives_from_making_to_restoring() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    let (asker, other) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)));

    let made = asker.json("POST", "/user/repos", &json!({ "name": "tool", "description": "It works", "private": true }));
    assert_eq!(made.status, 201, "{}", made.text());
    let repo = made.json();
    assert_eq!(
        (repo["full_name"].as_str(), repo["empty"].as_bool(), repo["private"].as_bool()),
        (Some("ann/tool"), Some(true), Some(true))
    );
    assert_eq!(repo["clone_url"], "http://forge.test/ann/tool.git");
    assert!(repo["ssh_url"].as_str().unwrap().ends_with("/ann/tool.git"), "{repo}");
    assert_eq!(repo["permissions"], json!({ "admin": true, "push": true, "pull": true }));
    assert_eq!((&repo["owner"]["login"], &repo["owner"]["username"]), (&json!("ann"), &json!("ann")));
    assert_eq!(asker.get(&format!("/repositories/{}", repo["id"])).json()["full_name"], "ann/tool");

    assert_eq!(asker.json("POST", "/user/repos", &json!({ "name": "Tool" })).status, 409);
    assert_eq!(asker.json("POST", "/user/repos", &json!({ "name": "a b" })).status, 422);
    assert_eq!(asker.json("POST", "/user/repos", &json!({ "name": "x", "auto_init": true })).json()["field"], "auto_init");

    assert_eq!(other.get("/repos/ann/tool").status, 404);
    assert_eq!(asker.json("PUT", "/repos/ann/tool/collaborators/bob", &json!({ "permission": "read" })).status, 204);
    assert_eq!(other.get("/repos/ann/tool").json()["permissions"], json!({ "admin": false, "push": false, "pull": true }));
    assert_eq!(other.json("PATCH", "/repos/ann/tool", &json!({ "description": "mine" })).status, 403);
    assert_eq!(asker.get("/repos/ann/tool/collaborators").json()[0]["login"], "bob");
    assert_eq!(asker.get("/repos/ann/tool/collaborators/bob/permission").json()["permission"], "read");
    assert_eq!(asker.get("/repos/ann/tool/collaborators/bob").status, 204);

    let renamed = asker.json("PATCH", "/repos/ann/tool", &json!({ "name": "kit", "description": "Better" }));
    assert_eq!((renamed.status, renamed.json()["full_name"].as_str()), (200, Some("ann/kit")));
    let moved = asker.get("/repos/ann/tool/branches?page=2");
    assert_eq!((moved.status, moved.header("location")), (301, "/api/v1/repos/ann/kit/branches?page=2"));
    let moved = asker.json("PATCH", "/repos/ann/tool", &json!({}));
    assert_eq!((moved.status, moved.header("location")), (308, "/api/v1/repos/ann/kit"));

    assert_eq!(asker.json("DELETE", "/repos/ann/kit", &Value::Null).status, 204);
    assert_eq!(asker.get("/repos/ann/kit").status, 404);
    let deleted = asker.get("/users/ann/deleted_repos").json();
    assert_eq!(deleted[0]["full_name"], "ann/kit");
    let path = format!("/users/ann/deleted_repos/{}/restore", deleted[0]["id"]);
    assert_eq!(asker.json("POST", &path, &Value::Null).json()["full_name"], "ann/kit");
    assert_eq!(asker.get("/repos/ann/kit").json()["description"], "Better");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_as_gitea_s_clients_expect() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    for number in 0..5 {
        server.repo(&ann, &format!("r{number}"), false).await.unwrap();
    }
    let asker = Asker::new(&server, Some(&ann));
    let first = asker.get("/user/repos?limit=2");
    assert_eq!((first.json().as_array().unwrap().len(), first.header("x-total-count")), (2, "5"));
    assert_eq!(
        first.header("link"),
        "<http://forge.test/api/v1/user/repos?page=2&limit=2>; rel=\"next\",<http://forge.test/api/v1/user/repos?page=3&limit=2>; rel=\"last\""
    );
    let mut seen = Vec::new();
    for page in 1..=3 {
        let items = asker.get(&format!("/user/repos?limit=2&page={page}")).json();
        seen.extend(items.as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen, ["r0", "r1", "r2", "r3", "r4"]);
    let past = asker.get("/user/repos?limit=2&page=9");
    assert_eq!((past.status, past.text().as_str()), (200, "[]"));
    let found = asker.get("/repos/search?q=r3&archived=false").json();
    assert_eq!((found["ok"].as_bool(), found["data"][0]["name"].as_str()), (Some(true), Some("r3")));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_tokens_and_settings_are_their_owner_s() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    let (asker, other) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)));
    let made = asker.json("POST", "/users/ann/tokens", &json!({ "name": "ci", "scopes": ["read:repository"] }));
    assert_eq!(made.status, 201, "{}", made.text());
    let secret = made.json()["sha1"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("hrd_") && secret.ends_with(made.json()["token_last_eight"].as_str().unwrap()));
    assert!(!asker.get("/users/ann/tokens").text().contains(&secret));
    assert_eq!(other.get("/users/ann/tokens").status, 403);
    assert_eq!(asker.json("DELETE", "/users/ann/tokens/ci", &Value::Null).status, 204);

    let keys = asker.get("/user/keys").json();
    assert!(keys[0]["fingerprint"].as_str().unwrap().starts_with("SHA256:"));
    assert_eq!(other.get(&format!("/user/keys/{}", keys[0]["id"])).status, 404);
    assert_eq!(asker.json("POST", "/user/keys", &json!({ "title": "x", "key": "ssh-rsa nonsense" })).json()["field"], "key");

    let settings = asker.json("PATCH", "/user/settings", &json!({ "full_name": "Ann Smith" }));
    assert_eq!(settings.json()["full_name"], "Ann Smith");
    assert_eq!(other.get("/users/ann").json()["email"], "", "an address is not shown to others");
    assert_eq!(asker.json("PATCH", "/user/settings", &json!({ "email": "new@example.org" })).status, 422);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn organisations_and_administration_have_their_own_doors() {
    let server = TestServer::start().await.unwrap();
    let (root, ann) = (server.admin("root2").await.unwrap(), server.user("ann").await.unwrap());
    let (admin, asker) = (Asker::new(&server, Some(&root)), Asker::new(&server, Some(&ann)));
    let org = asker.json("POST", "/orgs", &json!({ "username": "smiths", "full_name": "The Smiths" }));
    assert_eq!((org.status, &org.json()["name"], &org.json()["username"]), (201, &json!("smiths"), &json!("smiths")));
    assert_eq!(asker.json("POST", "/orgs/smiths/repos", &json!({ "name": "anvil" })).json()["full_name"], "smiths/anvil");
    assert_eq!(asker.get("/orgs/smiths/members/ann").status, 204);
    assert_eq!(asker.get("/orgs/smiths/members/root2").status, 404);
    assert_eq!(asker.get("/users/ann/orgs/smiths/permissions").json()["is_owner"], true);
    assert_eq!(asker.get("/user/orgs").json()[0]["name"], "smiths");

    assert_eq!(asker.get("/admin/users").status, 403);
    let made =
        admin.json("POST", "/admin/users", &json!({ "username": "carl", "email": "carl@example.org", "password": "a long enough one 7" }));
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(admin.json("PATCH", "/admin/users/carl", &json!({ "active": false })).json()["prohibit_login"], true);
    let audit = admin.get("/admin/audit?action=user");
    assert!(audit.status == 200 && !audit.json().as_array().unwrap().is_empty(), "{}", audit.text());
    assert_eq!(asker.get("/admin/audit").status, 403);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_over_branches_are_made_and_kept_honest() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    let rules = "/repos/ann/tool/branch_protections";
    let made = asker.json("POST", rules, &json!({ "rule_name": "release/*", "enable_force_push": false }));
    assert_eq!((made.status, &made.json()["branch_name"]), (201, &json!("release/*")));
    for address in ["release/*", "release%2F*", "release%2f%2A"] {
        assert_eq!(asker.get(&format!("{rules}/{address}")).json()["rule_name"], "release/*", "{address}");
    }
    // What is given is given back, people by their names; what is not said stays.
    let all = json!({
        "rule_name": "all/*", "priority": 7, "enable_push": true, "enable_push_whitelist": true, "push_whitelist_usernames": ["ann"],
        "push_whitelist_teams": [], "push_whitelist_deploy_keys": true, "enable_force_push": true, "enable_force_push_allowlist": true,
        "force_push_allowlist_usernames": ["ann"], "force_push_allowlist_teams": [], "force_push_allowlist_deploy_keys": true,
        "enable_merge_whitelist": true, "merge_whitelist_usernames": ["ann"], "merge_whitelist_teams": [], "enable_status_check": true,
        "status_check_contexts": ["ci/*"], "required_approvals": 2, "enable_approvals_whitelist": true,
        "approvals_whitelist_username": ["ann"], "approvals_whitelist_teams": [], "block_on_rejected_reviews": true,
        "block_on_official_review_requests": true, "block_on_outdated_branch": true, "dismiss_stale_approvals": true,
        "ignore_stale_approvals": true, "require_signed_commits": true, "require_linear_history": true,
        "protected_file_patterns": "*.lock;docs/**", "unprotected_file_patterns": "notes/*", "block_admin_merge_override": true,
        "enable_delete": true,
    });
    let made = asker.json("POST", rules, &all);
    assert_eq!(made.status, 201, "{}", made.text());
    let edited = asker.json("PATCH", &format!("{rules}/all%2F*"), &json!({ "required_approvals": 3 })).json();
    for (field, value) in all.as_object().unwrap() {
        let expected = if field == "required_approvals" { &json!(3) } else { value };
        assert_eq!((&made.json()[field], &edited[field]), (value, expected), "{field}");
    }
    // Whoever may only read is not told who is on the lists.
    let open = asker.json("PATCH", "/repos/ann/tool", &json!({ "private": false }));
    assert_eq!(open.status, 200, "{}", open.text());
    let shown = Asker::new(&server, None).get(&format!("{rules}/all%2F*")).json();
    assert_eq!((&shown["enable_push_whitelist"], &shown["push_whitelist_usernames"]), (&json!(true), &json!([])));
    assert_eq!(asker.json("DELETE", &format!("{rules}/all%2F*"), &Value::Null).status, 204);
    assert_eq!(asker.json("POST", rules, &json!({})).json()["field"], "rule_name");
    assert_eq!(asker.json("DELETE", &format!("{rules}/release%2F*"), &Value::Null).status, 204);
    assert_eq!(asker.get(rules).text(), "[]");
    server.stop().await.unwrap();
}
