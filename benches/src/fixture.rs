//! Repositories to measure with, generated: the same bytes on every machine.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};

use anyhow::{Context as _, bail};

use crate::children::{self, command};

/// A bare repository with a line of commits on `main` and `refs` further branches.
pub fn repository(folder: &Path, name: &str, commits: usize, refs: usize) -> anyhow::Result<PathBuf> {
    let path = import(folder, name, |stream| {
        for number in 1..=commits {
            let message = format!("feat: change number {number}\n\nWhat it does and why.\n");
            writeln!(
                stream,
                "commit refs/heads/main\nmark :{number}\ncommitter Bench <bench@example.org> {} +0000",
                1_600_000_000 + number
            )?;
            writeln!(stream, "data {}\n{message}", message.len())?;
            let text = format!("{number}\n").repeat(40);
            writeln!(stream, "M 100644 inline folder{}/file{}.txt\ndata {}\n{text}", number % 20, number % 200, text.len())?;
        }
        Ok(())
    })?;
    branches(&path, refs)?;
    Ok(path)
}

/// Gives it so many branches, packed (gitrepository-layout(5)): git would first make a file of each.
fn branches(repository: &Path, refs: usize) -> anyhow::Result<()> {
    let line = line(repository)?;
    let name = |number: usize| format!("refs/heads/topic/number-{number:05}");
    let mut packed: Vec<String> = (0..refs).zip(line.iter().cycle()).map(|(number, id)| format!("{id} {}\n", name(number))).collect();
    packed.extend(line.last().map(|id| format!("{id} refs/heads/main\n")));
    packed.sort_unstable_by(|a, b| a.get(40..).cmp(&b.get(40..)));
    std::fs::write(repository.join("packed-refs"), format!("# pack-refs with: peeled fully-peeled sorted \n{}", packed.concat()))?;
    Ok(())
}

/// A bare repository of `files` files of 64 KiB that do not shrink, one commit each.
pub fn noise(folder: &Path, name: &str, files: usize) -> anyhow::Result<PathBuf> {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    import(folder, name, |stream| (1..=files).try_for_each(|number| noisy_commit(stream, number, number, &mut chance)))
}

/// A bare repository like that of a program some years old: so many commits that change three of two thousand files each, in
/// folders, and every eleventh changes one of forty files of 64 KiB that do not shrink.
pub fn program(folder: &Path, name: &str, commits: usize) -> anyhow::Result<PathBuf> {
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    let mut files: Vec<Vec<u64>> = (0..2000).map(|_| (0..80).map(|_| chance.next() % 5000).collect()).collect();
    import(folder, name, |stream| {
        for number in 1..=commits {
            if number % 11 == 0 {
                noisy_commit(stream, number, number / 11 % 40, &mut chance)?;
                continue;
            }
            writeln!(
                stream,
                "commit refs/heads/main\ncommitter Bench <bench@example.org> {} +0000\ndata 6\nchange",
                1_600_000_000 + number
            )?;
            for _ in 0..3 {
                let at = chance.next() as usize % files.len();
                let Some(lines) = files.get_mut(at) else { continue };
                let place = chance.next() as usize % lines.len();
                lines.splice(place..place + 1, [chance.next() % 5000, chance.next() % 5000].into_iter().take(1 + number % 2));
                let text: String =
                    lines.iter().map(|line| format!("    let value_{line} = compute({}, {line});\n", line * 7919 % 104_729)).collect();
                writeln!(stream, "M 100644 inline src/part{}/module{}/file{at}.rs\ndata {}\n{text}", at % 12, at % 150, text.len())?;
            }
        }
        Ok(())
    })
}

/// A folder of [`listed`].
pub const LISTED: &str = "src/listed";
/// A file there that the first commit of it makes and few others change.
pub const SELDOM: &str = "src/listed/file0.txt";

/// A bare repository of so many commits: each changes one of two thousand files in folders, every fourth one of `entries` files in one
/// folder too, the first of them in every thousandth commit alone.
pub fn listed(folder: &Path, name: &str, commits: usize, entries: usize) -> anyhow::Result<PathBuf> {
    let mut chance = Chance(0x1234_5678_9abc_def1);
    import(folder, name, |stream| {
        for number in 0..commits {
            writeln!(
                stream,
                "commit refs/heads/main\ncommitter Bench <bench@example.org> {} +0000\ndata 6\nchange",
                1_600_000_000 + number
            )?;
            let mut file = |path: String| {
                let text = format!("{number}\n").repeat(10);
                writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len())
            };
            if number == 0 {
                (0..entries).try_for_each(|at| file(format!("{LISTED}/file{at}.txt")))?;
            }
            let other = chance.next() as usize % 2000;
            file(format!("src/part{}/module{}/file{other}.rs", other % 12, other % 150))?;
            match number {
                _ if number % 1000 == 0 => file(SELDOM.to_owned())?,
                _ if number % 4 == 0 => file(format!("{LISTED}/file{}.txt", 1 + chance.next() as usize % (entries - 1)))?,
                _ => {}
            }
        }
        Ok(())
    })
}

fn noisy_commit(stream: &mut impl Write, number: usize, file: usize, chance: &mut Chance) -> anyhow::Result<()> {
    writeln!(stream, "commit refs/heads/main\ncommitter Bench <bench@example.org> {} +0000", 1_600_000_000 + number)?;
    writeln!(stream, "data 4\nmore\nM 100644 inline data/file{file}.bin\ndata {}", 64 << 10)?;
    for _ in 0..(64 << 10) / 8 {
        stream.write_all(&chance.next().to_le_bytes())?;
    }
    Ok(writeln!(stream)?)
}

/// xorshift64: nothing that zlib could shorten.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// What `git fast-import` reads.
type Stream = BufWriter<ChildStdin>;

/// A bare repository of what is written, packed as a tuned host would keep it.
fn import(folder: &Path, name: &str, write: impl FnOnce(&mut Stream) -> anyhow::Result<()>) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    children::output(command("git", folder).args(["init", "--quiet", "--bare", "--initial-branch=main"]).arg(&path))?;
    children::output(command("git", folder).current_dir(&path).args(["config", "uploadpack.allowFilter", "true"]))?;
    let mut import = command("git", folder);
    import.current_dir(&path).args(["fast-import", "--quiet"]).stdin(Stdio::piped());
    let mut child = import.spawn().context("git fast-import could not be started")?;
    let mut stream = BufWriter::new(child.stdin.take().context("no standard input")?);
    write(&mut stream)?;
    drop(stream.into_inner().map_err(|error| error.into_error())?);
    let status = child.wait()?;
    if !status.success() {
        bail!("git fast-import failed: {status}");
    }
    children::output(command("git", folder).current_dir(&path).args(["repack", "-a", "-d", "-q", "--write-bitmap-index"]))?;
    Ok(path)
}

/// The ids of `main`'s commits, oldest first.
pub fn line(repository: &Path) -> anyhow::Result<Vec<String>> {
    let text = children::text(command("git", repository).current_dir(repository).args(["rev-list", "--reverse", "main"]))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// The pack that a push of `new` onto `old`, or onto nothing, carries.
pub fn pack(repository: &Path, old: Option<&str>, new: &str) -> anyhow::Result<Vec<u8>> {
    let mut git = command("git", repository);
    git.current_dir(repository).args(["pack-objects", "--revs", "--stdout", "--thin", "--delta-base-offset", "--quiet"]);
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let held = old.map(|old| format!("^{old}\n")).unwrap_or_default();
    child.stdin.take().context("no standard input")?.write_all(format!("{new}\n{held}").as_bytes())?;
    let output = child.wait_with_output()?;
    if output.status.success() { Ok(output.stdout) } else { bail!("git pack-objects failed: {}", output.status) }
}
