//! `hardie` as somebody's client: the real program in a home of its own, the real server, the real git.

mod everyday;
mod git;
mod hostile;
mod manual;
mod webhooks;

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use hardie_testkit::{Git, TestServer, TestUser, process};
use serde_json::Value;

/// Somebody's machine.
struct Machine {
    git: Git,
    env: Vec<(String, String)>,
}

/// How a call ended.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Machine {
    fn new() -> Machine {
        Machine { git: Git::new("ann").unwrap(), env: Vec::new() }
    }

    /// A machine on which this person signed in.
    fn of(server: &TestServer, user: &TestUser) -> Machine {
        let machine = Machine::new();
        machine.login(server, user, &[]).fine();
        machine
    }

    fn login(&self, server: &TestServer, user: &TestUser, more: &[&str]) -> Said {
        let url = server.url();
        let given = ["login", url.as_str(), "--user", &user.name, "--password-stdin"];
        self.told(self.git.home(), &[&given, more].concat(), &format!("{}\n", user.password))
    }

    /// The same machine with one more variable.
    fn with(mut self, name: &str, value: &str) -> Machine {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.told(self.git.home(), arguments, "")
    }

    fn within(&self, folder: &Path, arguments: &[&str]) -> Said {
        self.told(folder, arguments, "")
    }

    fn told(&self, folder: &Path, arguments: &[&str], input: &str) -> Said {
        let mut command = process::hardie(arguments).unwrap();
        command.env("HOME", self.git.home()).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").current_dir(folder);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A call that is refused at once does not read it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// What is kept, as it is in the file.
    fn kept(&self) -> String {
        std::fs::read_to_string(self.git.path(".config/hardie/servers.toml")).unwrap_or_default()
    }

    /// The token that is kept, as git is told it.
    fn token(&self, server: &TestServer) -> Option<String> {
        let question = format!("protocol=http\nhost={}\n\n", server.server.http);
        let said = self.told(self.git.home(), &["credential", "get"], &question).fine().out;
        said.lines().find_map(|line| line.strip_prefix("password=")).map(str::to_owned)
    }
}

impl Said {
    /// It did what it was told to do.
    #[track_caller]
    fn fine(self) -> Said {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// It did not, and says so with these words.
    #[track_caller]
    fn refused(self, words: &str) -> Said {
        assert!(self.code == Some(1) && self.err.contains("hardie: ") && self.err.contains(words), "{self:?}");
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
