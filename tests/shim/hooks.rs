//! A plain repository's hooks: git's tests look through them at what the engine read of a push.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use hardie_domain::push::{RefOutcome, RefUpdate};
use hardie_git::receive::{PushRequest, Receive};

use crate::repository::{Incoming, Repository};
use crate::send;

/// The hooks of one push.
pub struct Hooks<'a> {
    repo: &'a Repository,
    options: &'a [String],
    machine: &'a Receive,
}

impl<'a> Hooks<'a> {
    /// For this push.
    pub fn new(repo: &'a Repository, request: &'a PushRequest, machine: &'a Receive) -> Hooks<'a> {
        Hooks { repo, options: &request.options, machine }
    }

    /// Whether the push may go on.
    pub fn pre_receive(&self, incoming: &Incoming, outcomes: &[(RefUpdate, RefOutcome)]) -> anyhow::Result<bool> {
        self.run("pre-receive", Some(incoming), &[], &accepted(outcomes))
    }

    /// Whether this ref may move.
    pub fn update(&self, update: &RefUpdate) -> anyhow::Result<bool> {
        let name = update.name.to_string();
        self.run("update", None, &[&name, &update.old.to_hex(), &update.new.to_hex()], "")
    }

    /// Tells that refs have moved.
    pub fn post_receive(&self, outcomes: &[(RefUpdate, RefOutcome)]) -> anyhow::Result<()> {
        let moved = accepted(outcomes);
        if moved.is_empty() {
            return Ok(());
        }
        self.run("post-receive", None, &[], &moved)?;
        let names: Vec<&str> = moved.lines().filter_map(|line| line.split(' ').nth(2)).collect();
        self.run("post-update", None, &names, "")?;
        Ok(())
    }

    fn run(&self, name: &str, incoming: Option<&Incoming>, args: &[&str], input: &str) -> anyhow::Result<bool> {
        let hook = self.repo.git_dir().join("hooks").join(name);
        if !hook.metadata().is_ok_and(|found| found.permissions().mode() & 0o111 != 0) {
            return Ok(true);
        }
        let mut command = self.repo.command(&hook);
        command.args(args).current_dir(self.repo.git_dir()).env("GIT_DIR", ".").env_remove("GIT_NO_REPLACE_OBJECTS");
        if let Some(incoming) = incoming {
            incoming.enter(&mut command);
        }
        if !self.options.is_empty() {
            command.env("GIT_PUSH_OPTION_COUNT", self.options.len().to_string());
        }
        for (at, option) in self.options.iter().enumerate() {
            command.env(format!("GIT_PUSH_OPTION_{at}"), option);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A hook need not read.
            let _ = stdin.write_all(input.as_bytes());
        }
        let out = child.wait_with_output()?;
        for text in [&out.stdout, &out.stderr] {
            if !text.is_empty() {
                send(&self.machine.progress(&String::from_utf8_lossy(text)))?;
            }
        }
        Ok(out.status.success())
    }
}

/// `OLD NEW NAME` of every update that is still accepted.
fn accepted(outcomes: &[(RefUpdate, RefOutcome)]) -> String {
    let mut text = String::new();
    for (update, _) in outcomes.iter().filter(|(_, outcome)| outcome.is_accepted()) {
        let _ = writeln!(text, "{} {} {}", update.old.to_hex(), update.new.to_hex(), update.name);
    }
    text
}
