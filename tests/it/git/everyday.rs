//! Clone, fetch, push, tags, deletion, force, options: what everybody does.

use hardie_testkit::TestServer;
use hardie_testkit::history::inventory;

use super::{WAYS, remote, with_repo};

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_equals_what_was_pushed_over_every_way() {
    let server = TestServer::start().await.unwrap();
    let user = server.user("alice").await.unwrap();
    for (via, version) in WAYS {
        let name = format!("tool-{via:?}-{version}").to_lowercase();
        let repo = server.repo(&user, &name, true).await.unwrap();
        let git = user.git.clone().with_env("GIT_CONFIG_COUNT", "1").with_env("GIT_CONFIG_KEY_0", "protocol.version");
        let git = git.with_env("GIT_CONFIG_VALUE_0", version.to_string());
        let dir = git.init(&name).unwrap();
        for n in 0..20 {
            git.commit(&dir, &format!("src/file{}.txt", n % 7), &format!("text {n}\n"), &format!("Change {n}")).unwrap();
        }
        git.ok(&dir, &["tag", "-a", "v1", "-m", "One"]).unwrap();
        git.ok(&dir, &["tag", "light"]).unwrap();
        let url = remote(&server, via, &repo);
        let pushed = git.run(&dir, &["push", "--tags", &url, "main", "main:feature/x"]).unwrap();
        assert!(pushed.ok, "{via:?} v{version}: {}", pushed.stderr);
        assert!(pushed.stderr.contains("remote: See http://forge.test/alice/"), "{}", pushed.stderr);
        let alone = git.run(&dir, &["push", &url, "main:refs/heads/topic/y"]).unwrap();
        assert!(alone.stderr.contains(&format!("See http://forge.test/alice/{name}/src/branch/topic%2Fy")), "{}", alone.stderr);
        git.ok(&dir, &["push", "--quiet", &url, ":topic/y"]).unwrap();
        let clone = format!("{name}-clone");
        git.ok(git.home(), &["clone", "--quiet", "--mirror", &url, &clone]).unwrap();
        let clone = git.path(&clone);
        git.ok(&clone, &["fsck", "--strict"]).unwrap();
        assert_eq!(inventory(&git, &clone).unwrap().1, inventory(&git, &dir).unwrap().1, "{via:?} v{version}");
        assert_eq!(git.ok(&clone, &["rev-parse", "feature/x"]).unwrap(), git.ok(&dir, &["rev-parse", "main"]).unwrap());
        assert_eq!(git.ok(&clone, &["symbolic-ref", "HEAD"]).unwrap(), "refs/heads/main");

        let new = git.commit(&dir, "src/file0.txt", "newest\n", "Newest").unwrap();
        git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
        git.ok(&clone, &["fetch", "--quiet", "origin"]).unwrap();
        assert_eq!(git.ok(&clone, &["rev-parse", "main"]).unwrap(), new, "{via:?} v{version}");
        let again = git.run(&dir, &["push", &url, "main"]).unwrap();
        assert!(again.stderr.contains("Everything up-to-date"), "{}", again.stderr);
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_and_tags_are_deleted_and_forced() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    for (via, _) in [WAYS[2], WAYS[5]] {
        let url = remote(&server, via, &repo);
        git.ok(&dir, &["tag", "-f", "old"]).unwrap();
        git.ok(&dir, &["push", "--quiet", &url, "main:topic", "old"]).unwrap();
        git.ok(&dir, &["commit", "--quiet", "--amend", "-m", &format!("Rewritten for {via:?}")]).unwrap();
        let refused = git.fails(&dir, &["push", &url, "main:topic"]).unwrap();
        assert!(refused.contains("non-fast-forward") || refused.contains("fetch first"), "{refused}");
        git.ok(&dir, &["push", "--quiet", "--force", &url, "main:topic"]).unwrap();
        let seen = git.ok(&dir, &["ls-remote", &url, "refs/heads/topic"]).unwrap();
        assert!(seen.starts_with(&git.ok(&dir, &["rev-parse", "main"]).unwrap()));
        git.ok(&dir, &["push", "--quiet", &url, ":topic", ":refs/tags/old"]).unwrap();
        let left = git.ok(&dir, &["ls-remote", &url]).unwrap();
        assert!(!left.contains("topic") && !left.contains("old"), "{left}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn push_options_are_taken_and_an_empty_repository_can_be_cloned() {
    let server = TestServer::start().await.unwrap();
    let user = server.user("alice").await.unwrap();
    let repo = server.repo(&user, "empty", false).await.unwrap();
    for (via, _) in [WAYS[0], WAYS[2], WAYS[3], WAYS[5]] {
        let url = remote(&server, via, &repo);
        let name = format!("clone-{via:?}");
        let out = user.git.run(user.git.home(), &["clone", &url, &name]).unwrap();
        assert!(out.ok && out.stderr.contains("empty repository"), "{}", out.stderr);
        std::fs::remove_dir_all(user.git.path(&name)).unwrap();
    }
    let dir = user.git.init("work").unwrap();
    user.git.ok(&dir, &["push", "--quiet", "-o", "ci.skip", "-o", "reviewer=bob", &server.ssh_remote(&repo), "main"]).unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_branch_pushed_becomes_the_default() {
    let server = TestServer::start().await.unwrap();
    let user = server.user("alice").await.unwrap();
    let repo = server.repo(&user, "tool", false).await.unwrap();
    let dir = user.git.init("work").unwrap();
    user.git.ok(&dir, &["branch", "-m", "development"]).unwrap();
    user.git.ok(&dir, &["push", "--quiet", &server.http_remote(&repo), "development"]).unwrap();
    user.git.ok(user.git.home(), &["clone", "--quiet", &server.ssh_remote(&repo), "again"]).unwrap();
    assert_eq!(user.git.ok(&user.git.path("again"), &["symbolic-ref", "HEAD"]).unwrap(), "refs/heads/development");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ssh_greets_by_name_and_runs_nothing_else() {
    let server = TestServer::start().await.unwrap();
    let user = server.user("alice").await.unwrap();
    let port = server.server.ssh.port().to_string();
    let ssh = |args: &[&str]| {
        let key = user.git.path("id_ed25519");
        let known = format!("UserKnownHostsFile={}", user.git.path("known").display());
        let mut command = user.git.command("ssh");
        command.args(["-F", "/dev/null", "-p", &port, "-o", "StrictHostKeyChecking=accept-new", "-o", &known, "-o", "BatchMode=yes", "-i"]);
        command.arg(key).args(args).output().unwrap()
    };
    let hello = ssh(&["-T", "git@127.0.0.1"]);
    let text = format!("{}{}", String::from_utf8_lossy(&hello.stdout), String::from_utf8_lossy(&hello.stderr));
    assert!(hello.status.success() && text.contains("alice"), "{text}");
    for command in ["ls", "git-upload-pack 'alice/none'; id", "sh -c id"] {
        let out = ssh(&["git@127.0.0.1", command]);
        assert!(!out.status.success(), "{command}");
        assert!(!String::from_utf8_lossy(&out.stdout).contains("uid="), "{command}");
    }
    server.stop().await.unwrap();
}
