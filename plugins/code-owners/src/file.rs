//! CODEOWNERS as commits have it.

use std::collections::BTreeMap;
use std::rc::Rc;

use hardie_plugin::{Error, FileMode, Oid, Repository};

use crate::config::Config;
use crate::owners::Owners;

/// The largest one, in bytes.
pub const FILE: u64 = 512 << 10;

/// What a commit has.
pub enum File {
    /// None, and what to tell the pusher.
    None(Vec<String>),
    /// One of this path that is too large.
    TooLarge(String),
    /// One.
    Read(Read),
}

/// A file and its rules.
pub struct Read {
    /// Its path.
    pub path: String,
    /// Path and commit, for people.
    pub place: String,
    /// Its rules.
    pub owners: Owners,
    notes: Vec<String>,
}

impl File {
    /// What the pusher is told of it.
    pub fn notes(&self) -> &[String] {
        match self {
            File::None(notes) | File::Read(Read { notes, .. }) => notes,
            File::TooLarge(_) => &[],
        }
    }
}

/// Those that were read, by commit: the branches of one push often have one in common.
#[derive(Default)]
pub struct Files(BTreeMap<Oid, Rc<File>>);

impl Files {
    /// The first file that a commit has at one of the places.
    pub fn of(&mut self, config: &Config, repository: &Repository<'_>, commit: &Oid) -> Result<Rc<File>, Error> {
        if let Some(file) = self.0.get(commit) {
            return Ok(Rc::clone(file));
        }
        let file = Rc::new(read(config, repository, commit)?);
        self.0.insert(commit.clone(), Rc::clone(&file));
        Ok(file)
    }
}

fn read(config: &Config, repository: &Repository<'_>, commit: &Oid) -> Result<File, Error> {
    let mut notes = Vec::new();
    for path in &config.files {
        let Some(entry) = repository.entry(commit, path.as_bytes())? else { continue };
        if entry.mode == FileMode::SYMLINK {
            notes.push(format!("{path} is a symbolic link, which is not followed: it counts as none"));
            continue;
        }
        let Ok(size) = repository.blob_size(&entry.id) else { continue };
        if size > FILE {
            return Ok(File::TooLarge(path.clone()));
        }
        let text = repository.blob_range(&entry.id, 0, u32::try_from(size).unwrap_or(u32::MAX))?;
        let owners = Owners::parse(&String::from_utf8_lossy(&text));
        notes.extend(owners.notes.iter().map(|note| format!("{path} {note}")));
        return Ok(File::Read(Read { path: path.clone(), place: format!("{path} in {}", commit.short()), owners, notes }));
    }
    Ok(File::None(notes))
}
