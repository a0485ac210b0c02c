//! The restore drill: backups one after the other while everything burns that can burn. Each one is restored, and has every push
//! that was acknowledged before it began.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use hardie_testkit::postgres::Database;
use hardie_testkit::{Git, ServerProcess};

use super::{arg, done};
use crate::gc::fire::{Branches, Fire};
use crate::support::{choices, soak};

/// What each branch may be in a backup: what it was when that began, or what it was asked to be since.
type Allowed = HashMap<String, Vec<Option<String>>>;

/// How far each branch has come.
fn marks(branches: &[Branches]) -> HashMap<String, (Option<String>, usize)> {
    let mut marks = HashMap::new();
    for state in branches {
        for (name, branch) in state.lock().unwrap().iter() {
            // What was asked and not answered yet may come to be, before the backup or in it.
            marks.insert(name.clone(), (branch.acknowledged.clone(), branch.tried.len() - branch.possible.len()));
        }
    }
    marks
}

fn allowed(before: &HashMap<String, (Option<String>, usize)>, branches: &[Branches]) -> Allowed {
    let mut allowed = HashMap::new();
    for state in branches {
        for (name, branch) in state.lock().unwrap().iter() {
            let (was, from) = before.get(name).cloned().unwrap_or_default();
            allowed.insert(name.clone(), [vec![was], branch.tried[from..].to_vec()].concat());
        }
    }
    allowed
}

/// Restores into a fresh folder, and looks at all of it.
fn check(folder: &Path, file: &Path, git: &Git, allowed: &Allowed, round: usize, database: Option<&Database>) {
    let data = folder.join(format!("restored{round}"));
    let more: Vec<&str> = database.map(|d| vec!["--database", d.url()]).unwrap_or_default();
    done(&data, &[&["restore", arg(file)], more.as_slice()].concat());
    let verified = done(&data, &[&["verify"], more.as_slice()].concat());
    assert!(verified.contains("1 repositories"), "{verified}");
    let server = ServerProcess::serve(&data, &more).unwrap();
    let url = format!("{}/alice/tool.git", server.url());
    let listed = git.ok(git.home(), &["ls-remote", &url, "refs/heads/p*"]).unwrap();
    let refs: HashMap<&str, &str> = listed.lines().filter_map(|l| l.split_once('\t')).map(|(oid, name)| (name, oid)).collect();
    for (name, values) in allowed {
        let now = refs.get(format!("refs/heads/{name}").as_str()).map(|oid| (*oid).to_owned());
        assert!(values.contains(&now), "round {round}: {name} is {now:?}, not one of {values:?}");
    }
    let clone = git.path(format!("cloned{round}"));
    git.ok(git.home(), &["clone", "--quiet", "--mirror", &url, arg(&clone)]).unwrap();
    git.ok(&clone, &["fsck", "--full", "--strict"]).unwrap();
    git.ok(&git.path("base"), &["push", "--quiet", &url, "main:refs/heads/after"]).unwrap();
    server.terminate().unwrap();
    std::fs::remove_dir_all(&clone).unwrap();
    std::fs::remove_dir_all(&data).unwrap();
}

fn drill(more: &[&str]) {
    let mut random = choices("restore_drill");
    let end = Instant::now() + Duration::from_secs(if soak() { 300 } else { 10 });
    let (fire, git, server) = Fire::lay(more);
    let folder = tempfile::tempdir().unwrap();
    let mut rounds = 0;
    fire.rage(&git, server, &mut random, |branches| {
        while rounds < 2 || Instant::now() < end {
            let file = folder.path().join(format!("{rounds}.tar"));
            let before = marks(branches);
            fire.admin(&["backup", arg(&file), "--with-key", "--quiet"]).unwrap();
            let allowed = allowed(&before, branches);
            // Each engine in turn, whichever the backup came from.
            let database = (rounds % 2 == 1).then(|| Database::new().unwrap());
            check(folder.path(), &file, &git, &allowed, rounds, database.as_ref());
            std::fs::remove_file(&file).unwrap();
            rounds += 1;
        }
    });
    println!("{rounds} backups under fire, each restored with every push acknowledged before it");
}

#[test]
fn restore_drill_under_fire_has_every_push_acknowledged_before() {
    drill(&[]);
}

#[test]
fn restore_drill_on_postgres_under_fire_has_every_push_acknowledged_before() {
    let database = Database::new().unwrap();
    drill(&["--database", database.url()]);
}
