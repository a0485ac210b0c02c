//! The stock `git` and `ssh`, cut off from the caller's configuration.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use tempfile::TempDir;

/// A person's machine: a home folder, a git configuration and perhaps an SSH key.
#[derive(Clone, Debug)]
pub struct Git {
    home: Arc<TempDir>,
    env: Vec<(String, String)>,
    credentials: Option<(String, String)>,
}

/// What a finished command said.
#[derive(Clone, Debug)]
pub struct Output {
    /// Whether it ended with status 0.
    pub ok: bool,
    /// Its exit status, if it was not killed.
    pub code: Option<i32>,
    /// Standard output, bytes.
    pub stdout: Vec<u8>,
    /// Standard error as text.
    pub stderr: String,
}

impl Output {
    /// Standard output as trimmed text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim().to_owned()
    }
}

impl Git {
    /// A fresh home for this person.
    pub fn new(name: &str) -> anyhow::Result<Git> {
        let home = TempDir::new()?;
        let config = format!(
            "[user]\n\tname = {name}\n\temail = {name}@example.org\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n\
             [gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[core]\n\tfsync = none\n[protocol \"file\"]\n\tallow = always\n"
        );
        std::fs::write(home.path().join(".gitconfig"), config)?;
        Ok(Git { home: Arc::new(home), env: Vec::new(), credentials: None })
    }

    /// The home folder; clones may go below it.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A path below the home folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.home.path().join(name)
    }

    /// The same person with one more environment variable.
    pub fn with_env(mut self, key: &str, value: impl Into<String>) -> Git {
        self.env.push((key.to_owned(), value.into()));
        self
    }

    /// A variable of this person's environment.
    ///
    /// # Errors
    /// When it has not been set.
    pub fn variable(&self, key: &str) -> anyhow::Result<&str> {
        let found = self.env.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str()).with_context(|| format!("{key} is not set"))
    }

    /// A shell script in the home folder; its path.
    pub fn script(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n"))?;
        executable(&path)?;
        Ok(path)
    }

    /// Credentials for HTTP: git sends them when it is asked, as a person's credential helper would.
    pub fn with_password(self, user: &str, secret: &str) -> anyhow::Result<Git> {
        let helper = self.script("askpass", &format!("case \"$1\" in Username*) echo '{user}' ;; *) echo '{secret}' ;; esac"))?;
        let helper = helper.display().to_string();
        let mut git = self.with_env("GIT_ASKPASS", helper);
        git.credentials = Some((user.to_owned(), secret.to_owned()));
        Ok(git)
    }

    /// The same credentials for a hand-written request (RFC 7617).
    pub fn basic_auth(&self) -> anyhow::Result<String> {
        let (user, secret) = self.credentials.as_ref().context("this person has no password")?;
        Ok(base64::engine::general_purpose::STANDARD.encode(format!("{user}:{secret}")))
    }

    /// An SSH key, and the server's host key accepted on first use.
    pub fn with_ssh_key(self, private_key: &Path) -> Git {
        let known = self.path("known_hosts");
        let command = format!(
            "ssh -F /dev/null -i {} -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile={} -o BatchMode=yes -o LogLevel=ERROR",
            private_key.display(),
            known.display()
        );
        self.with_env("GIT_SSH_COMMAND", command)
    }

    /// Any command in this person's environment and nobody else's.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        #[expect(clippy::disallowed_methods, reason = "the one place that starts a person's programs, with an environment of their own")]
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()));
        command.env("HOME", self.home()).env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_NOSYSTEM", "1");
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Runs `git` in a folder and tells how it ended.
    pub fn run(&self, dir: &Path, args: &[&str]) -> anyhow::Result<Output> {
        let output = self.command("git").current_dir(dir).args(args).output().context("cannot run git")?;
        Ok(Output {
            ok: output.status.success(),
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs `git`, which must succeed; its standard output.
    pub fn ok(&self, dir: &Path, args: &[&str]) -> anyhow::Result<String> {
        let output = self.run(dir, args)?;
        match output.ok {
            true => Ok(output.text()),
            false => bail!("git {} failed ({:?}):\n{}{}", args.join(" "), output.code, output.text(), output.stderr),
        }
    }

    /// Runs `git`, which must fail; its standard error.
    pub fn fails(&self, dir: &Path, args: &[&str]) -> anyhow::Result<String> {
        let output = self.run(dir, args)?;
        match output.ok {
            true => bail!("git {} should have failed:\n{}", args.join(" "), output.stderr),
            false => Ok(output.stderr),
        }
    }

    /// Runs `git` with these bytes as its standard input; it must succeed; its standard output.
    pub fn with_stdin(&self, dir: &Path, args: &[&str], input: &[u8]) -> anyhow::Result<String> {
        let bytes = self.filter(dir, args, input)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// As [`Git::with_stdin`], for output that is not text.
    pub fn filter(&self, dir: &Path, args: &[&str], input: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut command = self.command("git");
        let mut child = command.current_dir(dir).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().context("git takes no input")?;
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("git {} failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
        Ok(output.stdout)
    }

    /// A new repository with one commit on `main`.
    pub fn init(&self, name: &str) -> anyhow::Result<PathBuf> {
        let dir = self.path(name);
        self.ok(self.home(), &["init", "--quiet", name])?;
        self.commit(&dir, "README.md", "# Hello\n", "First commit")?;
        Ok(dir)
    }

    /// Writes one file and commits it; the commit's id.
    pub fn commit(&self, dir: &Path, file: &str, text: &str, message: &str) -> anyhow::Result<String> {
        let path = dir.join(file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text)?;
        self.ok(dir, &["add", "--", file])?;
        self.ok(dir, &["commit", "--quiet", "-m", message])?;
        self.ok(dir, &["rev-parse", "HEAD"])
    }
}

fn executable(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?)
}
