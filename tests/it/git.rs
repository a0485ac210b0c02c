//! Plain git against the server: every operation over both transports and all protocol versions.

mod archives;
mod bundles;
mod everyday;
mod guarded;
mod hidden;
mod large;
mod limits;
mod narrowed;
mod races;
mod reachability;
mod rules;
mod sha256;
mod shallow;
pub mod shipped;
mod signed;
mod visibility;

use hardie_testkit::{TestServer, TestUser};

/// How a client reaches the server.
#[derive(Clone, Copy, Debug)]
pub enum Via {
    Http,
    Ssh,
}

/// Both transports with each protocol version.
pub const WAYS: [(Via, u8); 6] = [(Via::Http, 0), (Via::Http, 1), (Via::Http, 2), (Via::Ssh, 0), (Via::Ssh, 1), (Via::Ssh, 2)];

/// The address of a repository.
pub fn remote(server: &TestServer, via: Via, repo: &str) -> String {
    match via {
        Via::Http => server.http_remote(repo),
        Via::Ssh => server.ssh_remote(repo),
    }
}

/// A user with one private repository that holds one commit, pushed over HTTP; also the clone it came from.
pub async fn with_repo(server: &TestServer, user: &str, name: &str) -> (TestUser, String, std::path::PathBuf) {
    let user = server.user(user).await.unwrap();
    let repo = server.repo(&user, name, true).await.unwrap();
    let dir = user.git.init(name).unwrap();
    user.git.ok(&dir, &["remote", "add", "origin", &server.http_remote(&repo)]).unwrap();
    user.git.ok(&dir, &["push", "--quiet", "-u", "origin", "main"]).unwrap();
    (user, repo, dir)
}
