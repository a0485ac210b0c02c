//! The head of a commit-graph and its table of chunks.

use std::ops::Range;

/// Signature, version 1 of the format, SHA-1.
const HEAD: &[u8] = b"CGPH\x01\x01";
/// Bytes before the table: the head, the number of chunks, the number of files below this one.
const BEFORE: usize = 8;
/// Bytes of an entry: a name and where its chunk begins.
const ENTRY: usize = 12;

/// Where the chunks are.
pub(super) struct Table(Vec<([u8; 4], Range<usize>)>);

impl Table {
    /// The chunk of this name.
    pub(super) fn get(&self, name: &[u8; 4]) -> Option<Range<usize>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, range)| range.clone())
    }
}

/// Reads it from a file without its checksum. All ranges lie in `body`.
pub(super) fn read(body: &[u8]) -> Result<Table, &'static str> {
    let rest = body.strip_prefix(HEAD).ok_or("it is no commit-graph of version 1 with SHA-1")?;
    let [chunks, below, table @ ..] = rest else { return Err("it ends in its head") };
    if *below != 0 {
        return Err("it stands on other files");
    }
    let length = (usize::from(*chunks) + 1) * ENTRY;
    let entries = table.get(..length).ok_or("it ends in its table of chunks")?.as_chunks::<ENTRY>().0;
    let starts = entries.iter().map(|[a, b, c, d, start @ ..]| ([*a, *b, *c, *d], usize::try_from(u64::from_be_bytes(*start))));
    let starts: Vec<([u8; 4], usize)> = starts.map(|(name, start)| (name, start.unwrap_or(usize::MAX))).collect();
    let (first, last) = (starts.first().map(|(_, at)| *at), starts.last().map(|(_, at)| *at));
    if first.is_none_or(|at| at < BEFORE + length) || last != Some(body.len()) || !starts.is_sorted_by_key(|(_, at)| *at) {
        return Err("its chunks are not one behind the other");
    }
    let ends = starts.iter().skip(1).map(|(_, at)| *at);
    Ok(Table(starts.iter().zip(ends).map(|((name, start), end)| (*name, *start..end)).collect()))
}
