//! Refs that the site hides: as good as not there, at every door, whatever is known of them.

use std::path::PathBuf;

use hardie_app::state::GitRules;
use hardie_app::upkeep::{self, How};
use hardie_domain::hidden::HiddenRefs;
use hardie_testkit::raw::{self, packet};
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser};
use serde_json::json;

use super::{Via, WAYS, remote};
use crate::api::{Answer, Asker};

const ENTRIES: [&str; 4] = ["refs/heads/secret", "refs/tags/secret", "!refs/heads/secret/shown", "refs/heads/team/inner"];

fn hiding() -> Options {
    let git_rules = GitRules { hidden_refs: HiddenRefs::parse(&ENTRIES).unwrap(), ..GitRules::default() };
    Options { git_rules, ..Options::default() }
}

/// A repository whose secrets came in one pack with what everybody sees, on a server that hides them since.
struct Scene {
    server: TestServer,
    user: TestUser,
    repo: String,
    dir: PathBuf,
    /// The hidden branch's commit, tree and blob, and an annotated tag.
    commit: String,
    tree: String,
    blob: String,
    tag: String,
}

impl Scene {
    async fn new() -> Scene {
        let server = TestServer::start().await.unwrap();
        let user = server.user("alice").await.unwrap();
        let repo = server.repo(&user, "tool", true).await.unwrap();
        let git = &user.git;
        let dir = git.init("tool").unwrap();
        git.ok(&dir, &["checkout", "--quiet", "-b", "secret/x"]).unwrap();
        let commit = git.commit(&dir, "deep/secret.txt", "the secret is 42\n", "Secret").unwrap();
        git.ok(&dir, &["tag", "-a", "-m", "Hidden", "secret/v1"]).unwrap();
        git.ok(&dir, &["checkout", "--quiet", "main"]).unwrap();
        git.commit(&dir, "more.txt", "more\n", "More").unwrap();
        let url = server.http_remote(&repo);
        let refs = ["main", "secret/x", "secret/v1", "main:secret/shown", "secret/x:team/inner/x"];
        git.ok(&dir, &[&["push", "--quiet", &url][..], &refs].concat()).unwrap();
        let id = |name: &str| git.ok(&dir, &["rev-parse", name]).unwrap();
        let (tree, blob, tag) = (id("secret/x:deep"), id("secret/x:deep/secret.txt"), id("secret/v1"));
        let data = server.stop().await.unwrap();
        let server = TestServer::start_in(data, hiding()).await.unwrap();
        Scene { server, user, repo, dir, commit, tree, blob, tag }
    }

    fn hidden(&self) -> [&str; 4] {
        [&self.commit, &self.tree, &self.blob, &self.tag]
    }

    /// One request of version 2; the answer as text.
    fn fetch(&self, lines: &[&str]) -> String {
        let mut body = [packet(b"command=fetch\n"), b"0001".to_vec()].concat();
        lines.iter().for_each(|line| body.extend(packet(format!("{line}\n").as_bytes())));
        body.extend(packet(b"done\n"));
        body.extend_from_slice(b"0000");
        let basic = format!("Basic {}", self.user.git.basic_auth().unwrap());
        let headers =
            [("authorization", basic.as_str()), ("git-protocol", "version=2"), ("content-type", "application/x-git-upload-pack-request")];
        Asker::new(&self.server, None).send("POST", &format!("/{}.git/git-upload-pack", self.repo), &headers, &body).text()
    }

    fn api(&self, path: &str) -> Answer {
        Asker::new(&self.server, Some(&self.user)).get(&format!("/repos/{}{path}", self.repo))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_refs_are_listed_nowhere_and_what_only_they_reach_is_sent_to_nobody() {
    let scene = Scene::new().await;
    let git = &scene.user.git;
    for (number, (via, version)) in WAYS.into_iter().enumerate() {
        let url = remote(&scene.server, via, &scene.repo);
        let protocol = format!("protocol.version={version}");
        let listed = git.ok(&scene.dir, &["-c", &protocol, "ls-remote", &url]).unwrap();
        let names: Vec<&str> = listed.lines().filter_map(|line| line.split('\t').nth(1)).collect();
        assert_eq!(names, ["HEAD", "refs/heads/main", "refs/heads/secret/shown"], "{via:?} {version}");
        let mirror = format!("mirror{number}");
        git.ok(git.home(), &["-c", &protocol, "clone", "--quiet", "--mirror", &url, &mirror]).unwrap();
        let mirror = git.path(&mirror);
        for id in scene.hidden() {
            assert!(!git.run(&mirror, &["cat-file", "-e", id]).unwrap().ok, "{via:?} {version}: {id} was sent");
            let text = git.fails(&mirror, &["-c", &protocol, "fetch", &url, id]).unwrap();
            assert!(text.contains("not our ref"), "{via:?} {version}: {text}");
        }
        let text = git.fails(&mirror, &["-c", &protocol, "fetch", "--shallow-exclude=secret/x", &url, "main"]).unwrap();
        assert!(text.contains("not a ref") || text.contains("deepen-not"), "{via:?} {version}: {text}");
    }
    // The operator gets all of it.
    let bare = git.path("all.git");
    hardie_app::export::export(&scene.server.server.app, &scene.repo, &bare).await.unwrap();
    assert_eq!(
        git.ok(&bare, &["rev-parse", "refs/heads/secret/x", "refs/tags/secret/v1"]).unwrap(),
        [&*scene.commit, &scene.tag].join("\n")
    );
    let archive = format!("--remote={}", scene.server.ssh_remote(&scene.repo));
    git.ok(&scene.dir, &["archive", "-o", "out.tar", &archive, "main"]).unwrap();
    for name in ["secret/x", &scene.commit] {
        let text = git.fails(&scene.dir, &["archive", "-o", "out.tar", &archive, name]).unwrap();
        assert!(text.contains("NACK branch, tag or commit not found"), "{text}");
    }
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_written_by_hand_gets_at_what_is_hidden() {
    let scene = Scene::new().await;
    let tip = scene.user.git.ok(&scene.dir, &["rev-parse", "main"]).unwrap();
    let main = format!("want {tip}");
    let sent = |lines: &[&str]| scene.fetch(lines).contains("PACK");
    for control in [&[main.as_str()][..], &["want-ref refs/heads/main"], &[&main, "deepen-since 1"], &[&main, "deepen 1"]] {
        assert!(sent(control), "{control:?}");
    }
    for id in scene.hidden() {
        let want = format!("want {id}");
        for more in [&[][..], &["deepen 1"], &["deepen-since 1"], &["deepen-not refs/heads/main"], &["filter blob:none"]] {
            for lines in [[&[want.as_str()][..], more].concat(), [&[main.as_str(), &want][..], more].concat()] {
                let answer = scene.fetch(&lines);
                assert!(!answer.contains("PACK") && answer.contains("not our ref"), "{lines:?}: {answer}");
            }
        }
        // Whoever says that they have it hears neither that it is there nor gets anything built upon it.
        let answer = scene.fetch(&[&main, &format!("have {id}")]);
        assert!(answer.contains("PACK") && !answer.contains(&format!("ACK {id}")), "{answer}");
    }
    for (hidden, missing) in [
        ("want-ref refs/heads/secret/x", "want-ref refs/heads/secret/none"),
        ("want-ref refs/tags/secret/v1", "want-ref refs/tags/secret/v2"),
        ("deepen-not refs/heads/secret/x", "deepen-not refs/heads/secret/n"),
    ] {
        let name = |line: &str| line.rsplit(' ').next().unwrap().to_owned();
        let (one, other) = (scene.fetch(&[&main, hidden]), scene.fetch(&[&main, missing]));
        assert!(!one.contains("PACK") && one.contains("ERR"), "{one}");
        let tail = |text: &str, line: &str| text.split_once("ERR").unwrap().1.replace(&name(line), "NAME");
        assert_eq!(tail(&one, hidden), tail(&other, missing));
    }
    let object_info =
        [packet(b"command=object-info\n"), b"0001".to_vec(), packet(b"size\n"), packet(format!("oid {}\n", scene.blob).as_bytes())];
    let body = [object_info.concat(), b"0000".to_vec()].concat();
    let basic = format!("Basic {}", scene.user.git.basic_auth().unwrap());
    let headers =
        [("authorization", basic.as_str()), ("git-protocol", "version=2"), ("content-type", "application/x-git-upload-pack-request")];
    let path = format!("/{}.git/git-upload-pack", scene.repo);
    let answer = Asker::new(&scene.server, None).send("POST", &path, &headers, &body).text();
    assert!(answer.contains(&scene.blob) && !answer.contains(&format!("{} 17", scene.blob)), "{answer}");
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_push_moves_a_hidden_ref_or_builds_on_what_it_reaches() {
    let scene = Scene::new().await;
    let (git, dir) = (&scene.user.git, &scene.dir);
    for via in [Via::Http, Via::Ssh] {
        let url = remote(&scene.server, via, &scene.repo);
        // One that is there and one that is not are refused alike.
        for (refspec, text) in [
            ("+main:refs/heads/secret/x", "deny updating a hidden ref"),
            ("+main:refs/heads/secret/none", "deny updating a hidden ref"),
            ("main:refs/heads/secret", "deny updating a hidden ref"),
            ("main:refs/tags/secret/v9", "deny updating a hidden ref"),
        ] {
            let said = git.fails(dir, &["push", &url, refspec]).unwrap();
            assert!(said.contains(text), "{via:?} {refspec}: {said}");
        }
        // git itself deletes nothing that is not listed, so these are written by hand.
        for name in ["refs/heads/secret/x", "refs/heads/secret/none"] {
            let command = format!("{} {} {name}\0report-status agent=raw\n", scene.commit, "0".repeat(40));
            let body = [packet(command.as_bytes()), b"0000".to_vec()].concat();
            let answer = match via {
                Via::Http => raw::over_http(git, url.strip_prefix("http://").unwrap(), "git-receive-pack", &body).unwrap(),
                Via::Ssh => raw::over_ssh(git, dir, &url, "git-receive-pack", &body).unwrap(),
            };
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(answer.contains(&format!("ng {name} deny deleting a hidden ref")), "{answer}");
        }
        // Not even a missing object is named first.
        let said = raw::push(git, dir, &url, &[], &scene.commit, "refs/heads/secret/x").unwrap();
        assert!(said.contains("deny updating a hidden ref") && !said.contains("missing"), "{via:?}: {said}");
        let said = git.fails(dir, &["push", &url, "main:team"]).unwrap();
        assert!(said.contains("conflicts with a hidden ref") && !said.contains("inner"), "{via:?}: {said}");
        // With an empty pack the server is asked to give what it has.
        for id in [&scene.commit, &scene.tag] {
            let said = raw::push(git, dir, &url, &[], id, "refs/tags/stolen").unwrap();
            assert!(said.contains("missing necessary objects"), "{via:?}: {said}");
        }
        for (mode, kind, id) in [("100644", "blob", &scene.blob), ("040000", "tree", &scene.tree)] {
            let tree = git.with_stdin(dir, &["mktree"], format!("{mode} {kind} {id}\tstolen\n").as_bytes()).unwrap();
            let commit = git.ok(dir, &["commit-tree", "-p", "main", "-m", "Stolen", &tree]).unwrap();
            let said = raw::push(git, dir, &url, &[&tree, &commit], &commit, "refs/heads/stolen").unwrap();
            assert!(said.contains("missing necessary objects"), "{via:?}: {said}");
        }
        let child = git.ok(dir, &["commit-tree", "-p", &scene.commit, "-m", "Child", "main^{tree}"]).unwrap();
        let said = raw::push(git, dir, &url, &[&child], &child, "refs/heads/child").unwrap();
        assert!(said.contains("missing necessary objects"), "{via:?}: {said}");
    }
    // Whoever has the objects may push them again, under a name that is not hidden.
    git.ok(dir, &["push", "--quiet", &scene.server.http_remote(&scene.repo), "secret/x:mine"]).unwrap();
    assert_eq!(scene.api(&format!("/git/blobs/{}", scene.blob)).status, 200);
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_the_api_know_no_hidden_ref() {
    let scene = Scene::new().await;
    let (commit, tree, blob) = (&scene.commit, &scene.tree, &scene.blob);
    for path in ["/branches", "/tags", "/git/refs"] {
        let text = scene.api(path).text();
        assert!(!text.contains("secret/x") && !text.contains("secret/v1") && !text.contains(commit.as_str()), "{path}: {text}");
    }
    assert_eq!(scene.api("/branches/main").status, 200);
    assert_eq!(scene.api("/branches/secret/shown").status, 200);
    let doors = [
        "/branches/secret/x".to_owned(),
        "/tags/secret/v1".to_owned(),
        "/contents/deep/secret.txt?ref=secret/x".to_owned(),
        format!("/contents/deep/secret.txt?ref={commit}"),
        format!("/raw/deep/secret.txt?ref={commit}"),
        format!("/tree?ref={commit}"),
        format!("/commits?sha={commit}"),
        format!("/git/commits/{commit}"),
        format!("/git/commits/{commit}/diff"),
        format!("/git/commits/{}", &commit[..10]),
        format!("/git/trees/{tree}"),
        format!("/git/blobs/{blob}"),
        format!("/compare/main...{commit}"),
        "/compare/main...secret/x".to_owned(),
        "/archive/secret/x.tar.gz".to_owned(),
        format!("/archive/{commit}.zip"),
        format!("/blame/deep/secret.txt?ref={commit}"),
        format!("/statuses/{commit}"),
        format!("/commits/{commit}/status"),
        "/commits/secret%2Fx/statuses".to_owned(),
        "/search?q=secret&ref=secret/x".to_owned(),
    ];
    for path in &doors {
        let answer = scene.api(path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
    let asker = Asker::new(&scene.server, Some(&scene.user));
    let repo = format!("/repos/{}", scene.repo);
    assert_eq!(asker.json("DELETE", &format!("{repo}/branches/secret/x"), &json!(null)).status, 404);
    let refused = asker.json("PATCH", &repo, &json!({ "default_branch": "secret/x" }));
    let missing = asker.json("PATCH", &repo, &json!({ "default_branch": "secret/none" }));
    assert_eq!((refused.status, missing.status), (422, 422));
    assert_eq!(refused.text().replace("secret/x", "NAME").len(), missing.text().replace("secret/none", "NAME").len());
    // The same addresses open where nothing is hidden.
    let data = scene.server.stop().await.unwrap();
    let server = TestServer::start_in(data, Options::default()).await.unwrap();
    let asker = Asker::new(&server, Some(&scene.user));
    for path in &doors {
        assert_eq!(asker.get(&format!("{repo}{path}")).status, 200, "{path}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_is_kept_and_comes_back_when_it_is_shown_again() {
    let scene = Scene::new().await;
    let app = &scene.server.server.app;
    upkeep::collect_one(app, &scene.repo, How::AtOnce).await.unwrap();
    let data = scene.server.stop().await.unwrap();
    let server = TestServer::start_in(data, Options::default()).await.unwrap();
    let git = &scene.user.git;
    git.ok(git.home(), &["clone", "--quiet", "--mirror", &server.http_remote(&scene.repo), "back"]).unwrap();
    let back = git.path("back");
    git.ok(&back, &["fsck", "--strict"]).unwrap();
    for id in [&scene.commit, &scene.tree, &scene.blob, &scene.tag] {
        git.ok(&back, &["cat-file", "-e", id]).unwrap();
    }
    server.stop().await.unwrap();
}
