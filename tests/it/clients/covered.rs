//! A repository that is large enough for bitmaps: clones of it are whole packs, which every client must be able to read, also after a
//! push that leans on them.

use std::fmt::Write as _;
use std::path::Path;

use hardie_app::upkeep;
use hardie_testkit::{TestServer, TestUser};

use super::story::{Client, Ran};
use super::{isomorphic, jgit, run};

/// Each is a commit, a folder and a file: more objects than bitmaps need.
const COMMITS: usize = 7000;

fn history() -> String {
    let mut stream = String::new();
    for n in 0..COMMITS {
        let lines: String = (0..20).map(|line| format!("line {line} of {}\n", if line == n % 20 { n } else { 0 })).collect();
        let time = 1_700_000_000 + n;
        write!(stream, "commit refs/heads/main\ncommitter A <a@example.org> {time} +0000\ndata 6\nchange").unwrap();
        write!(stream, "\nM 100644 inline file{}\ndata {}\n{lines}\n", n % 9, lines.len()).unwrap();
    }
    stream
}

fn clone_by_git(user: &TestUser, url: &str, to: &str) -> String {
    user.git.run(user.git.home(), &["clone", "--progress", "--bare", url, to]).unwrap().stderr
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_clones_whole_packs() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let (git, repo) = (&alice.git, server.repo(&alice, "covered", false).await.unwrap());
    let (http, ssh) = (server.http_remote(&repo), server.ssh_remote(&repo));
    let dir = git.init("covered").unwrap();
    git.with_stdin(&dir, &["fast-import", "--quiet", "--force"], history().as_bytes()).unwrap();
    git.ok(&dir, &["reset", "--quiet", "--hard"]).unwrap();
    git.ok(&dir, &["tag", "-a", "v1", "-m", "One"]).unwrap();
    git.ok(&dir, &["push", "--quiet", "--tags", &http, "main", "main:doomed"]).unwrap();
    assert_eq!(upkeep::keep_bitmaps(&server.server.app).await.unwrap(), 1);
    for round in ["covered", "and a push later"] {
        for (via, url) in [("http", &http), ("ssh", &ssh)] {
            let to = format!("{via}-{}.git", round.len());
            let told = clone_by_git(&alice, url, &to);
            // git counts objects, which is only done by the child.
            assert!(told.contains("pack-reused 21") && !told.contains("Counting objects"), "{round} {via}: {told}");
            same(&alice, &dir, &git.path(&to), round);
        }
        let others: [(&str, &dyn Client, &str); 3] =
            [("isomorphic", &isomorphic::of(&alice), &http), ("jgit", &jgit::of(&alice), &http), ("jgit-ssh", &jgit::of(&alice), &ssh)];
        for (name, client, url) in others {
            let work = git.path(format!("{name}-{}", round.len()));
            let cloned: Ran = client.clone_to(url, &work);
            cloned.unwrap_or_else(|told| panic!("{round} {name}: {told}"));
            same(&alice, &dir, &work, round);
        }
        // A delta against what is in the whole pack, in a pack of its own.
        git.commit(&dir, "file1", &format!("line 0 of 0\nline 1 of {round}\n"), "Lean").unwrap();
        git.ok(&dir, &["push", "--quiet", &http, "main"]).unwrap();
    }
    run(&alice, "dulwich", &http);
    git.ok(&dir, &["push", "--quiet", &http, "main:doomed"]).unwrap();
    run(&alice, "pygit2", &ssh);
    server.stop().await.unwrap();
}

fn same(user: &TestUser, dir: &Path, copy: &Path, round: &str) {
    let list = |dir: &Path, of: &str| user.git.ok(dir, &["rev-list", "--objects", "--no-object-names", of, "v1"]).unwrap();
    user.git.ok(copy, &["fsck", "--strict", "--no-dangling"]).unwrap();
    assert_eq!(list(dir, "main"), list(copy, "HEAD"), "{round}");
}
