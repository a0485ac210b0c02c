//! Present means reachable: attacks on objects that are stored but that nobody may see.

use std::path::Path;

use hardie_testkit::{Git, TestServer};

use super::{Via, remote, with_repo};

/// A commit with one file of secret text, not on any branch of the clone; the commit and the blob.
fn secret_commit(git: &Git, dir: &Path) -> (String, String) {
    git.ok(dir, &["checkout", "--quiet", "-b", "secret"]).unwrap();
    let commit = git.commit(dir, "secret.txt", "the secret is 42\n", "Secret").unwrap();
    let blob = git.ok(dir, &["rev-parse", "HEAD:secret.txt"]).unwrap();
    git.ok(dir, &["checkout", "--quiet", "main"]).unwrap();
    (commit, blob)
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_a_deleted_branch_do_not_come_back_by_an_empty_pack() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    for via in [Via::Http, Via::Ssh] {
        let url = remote(&server, via, &repo);
        let (commit, _) = secret_commit(git, &dir);
        git.ok(&dir, &["push", "--quiet", &url, "secret"]).unwrap();
        git.ok(&dir, &["push", "--quiet", &url, ":secret"]).unwrap();
        // A client that believes that the server has the commit sends an empty pack.
        let text = push_empty_pack(git, &dir, &url, &commit, "refs/heads/again");
        assert!(text.contains("missing necessary objects"), "{via:?}: {text}");
        // Whoever has the objects may of course push them again.
        git.ok(&dir, &["push", "--quiet", &url, "secret:again"]).unwrap();
        git.ok(&dir, &["push", "--quiet", &url, ":again"]).unwrap();
        git.ok(&dir, &["branch", "--quiet", "-D", "secret"]).unwrap();
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_known_by_its_id_alone_cannot_be_named_in_a_new_tree_or_ref() {
    let server = TestServer::start().await.unwrap();
    let (alice, repo, dir) = with_repo(&server, "alice", "tool").await;
    let url = server.http_remote(&repo);
    let (commit, blob) = secret_commit(&alice.git, &dir);
    alice.git.ok(&dir, &["push", "--quiet", &url, "secret"]).unwrap();
    alice.git.ok(&dir, &["push", "--quiet", &url, ":secret"]).unwrap();
    // The attacker has a clone without the secret, and its ids.
    alice.git.ok(alice.git.home(), &["clone", "--quiet", &url, "attacker"]).unwrap();
    let attacker = alice.git.path("attacker");
    let tree_line = format!("100644 blob {blob}\tstolen.txt\n");
    let tree = alice.git.with_stdin(&attacker, &["mktree", "--missing"], tree_line.as_bytes()).unwrap();
    let stolen = alice.git.ok(&attacker, &["commit-tree", "-p", "main", "-m", "Steal", &tree]).unwrap();
    for via in [Via::Http, Via::Ssh] {
        let url = remote(&server, via, &repo);
        let text = push_objects(&alice.git, &attacker, &url, &[&stolen, &tree], &stolen, "refs/heads/stolen");
        assert!(text.contains("missing necessary objects"), "{via:?}: {text}");
        let text = push_empty_pack(&alice.git, &attacker, &url, &commit, "refs/heads/stolen");
        assert!(text.contains("missing necessary objects"), "{via:?}: {text}");
        let text = push_empty_pack(&alice.git, &attacker, &url, &blob, "refs/tags/stolen");
        assert!(text.contains("missing necessary objects"), "{via:?}: {text}");
        // Fetching the commit by its id: nothing that is visible reaches it any more.
        let text = alice.git.fails(&attacker, &["fetch", &url, &commit]).unwrap();
        assert!(text.contains("not our ref") || text.contains("not allowed") || text.contains("upload-pack"), "{via:?}: {text}");
    }
    server.stop().await.unwrap();
}

/// Pushes one command with an empty pack, as a hostile client may; what the server says.
fn push_empty_pack(git: &Git, dir: &Path, url: &str, new: &str, name: &str) -> String {
    push_objects(git, dir, url, &[], new, name)
}

/// Pushes one command with a pack of exactly these objects, by `git send-pack`'s own wire format through `git receive-pack`'s peer.
fn push_objects(git: &Git, dir: &Path, url: &str, objects: &[&str], new: &str, name: &str) -> String {
    hardie_testkit::raw::push(git, dir, url, objects, new, name).unwrap()
}
