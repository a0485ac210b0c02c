//! Organisations and their teams from outside: what a team gives by each door, who may change one, and what strangers learn.

use hardie_testkit::{TestServer, TestUser};
use serde_json::{Value, json};

use super::Asker;
use crate::git::{Via, remote};
use crate::lfs::batch;

/// An organisation `acme` of ann's with a private repository `tool` that has a commit; the clone it came from.
async fn acme(server: &TestServer) -> (TestUser, Asker, std::path::PathBuf) {
    let ann = server.user("ann").await.unwrap();
    let asker = Asker::new(server, Some(&ann));
    assert_eq!(asker.json("POST", "/orgs", &json!({ "username": "acme" })).status, 201);
    assert_eq!(asker.json("POST", "/orgs/acme/repos", &json!({ "name": "tool", "private": true })).status, 201);
    let dir = ann.git.init("tool").unwrap();
    ann.git.ok(&dir, &["push", "--quiet", &server.http_remote("acme/tool"), "main"]).unwrap();
    (ann, asker, dir)
}

fn team(asker: &Asker, body: &Value) -> i64 {
    let made = asker.json("POST", "/orgs/acme/teams", body);
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_i64().unwrap()
}

fn put(asker: &Asker, path: &str) -> u16 {
    asker.json("PUT", path, &Value::Null).status
}

fn delete(asker: &Asker, path: &str) -> u16 {
    asker.json("DELETE", path, &Value::Null).status
}

/// What somebody may do with `acme/tool`, by every door: a column for each, in words that a table shows.
fn may(server: &TestServer, user: &TestUser, round: usize) -> Vec<String> {
    let asker = Asker::new(server, Some(user));
    let status = |answer: super::Answer| answer.status.to_string();
    let file = json!({ "content": "aGk=", "message": "By the API" });
    let mut row = vec![
        status(asker.get("/repos/acme/tool")),
        status(asker.get("/repos/acme/tool/raw/README.md")),
        status(asker.get("/repos/acme/tool/archive/main.tar.gz")),
        batch(&asker, "acme/tool", &[], "download", b"no such").status.to_string(),
        status(asker.json("POST", &format!("/repos/acme/tool/contents/api/{round}"), &file)),
        batch(&asker, "acme/tool", &[], "upload", b"new").status.to_string(),
        status(asker.json("PATCH", "/repos/acme/tool", &json!({ "description": format!("By {round}") }))),
        status(asker.json("PUT", "/repos/acme/tool/teams/nobody", &Value::Null)),
    ];
    for via in [Via::Http, Via::Ssh] {
        let url = remote(server, via, "acme/tool");
        let name = format!("clone{round}{via:?}");
        let cloned = user.git.run(user.git.home(), &["clone", "--quiet", &url, &name]).unwrap().ok;
        let dir = if cloned { user.git.path(&name) } else { user.git.init(&name).unwrap() };
        user.git.commit(&dir, "x", &name, "x").unwrap();
        let pushed = user.git.run(&dir, &["push", "--quiet", &url, &format!("HEAD:refs/heads/{name}")]).unwrap().ok;
        row.push(format!("{cloned} {pushed}"));
    }
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_gives_its_level_by_every_door_and_no_more() {
    let server = TestServer::start().await.unwrap();
    let (_ann, owner, _dir) = acme(&server).await;
    let bob = server.user("bob").await.unwrap();
    let everything = json!({ "name": "crew", "permission": "read", "includes_all_repositories": true });
    let crew = team(&owner, &everything);
    assert_eq!(put(&owner, &format!("/teams/{crew}/members/bob")), 204);
    let nothing = ["404", "404", "404", "404", "404", "404", "404", "404", "false false", "false false"];
    let reads = ["200", "200", "200", "200", "403", "403", "403", "403", "true false", "true false"];
    let writes = ["200", "200", "200", "200", "201", "200", "403", "403", "true true", "true true"];
    let administers = ["200", "200", "200", "200", "201", "200", "200", "403", "true true", "true true"];
    for (round, (gives, expected)) in [
        (json!({ "units_map": { "repo.code": "none", "repo.issues": "write" } }), nothing),
        (json!({ "units_map": { "repo.code": "read", "repo.issues": "write" } }), reads),
        (json!({ "units_map": { "repo.code": "write" } }), writes),
        (json!({ "units_map": { "repo.code": "admin" } }), administers),
        (json!({ "permission": "admin" }), administers),
        (json!({ "permission": "write", "units": ["repo.issues", "repo.pulls"] }), nothing),
        (json!({ "permission": "write", "units": ["repo.code"] }), writes),
        (json!({ "includes_all_repositories": false }), nothing),
    ]
    .into_iter()
    .enumerate()
    {
        let changed = owner.json("PATCH", &format!("/teams/{crew}"), &gives);
        assert_eq!(changed.status, 200, "{}", changed.text());
        assert_eq!(may(&server, &bob, round), expected, "{gives}");
    }
    // By name, by the team's address and by the repository's.
    for (add, remove) in [
        (format!("/teams/{crew}/repos/acme/tool"), "/repos/acme/tool/teams/crew".to_owned()),
        ("/repos/acme/tool/teams/CREW".to_owned(), format!("/teams/{crew}/repos/acme/tool")),
    ] {
        let other = Asker::new(&server, Some(&bob));
        assert_eq!((put(&owner, &add), put(&owner, &add)), (204, 204));
        assert_eq!(other.get("/repos/acme/tool").json()["permissions"], json!({ "admin": false, "push": true, "pull": true }));
        assert_eq!(other.get("/user/repos").json()[0]["full_name"], "acme/tool");
        assert_eq!(other.get(&format!("/teams/{crew}/repos")).json()[0]["full_name"], "acme/tool");
        assert_eq!(other.get(&format!("/teams/{crew}/repos/acme/tool")).json()["full_name"], "acme/tool");
        assert_eq!(owner.get("/repos/acme/tool/teams").json().as_array().unwrap().len(), 2, "with the owners'");
        assert_eq!(owner.get("/repos/acme/tool/teams/crew").json()["id"], crew);
        assert_eq!((delete(&owner, &remove), delete(&owner, &remove)), (204, 404));
        assert_eq!((other.get("/repos/acme/tool").status, other.get("/user/repos").json()), (404, json!([])));
        assert_eq!(other.get(&format!("/teams/{crew}/repos")).json(), json!([]));
    }
    // What somebody else gave stands, and the greater of both counts.
    assert_eq!(owner.json("PUT", "/repos/acme/tool/collaborators/bob", &json!({ "permission": "read" })).status, 204);
    assert_eq!(may(&server, &bob, 100), reads);
    assert_eq!(put(&owner, "/repos/acme/tool/teams/crew"), 204);
    assert_eq!(may(&server, &bob, 101), writes);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn teams_look_as_gitea_s_clients_expect() {
    let server = TestServer::start().await.unwrap();
    let (_ann, owner, _dir) = acme(&server).await;
    let body = json!({
        "name": "crew", "description": "Some people", "permission": "write", "units": ["repo.code", "repo.issues"],
        "can_create_org_repo": true, "includes_all_repositories": false,
    });
    let made = owner.json("POST", "/orgs/acme/teams", &body).json();
    assert_eq!((&made["name"], &made["permission"], &made["organization"]["username"]), (&json!("crew"), &json!("write"), &json!("acme")));
    assert_eq!((&made["units"], &made["units_map"]["repo.code"]), (&json!(["repo.code", "repo.issues"]), &json!("write")));
    assert_eq!((&made["units_map"]["repo.wiki"], &made["can_create_org_repo"]), (&json!("none"), &json!(true)));
    let path = format!("/teams/{}", made["id"]);
    assert_eq!(owner.get(&path).json(), made);
    let listed = owner.get("/orgs/acme/teams?limit=1");
    assert_eq!((listed.header("x-total-count"), &listed.json()[0]["name"]), ("2", &json!("crew")));
    let owners = owner.get("/orgs/acme/teams?page=2&limit=1").json()[0].clone();
    assert_eq!((&owners["permission"], &owners["units_map"]["repo.code"]), (&json!("owner"), &json!("owner")));
    let found = owner.get("/orgs/acme/teams/search?q=PEOPLE").json();
    assert_eq!((&found["ok"], found["data"].as_array().unwrap().len()), (&json!(true), 1));
    assert_eq!(owner.get("/orgs/acme/teams/search?q=PEOPLE&include_desc=false").json()["data"], json!([]));
    assert_eq!(owner.get("/user/teams").json()[0]["name"], "Owners");
    // Refused by name.
    for (body, status, field) in [
        (json!({ "name": "a b" }), 422, json!("name")),
        (json!({ "name": "search" }), 422, json!("name")),
        (json!({ "name": "x", "permission": "owner" }), 422, json!("permission")),
        (json!({ "name": "x", "units": ["repo.cde"] }), 422, json!("units")),
        (json!({ "name": "x", "units_map": { "repo.code": "all" } }), 422, json!("units_map")),
        (json!({ "name": "CREW" }), 409, Value::Null),
    ] {
        let refused = owner.json("POST", "/orgs/acme/teams", &body);
        assert_eq!((refused.status, &refused.json()["field"]), (status, &field), "{body}");
    }
    assert_eq!(owner.json("PATCH", &path, &json!({ "name": "owners" })).status, 409);
    let renamed = owner.json("PATCH", &path, &json!({ "name": "band", "description": "", "can_create_org_repo": false })).json();
    assert_eq!((&renamed["name"], &renamed["units"], &renamed["can_create_org_repo"]), (&json!("band"), &made["units"], &json!(false)));
    // A user's repository has no teams, and another organisation's none of these.
    assert_eq!(owner.json("POST", "/user/repos", &json!({ "name": "own" })).status, 201);
    assert_eq!((put(&owner, &format!("{path}/repos/ann/own")), put(&owner, "/repos/ann/own/teams/band")), (404, 404));
    assert_eq!(owner.get("/repos/ann/own/teams").json(), json!([]));
    assert_eq!((delete(&owner, &path), owner.get(&path).status), (204, 404));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_team_of_owners_is_never_empty_nor_anything_else() {
    let server = TestServer::start().await.unwrap();
    let (_ann, owner, _dir) = acme(&server).await;
    let bob = server.user("bob").await.unwrap();
    let second = Asker::new(&server, Some(&bob));
    let owners = format!("/teams/{}", owner.get("/orgs/acme/teams").json()[0]["id"]);
    for path in [format!("{owners}/members/ann"), "/orgs/acme/members/ann".to_owned()] {
        let refused = owner.json("DELETE", &path, &Value::Null);
        assert_eq!(refused.status, 409, "{}", refused.text());
    }
    assert_eq!(owner.json("PUT", "/orgs/acme/members/ann", &json!({ "role": "none" })).status, 409);
    assert_eq!((delete(&owner, &owners), put(&owner, &format!("{owners}/repos/acme/tool"))), (422, 422));
    for body in [
        json!({ "name": "Bosses" }),
        json!({ "permission": "read" }),
        json!({ "includes_all_repositories": false }),
        json!({ "can_create_org_repo": false }),
    ] {
        assert_eq!(owner.json("PATCH", &owners, &body).status, 422, "{body}");
    }
    let same = json!({ "name": "Owners", "permission": "owner", "units": ["repo.code"], "description": "Who decide", "can_create_org_repo": true });
    let kept = owner.json("PATCH", &owners, &same).json();
    assert_eq!(
        (&kept["permission"], &kept["description"], kept["units"].as_array().unwrap().len()),
        (&json!("owner"), &json!("Who decide"), 10)
    );
    // Who is put into it owns the organisation, and who is taken out does so no longer.
    assert_eq!(second.json("POST", "/orgs/acme/teams", &json!({ "name": "x" })).status, 403);
    assert_eq!(put(&owner, &format!("{owners}/members/bob")), 204);
    assert_eq!(second.get("/users/bob/orgs/acme/permissions").json()["is_owner"], true);
    assert_eq!(second.json("POST", "/orgs/acme/teams", &json!({ "name": "x" })).status, 201);
    assert_eq!(delete(&second, &format!("{owners}/members/ann")), 204);
    assert_eq!(owner.get("/repos/acme/tool").status, 404);
    assert_eq!((owner.get("/orgs/acme/teams").status, owner.get(&owners).status), (403, 404));
    assert_eq!(delete(&second, &format!("{owners}/members/bob")), 409);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_alone_change_teams_members_see_them_and_strangers_learn_nothing() {
    let server = TestServer::start().await.unwrap();
    let (ann, owner, _dir) = acme(&server).await;
    let (bob, eve) = (server.user("bob").await.unwrap(), server.user("eve").await.unwrap());
    let (member, stranger, nobody) = (Asker::new(&server, Some(&bob)), Asker::new(&server, Some(&eve)), Asker::new(&server, None));
    let crew = team(&owner, &json!({ "name": "crew", "permission": "admin", "includes_all_repositories": true }));
    assert_eq!(put(&owner, &format!("/teams/{crew}/members/bob")), 204);
    let at = |path: &str| format!("/teams/{crew}{path}");
    for path in [at(""), at("/members"), at("/members/bob"), at("/repos"), at("/repos/acme/tool")] {
        let absent = path.replace(&crew.to_string(), "999999");
        assert_eq!(member.get(&path).status, 200, "{path}");
        assert_eq!(stranger.get(&path).refusal(), stranger.get(&absent).refusal(), "{path}");
        assert_eq!((stranger.get(&path).status, nobody.get(&path).status, nobody.get(&absent).status), (404, 401, 401), "{path}");
    }
    let changes = [
        ("PATCH", at(""), json!({ "permission": "admin" })),
        ("DELETE", at(""), Value::Null),
        ("PUT", at("/members/eve"), Value::Null),
        ("DELETE", at("/members/ann"), Value::Null),
        ("PUT", at("/repos/acme/tool"), Value::Null),
        ("DELETE", at("/repos/acme/tool"), Value::Null),
    ];
    let reads = scoped(&server, &ann, &["read:organization", "read:repository"]);
    let public_only = scoped(&server, &ann, &["all", "public-only"]);
    for (method, path, body) in &changes {
        let absent = path.replace(&crew.to_string(), "999999");
        assert_eq!(member.json(method, path, body).status, 403, "{method} {path}: an administrator of everything is no owner");
        assert_eq!(stranger.json(method, path, body).refusal(), stranger.json(method, &absent, body).refusal(), "{method} {path}");
        assert_eq!(stranger.json(method, path, body).status, 404, "{method} {path}");
        assert_eq!(nobody.json(method, path, body).status, 401, "{method} {path}");
        assert_eq!((reads.json(method, path, body).status, public_only.json(method, path, body).status), (403, 403), "{method} {path}");
    }
    for asker in [&member, &stranger, &reads, &public_only] {
        assert_eq!(asker.json("POST", "/orgs/acme/teams", &json!({ "name": "mine", "permission": "admin" })).status, 403);
        assert_eq!((put(asker, "/repos/acme/tool/teams/crew") / 100, delete(asker, "/orgs/acme")), (4, 403));
    }
    assert_eq!((member.get("/orgs/acme/teams").status, stranger.get("/orgs/acme/teams").status), (200, 403));
    assert_eq!((put(&owner, &at("/members/none")), put(&owner, &at("/members/acme"))), (404, 404));
    // Whoever is in a team may leave it; that is the last that holds bob.
    assert_eq!((delete(&member, &at("/members/bob")), member.get("/orgs/acme/teams").status), (204, 403));
    assert_eq!(owner.get("/orgs/acme/members/bob").status, 404);
    // Each change left a line.
    let root = Asker::new(&server, Some(&server.admin("root").await.unwrap()));
    assert_eq!((root.get(&at("")).status, delete(&root, &at(""))), (200, 204));
    let lines = root.get("/admin/audit?action=team&limit=50").json();
    let actions: Vec<&str> = lines.as_array().unwrap().iter().filter_map(|line| line["action"].as_str()).collect();
    assert_eq!(actions, ["team.delete", "team.member-remove", "team.member-add", "team.create"]);
    server.stop().await.unwrap();
}

/// Somebody with a token of these scopes.
fn scoped(server: &TestServer, user: &TestUser, scopes: &[&str]) -> Asker {
    let made = Asker::new(server, Some(user)).json(
        "POST",
        &format!("/users/{}/tokens", user.name),
        &json!({ "name": scopes.join(" "), "scopes": scopes }),
    );
    let token = made.json()["sha1"].as_str().unwrap().to_owned();
    Asker::new(server, Some(&TestUser { token, ..user.clone() }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_a_team_that_may_makes_repositories_and_administers_those() {
    let server = TestServer::start().await.unwrap();
    let (_ann, owner, _dir) = acme(&server).await;
    let bob = server.user("bob").await.unwrap();
    let member = Asker::new(&server, Some(&bob));
    let makers = team(&owner, &json!({ "name": "makers", "units_map": { "repo.code": "none" } }));
    put(&owner, &format!("/teams/{makers}/members/bob"));
    assert_eq!(member.json("POST", "/user/repos", &json!({ "name": "own", "private": true })).status, 201);
    let fork = || member.json("POST", "/repos/bob/own/forks", &json!({ "organization": "acme", "name": "fork" }));
    assert_eq!((member.json("POST", "/orgs/acme/repos", &json!({ "name": "new" })).status, fork().status), (403, 403));
    owner.json("PATCH", &format!("/teams/{makers}"), &json!({ "can_create_org_repo": true }));
    let powers = member.get("/users/bob/orgs/acme/permissions").json();
    assert_eq!(
        powers,
        json!({ "can_create_repository": true, "can_read": false, "can_write": false, "is_admin": false, "is_owner": false })
    );
    let made = member.json("POST", "/orgs/acme/repos", &json!({ "name": "new", "private": true }));
    assert_eq!((made.status, made.json()["permissions"]["admin"].as_bool()), (201, Some(true)), "{}", made.text());
    let forked = fork();
    assert_eq!((forked.status, forked.json()["permissions"]["admin"].as_bool()), (202, Some(true)), "{}", forked.text());
    for repo in ["new", "fork"] {
        let path = format!("/repos/acme/{repo}");
        assert_eq!(member.json("PATCH", &path, &json!({ "description": "Mine" })).status, 200, "{repo}");
        assert_eq!((delete(&member, &path), owner.get(&path).status), (403, 200), "{repo}");
    }
    assert_eq!(member.get("/repos/acme/tool").status, 404);
    // What owners alone may is not given with it.
    assert_eq!(member.get("/users/acme/deleted_repos").status, 403);
    assert_eq!(member.json("POST", "/repos/bob/own/transfer", &json!({ "new_owner": "acme" })).status, 403);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_organisation_and_an_absent_one_look_alike() {
    let server = TestServer::start().await.unwrap();
    let (ann, owner, _dir) = acme(&server).await;
    let (bob, eve) = (server.user("bob").await.unwrap(), server.user("eve").await.unwrap());
    assert_eq!(owner.json("POST", "/orgs/acme/repos", &json!({ "name": "open" })).status, 201);
    let dir = ann.git.path("tool");
    ann.git.ok(&dir, &["push", "--quiet", &server.http_remote("acme/open"), "main"]).unwrap();
    let (member, stranger, nobody) = (Asker::new(&server, Some(&bob)), Asker::new(&server, Some(&eve)), Asker::new(&server, None));
    let crew = team(&owner, &json!({ "name": "crew", "units_map": { "repo.code": "none" } }));
    put(&owner, &format!("/teams/{crew}/members/bob"));
    assert_eq!(put(&member, "/orgs/acme/public_members/bob"), 204);
    assert_eq!(stranger.json("POST", "/user/repos", &json!({ "name": "own" })).status, 201);
    let public_only = scoped(&server, &bob, &["all", "public-only"]);
    let other_scope = scoped(&server, &bob, &["write:user"]);
    assert_eq!(owner.json("PATCH", "/orgs/acme", &json!({ "visibility": "secret" })).json()["field"], "visibility");
    assert_eq!(owner.json("PATCH", "/orgs/acme", &json!({ "visibility": "private" })).json()["visibility"], "private");
    let asked = [
        ("GET", "/orgs/acme", Value::Null),
        ("PATCH", "/orgs/acme", json!({ "visibility": "public" })),
        ("DELETE", "/orgs/acme", Value::Null),
        ("GET", "/orgs/acme/repos", Value::Null),
        ("POST", "/orgs/acme/repos", json!({ "name": "x" })),
        ("GET", "/orgs/acme/members", Value::Null),
        ("GET", "/orgs/acme/members/bob", Value::Null),
        ("PUT", "/orgs/acme/members/eve", json!({ "role": "owner" })),
        ("DELETE", "/orgs/acme/members/eve", Value::Null),
        ("GET", "/orgs/acme/public_members", Value::Null),
        ("GET", "/orgs/acme/public_members/bob", Value::Null),
        ("PUT", "/orgs/acme/public_members/eve", Value::Null),
        ("GET", "/orgs/acme/teams", Value::Null),
        ("GET", "/orgs/acme/teams/search", Value::Null),
        ("POST", "/orgs/acme/teams", json!({ "name": "x" })),
        ("GET", "/orgs/acme/plugins", Value::Null),
        ("GET", "/orgs/acme/hooks", Value::Null),
        ("GET", "/users/acme", Value::Null),
        ("GET", "/users/acme/repos", Value::Null),
        ("GET", "/users/acme/deleted_repos", Value::Null),
        ("GET", "/users/eve/orgs/acme/permissions", Value::Null),
        ("POST", "/repos/eve/own/transfer", json!({ "new_owner": "acme" })),
        ("GET", "/repos/acme/open", Value::Null),
        ("GET", "/repos/acme/open/raw/README.md", Value::Null),
        ("GET", "/repos/acme/open/branches", Value::Null),
        ("PATCH", "/repos/acme/open", json!({ "private": false })),
    ];
    for (method, path, body) in &asked {
        let absent = path.replace("acme", "none");
        let body_absent: Value = serde_json::from_str(&body.to_string().replace("acme", "none")).unwrap();
        for asker in [&stranger, &nobody, &public_only, &other_scope] {
            let (hidden, none) = (asker.json(method, path, body), asker.json(method, &absent, &body_absent));
            let (hidden, none) = (hidden.refusal(), none.refusal());
            assert_eq!((hidden.0, hidden.1.replace("acme", "none")), none, "{method} {path}");
            assert!(hidden.0 >= 400, "{method} {path}");
        }
    }
    let git = |user: &TestUser, via| user.git.run(user.git.home(), &["ls-remote", &remote(&server, via, "acme/open")]).unwrap().ok;
    for via in [Via::Http, Via::Ssh] {
        assert_eq!([git(&ann, via), git(&bob, via), git(&eve, via)], [true, true, false], "{via:?}");
    }
    let anonymous = hardie_testkit::Git::new("guest").unwrap();
    anonymous.fails(anonymous.home(), &["ls-remote", &server.http_remote("acme/open")]).unwrap();
    for asker in [&stranger, &nobody, &public_only, &other_scope] {
        assert_eq!((asker.get("/orgs").json(), asker.get("/repos/search?q=open").json()["data"].clone()), (json!([]), json!([])));
    }
    assert_eq!(
        (member.get("/orgs").json()[0]["username"].clone(), member.get("/user/orgs").json().as_array().unwrap().len()),
        (json!("acme"), 1)
    );
    assert_eq!((member.get("/repos/acme/open").status, member.get("/repos/acme/tool").status), (200, 404));
    // Somebody whom a repository names sees that repository, and no more of the organisation.
    assert_eq!(owner.json("PUT", "/repos/acme/tool/collaborators/eve", &json!({ "permission": "write" })).status, 204);
    assert_eq!(
        (stranger.get("/repos/acme/tool").status, stranger.get("/repos/acme/open").status, stranger.get("/orgs/acme").status),
        (200, 404, 404)
    );
    // Limited: whoever has signed in.
    assert_eq!(owner.json("PATCH", "/orgs/acme", &json!({ "visibility": "limited" })).status, 200);
    for (asker, seen) in [(&member, 200), (&stranger, 200), (&public_only, 404), (&other_scope, 404), (&nobody, 404)] {
        assert_eq!((asker.get("/orgs/acme").status, asker.get("/orgs").json().as_array().unwrap().len()), (seen, usize::from(seen == 200)));
    }
    assert_eq!((git(&eve, Via::Http), stranger.get("/repos/acme/open").json()["internal"].clone()), (true, json!(true)));
    assert!(matches!(nobody.get("/repos/acme/open").status, 401 | 404));
    anonymous.fails(anonymous.home(), &["ls-remote", &server.http_remote("acme/open")]).unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_is_public_only_once_its_member_or_an_owner_says_so() {
    let server = TestServer::start().await.unwrap();
    let (_ann, owner, _dir) = acme(&server).await;
    let (bob, eve) = (server.user("bob").await.unwrap(), server.user("eve").await.unwrap());
    let (member, stranger) = (Asker::new(&server, Some(&bob)), Asker::new(&server, Some(&eve)));
    assert_eq!(owner.json("PUT", "/orgs/acme/members/bob", &json!({ "role": "none" })).status, 204);
    assert_eq!(stranger.get("/orgs/acme/public_members").json(), json!([]));
    assert_eq!(put(&stranger, "/orgs/acme/public_members/eve"), 404);
    assert_eq!((put(&stranger, "/orgs/acme/public_members/bob"), put(&member, "/orgs/acme/public_members/ann")), (403, 403));
    assert_eq!((put(&member, "/orgs/acme/public_members/bob"), stranger.get("/orgs/acme/public_members/bob").status), (204, 204));
    assert_eq!(stranger.get("/orgs/acme/public_members").json()[0]["login"], "bob");
    assert_eq!(stranger.get("/orgs/acme/members").status, 403, "the others are concealed");
    assert_eq!((delete(&owner, "/orgs/acme/public_members/bob"), stranger.get("/orgs/acme/public_members/bob").status), (204, 404));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_is_deleted_once_it_has_no_repositories_and_its_name_is_free_then() {
    let server = TestServer::start().await.unwrap();
    let (_ann, owner, _dir) = acme(&server).await;
    let bob = server.user("bob").await.unwrap();
    let member = Asker::new(&server, Some(&bob));
    let crew = team(&owner, &json!({ "name": "crew", "permission": "admin", "includes_all_repositories": true }));
    put(&owner, &format!("/teams/{crew}/members/bob"));
    assert_eq!((delete(&member, "/orgs/acme"), delete(&owner, "/orgs/acme")), (403, 409));
    assert_eq!(owner.json("POST", "/repos/acme/tool/transfer", &json!({ "new_owner": "ann" })).status, 202);
    assert_eq!(member.get("/repos/ann/tool").status, 404, "a team reaches what is its organisation's");
    assert_eq!((delete(&owner, "/orgs/acme"), owner.get("/orgs/acme").status), (204, 404));
    assert_eq!((member.get(&format!("/teams/{crew}")).status, member.get("/user/teams").json()), (404, json!([])));
    assert_eq!(member.json("POST", "/orgs", &json!({ "username": "acme" })).status, 201);
    server.stop().await.unwrap();
}
