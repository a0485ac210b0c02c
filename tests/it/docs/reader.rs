//! Somebody who follows a page: the program on the search path, a server, and a token of an administrator called alice.

use std::path::PathBuf;

use hardie_testkit::process::{admin, binary};
use hardie_testkit::{Git, ServerProcess};

use super::link;

/// The reader, and the folder to begin in.
pub struct Reader {
    pub git: Git,
    pub place: PathBuf,
    server: ServerProcess,
}

impl Reader {
    pub fn new() -> Reader {
        let git = Git::new("alice").unwrap();
        let (place, data) = (git.path("plugins"), git.path("data"));
        std::fs::create_dir(&place).unwrap();
        link(&binary().unwrap(), &git.path("bin/hardie"));
        admin(&data, &["user", "create", "alice", "--email", "a@example.org", "--admin", "--password-stdin"], "correct horse battery\n")
            .unwrap();
        let token = admin(&data, &["token", "create", "alice", "--name", "book", "--scopes", "all"], "").unwrap();
        let server = ServerProcess::serve(&data, &[]).unwrap();
        let path = format!("{}:{}", git.path("bin").display(), std::env::var("PATH").unwrap());
        let git = git.with_env("PATH", path).with_env("HARDIE_SERVER", server.url()).with_env("HARDIE_TOKEN", token);
        Reader { git, place, server }
    }

    /// Stops the server; its log.
    pub fn end(self) -> String {
        self.server.terminate().unwrap().1
    }
}
