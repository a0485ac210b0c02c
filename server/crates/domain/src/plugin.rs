//! Plugins as rows and rules know them; the sandbox itself is `plugin-host`'s.

use std::sync::Arc;

use crate::oid::Oid;

/// sha256 of the component's bytes: what is installed is pinned by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// `sha256:` and 64 hexadecimal digits; the prefix may be left out.
    pub fn parse(text: &str) -> Option<Digest> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0u8; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
        }
        Some(Digest(bytes))
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// 1 to 64 of `a-z`, `0-9` and `-`: what components call themselves, the rules that they judge by and the secrets that they ask for.
pub fn is_short_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// What a policy's verdict does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A rejection refuses the ref.
    Enforce,
    /// A rejection is recorded and shown as a warning.
    Monitor,
    /// Not called.
    Off,
}

impl Mode {
    /// The word in rows, in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Enforce => "enforce",
            Mode::Monitor => "monitor",
            Mode::Off => "off",
        }
    }

    /// The reverse of [`Mode::as_str`].
    pub fn parse(text: &str) -> Option<Mode> {
        [Mode::Enforce, Mode::Monitor, Mode::Off].into_iter().find(|m| m.as_str() == text)
    }
}

/// Why a call ended without a verdict that counts; `Rejected` is the verdict itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// The policy said no.
    Rejected,
    /// Used up its instructions: the same push ends the same way every time.
    OutOfFuel,
    /// Ran longer than its wall-clock budget; trying again may help.
    Deadline,
    /// Asked for more memory than its limit.
    OutOfMemory,
    /// Trapped: a bug in the plugin.
    Trap,
    /// Asked the host for too much.
    HostBudget,
    /// Answered something that is not an answer.
    BadOutput,
    /// Not loaded, or the host is too busy; trying again may help.
    Unavailable,
}

impl FailureClass {
    /// The name in rows, metrics and texts.
    pub fn as_str(self) -> &'static str {
        match self {
            FailureClass::Rejected => "rejected",
            FailureClass::OutOfFuel => "out-of-fuel",
            FailureClass::Deadline => "deadline",
            FailureClass::OutOfMemory => "out-of-memory",
            FailureClass::Trap => "trap",
            FailureClass::HostBudget => "host-budget",
            FailureClass::BadOutput => "bad-output",
            FailureClass::Unavailable => "unavailable",
        }
    }
}

/// Where the answer of a policy came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// It ran, and read the push and the repository alone.
    #[default]
    Run,
    /// It ran, and might ask others or for the time: the same push may be answered otherwise another time.
    Online,
    /// It said so about an equal push before, and did not run.
    Cached,
}

impl Source {
    /// The word in rows and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Run => "run",
            Source::Online => "online",
            Source::Cached => "cached",
        }
    }

    /// The reverse of [`Source::as_str`].
    pub fn parse(text: &str) -> Option<Source> {
        [Source::Run, Source::Online, Source::Cached].into_iter().find(|source| source.as_str() == text)
    }
}

/// What one policy says about one ref update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Position of the update in the push.
    pub update: usize,
    /// `None` accepts; else why not.
    pub rejection: Option<Rejection>,
    /// Lines for the pusher even when accepted.
    pub warnings: Vec<String>,
}

/// Why a policy refuses an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The rule's short name, such as `subject-too-long`.
    pub code: String,
    /// What is wrong (naming path or commit) and how to mend it, one line each.
    pub lines: Vec<String>,
}

/// How a policy's call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyOutcome {
    /// It answered, once per update.
    Verdicts(Vec<Verdict>),
    /// It did not; the text is for the pusher.
    Fault(FailureClass, String),
}

/// What a call used, for the report and the bill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Instructions by wasmtime's count.
    pub fuel: u64,
    /// Peak bytes of memories and tables.
    pub memory: u64,
    /// Host calls.
    pub host_calls: u64,
    /// Bytes that the host handed over.
    pub host_bytes: u64,
    /// Microseconds from instantiation to the answer.
    pub wall_micros: u64,
}

/// A commit as policies and pages see it. Bytes, since git does not promise UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its id.
    pub id: Oid,
    /// The tree.
    pub tree: Oid,
    /// The parents, first parent first.
    pub parents: Vec<Oid>,
    /// Who wrote it.
    pub author: Signature,
    /// Who committed it.
    pub committer: Signature,
    /// The message as stored.
    pub message: Vec<u8>,
    /// What signs it, if anything does; policies are not shown it.
    pub signed: Option<Arc<Signed>>,
}

/// A signature with the bytes that it is about. Both are empty if there is one that is too long to be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// In the armour in which git carries it.
    pub signature: Vec<u8>,
    /// The object without it.
    pub payload: Vec<u8>,
}

/// Name, address and time of an author, committer or tagger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// As stored.
    pub name: Vec<u8>,
    /// As stored.
    pub email: Vec<u8>,
    /// Seconds since the epoch.
    pub seconds: i64,
    /// Offset from UTC in minutes, east positive.
    pub offset_minutes: i32,
}

#[cfg(test)]
mod tests {
    use super::Digest;

    #[test]
    fn a_digest_is_exactly_64_digits() {
        let text = format!("sha256:{}", "0aF1".repeat(16));
        assert_eq!(Digest::parse(&text).unwrap().to_string(), text.to_lowercase());
        for bad in ["", "sha256:", "sha256:00", &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)] {
            assert!(Digest::parse(bad).is_none(), "{bad}");
        }
    }
}
