//! A server with what the story is about: ann, who is an administrator, bob, their organisation, and a repository with history.

use hardie_testkit::server::{Options, Outbound};
use hardie_testkit::{TestServer, TestUser};
use serde_json::{Map, Value, json};

use crate::api::Asker;

/// See above.
pub struct Forge {
    pub server: TestServer,
    pub ann: TestUser,
    /// What steps name by `$name`.
    pub given: Map<String, Value>,
}

impl Forge {
    /// Webhooks may send to one port of loopback, where nobody listens.
    pub async fn start() -> Forge {
        let webhooks = Outbound { hosts: vec!["POST http://127.0.0.1:9".parse().unwrap()], permit: vec!["127.0.0.1".parse().unwrap()] };
        let server = TestServer::start_with(Options { webhooks, ..Options::default() }).await.unwrap();
        let ann = server.admin("ann").await.unwrap();
        server.user("bob").await.unwrap();
        server.repo(&ann, "tool", false).await.unwrap();
        let mut forge = Forge { server, ann, given: Map::new() };
        let asker = forge.asker();
        assert_eq!(asker.json("POST", "/orgs", &json!({ "username": "smiths", "full_name": "The Smiths" })).status, 201);
        assert_eq!(asker.json("PUT", "/orgs/smiths/members/bob", &json!({ "role": "read" })).status, 204);
        forge.fill();
        forge
    }

    /// The administrator.
    pub fn asker(&self) -> Asker {
        Asker::new(&self.server, Some(&self.ann))
    }

    /// Two branches, both kinds of tags, a note, folders, a link, a file that runs and a change of each kind.
    fn fill(&mut self) {
        let git = &self.ann.git;
        let dir = git.init("tool").unwrap();
        git.commit(&dir, "README.md", "# Tool\n", "Begin").unwrap();
        git.commit(&dir, "src/lib.rs", "//! A tool.\n", "Write it").unwrap();
        std::os::unix::fs::symlink("README.md", dir.join("link")).unwrap();
        git.script("tool/run", "exit 0").unwrap();
        git.ok(&dir, &["add", "--all"]).unwrap();
        git.ok(&dir, &["commit", "--quiet", "-m", "Link and run"]).unwrap();
        git.ok(&dir, &["tag", "-a", "v1", "-m", "One"]).unwrap();
        git.ok(&dir, &["tag", "light", "main~1"]).unwrap();
        git.ok(&dir, &["checkout", "--quiet", "-b", "feature/x"]).unwrap();
        git.ok(&dir, &["rm", "--quiet", "run"]).unwrap();
        let commit = git.commit(&dir, "src/lib.rs", "//! A better tool.\n", "Better it\n\nMuch.").unwrap();
        git.ok(&dir, &["notes", "add", "-m", "It works"]).unwrap();
        let url = self.server.http_remote("ann/tool");
        git.ok(&dir, &["push", "--quiet", "--tags", &url, "main", "feature/x", "refs/notes/commits"]).unwrap();
        let tag = git.ok(&dir, &["rev-parse", "v1"]).unwrap();
        let blob = git.ok(&dir, &["rev-parse", "main:README.md"]).unwrap();
        let key = git.path("another");
        let output = git.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).output().unwrap();
        assert!(output.status.success());
        let ssh_key = std::fs::read_to_string(key.with_extension("pub")).unwrap();
        for (name, value) in [("commit", commit), ("tag", tag), ("blob", blob), ("ssh_key", ssh_key)] {
            self.given.insert(name.to_owned(), value.trim().into());
        }
    }
}
