//! Hostile and oversized pushes: refused with a text that names the bound, and the server goes on.

use hardie_domain::limits::GitLimits;
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, raw};

use super::{Via, remote, with_repo};
use crate::support::choices;

fn small() -> Options {
    let limits = GitLimits { pack_bytes: 200_000, object_bytes: 100_000, commands: 5, ..GitLimits::default() };
    Options { limits, ..Options::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_a_limit_is_refused_naming_it() {
    let server = TestServer::start_with(small()).await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    let mut random = choices("limits");
    for via in [Via::Http, Via::Ssh] {
        let url = remote(&server, via, &repo);
        git.commit(&dir, "zeros.bin", &"0".repeat(150_000), "A large object in a small pack").unwrap();
        let text = git.fails(&dir, &["push", &url, "main"]).unwrap();
        assert!(text.contains("object") && text.contains("100000"), "{via:?}: {text}");
        git.ok(&dir, &["reset", "--quiet", "--hard", "HEAD~1"]).unwrap();
        for n in 0..5 {
            let noise: String = (0..6000).map(|_| format!("{:016x}", random.number())).collect();
            git.commit(&dir, &format!("noise{n}"), &noise, "Noise").unwrap();
        }
        let text = git.fails(&dir, &["push", &url, "main"]).unwrap();
        assert!(text.contains("200000"), "{via:?}: {text}");
        git.ok(&dir, &["reset", "--quiet", "--hard", "HEAD~5"]).unwrap();
        let many: Vec<String> = (0..6).map(|n| format!("main:many{n}")).collect();
        let args: Vec<&str> = ["push", &url].into_iter().chain(many.iter().map(String::as_str)).collect();
        let text = git.fails(&dir, &args).unwrap();
        assert!(text.contains('5'), "{via:?}: {text}");
        git.ok(&dir, &["ls-remote", &url]).unwrap();
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_packs_are_refused_and_leave_nothing_behind() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    let tip = git.commit(&dir, "src/new.txt", &"some text\n".repeat(200), "New").unwrap();
    let list = git.ok(&dir, &["rev-list", "--objects", "--no-object-names", "main", "^main~1"]).unwrap();
    let pack = git.filter(&dir, &["pack-objects", "--stdout", "--quiet"], list.as_bytes()).unwrap();
    let url = server.http_remote(&repo);
    let mut random = choices("damaged");
    for round in 0..40 {
        let mut bad = pack.clone();
        match round % 3 {
            0 => bad.truncate(random.below(pack.len() as u64) as usize),
            1 => {
                let at = random.below(pack.len() as u64) as usize;
                bad[at] ^= 1 << random.below(8);
            }
            _ => bad[8..12].copy_from_slice(&(random.number() as u32).to_be_bytes()),
        }
        let answer = raw::push_pack(git, &dir, &url, &bad, &tip, "refs/heads/bad").unwrap();
        assert!(!answer.contains("ok refs/heads/bad"), "round {round}: {answer}");
    }
    assert!(!git.ok(&dir, &["ls-remote", &url]).unwrap().contains("refs/heads/bad"));
    let left: Vec<_> = std::fs::read_dir(server.data_dir().join("quarantine")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn trees_with_names_that_escape_are_refused() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    let blob = git.ok(&dir, &["rev-parse", "main:README.md"]).unwrap();
    for name in [".git", ".GIT", "git~1", "..", ".", "\u{200c}.git"] {
        // `git mktree` refuses some of these, so the tree is written as bytes.
        let mut tree = format!("100644 {name}\0").into_bytes();
        tree.extend((0..20).map(|i| u8::from_str_radix(&blob[i * 2..i * 2 + 2], 16).unwrap()));
        let tree = git.with_stdin(&dir, &["hash-object", "-t", "tree", "-w", "--literally", "--stdin"], &tree).unwrap();
        let commit = git.ok(&dir, &["commit-tree", "-p", "main", "-m", "Trick", &tree]).unwrap();
        for via in [Via::Http, Via::Ssh] {
            let answer = raw::push(git, &dir, &remote(&server, via, &repo), &[&commit, &tree], &commit, "refs/heads/trick").unwrap();
            assert!(!answer.contains("ok refs/heads/trick") && answer.contains("ng refs/heads/trick"), "{name:?} {via:?}: {answer}");
        }
    }
    server.stop().await.unwrap();
}
