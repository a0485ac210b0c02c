//! Repositories to measure with, generated: the same bytes on every machine.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};

use crate::children::{self, command};

/// A bare repository with a line of commits on `main` and `refs` further branches.
pub fn repository(folder: &Path, name: &str, commits: usize, refs: usize) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    children::output(command("git", folder).args(["init", "--quiet", "--bare", "--initial-branch=main"]).arg(&path))?;
    let mut import = command("git", folder);
    import.current_dir(&path).args(["fast-import", "--quiet"]).stdin(Stdio::piped());
    let mut child = import.spawn().context("git fast-import could not be started")?;
    let mut stream = BufWriter::new(child.stdin.take().context("no standard input")?);
    for number in 1..=commits {
        let message = format!("feat: change number {number}\n\nWhat it does and why.\n");
        writeln!(stream, "commit refs/heads/main\nmark :{number}\ncommitter Bench <bench@example.org> {} +0000", 1_600_000_000 + number)?;
        writeln!(stream, "data {}\n{message}", message.len())?;
        let text = format!("{number}\n").repeat(40);
        writeln!(stream, "M 100644 inline folder{}/file{}.txt\ndata {}\n{text}", number % 20, number % 200, text.len())?;
    }
    for number in 0..refs {
        writeln!(stream, "reset refs/heads/topic/number-{number:05}\nfrom :{}\n", number % commits.max(1) + 1)?;
    }
    drop(stream.into_inner().map_err(|error| error.into_error())?);
    let status = child.wait()?;
    if !status.success() {
        bail!("git fast-import failed: {status}");
    }
    // As a tuned host would keep it.
    children::output(command("git", folder).current_dir(&path).args(["repack", "-a", "-d", "-q", "--write-bitmap-index"]))?;
    children::output(command("git", folder).current_dir(&path).args(["pack-refs", "--all"]))?;
    Ok(path)
}

/// A bare repository of `files` files of 64 KiB that do not shrink, one commit each.
pub fn noise(folder: &Path, name: &str, files: usize) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    children::output(command("git", folder).args(["init", "--quiet", "--bare", "--initial-branch=main"]).arg(&path))?;
    let mut import = command("git", folder);
    import.current_dir(&path).args(["fast-import", "--quiet"]).stdin(Stdio::piped());
    let mut child = import.spawn().context("git fast-import could not be started")?;
    let mut stream = BufWriter::new(child.stdin.take().context("no standard input")?);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for number in 1..=files {
        writeln!(stream, "commit refs/heads/main\ncommitter Bench <bench@example.org> {} +0000", 1_600_000_000 + number)?;
        writeln!(stream, "data 4\nmore\nM 100644 inline file{number}.bin\ndata {}", 64 << 10)?;
        for _ in 0..(64 << 10) / 8 {
            // xorshift64: nothing that zlib could shorten.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            stream.write_all(&state.to_le_bytes())?;
        }
        writeln!(stream)?;
    }
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

/// The pack that a push of `new` onto `old` carries.
pub fn pack(repository: &Path, old: &str, new: &str) -> anyhow::Result<Vec<u8>> {
    let mut git = command("git", repository);
    git.current_dir(repository).args(["pack-objects", "--revs", "--stdout", "--thin", "--quiet"]);
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().context("no standard input")?.write_all(format!("{new}\n^{old}\n").as_bytes())?;
    let output = child.wait_with_output()?;
    if output.status.success() { Ok(output.stdout) } else { bail!("git pack-objects failed: {}", output.status) }
}
