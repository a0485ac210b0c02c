//! The peer's hooks: processes that read what is pushed and say nothing against it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::{MAIN, milliseconds, without_the_first};
use crate::children::{self, command};
use crate::http::{Connection, Request};
use crate::load::quantile;
use crate::ours::USER;
use crate::peer::Peer;
use crate::say;

/// By the name of the language: what stands in `hooks/pre-receive`.
const HOOKS: [(&str, &str); 4] = [
    ("none", ""),
    ("sh", "#!/bin/sh\nwhile read -r old new name; do :; done\n"),
    ("Python", "#!/usr/bin/python3\nimport sys\nfor line in sys.stdin:\n    old, new, name = line.split()\n"),
    ("Node", "#!/usr/bin/node\nrequire('fs').readFileSync(0, 'utf8').split('\\n');\n"),
];

/// What a hook adds to a push.
pub struct Added {
    /// The language.
    pub name: &'static str,
    /// Milliseconds.
    pub p50: f64,
}

/// Sends the same pushes to a repository for each hook, in turns.
pub fn measure(folder: &Path, bodies: &[Vec<u8>]) -> anyhow::Result<Vec<Added>> {
    say("plugins: pushes with hooks of the peer");
    let (scratch, repositories) = (folder.join("scratch"), folder.join("repositories"));
    std::fs::create_dir_all(&scratch)?;
    for (name, hook) in HOOKS {
        hooked(&repositories.join(USER), name, hook)?;
    }
    let peer = Peer::start(&repositories, &scratch)?;
    let mut connection = Connection::to(peer.host);
    let mut times = HOOKS.map(|_| Vec::new());
    for body in bodies {
        for ((name, _), times) in HOOKS.iter().zip(&mut times) {
            let path = format!("/{USER}/{name}.git/git-receive-pack");
            let headers = [("Content-Type", "application/x-git-receive-pack-request")];
            let request = Request::new("POST", peer.host, &path, &headers, body);
            let started = Instant::now();
            let answer = connection.send(&request)?.good()?;
            times.push(started.elapsed());
            let text = String::from_utf8_lossy(&answer.body);
            ensure!(text.contains("unpack ok") && text.contains(&format!("ok {MAIN}")), "{name}: the push was refused: {text}");
        }
    }
    let [none, others @ ..] = times.map(|times| milliseconds(quantile(&without_the_first(times), 50)));
    Ok(HOOKS.iter().skip(1).zip(others).map(|((name, _), p50)| Added { name, p50: p50 - none }).collect())
}

/// An empty repository that takes pushes and asks the hook.
fn hooked(folder: &Path, name: &str, hook: &str) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("{name}.git"));
    children::output(command("git", folder).args(["init", "--quiet", "--bare", "--initial-branch=main"]).arg(&path))?;
    for (key, value) in [("http.receivepack", "true"), ("gc.auto", "0")] {
        children::output(command("git", folder).current_dir(&path).args(["config", key, value]))?;
    }
    if let Some(program) = hook.strip_prefix("#!").and_then(|text| text.lines().next()) {
        ensure!(Path::new(program).is_file(), "{program} is not there: a hook cannot be measured without it");
        let file = path.join("hooks/pre-receive");
        std::fs::create_dir_all(path.join("hooks"))?;
        std::fs::write(&file, hook).with_context(|| format!("{} cannot be written", file.display()))?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
