//! Bundles of large repositories (gitprotocol-v2, "bundle-uri"): what real clients make of them, and who gets them.

use std::path::{Path, PathBuf};

use hardie_app::state::GitRules;
use hardie_app::upkeep::{self, How};
use hardie_domain::hidden::HiddenRefs;
use hardie_testkit::history::{generate, inventory};
use hardie_testkit::server::Options;
use hardie_testkit::{Git, TestServer, TestUser};

use crate::api::{Answer, Asker};

/// Some 25,000 objects.
const COMMITS: u64 = 5000;
/// What is newer than the bundle, and the annotated tags, for which clients make no refs of their own.
const FEW: u32 = 20;
/// In one file of the branch `secret`, which came in the same pack as all the rest.
const SECRET: &str = "the secret is 42\n";

/// A large repository, pushed at once, after the server's own look at it.
struct Scene {
    server: TestServer,
    user: TestUser,
    repo: String,
    origin: PathBuf,
}

impl Scene {
    async fn new(private: bool) -> Scene {
        let server = TestServer::start().await.unwrap();
        let user = server.user("alice").await.unwrap();
        let repo = server.repo(&user, "large", private).await.unwrap();
        let origin = generate(&user.git, "origin.git", COMMITS, 7).unwrap();
        let scene = Scene { server, user, repo, origin };
        scene.commit("secret", "main", SECRET);
        scene.push(&["--mirror"]);
        upkeep::keep_bundles(&scene.server.server.app).await.unwrap();
        scene
    }

    /// The same data on a server with other rules.
    async fn restarted(self, git_rules: GitRules) -> Scene {
        let data = self.server.stop().await.unwrap();
        let server = TestServer::start_in(data, Options { git_rules, ..Options::default() }).await.unwrap();
        Scene { server, ..self }
    }

    fn push(&self, refs: &[&str]) {
        self.user.git.ok(&self.origin, &[&["push", "--quiet", &self.server.http_remote(&self.repo)][..], refs].concat()).unwrap();
    }

    /// One commit more on `branch`.
    fn commit(&self, branch: &str, from: &str, text: &str) -> String {
        let blob = self.user.git.with_stdin(&self.origin, &["hash-object", "-w", "--stdin"], text.as_bytes()).unwrap();
        let tree = self.user.git.with_stdin(&self.origin, &["mktree"], format!("100644 blob {blob}\tnews.txt\n").as_bytes()).unwrap();
        let commit = self.user.git.ok(&self.origin, &["commit-tree", "-m", "News", "-p", from, &tree]).unwrap();
        self.user.git.ok(&self.origin, &["update-ref", &format!("refs/heads/{branch}"), &commit]).unwrap();
        commit
    }

    /// What the server says of bundles, and where the first one is.
    fn listed(&self, asker: Option<&TestUser>) -> (String, Option<String>) {
        let basic = asker.map(|user| format!("Basic {}", user.git.basic_auth().unwrap())).unwrap_or_default();
        let mut headers = vec![("git-protocol", "version=2"), ("content-type", "application/x-git-upload-pack-request")];
        headers.extend(asker.is_some().then_some(("authorization", basic.as_str())));
        let body = b"0017command=bundle-uri\n0000";
        let path = format!("/{}.git/git-upload-pack", self.repo);
        let text = Asker::new(&self.server, None).send("POST", &path, &headers, body).text();
        // A packet follows at once: the name's length tells where it ends.
        let uri = text.split_once(".uri=").map(|(_, uri)| format!("/{}.git/{}", self.repo, &uri[.."info/bundles/".len() + 64]));
        (text, uri)
    }

    fn get(&self, path: &str, asker: Option<&TestUser>, headers: &[(&str, &str)]) -> Answer {
        let basic = asker.map(|user| format!("Basic {}", user.git.basic_auth().unwrap())).unwrap_or_default();
        let mut headers = headers.to_vec();
        headers.extend(asker.is_some().then_some(("authorization", basic.as_str())));
        Asker::new(&self.server, None).send("GET", path, &headers, b"")
    }

    /// Where the bundle is; there is one.
    fn uri(&self) -> String {
        self.listed(Some(&self.user)).1.unwrap()
    }
}

/// What a clone said on the wire.
struct Traced {
    dir: PathBuf,
    packets: String,
    events: String,
    stderr: String,
}

/// Clones with bundles.
fn clone(git: &Git, url: &str, name: &str, more: &[&str]) -> Traced {
    let [packets, events] = ["packets", "events"].map(|kind| git.path(format!("{name}.{kind}")));
    let traced = git.clone().with_env("GIT_TRACE_PACKET", packets.display().to_string());
    let traced = traced.with_env("GIT_TRACE2_EVENT", events.display().to_string());
    let args =
        [&["-c", "transfer.bundleURI=true", "-c", "fetch.fsckObjects=true", "clone", "--mirror", "--progress"][..], more, &[url, name]]
            .concat();
    let said = traced.run(git.home(), &args).unwrap();
    assert!(said.ok, "{}", said.stderr);
    let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    Traced { dir: git.path(name), packets: read(&packets), events: read(&events), stderr: said.stderr }
}

/// Whether a process of git fetched something below this path as a file.
fn downloaded(traced: &Traced, uri: &str) -> bool {
    traced.events.contains("git-remote-http") && traced.packets.contains(uri.trim_start_matches('/').split_once("/info/").unwrap().1)
}

/// Objects that the fetch after the bundle brought.
fn fetched(traced: &Traced) -> u32 {
    let mut lines = traced.stderr.split(['\n', '\r']);
    let total = lines.find_map(|line| line.strip_prefix("remote: Total ")).expect("the server says how many");
    total.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_takes_the_bundle_and_then_only_what_is_newer() {
    let scene = Scene::new(true).await;
    let commit = scene.commit("main", "main", "newer than the bundle\n");
    scene.push(&["main"]);
    let git = &scene.user.git;
    let traced = clone(git, &scene.server.http_remote(&scene.repo), "copy.git", &[]);
    assert!(downloaded(&traced, &scene.uri()), "{}", traced.packets);
    assert!(traced.packets.contains("have "), "{}", traced.packets);
    assert!(fetched(&traced) <= FEW, "{}", traced.stderr);
    assert!(!traced.stderr.contains("warning:"), "{}", traced.stderr);
    assert_eq!(inventory(git, &traced.dir).unwrap().0, inventory(git, &scene.origin).unwrap().0);
    assert_eq!(git.ok(&traced.dir, &["rev-parse", "main"]).unwrap(), commit);
    git.ok(&traced.dir, &["fsck", "--strict", "--connectivity-only"]).unwrap();
    // The file is the same for older clients, which are told of it by hand.
    let url = format!("{}{}", scene.server.url(), scene.uri());
    let by_hand = clone(git, &scene.server.http_remote(&scene.repo), "by-hand.git", &["--bundle-uri", &url]);
    assert!(fetched(&by_hand) <= FEW, "{}", by_hand.stderr);
    scene.server.stop().await.unwrap();
}

/// Whether the secret is among the objects of a bundle.
fn tells(git: &Git, bundle: &[u8]) -> bool {
    let at = bundle.windows(6).position(|four| four == b"\n\nPACK").unwrap() + 2;
    let (dir, pack) = (git.path("opened"), git.path("opened/all.pack"));
    git.ok(git.home(), &["init", "--quiet", "--bare", "opened"]).unwrap();
    git.with_stdin(&dir, &["index-pack", "--stdin", &pack.display().to_string()], &bundle[at..]).unwrap();
    let blob = git.with_stdin(&dir, &["hash-object", "--stdin"], SECRET.as_bytes()).unwrap();
    let index = std::fs::read(pack.with_extension("idx")).unwrap();
    git.with_stdin(&dir, &["show-index", "--object-format=sha1"], &index).unwrap().contains(&blob)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_had_like_the_repository_whole_or_in_parts() {
    let scene = Scene::new(true).await;
    let stranger = scene.server.user("mallory").await.unwrap();
    let uri = scene.uri();
    let whole = scene.get(&uri, Some(&scene.user), &[]);
    assert_eq!((whole.status, whole.header("content-type")), (200, "application/x-git-bundle"));
    assert_eq!((whole.header("x-content-type-options"), whole.header("accept-ranges")), ("nosniff", "bytes"));
    assert!(whole.header("cache-control").starts_with("private"), "{}", whole.header("cache-control"));
    assert!(tells(&scene.user.git, &whole.body));
    // Parts within the header, across its end and behind it; none behind the end.
    let (size, tag) = (whole.body.len(), whole.header("etag"));
    let header = whole.body.windows(6).position(|four| four == b"\n\nPACK").unwrap() + 2;
    for (first, last) in [(0, 9), (header - 3, header - 1), (header - 3, header + 30), (header, header), (header + 12, size - 1)] {
        let part = scene.get(&uri, Some(&scene.user), &[("range", &format!("bytes={first}-{last}")), ("if-range", tag)]);
        assert_eq!((part.status, &part.body[..]), (206, &whole.body[first..=last]), "{first}-{last}");
        assert_eq!(part.header("content-range"), format!("bytes {first}-{last}/{size}"));
    }
    assert_eq!(scene.get(&uri, Some(&scene.user), &[("range", &format!("bytes={size}-"))]).status, 416);
    assert_eq!(scene.get(&uri, Some(&scene.user), &[("if-none-match", tag)]).status, 304);

    // A stranger hears of this bundle what they hear of one that is not there.
    let elsewhere = [uri.replace("large", "absent"), format!("{}0", &uri[..uri.len() - 1]), uri.replace("info/bundles/", "info/bundles/x")];
    for path in elsewhere.iter().chain([&uri]) {
        assert_eq!(scene.get(path, None, &[]).refusal(), scene.get(&uri, None, &[]).refusal(), "{path}");
        assert_eq!(scene.get(path, None, &[]).status, 401);
        assert_eq!(scene.get(path, Some(&stranger), &[]).status, 404, "{path}");
    }
    assert_eq!(scene.get(&elsewhere[2], Some(&scene.user), &[]).status, 404);
    assert_eq!(scene.listed(None).1, None);
    assert_eq!(scene.listed(Some(&stranger)).1, None);
    // Nor does another repository lead to it.
    let other = scene.server.repo(&stranger, "other", true).await.unwrap();
    assert_eq!(scene.get(&uri.replace(&scene.repo, &other), Some(&stranger), &[]).status, 404);

    // Over SSH a private one is not offered: the key is no credential for the other door.
    let (git, url) = (&scene.user.git, scene.server.ssh_remote(&scene.repo));
    let traced = clone(git, &url, "private.git", &[]);
    assert!(traced.packets.contains("bundle-uri") && !traced.packets.contains(".uri="), "{}", traced.packets);
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn over_ssh_a_public_bundle_is_at_the_public_address_and_clients_do_without() {
    let scene = Scene::new(false).await;
    let traced = clone(&scene.user.git, &scene.server.ssh_remote(&scene.repo), "public.git", &[]);
    let expected = format!(".uri=http://forge.test{}", scene.uri());
    assert!(traced.packets.contains(&expected), "{expected} in\n{}", traced.packets);
    // Nobody answers there.
    assert!(traced.stderr.contains("warning: failed to download bundle"), "{}", traced.stderr);
    assert_eq!(inventory(&scene.user.git, &traced.dir).unwrap(), inventory(&scene.user.git, &scene.origin).unwrap());
    // Without a name either.
    let uri = scene.listed(None).1.unwrap();
    assert_eq!(scene.get(&uri, None, &[]).status, 200);
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_visible_ref_reaches_ends_the_bundle_at_once() {
    let scene = Scene::new(true).await;
    let uri = scene.uri();
    // Refs that move on and branches that are merged change nothing.
    scene.commit("main", "main", "more\n");
    scene.push(&["main", "secret:refs/heads/kept", ":refs/heads/secret"]);
    assert_eq!(scene.uri(), uri);
    scene.push(&[":refs/heads/kept"]);
    let gone = |scene: &Scene| {
        let (text, listed) = scene.listed(Some(&scene.user));
        assert_eq!((text.as_str(), listed), ("0000", None));
        assert_eq!(scene.get(&uri, Some(&scene.user), &[]).status, 404);
        assert_eq!(scene.get(&uri, Some(&scene.user), &[("range", "bytes=0-10")]).status, 404);
    };
    gone(&scene);
    // A clone goes without.
    let traced = clone(&scene.user.git, &scene.server.http_remote(&scene.repo), "without.git", &[]);
    assert!(!traced.packets.contains(".uri=") && fetched(&traced) > 20_000);

    // Hidden refs hide all that came with them.
    scene.push(&["secret"]);
    assert_eq!(scene.uri(), uri);
    let hidden_refs = HiddenRefs::parse(&["refs/heads/secret"]).unwrap();
    let scene = scene.restarted(GitRules { hidden_refs, ..GitRules::default() }).await;
    upkeep::keep_bundles(&scene.server.server.app).await.unwrap();
    gone(&scene);
    let scene = scene.restarted(GitRules { bundle_uri: false, ..GitRules::default() }).await;
    upkeep::keep_bundles(&scene.server.server.app).await.unwrap();
    gone(&scene);
    let traced = clone(&scene.user.git, &scene.server.http_remote(&scene.repo), "off.git", &[]);
    assert!(!traced.packets.contains("bundle-uri"), "it is not announced");

    // A secret that was removed at once is in no later bundle, and the old one is gone for good.
    let scene = scene.restarted(GitRules::default()).await;
    let app = &scene.server.server.app;
    assert_eq!(scene.listed(Some(&scene.user)).1, None, "what was kept of it went while there were none");
    upkeep::keep_bundles(app).await.unwrap();
    assert_eq!(scene.uri(), uri);
    scene.push(&[":refs/heads/secret"]);
    let done = upkeep::collect_one(app, &scene.repo, How::AtOnce).await.unwrap();
    assert!(done.removed >= 3, "{done:?}");
    gone(&scene);
    upkeep::keep_bundles(app).await.unwrap();
    let later = scene.uri();
    assert_ne!(later, uri);
    assert_eq!(scene.get(&uri, Some(&scene.user), &[]).status, 404);
    let bundle = scene.get(&later, Some(&scene.user), &[]);
    assert!(bundle.status == 200 && !tells(&scene.user.git, &bundle.body));
    let traced = clone(&scene.user.git, &scene.server.http_remote(&scene.repo), "later.git", &[]);
    assert!(downloaded(&traced, &later) && fetched(&traced) <= FEW, "{}", traced.stderr);
    scene.server.stop().await.unwrap();
}
