//! Files of git's chunk format (gitformat-chunk(5)): commit-graphs and multi-pack indexes. They are derived, read whole, and compared
//! with the checksum at their end before anything in them is believed.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use sha1::{Digest as _, Sha1};

/// Bytes of the checksum.
pub const SUM: usize = 20;
/// Bytes of an entry of the table: a name and where its chunk begins.
const ENTRY: usize = 12;

/// What stands behind these bytes.
pub fn checksum(body: &[u8]) -> [u8; SUM] {
    Sha1::digest(body).into()
}

/// The file without its checksum; `None` if that is another one.
pub fn sound(file: &[u8]) -> Option<&[u8]> {
    let (body, sum) = file.split_last_chunk::<SUM>()?;
    (checksum(body) == *sum).then_some(body)
}

/// Reads a file; `None` if it has more bytes than `most`.
pub(crate) fn load(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > most {
        return Ok(None);
    }
    // What grows meanwhile has another checksum.
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(size).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// A kind of such files.
pub(crate) struct Form {
    /// How they begin: signature, version, hash.
    pub(crate) head: &'static [u8],
    /// Bytes before the table: the head, the number of chunks, the number of files below, what else there is.
    pub(crate) before: usize,
}

/// Where the chunks of a file are.
pub(crate) struct Table(Vec<([u8; 4], Range<usize>)>);

impl Table {
    /// Reads it from a file without its checksum. All ranges lie in `body`.
    pub(crate) fn read(body: &[u8], form: &Form) -> Result<Table, &'static str> {
        let rest = body.strip_prefix(form.head).ok_or("it is of another version or hash")?;
        let [chunks, below, ..] = rest else { return Err("it ends in its head") };
        if *below != 0 {
            return Err("it stands on other files");
        }
        let end = form.before + (usize::from(*chunks) + 1) * ENTRY;
        let entries = body.get(form.before..end).ok_or("it ends in its table of chunks")?.as_chunks::<ENTRY>().0;
        let starts = entries.iter().map(|[a, b, c, d, start @ ..]| ([*a, *b, *c, *d], usize::try_from(u64::from_be_bytes(*start))));
        let starts: Vec<([u8; 4], usize)> = starts.map(|(name, start)| (name, start.unwrap_or(usize::MAX))).collect();
        let (first, last) = (starts.first().map(|(_, at)| *at), starts.last().map(|(_, at)| *at));
        if first.is_none_or(|at| at < end) || last != Some(body.len()) || !starts.is_sorted_by_key(|(_, at)| *at) {
            return Err("its chunks are not one behind the other");
        }
        let ends = starts.iter().skip(1).map(|(_, at)| *at);
        Ok(Table(starts.iter().zip(ends).map(|((name, start), end)| (*name, *start..end)).collect()))
    }

    /// The chunk of this name.
    pub(crate) fn get(&self, name: &[u8; 4]) -> Option<Range<usize>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, range)| range.clone())
    }
}
