//! Parts of a history: by depth, by date, without blobs, without trees.

use hardie_testkit::TestServer;
use hardie_testkit::history::{generate, inventory};

use super::{WAYS, remote};

#[tokio::test(flavor = "multi_thread")]
async fn shallow_and_partial_clones_are_right_and_can_be_completed() {
    let server = TestServer::start().await.unwrap();
    let user = server.user("alice").await.unwrap();
    let repo = server.repo(&user, "deep", true).await.unwrap();
    let source = generate(&user.git, "deep.git", 300, 7).unwrap();
    user.git.ok(&source, &["push", "--quiet", "--mirror", &server.http_remote(&repo)]).unwrap();
    let whole = inventory(&user.git, &source).unwrap();
    for (number, (via, version)) in WAYS.into_iter().enumerate() {
        let git = user.git.clone().with_env("GIT_CONFIG_COUNT", "1").with_env("GIT_CONFIG_KEY_0", "protocol.version");
        let git = git.with_env("GIT_CONFIG_VALUE_0", version.to_string());
        let url = remote(&server, via, &repo);
        let clone = |name: &str, args: &[&str]| {
            let name = format!("{name}{number}");
            git.ok(git.home(), &[&["clone", "--quiet", "--bare"], args, &[&url, &name]].concat()).unwrap();
            git.path(name)
        };
        let one = clone("one", &["--depth=1", "--no-single-branch"]);
        git.ok(&one, &["fsck", "--strict"]).unwrap();
        assert_eq!(git.ok(&one, &["rev-list", "--count", "main"]).unwrap(), "1");
        git.ok(&one, &["fetch", "--quiet", "--depth=5", "origin", "main"]).unwrap();
        assert!(git.ok(&one, &["rev-list", "--count", "FETCH_HEAD"]).unwrap().parse::<u32>().unwrap() >= 5);
        git.ok(&one, &["fetch", "--quiet", "--deepen=3", "origin", "main"]).unwrap();
        git.ok(&one, &["fetch", "--quiet", "--unshallow", "--tags", "origin", "+refs/heads/*:refs/heads/*"]).unwrap();
        assert_eq!(inventory(&git, &one).unwrap(), whole, "{via:?} v{version} unshallowed");

        let since = clone("since", &["--shallow-since=2017-07-14T06:00:00Z"]);
        let count: u32 = git.ok(&since, &["rev-list", "--count", "main"]).unwrap().parse().unwrap();
        let expected: u32 = git.ok(&source, &["rev-list", "--count", "--since=2017-07-14T06:00:00Z", "main"]).unwrap().parse().unwrap();
        assert!(count > 0 && count.abs_diff(expected) <= 1, "{via:?} v{version}: {count} and {expected}");

        for filter in ["blob:none", "blob:limit=100", "tree:0"] {
            let partial = clone(&filter.replace([':', '='], "-"), &[&format!("--filter={filter}")]);
            assert_eq!(
                git.ok(&partial, &["rev-list", "--count", "main"]).unwrap(),
                git.ok(&source, &["rev-list", "--count", "main"]).unwrap()
            );
            // Reading a file makes the client ask for what was left out.
            let file = git.ok(&source, &["ls-tree", "-r", "--name-only", "main", "--", "dir1"]).unwrap();
            if let Some(file) = file.lines().next() {
                let spec = format!("main:{file}");
                assert_eq!(git.ok(&partial, &["show", &spec]).unwrap(), git.ok(&source, &["show", &spec]).unwrap(), "{filter}");
            }
        }
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shallow_clone_can_push() {
    let server = TestServer::start().await.unwrap();
    let user = server.user("alice").await.unwrap();
    let repo = server.repo(&user, "deep", true).await.unwrap();
    let source = generate(&user.git, "deep.git", 60, 8).unwrap();
    user.git.ok(&source, &["push", "--quiet", "--mirror", &server.http_remote(&repo)]).unwrap();
    for (via, name) in [(WAYS[2].0, "s1"), (WAYS[5].0, "s2")] {
        let url = remote(&server, via, &repo);
        user.git.ok(user.git.home(), &["clone", "--quiet", "--depth=1", &url, name]).unwrap();
        let dir = user.git.path(name);
        let new = user.git.commit(&dir, &format!("{name}.txt"), "x\n", "From a shallow clone").unwrap();
        user.git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
        assert!(user.git.ok(&dir, &["ls-remote", "origin", "refs/heads/main"]).unwrap().starts_with(&new));
    }
    server.stop().await.unwrap();
}
