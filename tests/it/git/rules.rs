//! Built-in rules about refs, as a pusher meets them.

use hardie_app::protections::{self, ProtectionChange};
use hardie_domain::names::RepoPath;
use hardie_testkit::TestServer;
use hardie_testkit::server::people;

use super::{Via, remote, with_repo};

#[tokio::test(flavor = "multi_thread")]
async fn the_default_branch_cannot_be_deleted_and_server_namespaces_not_written() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    for via in [Via::Http, Via::Ssh] {
        let url = remote(&server, via, &repo);
        let text = git.fails(&dir, &["push", &url, ":main"]).unwrap();
        assert!(text.contains("default branch cannot be deleted"), "{text}");
        for namespace in ["refs/pull/1/head", "refs/hardie/x", "refs/for/main"] {
            let text = git.fails(&dir, &["push", &url, &format!("main:{namespace}")]).unwrap();
            assert!(text.contains("kept by the server"), "{text}");
        }
        let tree = git.ok(&dir, &["rev-parse", "main^{tree}"]).unwrap();
        let text = git.fails(&dir, &["push", &url, &format!("{tree}:refs/heads/tree")]).unwrap();
        assert!(text.contains("a branch must point at a commit") || text.contains("not a commit"), "{text}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ref_that_is_a_folder_of_another_is_refused() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let url = server.http_remote(&repo);
    let text = user.git.fails(&dir, &["push", &url, "main:refs/heads/main/sub"]).unwrap();
    assert!(text.contains("conflicts with the existing ref refs/heads/main"), "{text}");
    user.git.ok(&dir, &["push", "--quiet", &url, "main:refs/heads/a/b"]).unwrap();
    let text = user.git.fails(&dir, &["push", &url, "main:refs/heads/a"]).unwrap();
    assert!(text.contains("conflicts with the existing ref refs/heads/a/b"), "{text}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_branch_keeps_its_commits_and_the_strictest_rule_wins() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (git, app) = (&user.git, &server.server.app);
    let ctx = people::signed_in(app, &user.token).await.unwrap();
    let path = RepoPath::parse(&repo).unwrap();
    // One rule allows what the other forbids.
    for (pattern, allow) in [("release/*", true), ("release/1", false)] {
        let change = ProtectionChange { allow_force: Some(allow), allow_delete: Some(allow) };
        protections::create_protection(app, &ctx, &path, pattern, change).await.unwrap();
    }
    git.ok(&dir, &["push", "--quiet", "origin", "main:release/1", "main:release/2"]).unwrap();
    git.ok(&dir, &["commit", "--quiet", "--amend", "-m", "Rewritten"]).unwrap();
    for via in [Via::Http, Via::Ssh] {
        let url = remote(&server, via, &repo);
        let text = git.fails(&dir, &["push", "--force", &url, "main:release/1"]).unwrap();
        assert!(text.contains("protected branch: this would drop commits"), "{via:?}: {text}");
        let text = git.fails(&dir, &["push", &url, ":release/1"]).unwrap();
        assert!(text.contains("protected branch: deletion is not allowed"), "{via:?}: {text}");
    }
    git.ok(&dir, &["push", "--quiet", "--force", "origin", "main:release/2"]).unwrap();
    git.ok(&dir, &["push", "--quiet", "origin", ":release/2"]).unwrap();
    server.stop().await.unwrap();
}
