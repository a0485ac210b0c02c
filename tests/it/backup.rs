//! Backup and restore through the real program: what was acknowledged comes back, on either engine, and nothing half done does.

mod damage;
mod drill;
mod engines;
mod hostile;
mod lfs;
mod restore_drill;
mod sweep;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use hardie_testkit::process;

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

/// `hardie admin …` on a data folder.
pub fn admin(data: &Path, arguments: &[&str]) -> Ended {
    let mut command = process::hardie(&["admin"]).unwrap();
    let output = command.args(arguments).arg("--data-dir").arg(data).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    Ended { ok: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
}

/// The same; it must succeed.
pub fn done(data: &Path, arguments: &[&str]) -> String {
    let ended = admin(data, arguments);
    assert!(ended.ok, "hardie admin {arguments:?}: {ended:?}");
    ended.out
}

/// The same with bytes as its input; how it ended.
pub fn fed(data: &Path, arguments: &[&str], input: &[u8]) -> Ended {
    use std::io::Write as _;
    let mut command = process::hardie(&["admin"]).unwrap();
    command.args(arguments).arg("--data-dir").arg(data).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that refuses at once does not read to the end.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    Ended { ok: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
}

/// A path as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The parts of a backup, as any tar would find them: the place of each header, and the content.
pub fn parts(backup: &[u8]) -> BTreeMap<String, (usize, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut at = 0;
    while backup[at] != 0 {
        let field = |from: usize, to: usize| String::from_utf8_lossy(&backup[at + from..at + to]).trim_end_matches('\0').to_owned();
        let size = usize::from_str_radix(&field(124, 136), 8).unwrap();
        found.insert(field(0, 100), (at, backup[at + 512..at + 512 + size].to_vec()));
        at += 512 + size.div_ceil(512) * 512;
    }
    found
}

/// What is in a folder, by name.
pub fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
