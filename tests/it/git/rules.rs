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
async fn a_protected_branch_keeps_its_commits_and_the_first_rule_by_priority_holds() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (git, app) = (&user.git, &server.server.app);
    let ctx = people::signed_in(app, &user.token).await.unwrap();
    let path = RepoPath::parse(&repo).unwrap();
    // One rule allows what the other forbids; the one that is asked first comes later.
    for (pattern, allow, priority) in [("release/*", true, 2), ("release/1", false, 1)] {
        let change = ProtectionChange {
            allow_force: Some(allow),
            allow_delete: Some(allow),
            priority: Some(priority),
            ..ProtectionChange::default()
        };
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

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_hostile_rules_over_long_names_hold_nobody_up() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (git, app) = (&user.git, &server.server.app);
    let ctx = people::signed_in(app, &user.token).await.unwrap();
    let path = RepoPath::parse(&repo).unwrap();
    let allowed = ProtectionChange { allow_force: Some(true), allow_delete: Some(true), ..ProtectionChange::default() };
    for n in 0..100 {
        let pattern = format!("**{}{n:03}", "a*".repeat(124));
        protections::create_protection(app, &ctx, &path, &pattern, allowed.clone()).await.unwrap();
    }
    let names: Vec<String> = (0..40).map(|n| format!("refs/heads/{n:02}{}", format!("/{}", "a".repeat(240)).repeat(4))).collect();
    let began = std::time::Instant::now();
    for side in ["main", ""] {
        let specs: Vec<String> = names.iter().map(|name| format!("{side}:{name}")).collect();
        let arguments: Vec<&str> = ["push", "--quiet", "origin"].into_iter().chain(specs.iter().map(String::as_str)).collect();
        if side == "main" {
            git.ok(&dir, &arguments).unwrap();
            let page = hardie_domain::page::Page::new(None, None);
            let found = hardie_app::browse::list_branches(app, &ctx, &path, page).await.unwrap();
            assert_eq!((found.total, found.items.iter().map(|b| b.rules.len()).sum::<usize>()), (41, 0));
        } else {
            git.ok(&dir, &arguments).unwrap();
        }
    }
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_trouble_clients_are_refused_with_the_rule_and_can_be_deleted() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (git, long) = (&user.git, "a".repeat(251));
    let commit = git.ok(&dir, &["rev-parse", "main"]).unwrap().trim().to_owned();
    let url = server.http_remote(&repo);
    for (name, why) in [
        (format!("refs/replace/{commit}"), "for git's own use"),
        ("refs/bisect/bad".to_owned(), "for git's own use"),
        (format!("refs/heads/{long}"), "longer than 250 bytes"),
        ("refs/heads/main\u{202e}x".to_owned(), "control character"),
        ("refs/tags/v1\u{85}".to_owned(), "control character"),
    ] {
        for via in [Via::Http, Via::Ssh] {
            let text = git.fails(&dir, &["push", &remote(&server, via, &repo), &format!("main:{name}")]).unwrap();
            assert!(text.contains(why), "{name} {via:?}: {text}");
        }
    }
    // One that came to be before there was this rule is shown, fetched and deleted, but not moved.
    let app = &server.server.app;
    let ctx = people::signed_in(app, &user.token).await.unwrap();
    let row = hardie_app::repos::get_repo(app, &ctx, &RepoPath::parse(&repo).unwrap()).await.unwrap().row;
    let old = hardie_domain::refname::RefName::parse(format!("refs/replace/{commit}").as_bytes()).unwrap();
    let mut tx = app.store.begin().await.unwrap();
    tx.lock_repo(row.id).await.unwrap().unwrap();
    let id = hardie_domain::oid::Oid::from_hex(commit.as_bytes()).unwrap();
    assert!(tx.update_ref(row.id, &old, None, Some((id, None))).await.unwrap());
    tx.commit().await.unwrap();
    assert!(git.ok(&dir, &["ls-remote", &url]).unwrap().contains(&old.to_string()));
    git.ok(&dir, &["fetch", "--quiet", &url, &format!("{old}:refs/heads/seen")]).unwrap();
    git.commit(&dir, "more", "more", "More").unwrap();
    assert!(git.fails(&dir, &["push", &url, &format!("main:{old}")]).unwrap().contains("for git's own use"));
    git.ok(&dir, &["push", "--quiet", &url, &format!(":{old}")]).unwrap();
    server.stop().await.unwrap();
}
