//! The one line that a client asks to have executed: which git service, on which repository.
//!
//! Git builds the line for a shell (`git-upload-pack '/owner/name.git'`), so its quoting is undone here; nothing is ever run.

use hardie_app::lfs::LfsOperation;
use hardie_app::transport::Service;
use hardie_domain::names::RepoPath;

/// The longest line that is looked at.
const MOST_BYTES: usize = 4096;

/// What a client may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What for.
    pub service: Asked,
    /// The repository as the client wrote it.
    pub path: RepoPath,
}

/// The programs that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Fetch, push or archive.
    Git(Service),
    /// `git-lfs-authenticate`: where the LFS objects are, and a pass for them.
    Lfs(LfsOperation),
}

/// Reads a command line. The error is a text for the person at the other end.
pub fn parse(line: &[u8]) -> Result<Command, String> {
    if line.len() > MOST_BYTES {
        return Err(format!("the command is longer than {MOST_BYTES} bytes"));
    }
    let line = std::str::from_utf8(line).map_err(|_| "the command is not UTF-8".to_owned())?;
    let words = split(line)?;
    let mut words = words.iter().map(String::as_str);
    let first = words.next().unwrap_or_default();
    let name = match first {
        "git" => format!("git-{}", words.next().unwrap_or_default()),
        other => other.to_owned(),
    };
    let service = match name.as_str() {
        // Clients try this one first and then the other by themselves.
        "git-lfs-transfer" => return Err("LFS objects go over HTTP here, after git-lfs-authenticate".to_owned()),
        "git-lfs-authenticate" => None,
        other => Some(Service::parse(other).ok_or("only git is offered here: git-upload-pack, git-receive-pack and git-upload-archive")?),
    };
    let path = words.next();
    let service = match service {
        Some(service) => Asked::Git(service),
        None => {
            let operation = words.next().and_then(LfsOperation::parse);
            Asked::Lfs(operation.ok_or("git-lfs-authenticate takes one repository, and download or upload")?)
        }
    };
    let (Some(path), None) = (path, words.next()) else {
        return Err(format!("{name} takes exactly one repository, such as 'owner/name.git'"));
    };
    let path = RepoPath::parse(path).ok_or("the address of a repository is owner/name.git")?;
    Ok(Command { service, path })
}

/// Splits a line into words as a POSIX shell would, for the part of its language that git and its kin write: bare words,
/// `'…'`, `\x`, and `"…"` without anything that a shell would expand.
fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(plain(c)?),
                        None => return Err("the command has a quote without an end"),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('$' | '`' | '\\') => return Err("the command holds something that a shell would expand"),
                        Some(c) => word.push(plain(c)?),
                        None => return Err("the command has a quote without an end"),
                    }
                }
            }
            '\\' => {
                let escaped = chars.next().ok_or("the command ends in a backslash")?;
                word.get_or_insert_default().push(plain(escaped)?);
            }
            '$' | '`' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | '*' | '?' | '[' | '#' | '{' => {
                return Err("the command holds something that a shell would expand");
            }
            c => word.get_or_insert_default().push(plain(c)?),
        }
    }
    words.extend(word);
    Ok(words)
}

/// No address holds a control character, and a terminal or a log should not see one.
fn plain(c: char) -> Result<char, &'static str> {
    match c.is_control() {
        true => Err("the command holds a control character"),
        false => Ok(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(line: &str) -> (Asked, String) {
        let command = parse(line.as_bytes()).unwrap_or_else(|e| panic!("{line}: {e}"));
        (command.service, command.path.to_string())
    }

    #[test]
    fn every_spelling_of_the_clients_is_understood() {
        for line in [
            "git-upload-pack '/alice/tool.git'",
            "git-upload-pack 'alice/tool.git'",
            "git-upload-pack 'alice/tool'",
            "git upload-pack '/alice/tool.git'",
            "git-upload-pack /alice/tool.git",
            "git-upload-pack \"/alice/tool.git\"",
            "  git-upload-pack   'alice'/tool\\.git  ",
        ] {
            assert_eq!(ok(line), (Asked::Git(Service::UploadPack), "alice/tool".to_owned()), "{line}");
        }
        assert_eq!(ok("git-receive-pack 'a/b.git'").0, Asked::Git(Service::ReceivePack));
        assert_eq!(ok("git receive-pack 'a/b'").0, Asked::Git(Service::ReceivePack));
        assert_eq!(ok("git-upload-archive 'a/b.git'").0, Asked::Git(Service::UploadArchive));
    }

    #[test]
    fn lfs_clients_ask_with_an_operation() {
        let (download, upload) = (Asked::Lfs(LfsOperation::Download), Asked::Lfs(LfsOperation::Upload));
        assert_eq!(ok("git-lfs-authenticate '/a/b.git' download"), (download, "a/b".to_owned()));
        assert_eq!(ok("git-lfs-authenticate a/b.git upload"), (upload, "a/b".to_owned()));
        assert_eq!(ok("git lfs-authenticate a/b upload").0, upload);
    }

    #[test]
    fn quotes_and_bangs_are_undone_as_git_writes_them() {
        assert_eq!(ok(r"git-upload-pack 'a/it'\''s.git'").1, "a/it's");
        assert_eq!(ok(r"git-upload-pack 'a/wow'\!'.git'").1, "a/wow!");
        assert_eq!(ok("git-upload-pack 'a/$HOME;rm -rf'").1, "a/$HOME;rm -rf", "inside quotes it is only a name");
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        for (line, expected) in [
            ("", "only git"),
            ("ls", "only git"),
            ("bash -i", "only git"),
            ("git", "only git"),
            ("git status", "only git"),
            ("scp -t /tmp", "only git"),
            ("git-lfs-authenticate a/b", "download or upload"),
            ("git-lfs-authenticate a/b delete", "download or upload"),
            ("git-lfs-authenticate a/b download more", "exactly one repository"),
            ("git-lfs-authenticate ../../b download", "owner/name"),
            ("git-lfs-transfer a/b upload", "over HTTP"),
            ("git-upload-pack", "exactly one repository"),
            ("git-upload-pack --strict 'a/b'", "exactly one repository"),
            ("git-upload-pack 'a/b' 'c/d'", "exactly one repository"),
            ("git-upload-pack 'a'", "owner/name"),
            ("git-upload-pack ''", "owner/name"),
            ("git-upload-pack 'a/b/c'", "owner/name"),
            ("git-upload-pack '../../etc/passwd'", "owner/name"),
            ("git-upload-pack 'a/b", "without an end"),
            ("git-upload-pack \"a/b", "without an end"),
            ("git-upload-pack a/b\\", "backslash"),
            ("git-upload-pack a/b; id", "shell would expand"),
            ("git-upload-pack a/b && id", "shell would expand"),
            ("git-upload-pack $(id)", "shell would expand"),
            ("git-upload-pack \"a/$HOME\"", "shell would expand"),
            ("git-upload-pack 'a/b\n'", "control character"),
            ("git-upload-pack 'a/b\0'", "control character"),
            ("git-upload-pack 'a/\u{1b}[31m'", "control character"),
        ] {
            let error = parse(line.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{line:?}: {error}");
        }
        assert!(parse(b"git-upload-pack '\xff/b'").unwrap_err().contains("UTF-8"));
        assert!(parse(format!("git-upload-pack '{}/b'", "a".repeat(5000)).as_bytes()).unwrap_err().contains("longer"));
    }
}
