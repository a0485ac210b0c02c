//! The shipped policies as a pusher meets them, over both transports, and a refusal that does not soften on the second try.

use bytes::Bytes;
use hardie_app::plugins::{NewInstallation, Target, install, upload_component};
use hardie_domain::names::RepoPath;
use hardie_domain::plugin::Mode;
use hardie_testkit::server::people;
use hardie_testkit::{TestServer, TestUser, raw, tools};

use super::{Via, remote, with_repo};

/// Installs a shipped plugin in a repository, enforced.
pub async fn guard(server: &TestServer, user: &TestUser, repo: &str, plugin: &str, config: &str) {
    let app = &server.server.app;
    let ctx = people::signed_in(app, &user.token).await.unwrap();
    let component = Bytes::from(std::fs::read(tools::plugin(plugin).unwrap()).unwrap());
    let digest = upload_component(app, &ctx, component).await.unwrap().component.digest;
    let target = Target::Repo(RepoPath::parse(repo).unwrap());
    let new = NewInstallation {
        digest,
        name: Some(plugin.to_owned()),
        mode: Mode::Enforce,
        config: Some(config.to_owned()),
        fail_open: false,
        hosts: Vec::new(),
    };
    install(app, &ctx, &target, new).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_shipped_policy_refuses_a_bad_push_and_says_how_to_mend_it() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    guard(&server, &user, &repo, "commit-message", r#"{"max-subject": 50}"#).await;
    guard(&server, &user, &repo, "file-limits", r#"{"max-size": 1000}"#).await;
    let git = &user.git;
    for via in [Via::Http, Via::Ssh] {
        let url = remote(&server, via, &repo);
        let subject = "This subject is much longer than the fifty characters that the rule allows";
        let bad = git.commit(&dir, "a.txt", &format!("{via:?}\n"), subject).unwrap();
        let text = git.fails(&dir, &["push", &url, "main"]).unwrap();
        assert!(text.contains("remote: [commit-message]") && text.contains(&bad[..7]), "{text}");
        assert!(text.contains("amend") || text.contains("rebase"), "no way to mend it: {text}");
        git.ok(&dir, &["reset", "--quiet", "--hard", "HEAD~1"]).unwrap();
        git.commit(&dir, "assets/big.bin", &"x".repeat(2000), "Add a file").unwrap();
        let text = git.fails(&dir, &["push", &url, "main"]).unwrap();
        assert!(text.contains("remote: [file-limits]") && text.contains("assets/big.bin"), "{text}");
        git.ok(&dir, &["reset", "--quiet", "--hard", "HEAD~1"]).unwrap();
        git.commit(&dir, "a.txt", &format!("good {via:?}\n"), "Change a file").unwrap();
        git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_refs_and_owners_are_guarded_and_each_refusal_says_how_to_mend_it() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    let url = remote(&server, Via::Http, &repo);
    git.commit(&dir, "CODEOWNERS", "/core/ @bob\n/mine/ @Alice\n", "Owners").unwrap();
    git.commit(&dir, "old.env", "PASSWORD=Zx81kQ0pLw93mNv7Rt5y\n", "Known before anybody looked").unwrap();
    git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    guard(&server, &user, &repo, "secret-scan", "{}").await;
    guard(
        &server,
        &user,
        &repo,
        "ref-names",
        r#"{"branches": ["main", "topic/*"], "annotated-tags": true, "keep-branches": ["topic/kept"]}"#,
    )
    .await;
    guard(&server, &user, &repo, "code-owners", "{}").await;
    guard(&server, &user, &repo, "file-limits", r#"{"locks": [{"paths": ["infra/**"], "users": ["bob"]}]}"#).await;
    // It sets statuses too, which an administrator grants.
    let root = server.admin("root").await.unwrap();
    guard(&server, &root, &repo, "affected", r#"{"projects": {"handbook": ["mine/**"]}}"#).await;
    let refused = |url: &str, refs: &[&str], texts: &[&str]| {
        let text = git.fails(&dir, &[&["push", url], refs].concat()).unwrap();
        texts.iter().for_each(|wanted| assert!(text.contains(wanted), "{wanted:?} is missing in\n{text}"));
    };
    let back = |commits: usize| git.ok(&dir, &["reset", "--quiet", "--hard", &format!("HEAD~{commits}")]).map(drop).unwrap();
    for via in [Via::Http, Via::Ssh] {
        let url = &remote(&server, via, &repo);
        // A secret that a later commit takes away again.
        let bad = git.commit(&dir, "deploy/app.yaml", "db:\n  password: k7Hq2vPz9LmX4bTn\n", "Settings").unwrap();
        git.commit(&dir, "deploy/app.yaml", "db:\n", "No settings").unwrap();
        let place = "] deploy/app.yaml:2: password: k7Hq… (16 characters)";
        refused(url, &["main"], &[place, &bad[..7], "git rebase -i", "fingerprint 624183df", "hardie:allow-secret"]);
        back(2);
        // On two branches and a tag at once; the server lists its object once. What is beside it goes through.
        for (name, text) in
            [("one", "db:\n  password: k7Hq2vPz9LmX4bTn\n"), ("two", "db:\n  password: k7Hq2vPz9LmX4bTn\n"), ("fine", "db:\n")]
        {
            git.commit(&dir, "deploy/app.yaml", text, &format!("Settings {name} {via:?}")).unwrap();
            git.ok(&dir, &["branch", "-f", name]).unwrap();
            back(1);
        }
        git.ok(&dir, &["tag", "-f", "-a", "-m", "Two", "bad", "two"]).unwrap();
        let topic = |name: &str| format!("{name}:refs/heads/topic/{name}-{via:?}");
        refused(
            url,
            &[&topic("one"), &topic("two"), &topic("fine"), "bad"],
            &[
                &format!("[remote rejected] one -> topic/one-{via:?}"),
                &format!("[remote rejected] two -> topic/two-{via:?}"),
                "[remote rejected] bad -> bad",
                &format!("[new branch]      fine -> topic/fine-{via:?}"),
            ],
        );
        git.commit(&dir, "core/engine.c", &format!("{via:?}\n"), "Not mine").unwrap();
        refused(url, &["main"], &["remote: [code-owners]   @bob owns: core/engine.c", "push to another branch", "CODEOWNERS in "]);
        // The way out that it names.
        git.ok(&dir, &["push", "--quiet", url, &format!("HEAD:refs/heads/topic/{via:?}")]).unwrap();
        back(1);
        git.commit(&dir, "infra/main.tf", &format!("{via:?}\n"), "Locked").unwrap();
        refused(url, &["main"], &["remote: [file-limits]   infra/main.tf: may be changed by bob alone", "have it pushed by one of them"]);
        back(1);
        refused(
            url,
            &["main:refs/heads/My-Branch"],
            &["remote: [ref-names]", "My-Branch is not called like main, topic/*", "git branch -m"],
        );
        refused(url, &["main:refs/tags/light"], &["remote: [ref-names]   the tag light is only a name", "git tag -f -a light"]);
        // What was there before, and what is mine.
        git.commit(&dir, "old.env", &format!("VIA={via:?}\nPASSWORD=Zx81kQ0pLw93mNv7Rt5y\n"), "Edit beside it").unwrap();
        git.commit(&dir, "mine/x", &format!("{via:?}\n"), "Mine").unwrap();
        let told = git.run(&dir, &["push", url, "main"]).unwrap().stderr;
        assert!(told.contains("main -> main") && told.contains("[affected] warning: main: touches handbook"), "{told}");
        let tag = format!("v-{via:?}");
        git.ok(&dir, &["tag", "-a", "-m", "Version", &tag]).unwrap();
        git.ok(&dir, &["push", "--quiet", url, &tag]).unwrap();
        // The server has this tag object already; and a name for a file is no tag object either.
        git.ok(&dir, &["push", "--quiet", url, &format!("{tag}:refs/tags/again-{via:?}")]).unwrap();
        let blob = git.ok(&dir, &["rev-parse", "HEAD:mine/x"]).unwrap();
        refused(url, &[&format!("{}:refs/tags/file", blob.trim())], &["the tag file is only a name"]);
        git.ok(&dir, &["tag", "-f", "-a", "-m", "Again", &tag, "HEAD~1"]).unwrap();
        refused(
            url,
            &["--force", &tag],
            &[&format!("remote: [ref-names]   the tag {tag} exists and stays what it is"), "git fetch origin tag"],
        );
    }
    git.ok(&dir, &["push", "--quiet", &url, "main:refs/heads/topic/kept"]).unwrap();
    refused(&url, &["--delete", "topic/kept"], &["remote: [ref-names]   the branch topic/kept cannot be deleted"]);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_ref_pushed_again_with_an_empty_pack_is_refused_again() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    guard(&server, &user, &repo, "file-limits", r#"{"max-size": 1000}"#).await;
    let git = &user.git;
    let good = git.commit(&dir, "small.txt", "small\n", "Small").unwrap();
    git.ok(&dir, &["checkout", "--quiet", "-b", "bad"]).unwrap();
    let bad = git.commit(&dir, "big.bin", &"x".repeat(2000), "Big").unwrap();
    for via in [Via::Http, Via::Ssh] {
        let url = remote(&server, via, &repo);
        // One pack brings both; one ref is taken, so the pack is kept, with the other's objects in it.
        let text = git.fails(&dir, &["push", &url, &format!("{good}:refs/heads/good-{via:?}"), &format!("{bad}:refs/heads/bad")]).unwrap();
        assert!(text.contains("[file-limits]"), "{text}");
        let again = raw::push(git, &dir, &url, &[], &bad, "refs/heads/bad").unwrap();
        assert!(again.contains("ng refs/heads/bad"), "{via:?}: {again}");
    }
    assert!(!git.ok(&dir, &["ls-remote", &server.http_remote(&repo)]).unwrap().contains("refs/heads/bad"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_pushed_to_two_repositories_at_once_one_refused_serve_the_other() {
    let server = TestServer::start().await.unwrap();
    let user = server.user("alice").await.unwrap();
    let (open, closed) = (server.repo(&user, "open", true).await.unwrap(), server.repo(&user, "closed", true).await.unwrap());
    guard(&server, &user, &closed, "file-limits", r#"{"max-size": 1000}"#).await;
    let git = &user.git;
    for round in 0..5 {
        let dir = git.init(&format!("work{round}")).unwrap();
        let tip = git.commit(&dir, "big.bin", &format!("{round}{}", "x".repeat(2000)), "Big").unwrap();
        let list = git.ok(&dir, &["rev-list", "--objects", "--no-object-names", "main"]).unwrap();
        let pack = git.filter(&dir, &["pack-objects", "--stdout", "--quiet"], list.as_bytes()).unwrap();
        let name = format!("refs/heads/round{round}");
        let answers: Vec<_> = std::thread::scope(|scope| {
            let pushes = [&open, &closed].map(|repo| {
                let url = server.http_remote(repo);
                let (dir, pack, tip, name) = (&dir, &pack, &tip, &name);
                scope.spawn(move || raw::push_pack(git, dir, &url, pack, tip, name).unwrap())
            });
            pushes.map(|p| p.join().unwrap()).into()
        });
        assert!(answers[0].contains(&format!("ok {name}")), "{}", answers[0]);
        assert!(answers[1].contains(&format!("ng {name}")), "{}", answers[1]);
        git.ok(
            git.home(),
            &["clone", "--quiet", "--branch", &format!("round{round}"), &server.http_remote(&open), &format!("back{round}")],
        )
        .unwrap();
        git.ok(&git.path(format!("back{round}")), &["fsck", "--strict"]).unwrap();
    }
    server.stop().await.unwrap();
}
