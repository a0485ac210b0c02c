//! The child `git index-pack --stdin --fix-thin --strict` that indexes, completes and checks what streams in.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use hardie_domain::limits::GitLimits;

use super::error::{IngestError, Limit};
use crate::budget::Cancel;
use crate::child::{Bounds, GitBinary, Output, Running};
use crate::error::Error;
use crate::packs::Quarantine;
use crate::view::View;

/// Bytes of its words that are kept.
const WORDS: usize = 16 << 10;
/// Deviations that old and honest histories hold, harmless to readers; Gitaly and GitHub let the same ones pass.
const STRICT: &str = "--strict=badTimezone=ignore,missingSpaceBeforeDate=ignore,zeroPaddedFilemode=ignore";

pub(crate) struct Indexer<'a> {
    child: Running,
    pack_dir: PathBuf,
    ear: Ear<'a>,
    file_limit: u64,
}

/// The list is separated by colons; a quoted entry may hold any byte (git(1), `GIT_ALTERNATE_OBJECT_DIRECTORIES`).
fn quoted(path: &Path) -> OsString {
    let mut quoted = vec![b'"'];
    for byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(*byte);
    }
    quoted.push(b'"');
    OsString::from_vec(quoted)
}

impl<'a> Indexer<'a> {
    /// Its result goes to `quarantine`; what it may lean on is in `base`, and `beside`.
    pub(crate) fn start(
        quarantine: &Quarantine,
        base: &View,
        beside: Option<&Quarantine>,
        limits: &GitLimits,
        progress: &'a mut dyn FnMut(&str),
        cancel: &Cancel,
    ) -> Result<Indexer<'a>, IngestError> {
        let git = GitBinary::find().map_err(|e| IngestError::NoGit(e.to_string()))?;
        let mut command = git.command(base.path());
        let mut stored = quoted(&base.objects());
        if let Some(beside) = beside {
            stored.push(":");
            stored.push(quoted(beside.path()));
        }
        command.env("GIT_OBJECT_DIRECTORY", quarantine.path()).env("GIT_ALTERNATE_OBJECT_DIRECTORIES", stored);
        // Publishing syncs; large blobs are streamed rather than held.
        command.args(["-c", "core.fsync=none", "-c", "core.bigFileThreshold=32m", "-c", "pack.writeReverseIndex=false"]);
        command.args(["index-pack", "--stdin", "--fix-thin", STRICT, "--threads=2", "--show-resolving-progress"]);
        // The completed pack may be larger than what was sent by the bases that are copied in.
        let file_limit = limits.pack_bytes.saturating_mul(2).saturating_add(1 << 30);
        let memory = limits.object_bytes.saturating_mul(3).saturating_add(3 << 30);
        let child = Running::spawn(command, &Bounds { time: limits.wall, memory, file: file_limit }, cancel)?;
        let ear = Ear { progress, said: Vec::new(), words: Vec::new(), line: Vec::new() };
        Ok(Indexer { child, pack_dir: quarantine.pack_dir(), ear, file_limit })
    }

    /// `false` once the child has had enough; [`Indexer::finish`] tells why.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<bool, IngestError> {
        Ok(self.child.write_all(bytes, &mut self.ear)?)
    }

    /// Waits for its verdict: the path of the pack in quarantine, its index beside it.
    pub(crate) fn finish(mut self) -> Result<PathBuf, IngestError> {
        let status = self.child.finish(&mut self.ear)?;
        self.ear.end_line();
        if !status.success() {
            return Err(refusal(status, &String::from_utf8_lossy(&self.ear.words), &self.pack_dir, self.file_limit));
        }
        let said = String::from_utf8_lossy(&self.ear.said);
        let name = said.trim().strip_prefix("pack\t").filter(|name| name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(name) = name else {
            return Err(IngestError::Storage(Error::Git("git index-pack did not name its pack".to_owned())));
        };
        Ok(self.pack_dir.join(format!("pack-{name}.pack")))
    }
}

/// Tells by its words whose fault it was that the child failed.
fn refusal(status: ExitStatus, words: &str, pack_dir: &Path, file_limit: u64) -> IngestError {
    if words.contains("No space left on device") || words.contains("Disk quota exceeded") {
        return IngestError::DiskFull;
    }
    // SIGXFSZ is 25 on every Linux but MIPS; git may also see EFBIG.
    if status.signal() == Some(25) || words.contains("File too large") {
        return IngestError::Limit(Limit::PackBytes, file_limit);
    }
    if status.signal().is_some() || words.contains("out of memory") || words.contains("Input/output error") {
        return IngestError::Storage(Error::Git(format!("git index-pack ended with {status}: {}", words.trim())));
    }
    let folder = pack_dir.parent().unwrap_or(pack_dir).display().to_string();
    let mut reasons: Vec<String> = words
        .lines()
        .filter_map(|line| line.strip_prefix("error: ").or_else(|| line.strip_prefix("fatal: ")))
        .map(|line| printable(&line.replace(&folder, "")))
        .take(8)
        .collect();
    // git names the object first and sums up last.
    if reasons.len() > 1 {
        reasons.retain(|line| !line.starts_with("fsck error in pack"));
    }
    match reasons.is_empty() {
        true => IngestError::Fsck(format!("git index-pack refused the pack ({status})")),
        false => IngestError::Fsck(reasons.join("; ")),
    }
}

/// Names from the pack may hold anything; a terminal shows this.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Listens to the child: progress goes on to the pusher, words are kept.
struct Ear<'a> {
    progress: &'a mut dyn FnMut(&str),
    said: Vec<u8>,
    words: Vec<u8>,
    line: Vec<u8>,
}

impl Ear<'_> {
    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.starts_with(b"Resolving deltas") || line.starts_with(b"Indexing objects") {
            (self.progress)(&String::from_utf8_lossy(&line));
        } else {
            let room = WORDS.saturating_sub(self.words.len());
            self.words.extend(line.iter().take(room));
        }
    }
}

impl Output for Ear<'_> {
    fn stdout(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.said.extend(bytes.iter().take(1024usize.saturating_sub(self.said.len())));
        ControlFlow::Continue(())
    }

    fn stderr(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        for byte in bytes {
            self.line.push(*byte);
            if *byte == b'\n' || *byte == b'\r' || self.line.len() >= WORDS {
                self.end_line();
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(raw_status: i32, words: &str) -> IngestError {
        refusal(ExitStatus::from_raw(raw_status), words, Path::new("/data/quarantine/7/pack"), 9)
    }

    #[test]
    fn a_full_disk_is_no_fault_of_the_pusher() {
        for words in ["fatal: write error: No space left on device\n", "fatal: unable to write: Disk quota exceeded\n"] {
            assert!(matches!(refused(128 << 8, words), IngestError::DiskFull));
        }
        assert!(matches!(refused(9, ""), IngestError::Storage(_)), "killed from outside");
        assert!(matches!(refused(128 << 8, "fatal: Out of memory, malloc failed\nfatal: out of memory\n"), IngestError::Storage(_)));
        assert!(matches!(refused(25, ""), IngestError::Limit(Limit::PackBytes, 9)));
    }

    #[test]
    fn words_for_the_pusher_hold_no_paths_of_the_server_and_no_control_characters() {
        let words = "error: object 12: hasDotgit: contains '.git'\x1b[31m\nwarning: x\nfatal: fsck error in packed object\n";
        assert_eq!(refused(128 << 8, words).to_string(), "object 12: hasDotgit: contains '.git'?[31m");
        assert_eq!(refused(128 << 8, "fatal: bad /data/quarantine/7/pack/x\n").to_string(), "bad /pack/x");
    }
}
