//! Keys of repositories: each opens git in one of them, and nothing else anywhere.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hardie_app::Error;
use hardie_app::deploy_keys::{NewDeployKey, add_deploy_key};
use hardie_app::ports::Clock;
use hardie_domain::names::RepoPath;
use hardie_domain::time::Timestamp;
use hardie_testkit::server::people;
use hardie_testkit::{FakeClock, Git, Options, TestServer, TestUser};
use serde_json::{Value, json};

use crate::api::Asker;
use crate::lfs::{act, batch, only};
use crate::support::eventually;

/// A machine with a key of its own, and the line of it.
fn machine(name: &str) -> (Git, String) {
    let git = Git::new(name).unwrap();
    let key = git.path("id_ed25519");
    let made = git.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(&key).output().unwrap();
    assert!(made.status.success(), "apt-get install openssh-client");
    let line = std::fs::read_to_string(key.with_extension("pub")).unwrap().trim().to_owned();
    (git.with_ssh_key(&key), line)
}

/// Adds a key to ann's repository; its id.
fn add(server: &TestServer, user: &TestUser, repo: &str, key: &str, read_only: bool) -> i64 {
    let made = Asker::new(server, Some(user)).json(
        "POST",
        &format!("/repos/{repo}/keys"),
        &json!({ "title": "ci", "key": key, "read_only": read_only }),
    );
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!((&made.json()["read_only"], &made.json()["key"]), (&json!(read_only), &json!(key)));
    made.json()["id"].as_i64().unwrap()
}

struct World {
    server: TestServer,
    ann: TestUser,
    /// Private.
    tool: String,
    dir: std::path::PathBuf,
}

async fn world() -> World {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let tool = server.repo(&ann, "tool", true).await.unwrap();
    let dir = ann.git.init("work").unwrap();
    ann.git.commit(&dir, "a.txt", "a\n", "Begin").unwrap();
    ann.git.ok(&dir, &["push", "-q", &server.ssh_remote(&tool), "HEAD:refs/heads/main"]).unwrap();
    World { server, ann, tool, dir }
}

fn cloned(server: &TestServer, git: &Git, repo: &str) -> std::path::PathBuf {
    git.ok(git.home(), &["clone", "-q", &server.ssh_remote(repo), "copy"]).unwrap();
    git.home().join("copy")
}

fn pass_over_ssh(server: &TestServer, git: &Git, words: &str) -> Result<Value, String> {
    let command = format!("$GIT_SSH_COMMAND -p {} git@127.0.0.1 \"git-lfs-authenticate {words}\"", server.server.ssh.port());
    let output = git.command("sh").args(["-c", &command]).output().unwrap();
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_key_fetches_and_pushes_in_its_repository_and_is_named() {
    let World { server, ann, tool, .. } = world().await;
    let (robot, line) = machine("robot");
    let refused = robot.fails(robot.home(), &["ls-remote", &server.ssh_remote(&tool)]).unwrap();
    assert!(refused.contains("Permission denied"), "{refused}");
    let id = add(&server, &ann, &tool, &line, false);
    let dir = cloned(&server, &robot, &tool);
    robot.commit(&dir, "b.txt", "b\n", "More").unwrap();
    robot.ok(&dir, &["push", "-q", &server.ssh_remote(&tool), "HEAD:refs/heads/more"]).unwrap();
    let asker = Asker::new(&server, Some(&ann));
    let push = &asker.get(&format!("/repos/{tool}/pushes")).json()[0];
    assert_eq!((&push["deploy_key"], &push["actor"], &push["door"]), (&json!(id), &json!("ann"), &json!("ssh")));
    eventually("the event names the key", async || {
        let events = asker.get(&format!("/repos/{tool}/events")).json();
        let told = events.as_array().unwrap().iter().find(|event| event.to_string().contains("refs/heads/more"));
        told.is_some_and(|told| told["payload"]["deploy_key"] == json!({ "id": id, "title": "ci" }))
    })
    .await;
    let audit = asker.get(&format!("/repos/{tool}/audit?action=push")).json();
    assert!(audit[0]["detail"].as_str().unwrap().contains("by the deploy key \"ci\" SHA256:"), "{audit}");
    let keys = asker.get(&format!("/repos/{tool}/keys")).json();
    assert!(keys[0]["id"] == json!(id) && keys[0]["last_used_at"].is_string(), "{keys}");
    server.server.app.store.find_deploy_key_by_id(hardie_domain::ids::DeployKeyId(id)).await.unwrap().unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_key_opens_nothing_else() {
    let World { server, ann, tool, .. } = world().await;
    let (robot, line) = machine("robot");
    add(&server, &ann, &tool, &line, false);
    // Neither another repository of the owner's, nor a public one of anybody.
    let other = server.repo(&ann, "other", true).await.unwrap();
    let open = server.repo(&ann, "open", false).await.unwrap();
    for repo in [&other, &open] {
        let refused = robot.fails(robot.home(), &["ls-remote", &server.ssh_remote(repo)]).unwrap();
        assert!(refused.contains("not found"), "{repo}: {refused}");
        assert!(pass_over_ssh(&server, &robot, &format!("{repo} download")).is_err());
    }
    // Its pass is for LFS in that repository, not for the API or git, and holds no locks in the owner's name.
    let given = pass_over_ssh(&server, &robot, &format!("{tool} upload")).unwrap();
    let bearer = given["header"]["Authorization"].as_str().unwrap().to_owned();
    let headers = [("authorization", bearer.as_str())];
    let nobody = Asker::new(&server, None);
    let fresh = only(&batch(&nobody, &tool, &headers, "upload", b"new"));
    assert_eq!(act(&nobody, "PUT", &fresh["actions"]["upload"], &[], b"new").status, 200);
    assert_eq!(batch(&nobody, &other, &headers, "upload", b"new").status, 404);
    for path in ["/api/v1/user", "/api/v1/repos/ann/tool", "/api/v1/repos/ann/tool/keys", "/ann/tool.git/info/refs?service=git-upload-pack"]
    {
        assert_eq!(nobody.send("GET", path, &headers, b"").status, 401, "{path}");
    }
    let owners = crate::lfs::ask(&Asker::new(&server, Some(&ann)), &tool, "locks", &[], &json!({ "path": "a.bin" }));
    assert_eq!(owners.status, 201, "{}", owners.text());
    let refused = crate::lfs::ask(&nobody, &tool, "locks", &headers, &json!({ "path": "b.bin" }));
    assert!(refused.status == 403 && refused.text().contains("deploy key"), "{}", refused.text());
    let id = owners.json()["lock"]["id"].as_str().unwrap().to_owned();
    for force in [false, true] {
        let refused = crate::lfs::ask(&nobody, &tool, &format!("locks/{id}/unlock"), &headers, &json!({ "force": force }));
        assert_eq!(refused.status, 403, "{}", refused.text());
    }
    let seen = crate::lfs::ask(&nobody, &tool, "locks/verify", &headers, &json!({})).json();
    assert_eq!((seen["ours"].as_array().unwrap().len(), seen["theirs"].as_array().unwrap().len()), (0, 1));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_deploy_key_fetches_and_no_more() {
    let World { server, ann, tool, .. } = world().await;
    let (robot, line) = machine("robot");
    add(&server, &ann, &tool, &line, true);
    let dir = cloned(&server, &robot, &tool);
    robot.commit(&dir, "b.txt", "b\n", "More").unwrap();
    let refused = robot.fails(&dir, &["push", &server.ssh_remote(&tool), "HEAD:refs/heads/more"]).unwrap();
    assert!(refused.contains("this deploy key may fetch, and not push"), "{refused}");
    assert!(pass_over_ssh(&server, &robot, &format!("{tool} download")).is_ok());
    assert!(pass_over_ssh(&server, &robot, &format!("{tool} upload")).unwrap_err().contains("may fetch"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_of_the_repository_alone_manage_its_keys() {
    let World { server, ann, tool, .. } = world().await;
    let bob = server.user("bob").await.unwrap();
    let (asker, bobs) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)));
    let (_robot, line) = machine("robot");
    let body = json!({ "title": "ci", "key": line });
    let keys = format!("/repos/{tool}/keys");
    assert_eq!(bobs.json("POST", &keys, &body).status, 404);
    asker.json("PUT", &format!("/repos/{tool}/collaborators/bob"), &json!({ "permission": "write" }));
    for (method, path) in [("GET", keys.clone()), ("POST", keys.clone()), ("GET", format!("{keys}/1")), ("DELETE", format!("{keys}/1"))] {
        assert_eq!(bobs.json(method, &path, if method == "POST" { &body } else { &Value::Null }).status, 403, "{method} {path}");
    }
    let id = add(&server, &ann, &tool, &line, false);
    // A key is one's: neither another repository's nor an account's.
    let other = server.repo(&bob, "other", true).await.unwrap();
    assert_eq!(bobs.json("POST", &format!("/repos/{other}/keys"), &body).status, 422);
    assert_eq!(bobs.json("POST", "/user/keys", &body).status, 422);
    let of_ann = std::fs::read_to_string(ann.git.path("id_ed25519.pub")).unwrap();
    assert_eq!(bobs.json("POST", &format!("/repos/{other}/keys"), &json!({ "key": of_ann })).status, 422);
    assert_eq!(bobs.get(&format!("/repos/{other}/keys/{id}")).status, 404, "it is looked up in its repository");
    assert_eq!(bobs.json("DELETE", &format!("/repos/{other}/keys/{id}"), &Value::Null).status, 404);
    // Nor does a token that ends leave one behind.
    let short = json!({ "name": "short", "scopes": ["write:repository"], "expires_at": "2999-01-01T00:00:00Z" });
    let short = asker.json("POST", "/users/ann/tokens", &short).json()["sha1"].as_str().unwrap().to_owned();
    let short = Asker::new(&server, Some(&TestUser { token: short, ..ann.clone() }));
    let (_other, line) = machine("other");
    assert_eq!(short.json("POST", &keys, &json!({ "key": line })).status, 403);
    assert_eq!(asker.json("DELETE", &format!("{keys}/{id}"), &Value::Null).status, 204);
    assert_eq!(asker.get(&format!("{keys}/{id}")).status, 404);
    server.stop().await.unwrap();
}

fn is_refused(server: &TestServer, git: &Git, repo: &str) -> String {
    git.fails(git.home(), &["ls-remote", &server.ssh_remote(repo)]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_key_ends_with_its_row_its_repository_and_its_owner() {
    let World { server, ann, tool, .. } = world().await;
    let (robot, line) = machine("robot");
    let id = add(&server, &ann, &tool, &line, false);
    let asker = Asker::new(&server, Some(&ann));
    let root = Asker::new(&server, Some(&server.admin("root").await.unwrap()));
    let given = pass_over_ssh(&server, &robot, &format!("{tool} download")).unwrap();
    let bearer = given["header"]["Authorization"].as_str().unwrap().to_owned();
    let headers = [("authorization", bearer.as_str())];
    let nobody = Asker::new(&server, None);
    let pass = || batch(&nobody, &tool, &headers, "download", b"none").status;
    assert_eq!(pass(), 200);

    root.json("PATCH", "/admin/users/ann", &json!({ "active": false }));
    assert!(is_refused(&server, &robot, &tool).contains("Permission denied"));
    assert_eq!(pass(), 401);
    root.json("PATCH", "/admin/users/ann", &json!({ "active": true }));
    assert_eq!(pass(), 200);
    robot.ok(robot.home(), &["ls-remote", &server.ssh_remote(&tool)]).unwrap();

    assert_eq!(asker.json("DELETE", &format!("/repos/{tool}"), &Value::Null).status, 204);
    assert!(is_refused(&server, &robot, &tool).contains("Permission denied"));
    assert_eq!(pass(), 401);
    server.repo(&ann, "tool", true).await.unwrap();
    assert!(is_refused(&server, &robot, &tool).contains("Permission denied"), "another repository of that name is another one");

    let again = server.repo(&ann, "again", true).await.unwrap();
    let (other, line) = machine("other");
    let second = add(&server, &ann, &again, &line, false);
    assert_ne!(second, id);
    other.ok(other.home(), &["ls-remote", &server.ssh_remote(&again)]).unwrap();
    assert_eq!(asker.json("DELETE", &format!("/repos/{again}/keys/{second}"), &Value::Null).status, 204);
    assert!(is_refused(&server, &other, &again).contains("Permission denied"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_deploy_key_goes_with_its_repository_to_a_new_owner() {
    let World { server, ann, tool, .. } = world().await;
    let (robot, line) = machine("robot");
    add(&server, &ann, &tool, &line, false);
    let asker = Asker::new(&server, Some(&ann));
    let given = pass_over_ssh(&server, &robot, &format!("{tool} upload")).unwrap();
    let bearer = given["header"]["Authorization"].as_str().unwrap().to_owned();
    assert!(asker.json("POST", "/orgs", &json!({ "username": "smiths" })).status < 300);
    let moved = asker.json("POST", &format!("/repos/{tool}/transfer"), &json!({ "new_owner": "smiths" }));
    assert!(moved.status < 300, "{}", moved.text());
    assert!(is_refused(&server, &robot, "smiths/tool").contains("Permission denied"));
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(
        batch(&Asker::new(&server, None), "smiths/tool", &headers, "upload", b"new").status,
        401,
        "nor does a pass that stands on it"
    );
    assert_eq!(asker.get("/repos/smiths/tool/keys").json(), json!([]));
    let audit = asker.get("/repos/smiths/tool/audit?action=repository.transfer").json();
    assert!(audit[0]["detail"].as_str().unwrap().contains("1 deploy keys were removed"), "{audit}");
    // The key is free again, for whoever administers it there.
    add(&server, &ann, "smiths/tool", &line, true);
    robot.ok(robot.home(), &["ls-remote", &server.ssh_remote("smiths/tool")]).unwrap();
    server.stop().await.unwrap();
}

/// Tells when somebody who is watched looks at the clock, which who adds a key does between being let in and writing.
struct Watched(FakeClock);

tokio::task_local! {
    static LOOKED: Arc<AtomicBool>;
}

impl Clock for Watched {
    fn now(&self) -> Timestamp {
        let _ = LOOKED.try_with(|looked| looked.store(true, Ordering::SeqCst));
        self.0.now()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_added_while_its_repository_is_given_away_does_not_come_along() {
    let mut options = Options::default();
    options.ports.clock = Arc::new(Watched(FakeClock::default()));
    let server = TestServer::start_with(options).await.unwrap();
    let app = &server.server.app;
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    let tool = RepoPath::parse(&server.repo(&ann, "tool", true).await.unwrap()).unwrap();
    let asker = people::signed_in(app, &ann.token).await.unwrap();
    let new_owner = app.store.find_account_by_name(&bob.name).await.unwrap().unwrap().id;
    let repo = hardie_app::repos::get_repo(app, &asker, &tool).await.unwrap().row;
    let (_, line) = machine("robot");
    // There is one writer: whoever adds the key has been let in, and waits for this.
    let mut giving = app.store.begin().await.unwrap();
    let looked = Arc::new(AtomicBool::new(false));
    let adding = {
        let (app, asker, tool) = (app.clone(), asker.clone(), tool.clone());
        let new = NewDeployKey { title: "ci".to_owned(), key: line, read_only: false };
        tokio::spawn(LOOKED.scope(looked.clone(), async move { add_deploy_key(&app, &asker, &tool, new).await.map(drop) }))
    };
    eventually("it was let in", async || looked.load(Ordering::SeqCst)).await;
    assert!(giving.move_repo(repo.id, new_owner, &repo.name, app.clock.now()).await.unwrap());
    giving.commit().await.unwrap();
    let refused = adding.await.unwrap();
    assert!(matches!(refused, Err(Error::NotFound("repository"))), "{refused:?}");
    assert_eq!(Asker::new(&server, Some(&bob)).get("/repos/bob/tool/keys").json(), json!([]));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_by_a_key_that_is_removed_meanwhile_changes_nothing() {
    let World { server, ann, tool, dir } = world().await;
    let (robot, line) = machine("robot");
    let id = add(&server, &ann, &tool, &line, false);
    let copy = cloned(&server, &robot, &tool);
    robot.commit(&copy, "b.txt", "b\n", "More").unwrap();
    // The client waits before it sends anything: it has been let in by then.
    let hook = copy.join(".git/hooks/pre-push");
    let (reached, go_on) = (robot.path("reached"), robot.path("go-on"));
    assert!(robot.command("mkfifo").arg(&go_on).status().unwrap().success());
    write_hook(&hook, &format!("touch {}\nread go_on < {}\n", reached.display(), go_on.display()));
    let remote = server.ssh_remote(&tool);
    let pushing = std::thread::spawn(move || robot.fails(&copy, &["push", &remote, "HEAD:refs/heads/more"]).unwrap());
    eventually("the push has begun", async || reached.exists()).await;
    assert_eq!(Asker::new(&server, Some(&ann)).json("DELETE", &format!("/repos/{tool}/keys/{id}"), &Value::Null).status, 204);
    std::fs::write(&go_on, "go\n").unwrap();
    let said = pushing.join().unwrap();
    assert!(said.contains("this deploy key was revoked"), "{said}");
    assert!(!ann.git.ok(&dir, &["ls-remote", &server.ssh_remote(&tool)]).unwrap().contains("more"));
    server.stop().await.unwrap();
}

fn write_hook(path: &Path, body: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{body}")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_takes_no_deploy_key_for_the_owner() {
    let World { server, ann, tool, .. } = world().await;
    let owner = server.server.app.store.find_repo_by_path("ann", "tool").await.unwrap().unwrap();
    let (_robot, line) = machine("robot");
    let id = add(&server, &ann, &tool, &line, false);
    let blob = hardie_domain::sshkey::PublicKey::parse(&line).unwrap().blob().to_vec();
    let actor = hardie_app::identity::authenticate_ssh_key(&server.server.app, &blob).await.unwrap().unwrap();
    assert_eq!((actor.is_admin, actor.bound.map(|bound| bound.repo)), (false, Some(owner.repo.id)));
    assert_eq!(actor.credential.own_name(), Some(format!("deploy-key/{id}")));
    assert!(hardie_domain::names::AccountName::parse(&format!("deploy-key/{id}")).is_err(), "nobody can be called so");
    server.stop().await.unwrap();
}
