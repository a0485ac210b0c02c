//! What happens to files, one after the other: each says what it found, so that nothing is written over unseen.

use std::collections::HashMap;

use hardie_domain::error::Invalid;
use hardie_domain::filepath::FilePath;
use hardie_domain::oid::Oid;
use hardie_git::Kind;
use hardie_git::compose::{Found, NewPack, TreeEdit, blob_id};

use super::explain;
use crate::browse::EntryKind;
use crate::{Error, Result};

/// Git's mode of a plain file.
const FILE: u32 = 0o100_644;
/// The most bytes of where a symbolic link points: what systems take.
const MOST_LINK: usize = 4095;

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It must not be there yet.
    Create,
    /// It must be there, as the blob that is named; moved if it says from where. It stays executable, or a link.
    Update,
    /// Either.
    Upload,
    /// Moved, with its content or another.
    Rename,
    /// It must be there, as the blob that is named.
    Delete,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What is done.
    pub action: Action,
    /// To the file of this path. Bytes.
    pub path: Vec<u8>,
    /// Which was at this path before. Bytes.
    pub from: Option<Vec<u8>>,
    /// What is in it then.
    pub content: Option<Vec<u8>>,
    /// The blob that it was, as whoever asks saw it: 40 digits.
    pub sha: Option<String>,
}

/// A file that an operation wrote.
pub(super) struct Written<'a> {
    pub path: FilePath,
    pub mode: u32,
    pub id: Oid,
    /// What is in it, if an operation said so; else it was there.
    pub content: Option<&'a [u8]>,
}

/// What an operation finds where the file is that it changes.
type Seen = Option<Found>;

/// Does them all; what is there of what they wrote when all are done, which goes into the pack, and what each found. `before` is what
/// each found when the same was tried before: where it is something else now, somebody else wrote it in between.
pub(super) fn apply<'a>(
    edit: &mut TreeEdit<'_>,
    pack: &mut NewPack,
    operations: &'a [Operation],
    before: &[Seen],
) -> Result<(Vec<Written<'a>>, Vec<Seen>)> {
    let (mut written, mut contents, mut seen) = (Vec::new(), HashMap::new(), Vec::new());
    for (at, operation) in operations.iter().enumerate() {
        let path = FilePath::parse(&operation.path)?;
        let from = operation.from.as_deref().filter(|from| !from.is_empty()).map(FilePath::parse).transpose()?;
        let step = Step { operation, path: &path, from: from.as_ref().filter(|from| **from != path) };
        let found = edit.find(step.source()).map_err(explain)?;
        if before.get(at).is_some_and(|known| *known != found) {
            return Err(Error::Conflict(format!("{} was written by somebody else meanwhile: read it again", step.source())));
        }
        seen.push(found);
        if let Some(Found { mode, id }) = step.run(edit)? {
            if let Some(content) = operation.content.as_deref() {
                contents.insert(id, content);
            }
            written.retain(|(before, _)| *before != path);
            written.push((path, Found { mode, id }));
        }
    }
    let mut left = Vec::new();
    for (path, found) in written {
        if edit.find(&path).map_err(explain)? == Some(found) {
            let Found { mode, id } = found;
            let content = contents.get(&id).copied();
            content.map(|content| pack.add(Kind::Blob, content)).transpose().map_err(explain)?;
            left.push(Written { path, mode, id, content });
        }
    }
    Ok((left, seen))
}

/// The subject of a commit for which nobody wrote one.
pub(super) fn subject(operations: &[Operation]) -> String {
    let [one] = operations else { return format!("Change {} files", operations.len()) };
    let path = String::from_utf8_lossy(&one.path);
    match one.action {
        Action::Create => format!("Add {path}"),
        Action::Update | Action::Upload => format!("Update {path}"),
        Action::Rename => format!("Rename {} to {path}", String::from_utf8_lossy(one.from.as_deref().unwrap_or_default())),
        Action::Delete => format!("Delete {path}"),
    }
}

struct Step<'a> {
    operation: &'a Operation,
    path: &'a FilePath,
    from: Option<&'a FilePath>,
}

impl Step<'_> {
    /// Where the file is that it changes.
    fn source(&self) -> &FilePath {
        self.from.unwrap_or(self.path)
    }

    /// What is there then; `None` of a deletion.
    fn run(&self, edit: &mut TreeEdit<'_>) -> Result<Option<Found>> {
        let source = self.source();
        match self.operation.action {
            Action::Create => self.create(edit).map(Some),
            Action::Upload if edit.find(source).map_err(explain)?.is_none() => self.create(edit).map(Some),
            Action::Rename if self.from.is_none() => Err(Invalid::new("from_path", "must be another path than path").into()),
            Action::Update | Action::Upload | Action::Rename => self.update(edit, source).map(Some),
            Action::Delete => {
                self.existing(edit, self.path)?;
                edit.remove(self.path).map_err(explain)?;
                Ok(None)
            }
        }
    }

    fn create(&self, edit: &mut TreeEdit<'_>) -> Result<Found> {
        self.require_room(edit)?;
        let content = self.operation.content.as_deref().ok_or_else(missing_content)?;
        let id = blob_id(content).map_err(explain)?;
        edit.put(self.path, FILE, id).map_err(explain)?;
        Ok(Found { mode: FILE, id })
    }

    fn update(&self, edit: &mut TreeEdit<'_>, source: &FilePath) -> Result<Found> {
        let found = self.existing(edit, source)?;
        if let Some(from) = self.from {
            self.require_room(edit)?;
            edit.remove(from).map_err(explain)?;
        }
        let id = match self.operation.content.as_deref() {
            Some(content) => {
                if EntryKind::of_mode(found.mode) == EntryKind::Symlink {
                    check_link(content)?;
                }
                blob_id(content).map_err(explain)?
            }
            None if self.from.is_some() => found.id,
            None => return Err(missing_content()),
        };
        edit.put(self.path, found.mode, id).map_err(explain)?;
        Ok(Found { mode: found.mode, id })
    }

    /// Refuses a path that is taken, or that no file should be given.
    fn require_room(&self, edit: &mut TreeEdit<'_>) -> Result<()> {
        if let Some(why) = self.path.reason_against() {
            return Err(Invalid::new("path", format!("{} {why}", self.path)).into());
        }
        match edit.find(self.path).map_err(explain)? {
            None => Ok(()),
            Some(_) => Err(Invalid::new("path", format!("{} exists already: to change it, send its sha", self.path)).into()),
        }
    }

    /// The file as whoever asks saw it.
    fn existing(&self, edit: &mut TreeEdit<'_>, path: &FilePath) -> Result<Found> {
        let found = edit.find(path).map_err(explain)?.ok_or(Error::NotFound("file"))?;
        if !EntryKind::of_mode(found.mode).is_blob() {
            return Err(Invalid::new("path", format!("{path} is a folder or a submodule, no file")).into());
        }
        let Some(sha) = self.operation.sha.as_deref().filter(|sha| !sha.is_empty()) else {
            return match self.operation.action {
                Action::Upload | Action::Rename => Ok(found),
                _ => Err(Invalid::new("sha", format!("is missing: say which blob {path} is now, as you saw it")).into()),
            };
        };
        let seen = Oid::from_hex(sha.as_bytes()).ok_or_else(|| Invalid::new("sha", "must be 40 hexadecimal digits"))?;
        match seen == found.id {
            true => Ok(found),
            false => {
                let text = format!("{path} is {} now, not {}: read it again, and repeat the change upon that", found.id, seen.short());
                Err(Error::Conflict(text))
            }
        }
    }
}

fn missing_content() -> Error {
    Invalid::new("content", "is missing: send the file's bytes in base64").into()
}

fn check_link(content: &[u8]) -> Result<()> {
    match content.is_empty() || content.len() > MOST_LINK || content.contains(&0) {
        true => Err(Invalid::new("content", format!("a symbolic link points to a path of 1 to {MOST_LINK} bytes without NUL")).into()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hardie_git::odb::Odb;

    fn tried(files: &[(&str, &[u8])], operation: &Operation, before: &[Seen]) -> Result<Vec<Seen>> {
        let odb = Odb::new(Vec::new());
        let mut edit = TreeEdit::new(&odb, None).unwrap();
        for (path, content) in files {
            edit.put(&FilePath::parse(path.as_bytes()).unwrap(), FILE, blob_id(content).unwrap()).unwrap();
        }
        let (_, seen) = apply(&mut edit, &mut NewPack::default(), std::slice::from_ref(operation), before)?;
        Ok(seen)
    }

    #[test]
    fn what_another_writer_brought_between_two_tries_is_not_written_over_though_no_sha_is_sent() {
        let upload = Operation { action: Action::Upload, path: b"a".to_vec(), from: None, content: Some(b"mine".to_vec()), sha: None };
        let rename = Operation { action: Action::Rename, path: b"b".to_vec(), from: Some(b"a".to_vec()), ..upload.clone() };
        let (old, theirs) = ([("a", &b"old"[..])], [("a", &b"theirs"[..])]);
        for (operation, first) in [(&upload, &old[..]), (&upload, &[]), (&rename, &old)] {
            let seen = tried(first, operation, &[]).unwrap();
            let beside = [first, &[("beside", b"theirs")]].concat();
            assert_eq!(tried(&beside, operation, &seen).unwrap(), seen, "{operation:?}");
            let refused = tried(&theirs, operation, &seen).unwrap_err();
            assert!(matches!(&refused, Error::Conflict(text) if text.starts_with("a was written")), "{operation:?}: {refused}");
        }
    }
}
