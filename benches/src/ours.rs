//! Our side: the real binary on an empty data folder, used as its operator and its users would.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;

use crate::children::{self, Running, command};
use crate::http::{Connection, Request, Response};
use crate::wire;

/// Refs of one push; the server takes ten thousand.
const REFS_AT_ONCE: usize = 9000;

/// Who owns the repositories.
pub const USER: &str = "bench";

/// A running server with one administrator.
#[derive(Debug)]
pub struct Ours {
    /// Where it listens.
    pub host: SocketAddr,
    /// And for SSH.
    pub ssh: SocketAddr,
    /// The administrator's token.
    pub token: String,
    process: Running,
    scratch: PathBuf,
}

/// The binary to measure.
pub fn binary() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("HARDIE_BENCH_BINARY").map(PathBuf::from).context("start this as `cargo xtask bench`")?;
    ensure!(path.is_file(), "{} is not there", path.display());
    Ok(path)
}

impl Ours {
    /// Starts it on `scratch`.
    pub fn start(scratch: &Path) -> anyhow::Result<Self> {
        let data = scratch.join("data");
        admin(
            scratch,
            &data,
            &["user", "create", USER, "--email", "bench@example.org", "--admin", "--password-stdin"],
            "correct horse battery staple\n",
        )?;
        let token = admin(scratch, &data, &["token", "create", USER, "--name", "bench", "--scopes", "all"], "")?;
        Self::serve(scratch.to_owned(), token)
    }

    /// Ends it and starts it again.
    pub fn restarted(self) -> anyhow::Result<Self> {
        let Self { process, scratch, token, .. } = self;
        drop(process);
        Self::serve(scratch, token)
    }

    fn serve(scratch: PathBuf, token: String) -> anyhow::Result<Self> {
        // All clients of a bench come from one address.
        let config = scratch.join("hardie.toml");
        std::fs::write(&config, "[limits]\nper-actor = 64\n")?;
        let mut serve = command(binary()?, &scratch);
        serve.arg("serve").arg("--config").arg(&config).arg("--data-dir").arg(scratch.join("data")).args([
            "--http-listen",
            "127.0.0.1:0",
            "--ssh-listen",
            "127.0.0.1:0",
        ]);
        let log = std::fs::File::create(scratch.join("hardie.log"))?;
        let mut process = Running::start(serve.stdout(Stdio::piped()).stderr(log))?;
        let mut line = String::new();
        BufReader::new(process.stdout()?).read_line(&mut line)?;
        let ready: serde_json::Value = serde_json::from_str(&line).with_context(|| {
            format!("no ready line but {line:?}; the log: {}", std::fs::read_to_string(scratch.join("hardie.log")).unwrap_or_default())
        })?;
        let host =
            ready["http"].as_str().and_then(|url| url.strip_prefix("http://")).context("the ready line names no address")?.parse()?;
        let ssh = ready["ssh"].as_str().context("the ready line names no address for SSH")?.parse()?;
        Ok(Self { host, ssh, token, process, scratch })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The `Authorization` header of the administrator.
    pub fn basic(&self) -> String {
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{}", self.token)))
    }

    /// Calls the API.
    pub fn api(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Response> {
        let token = format!("token {}", self.token);
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        let request = Request::new(method, self.host, &format!("/api/v1{path}"), &headers, body.as_bytes());
        Connection::to(self.host).send(&request)?.good().with_context(|| format!("{method} {path}"))
    }

    /// Makes a public repository.
    pub fn repository(&self, name: &str) -> anyhow::Result<()> {
        self.api("POST", "/user/repos", &serde_json::json!({ "name": name, "private": false }).to_string()).map(|_| ())
    }

    /// Pushes `main` of a local repository with git, and every other branch over the wire: git itself takes minutes to
    /// announce many thousands of them.
    pub fn fill(&self, name: &str, from: &Path) -> anyhow::Result<()> {
        let url = format!("http://{USER}:{}@{}/{USER}/{name}.git", self.token, self.host);
        let mut git = command("git", &self.scratch);
        children::output(git.current_dir(from).args(["push", "--quiet", &url, "main"]))?;
        let mut list = command("git", &self.scratch);
        let refs = children::text(list.current_dir(from).args(["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/topic"]))?;
        let refs: Vec<(&str, &str)> = refs.lines().filter_map(|line| line.split_once(' ')).collect();
        let mut connection = Connection::to(self.host);
        for some in refs.chunks(REFS_AT_ONCE) {
            let answer = self.push(&mut connection, name, &wire::create(some))?;
            ensure!(answer.contains("unpack ok") && !answer.contains("ng refs/"), "a branch was refused: {answer}");
        }
        Ok(())
    }

    /// Sends a push and gives back the report. The body is what git would send.
    pub fn push(&self, connection: &mut Connection, name: &str, body: &[u8]) -> anyhow::Result<String> {
        let basic = self.basic();
        let headers = [
            ("Authorization", basic.as_str()),
            ("Content-Type", "application/x-git-receive-pack-request"),
            ("Accept", "application/x-git-receive-pack-result"),
        ];
        let path = format!("/{USER}/{name}.git/git-receive-pack");
        let response = connection.send(&Request::new("POST", self.host, &path, &headers, body))?.good()?;
        Ok(String::from_utf8_lossy(&response.body).into_owned())
    }

    /// Installs a component for one repository, enforcing, by its own name.
    pub fn install(&self, component: &Path, repository: &str) -> anyhow::Result<()> {
        self.install_with(component, repository, &[])
    }

    /// The same by another name: one component may be installed several times.
    pub fn install_as(&self, component: &Path, repository: &str, name: &str) -> anyhow::Result<()> {
        self.install_with(component, repository, &["--name", name])
    }

    fn install_with(&self, component: &Path, repository: &str, more: &[&str]) -> anyhow::Result<()> {
        let mut hardie = command(binary()?, &self.scratch);
        hardie.args(["plugin", "install"]).arg(component).args(["--repo", &format!("{USER}/{repository}"), "--mode", "enforce"]).args(more);
        hardie.env("HARDIE_SERVER", format!("http://{}", self.host)).env("HARDIE_TOKEN", &self.token);
        children::output(&mut hardie).map(|_| ())
    }
}

fn admin(scratch: &Path, data: &Path, arguments: &[&str], input: &str) -> anyhow::Result<String> {
    let mut hardie: Command = command(binary()?, scratch);
    hardie.args(["admin", "--data-dir"]).arg(data).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = hardie.spawn()?;
    child.stdin.take().context("no standard input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("hardie admin {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
