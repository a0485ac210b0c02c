//! Other people's clients: of git, dulwich (Python) and pygit2 (libgit2) here, isomorphic-git and JGit in files of their own; of the API,
//! those that were generated for Gitea, and what build servers and the like ask.

mod covered;
pub mod gitea;
mod isomorphic;
mod jgit;
mod replays;
mod story;

use hardie_testkit::{TestServer, TestUser, tools};

const SCRIPT: &str = include_str!("clients/script.py");

/// Runs the script as this person: it clones, commits, pushes, fetches and deletes with one implementation.
fn run(user: &TestUser, library: &str, url: &str) -> String {
    let python = tools::python().unwrap();
    let mut command = user.git.command(python);
    command.args(["-c", SCRIPT, library, url, &user.name, &user.token]);
    command.arg(user.git.path("id_ed25519")).arg(user.git.path(format!("{library}-work-{}", url.len())));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{library} {url}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn works(library: &str) {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    for (name, ssh) in [("over-http", false), ("over-ssh", true)] {
        let repo = server.repo(&alice, name, true).await.unwrap();
        let url = if ssh { server.ssh_remote(&repo) } else { server.http_remote(&repo) };
        let dir = alice.git.init(name).unwrap();
        for n in 0..30 {
            alice.git.commit(&dir, &format!("dir{}/file{}", n % 3, n % 7), &format!("text {n}\n").repeat(50), "Change").unwrap();
        }
        alice.git.ok(&dir, &["tag", "-a", "v1", "-m", "One"]).unwrap();
        alice.git.ok(&dir, &["push", "--quiet", "--tags", &url, "main", "main:doomed"]).unwrap();
        // What the stock client wrote, the other one reads and continues; and the other way round.
        let pushed = run(&alice, library, &url);
        let seen = alice.git.ok(&dir, &["ls-remote", &url]).unwrap();
        assert!(seen.contains(&format!("{pushed}\trefs/heads/{library}")), "{seen}");
        assert!(!seen.contains("refs/heads/doomed"), "{seen}");
        alice.git.ok(&dir, &["fetch", "--quiet", &url, library]).unwrap();
        alice.git.ok(&dir, &["fsck", "--strict", "--no-dangling"]).unwrap();
        assert_eq!(alice.git.ok(&dir, &["show", "FETCH_HEAD:made-by.txt"]).unwrap(), library);
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dulwich_clones_pushes_fetches_and_deletes() {
    works("dulwich").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn libgit2_clones_pushes_fetches_and_deletes() {
    works("pygit2").await;
}
