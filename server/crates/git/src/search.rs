//! A text looked for in the files of a tree, within bounds. No index: what is asked for is read.

use gix::bstr::ByteSlice as _;
use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::diff::lines::is_binary;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::tree::{Down, decode, mode};

/// What is looked for, and how much of it is told.
#[derive(Clone, Debug)]
pub struct SearchQuery {
    /// The text, within one line. Bytes, compared as they are.
    pub text: Vec<u8>,
    /// Whether `A` to `Z` count as `a` to `z`. Other letters are compared as they are.
    pub ignore_case: bool,
    /// Only in this folder or file; everywhere if empty. Bytes.
    pub path: Vec<u8>,
    /// Larger files are passed over.
    pub max_file_bytes: u64,
    /// Lines found at most.
    pub max_lines: usize,
    /// Lines found at most in one file.
    pub max_file_lines: usize,
    /// Bytes of a line that are told, around the first place where it matches.
    pub excerpt_bytes: usize,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// In git's order of paths.
    pub files: Vec<FoundFile>,
    /// Whether more lines match than are told.
    pub more: bool,
    /// Whether the budget ended the search: what is told is right, what follows is unknown.
    pub cut_short: bool,
    /// Files passed over because they are too large.
    pub passed_over: u64,
}

/// A file with lines that match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Its path from the top. Bytes.
    pub path: Vec<u8>,
    /// The blob.
    pub blob: Oid,
    /// The lines.
    pub lines: Vec<FoundLine>,
    /// Whether more of its lines match.
    pub more: bool,
}

/// A line that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLine {
    /// Its number, from 1.
    pub number: u32,
    /// The line without its end, or a part of it. Bytes.
    pub text: Vec<u8>,
    /// Whether something of the line is left out before and after `text`.
    pub cut: (bool, bool),
    /// Where the text matches: start and end within `text`, in order, apart from each other.
    pub matches: Vec<(usize, usize)>,
}

/// Looks for a text in every text file below a tree. Symbolic links, submodules and binary files are passed over.
///
/// Fails with `NotFound` if there is nothing at the query's path. A text that is empty or holds a line's end matches nothing.
pub fn search(odb: &Odb, tree: &Oid, query: &SearchQuery, budget: &mut Budget) -> Result<Found> {
    let mut walk = Walk { odb, budget, query, needle: query.text.clone(), found: Found::default(), lines: 0, down: Down::default() };
    if query.ignore_case {
        walk.needle.make_ascii_lowercase();
    }
    if query.text.is_empty() || query.text.contains(&b'\n') {
        return Ok(walk.found);
    }
    let start = crate::read::entry_at(odb, tree, &query.path)?.ok_or(Error::NotFound(*tree))?;
    let ended = match start.mode {
        0o040_000 => walk.folder(&start.id, &mut query.path.clone(), 0),
        mode => walk.file(mode, &start.id, &query.path),
    };
    match ended {
        Ok(()) => {}
        Err(Error::TooLarge(_) | Error::Stopped(_)) => walk.found.cut_short = true,
        Err(other) => return Err(other),
    }
    Ok(walk.found)
}

struct Walk<'a> {
    odb: &'a Odb,
    budget: &'a mut Budget,
    query: &'a SearchQuery,
    /// The text as it is compared.
    needle: Vec<u8>,
    found: Found,
    lines: usize,
    down: Down,
}

impl Walk<'_> {
    fn folder(&mut self, id: &Oid, path: &mut Vec<u8>, depth: usize) -> Result<()> {
        self.budget.step()?;
        let data = self.odb.find_kind(id, Kind::Tree)?;
        self.budget.bytes(data.len())?;
        self.down.open(data.len(), path, depth)?;
        for entry in decode(id, &data)? {
            if self.found.more && self.lines >= self.query.max_lines {
                return Ok(());
            }
            let length = path.len();
            if length > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(entry.name);
            match entry.is_tree() {
                true => self.folder(&entry.id, path, depth + 1)?,
                false => self.file(mode(&entry), &entry.id, path)?,
            }
            path.truncate(length);
        }
        self.down.close(data.len());
        Ok(())
    }

    fn file(&mut self, mode: u32, id: &Oid, path: &[u8]) -> Result<()> {
        if mode & 0o170_000 != 0o100_000 {
            return Ok(());
        }
        self.budget.step()?;
        if self.odb.blob_size(id)? > self.query.max_file_bytes {
            self.found.passed_over += 1;
            return Ok(());
        }
        let data = self.odb.blob(id, self.query.max_file_bytes)?;
        self.budget.bytes(data.len())?;
        if is_binary(&data) {
            return Ok(());
        }
        let folded = if self.query.ignore_case { Some(data.to_ascii_lowercase()) } else { None };
        let compared = folded.as_deref().unwrap_or(&data);
        let mut file = FoundFile { path: path.to_vec(), blob: *id, lines: Vec::new(), more: false };
        let (mut number, mut counted, mut from) = (1, 0, 0);
        while let Some(hit) = compared.get(from..).and_then(|rest| rest.find(&self.needle)).map(|at| from + at) {
            if self.lines >= self.query.max_lines || file.lines.len() >= self.query.max_file_lines {
                (file.more, self.found.more) = (true, true);
                break;
            }
            let start = compared.get(..hit).and_then(|before| before.rfind_byte(b'\n')).map_or(0, |at| at + 1);
            let end = compared.get(hit..).and_then(|after| after.find_byte(b'\n')).map_or(compared.len(), |at| hit + at);
            number += compared.get(counted..start).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
            let line = (data.get(start..end).unwrap_or_default(), compared.get(start..end).unwrap_or_default());
            file.lines.push(self.line(number, line, hit - start));
            self.lines += 1;
            (counted, from) = (start, end);
        }
        if !file.lines.is_empty() {
            self.found.files.push(file);
        }
        Ok(())
    }

    /// A line, or the part of it around its first match, with all matches that lie in it whole.
    fn line(&self, number: usize, (text, compared): (&[u8], &[u8]), first: usize) -> FoundLine {
        let room = self.query.excerpt_bytes.max(self.needle.len());
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let start = if text.len() <= room { 0 } else { first.saturating_sub((room - self.needle.len()) / 2).min(text.len() - room) };
        let (start, end) = (boundary(text, start), boundary(text, start.saturating_add(room).min(text.len())));
        let window = compared.get(start..end).unwrap_or_default();
        let matches = window.find_iter(&self.needle).map(|at| (at, at + self.needle.len())).collect();
        FoundLine {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            text: text.get(start..end).unwrap_or_default().to_vec(),
            cut: (start > 0, end < text.len()),
            matches,
        }
    }
}

/// The nearest place from here on that does not lie within a character of UTF-8.
fn boundary(text: &[u8], at: usize) -> usize {
    let inside = text.get(at..).unwrap_or_default().iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
    at + inside
}
