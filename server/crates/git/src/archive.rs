//! A tree as one file, by a bounded `git archive`: it knows `export-ignore`, `export-subst` and every oddity of its formats.

mod arguments;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::time::Duration;

use hardie_domain::oid::Oid;

pub use self::arguments::{Arguments, Asked};
use crate::budget::Cancel;
use crate::child::{Bounds, GitBinary, Relay, Running};
use crate::error::{Error, Result};
use crate::sink::ByteSink;
use crate::view::View;

/// Private memory of one `git archive`: it holds one file at a time.
const MEMORY: u64 = 2 << 30;
/// Bytes of its complaints that are kept.
const COMPLAINTS: usize = 4 << 10;

/// What the file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// POSIX tar with pax headers.
    #[default]
    Tar,
    /// The same through gzip.
    TarGz,
    /// Zip.
    Zip,
}

impl Format {
    /// All of them, as `git archive --list` names them.
    pub const LIST: &str = "tar\ntgz\ntar.gz\nzip\n";

    /// By the name that git uses, which is also the ending of a file's name.
    pub fn parse(name: &[u8]) -> Option<Format> {
        match name {
            b"tar" => Some(Format::Tar),
            b"tgz" | b"tar.gz" => Some(Format::TarGz),
            b"zip" => Some(Format::Zip),
            _ => None,
        }
    }

    /// The ending of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Tar => "tar",
            Format::TarGz => "tar.gz",
            Format::Zip => "zip",
        }
    }
}

/// What goes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The commit. The caller has checked that the asker may read it.
    pub commit: Oid,
    /// A folder of it; empty for all. Bytes.
    pub folder: Vec<u8>,
}

/// How it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveOptions {
    /// What the file is.
    pub format: Format,
    /// Put before every path, with its slash if it has one. Bytes.
    pub prefix: Vec<u8>,
    /// 0 (none) to 9 (best); git's own if absent.
    pub level: Option<u8>,
    /// Names every file as progress.
    pub verbose: bool,
    /// Only these paths (gitglossary, "pathspec"); empty for all. Bytes.
    pub paths: Vec<Vec<u8>>,
}

/// Makes the archive and hands it to `sink` as it comes.
pub fn write(
    view: &View,
    content: &Content,
    options: &ArchiveOptions,
    sink: &mut dyn ByteSink,
    cancel: &Cancel,
    time: Duration,
) -> Result<()> {
    let mut command = GitBinary::find()?.command(view.path());
    // `$Format:%G?$` would write signatures of anybody to a file and start a program on them. No folder can ever be there.
    command.env("TMPDIR", "/dev/null");
    for program in ["gpg.program", "gpg.ssh.program", "gpg.x509.program"] {
        command.args(["-c", &format!("{program}=/bin/false")]);
    }
    command.args(["-c", "core.bigFileThreshold=32m", "archive"]);
    command.arg(format!("--format={}", options.format.extension()));
    command.arg(joined(&[b"--prefix=", &options.prefix]));
    if let Some(level) = options.level {
        command.arg(format!("-{level}"));
    }
    if options.verbose {
        command.arg("--verbose");
    }
    let commit = content.commit.to_hex();
    match content.folder.is_empty() {
        true => command.arg(commit),
        false => command.arg(joined(&[commit.as_bytes(), b":", &content.folder])),
    };
    command.arg("--");
    command.args(options.paths.iter().map(|path| joined(&[path])));
    let mut relay = Relay::new(sink, options.verbose, COMPLAINTS);
    let mut child = Running::spawn(command, &Bounds { time, memory: MEMORY, file: 0 }, cancel)?;
    let status = child.finish(&mut relay)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Git(format!("git archive ended with {status}: {}", relay.complaints())))
}

fn joined(parts: &[&[u8]]) -> OsString {
    OsString::from_vec(parts.concat())
}
