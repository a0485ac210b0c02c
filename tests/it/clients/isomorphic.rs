//! isomorphic-git (JavaScript): an old client, which knows version 2 only for the list of refs, over HTTP.

use std::path::Path;

use hardie_testkit::{TestUser, tools};

use super::story::{self, Client, Push, Ran, ended};

const SCRIPT: &str = include_str!("isomorphic/client.cjs");

struct Isomorphic(TestUser);

/// This person with isomorphic-git.
pub fn of(user: &TestUser) -> impl Client {
    Isomorphic(user.clone())
}

impl Isomorphic {
    fn step(&self, dir: &Path, url: &str, step: &[&str]) -> Ran {
        let Self(user) = self;
        let mut node = user.git.command("node");
        node.env("NODE_PATH", tools::javascript().unwrap()).args(["-e", SCRIPT, "--", &user.name, &user.token]);
        ended(node.arg(dir).arg(url).args(step))
    }
}

impl Client for Isomorphic {
    fn clone_to(&self, url: &str, dir: &Path) -> Ran {
        self.step(dir, url, &["clone"])
    }

    fn fetch(&self, url: &str, dir: &Path) -> Ran {
        self.step(dir, url, &["fetch"])
    }

    fn branch(&self, dir: &Path, name: &str) -> Ran {
        self.step(dir, "", &["branch", name])
    }

    fn commit(&self, dir: &Path, text: &str, amend: bool) -> Ran {
        self.step(dir, "", &["commit", text, if amend { "amend" } else { "" }])
    }

    fn tag(&self, dir: &Path, name: &str) -> Ran {
        self.step(dir, "", &["tag", name])
    }

    fn push(&self, url: &str, dir: &Path, push: Push<'_>) -> Ran {
        match push {
            Push::Ref { from, to, force } => self.step(dir, url, &["push", from, to, if force { "force" } else { "" }]),
            Push::Delete(name) => self.step(dir, url, &["remove", name]),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn isomorphic_git_does_a_day_s_work_over_http() {
    let told = story::of("isomorphic", false, |user| Isomorphic(user.clone())).await;
    assert!(told.contains("you may read this repository but not push to it"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn isomorphic_git_clones_without_history() {
    let server = hardie_testkit::TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let (repo, dir) = story::filled(&server, &alice, false).await;
    let work = alice.git.path("shallow");
    Isomorphic(alice.clone()).step(&work, &server.http_remote(&repo), &["shallow"]).unwrap();
    assert_eq!(alice.git.ok(&work, &["rev-list", "--all"]).unwrap(), alice.git.ok(&dir, &["rev-parse", "main"]).unwrap());
    alice.git.ok(&work, &["fsck", "--strict"]).unwrap();
    server.stop().await.unwrap();
}
