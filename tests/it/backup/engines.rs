//! A whole server from SQLite to PostgreSQL and back.

use hardie_app::plugins::{NewInstallation, Target, install, upload_component};
use hardie_app::repos;
use hardie_domain::access::Role;
use hardie_domain::names::RepoPath;
use hardie_domain::plugin::Mode;
use hardie_testkit::postgres::Database;
use hardie_testkit::server::people;
use hardie_testkit::{ServerProcess, TestServer, TestUser};

use super::{admin, arg, done, fed, names, parts};
use crate::git::with_repo;
use crate::support::component;

/// A server with people, rules, a policy, a repository and one that was deleted; stopped.
async fn lived_in() -> (std::sync::Arc<tempfile::TempDir>, TestUser, TestUser) {
    let server = TestServer::start().await.unwrap();
    let (alice, _, dir) = with_repo(&server, "alice", "tool").await;
    let bob = server.user("bob").await.unwrap();
    let app = &server.server.app;
    let ctx = people::signed_in(app, &alice.token).await.unwrap();
    let path = RepoPath::parse("alice/tool").unwrap();
    hardie_app::collaborators::set_collaborator(app, &ctx, &path, "bob", Role::Write).await.unwrap();
    alice.git.commit(&dir, "a/b.txt", "more\n", "More").unwrap();
    alice.git.ok(&dir, &["tag", "-a", "v1", "-m", "One"]).unwrap();
    alice.git.ok(&dir, &["push", "--quiet", "origin", "main", "v1"]).unwrap();
    let guarded = server.repo(&alice, "guarded", false).await.unwrap();
    alice.git.ok(&dir, &["push", "--quiet", &server.http_remote(&guarded), "main"]).unwrap();
    let digest = upload_component(app, &ctx, component("trap")).await.unwrap().component.digest;
    let new =
        NewInstallation { digest, name: Some("guard".to_owned()), mode: Mode::Enforce, config: None, fail_open: false, hosts: Vec::new() };
    install(app, &ctx, &Target::Repo(RepoPath::parse(&guarded).unwrap()), new).await.unwrap();
    let gone = server.repo(&alice, "gone", true).await.unwrap();
    alice.git.ok(&dir, &["push", "--quiet", &server.http_remote(&gone), "main:other"]).unwrap();
    repos::delete_repo(app, &ctx, &RepoPath::parse(&gone).unwrap()).await.unwrap();
    (server.stop().await.unwrap(), alice, bob)
}

/// Everything works on a restored server.
fn works(server: &ServerProcess, alice: &TestUser, bob: &TestUser, round: &str) {
    let url = |user: &str, repo: &str| format!("{}/{user}/{repo}.git", server.url());
    let git = &alice.git;
    let clone = git.path(format!("clone-{round}"));
    git.ok(git.home(), &["clone", "--quiet", &url("alice", "tool"), arg(&clone)]).unwrap();
    git.ok(&clone, &["fsck", "--strict"]).unwrap();
    assert_eq!(
        git.ok(&clone, &["rev-parse", "HEAD", "v1^{}"]).unwrap().lines().next(),
        Some(&*git.ok(&git.path("tool"), &["rev-parse", "HEAD"]).unwrap())
    );
    let key = format!("ssh://git@{}/alice/tool.git", server.ssh());
    assert!(git.ok(&clone, &["ls-remote", &key]).unwrap().contains("refs/tags/v1"), "the SSH key still opens");
    let by_password = hardie_testkit::Git::new("alice").unwrap().with_password("alice", &alice.password).unwrap();
    assert!(by_password.ok(by_password.home(), &["ls-remote", &url("alice", "tool")]).unwrap().contains("refs/heads/main"));
    // Bob may still write, and the policy still refuses.
    bob.git.ok(bob.git.home(), &["clone", "--quiet", &url("alice", "tool"), &format!("bob-{round}")]).unwrap();
    let dir = bob.git.path(format!("bob-{round}"));
    bob.git.commit(&dir, "bob.txt", round, "Bob was here").unwrap();
    bob.git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    git.commit(&clone, "alice.txt", round, "Alice was here").unwrap();
    let refused = git.fails(&clone, &["push", &url("alice", "guarded"), "HEAD:refs/heads/next"]).unwrap();
    assert!(refused.contains("guard"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_brings_a_server_from_sqlite_to_postgres_and_back_with_everything() {
    let (data, alice, bob) = lived_in().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let (first, second, third) = (file("1.tar"), file("2.tar"), file("3.tar"));
    let said = done(data.path(), &["backup", arg(&first), "--with-key", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["repositories"], &said["keys"]), (&3.into(), &3.into()), "{said}");
    let again = admin(data.path(), &["backup", arg(&first)]);
    assert!(!again.ok && again.err.contains("--force"), "{again:?}");

    let database = Database::new().unwrap();
    let (over, back) = (file("over"), file("back"));
    let to_postgres = ["restore", arg(&first), "--database", database.url()];
    done(&over, &to_postgres);
    let postgres = ["--database", database.url()];
    done(&over, &["verify", postgres[0], postgres[1]]);
    done(&over, &["backup", arg(&second), "--with-key", postgres[0], postgres[1]]);
    done(&back, &["restore", arg(&second)]);
    done(&back, &["verify"]);
    done(&back, &["backup", arg(&third), "--with-key"]);
    let [first, second, third] = [&first, &second, &third].map(|path| parts(&std::fs::read(path).unwrap()));
    let same = |name: &&String| !["hardie-backup.json", "manifest.json", "manifest.sha256"].contains(&name.as_str());
    for name in first.keys().chain(second.keys()).chain(third.keys()).filter(same) {
        let content = |of: &std::collections::BTreeMap<String, (usize, Vec<u8>)>| of.get(name).map(|part| part.1.clone());
        assert_eq!(content(&first), content(&second), "{name}, from SQLite and from PostgreSQL");
        assert_eq!(content(&first), content(&third), "{name}, there and back");
    }
    for key in ["ssh/host_ed25519_key", "ssh/host_ecdsa_key"] {
        assert_eq!(std::fs::read(back.join(key)).unwrap(), std::fs::read(data.path().join(key)).unwrap(), "{key}");
    }
    assert!(names(&back).iter().all(|name| name != "restore"));
    let refused = admin(&back, &["restore", arg(&file("1.tar"))]);
    assert!(!refused.ok && refused.err.contains("is not empty"), "{refused:?}");
    let taken = admin(&file("elsewhere"), &to_postgres);
    assert!(!taken.ok && taken.err.contains("the database is not empty"), "{taken:?}");

    for (dir, more, round) in [(&over, &postgres[..], "postgres"), (&back, &[][..], "sqlite")] {
        let server = ServerProcess::serve(dir, more).unwrap();
        works(&server, &alice, &bob, round);
        let locked = admin(dir, &["restore", arg(&file("1.tar"))]);
        assert!(!locked.ok && locked.err.contains("another hardie"), "{locked:?}");
        server.terminate().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_goes_through_pipes_and_holds_no_key_unless_it_was_asked_for() {
    let (data, ..) = lived_in().await;
    let mut command = hardie_testkit::process::hardie(&["admin", "backup", "-"]).unwrap();
    let output = command.arg("--data-dir").arg(data.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("holds no keys") && said.contains("3 repositories"), "{said}");
    assert!(parts(&output.stdout).keys().all(|name| !name.starts_with("keys/") && !name.contains("session")));
    let folder = tempfile::tempdir().unwrap();
    let restored = folder.path().join("data");
    let ended = fed(&restored, &["restore", "-", "--json"], &output.stdout);
    assert!(ended.ok && ended.err.contains("held no keys"), "{ended:?}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&ended.out).unwrap()["repositories"], 3);
    assert!(!restored.join("ssh").exists());
    done(&restored, &["verify"]);
}
