//! Generated histories: merges, tags, renames, odd modes, names that are not UTF-8. The same seed gives the same ids.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};

use crate::Git;

/// A small generator (splitmix64): tests need repeatable choices, not good ones.
#[derive(Clone, Debug)]
pub struct Choices(u64);

impl Choices {
    /// From a seed.
    pub fn new(seed: u64) -> Choices {
        Choices(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound.max(1)
    }
}

/// Writes a bare repository with `commits` commits below the person's home; its path.
pub fn generate(git: &Git, name: &str, commits: u64, seed: u64) -> anyhow::Result<PathBuf> {
    let dir = git.path(name);
    git.ok(git.home(), &["init", "--quiet", "--bare", name])?;
    let mut child = git
        .command("git")
        .current_dir(&dir)
        .args(["fast-import", "--quiet", "--force"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run git fast-import")?;
    let input = child.stdin.take().context("git fast-import takes no input")?;
    write_stream(&mut BufWriter::new(input), commits, &mut Choices::new(seed))?;
    let output = child.wait_with_output()?;
    match output.status.success() {
        true => Ok(dir),
        false => bail!("git fast-import: {}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// The stream that git-fast-import(1) describes.
fn write_stream(out: &mut impl Write, commits: u64, choices: &mut Choices) -> anyhow::Result<()> {
    let mut side: Option<u64> = None;
    for number in 1..=commits {
        let time = 1_500_000_000 + number * 60;
        let on_side = side.is_some() && choices.below(2) == 0;
        let branch = if on_side { "refs/heads/side" } else { "refs/heads/main" };
        writeln!(out, "commit {branch}\nmark :{number}")?;
        writeln!(out, "author A U Thor <author@example.org> {time} +0130")?;
        writeln!(out, "committer C O Mitter <committer@example.org> {time} -0700")?;
        data(out, format!("Change {number}\n\nBody of change {number}.\n").as_bytes())?;
        if let (false, Some(from), 0) = (on_side, side, choices.below(10)) {
            writeln!(out, "merge :{from}")?;
            side = None;
        }
        if on_side {
            side = Some(number);
        }
        change_files(out, number, choices)?;
        if side.is_none() && !on_side && choices.below(8) == 0 {
            writeln!(out, "reset refs/heads/side\nfrom :{number}\n")?;
            side = Some(number);
        }
        if number % 500 == 0 {
            writeln!(out, "reset refs/tags/light-{number}\nfrom :{number}\n")?;
            writeln!(out, "tag v{number}\nfrom :{number}\ntagger T Agger <tagger@example.org> {time} +0000")?;
            data(out, format!("Version {number}\n").as_bytes())?;
        }
        if number % 1000 == 0 {
            writeln!(out, "reset refs/heads/feature/n{number}\nfrom :{number}\n")?;
        }
    }
    Ok(out.flush()?)
}

fn change_files(out: &mut impl Write, number: u64, choices: &mut Choices) -> anyhow::Result<()> {
    let folder = choices.below(40);
    let file = choices.below(30);
    writeln!(out, "M 100644 inline dir{folder}/sub{}/file{file}.txt", file % 5)?;
    let lines: String = (0..20 + choices.below(20)).map(|i| format!("line {i} of {number}: {:x}\n", choices.number())).collect();
    data(out, lines.as_bytes())?;
    match number % 97 {
        0 => {
            writeln!(out, "M 100755 inline bin/tool{}", choices.below(9))?;
            data(out, b"#!/bin/sh\nexit 0\n")?;
        }
        1 => {
            writeln!(out, "M 120000 inline link{}", choices.below(9))?;
            data(out, b"dir0/sub0/file0.txt")?;
        }
        2 => writeln!(out, "M 160000 {:040x} module{}", number + 1, choices.below(3))?,
        3 => {
            // Latin-1, not UTF-8; C-quoted as the format wants it.
            writeln!(out, "M 100644 inline \"caf\\351/na\\357ve{}.txt\"", choices.below(5))?;
            data(out, &[0xff, 0xfe, 0x00, 0x41])?;
        }
        4 => {
            // A rename: the old path goes, the same bytes appear under another name.
            writeln!(out, "D bin\nM 100755 inline moved/tool{number}")?;
            data(out, b"#!/bin/sh\nexit 0\n")?;
        }
        5 if number > 97 => writeln!(out, "D link{}", choices.below(9))?,
        _ => {}
    }
    Ok(writeln!(out)?)
}

fn data(out: &mut impl Write, bytes: &[u8]) -> anyhow::Result<()> {
    writeln!(out, "data {}", bytes.len())?;
    out.write_all(bytes)?;
    Ok(writeln!(out)?)
}

/// Every ref with its id, and every object id, both sorted: two repositories are equal if these are.
pub fn inventory(git: &Git, dir: &Path) -> anyhow::Result<(String, Vec<String>)> {
    let refs = git.ok(dir, &["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags"])?;
    let objects = git.ok(dir, &["rev-list", "--objects", "--all", "--no-object-names"])?;
    let mut objects: Vec<_> = objects.lines().map(str::to_owned).collect();
    objects.sort();
    Ok((refs, objects))
}
