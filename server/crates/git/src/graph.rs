//! Commit-graphs: what walks need of a commit, and which paths it may have changed, without reading objects.
//!
//! git makes the file (`git commit-graph write --changed-paths`) from the packs that [`crate::bitmaps::Cover`] names, beside the
//! bitmaps. It is derived and may go at any time: whoever finds none, or not this commit in it, reads the object. Here is the reader of
//! gitformat-commit-graph(5); [`filter`] tells which paths a commit leaves alone, [`write()`] makes the file, [`kept`] keeps open ones.

pub mod filter;
pub mod kept;
pub mod write;

use std::fmt;
use std::ops::Range;

use hardie_domain::oid::Oid;

use crate::chunked::{self, Form, Table};
use crate::read::parse::CommitNode;
use filter::{Filter, Filters, Key};
pub use write::{is_settled, write};

/// In place of a parent that there is not.
const NO_PARENT: u32 = 0x7000_0000;
/// Set where the second parent's field leads to a list instead, and in the last entry of that list.
const MARK: u32 = 1 << 31;
/// Bytes of one commit: its tree, two parents, and time with generation.
const ROW: usize = 36;
/// Signature, version 1 of the format, SHA-1.
const FORM: Form = Form { head: b"CGPH\x01\x01", before: 8 };

/// A commit-graph in memory, whose bytes have the checksum at their end.
pub struct Graph {
    bytes: Vec<u8>,
    fan: [u32; 256],
    ids: Range<usize>,
    rows: Range<usize>,
    edges: Range<usize>,
    filters: Option<Filters>,
}

impl Graph {
    /// Reads these bytes, or says what is wrong with them.
    pub fn parse(bytes: Vec<u8>) -> Result<Graph, &'static str> {
        let body = chunked::sound(&bytes).ok_or("it has not the checksum at its end")?;
        let table = Table::read(body, &FORM)?;
        let fan = fan(table.get(b"OIDF").and_then(|range| body.get(range)).ok_or("it has no fanout")?)?;
        let count = fan.last().map_or(0, |count| *count as usize);
        let sized = |id, size: usize| table.get(id).filter(|range| Some(range.len()) == count.checked_mul(size));
        let ids = sized(b"OIDL", 20).ok_or("its ids are not as many as it says")?;
        let rows = sized(b"CDAT", ROW).ok_or("its commits are not as many as its ids")?;
        let filters = match (sized(b"BIDX", 4), table.get(b"BDAT")) {
            (Some(index), Some(data)) => Filters::read(body, index, data),
            _ => None,
        };
        let edges = table.get(b"EDGE").unwrap_or_default();
        Ok(Graph { fan, ids, rows, edges, filters, bytes })
    }

    /// Commits in it.
    pub fn len(&self) -> u32 {
        self.fan.last().copied().unwrap_or_default()
    }

    /// Whether there is no commit in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it tells of changed paths.
    pub fn has_filters(&self) -> bool {
        self.filters.is_some()
    }

    /// Where a commit stands in it: its number in the order of ids.
    pub fn position(&self, id: &Oid) -> Option<u32> {
        let first = usize::from(id.0[0]);
        let start = first.checked_sub(1).and_then(|before| self.fan.get(before)).map_or(0, |count| *count as usize);
        let end = *self.fan.get(first)? as usize;
        let found = self.ids().get(start..end)?.binary_search(&id.0).ok()?;
        u32::try_from(start + found).ok()
    }

    /// The commit that stands there.
    pub fn id(&self, at: u32) -> Option<Oid> {
        self.ids().get(at as usize).map(|id| Oid(*id))
    }

    /// What it says of the commit that stands there; `None` if it contradicts itself.
    pub fn node(&self, at: u32) -> Option<CommitNode> {
        let row = self.part(&self.rows).as_chunks::<ROW>().0.get(at as usize)?;
        let (tree, numbers) = row.split_at_checked(20)?;
        let [first, second, high, low] = *numbers.as_chunks::<4>().0 else { return None };
        let [first, second, high, low] = [first, second, high, low].map(u32::from_be_bytes);
        let mut parents = Vec::new();
        if first != NO_PARENT {
            parents.push(self.id(first)?);
        }
        if second & MARK != 0 {
            self.more_parents(second & !MARK, &mut parents)?;
        } else if second != NO_PARENT {
            parents.push(self.id(second)?);
        }
        // The upper thirty bits are the generation.
        Some(CommitNode { tree: Oid::from_bytes(tree)?, parents, time: i64::from(high & 3) << 32 | i64::from(low) })
    }

    fn more_parents(&self, from: u32, parents: &mut Vec<Oid>) -> Option<()> {
        for entry in self.part(&self.edges).as_chunks::<4>().0.get(from as usize..)? {
            let entry = u32::from_be_bytes(*entry);
            parents.push(self.id(entry & !MARK)?);
            if entry & MARK != 0 {
                return Some(());
            }
        }
        None
    }

    /// By what a path is asked for in filters; `None` if they can say nothing of it.
    pub fn key(&self, path: &[u8]) -> Option<Key> {
        self.filters.as_ref()?.key(path)
    }

    /// Which paths the commit that stands there may have changed against its first parent, or against nothing if it has no parent;
    /// `None` if that is not known.
    pub fn filter(&self, at: u32) -> Option<Filter<'_>> {
        self.filters.as_ref()?.of(&self.bytes, at)
    }

    fn ids(&self) -> &[[u8; 20]] {
        self.part(&self.ids).as_chunks::<20>().0
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

/// How many ids begin with each byte or a smaller one.
fn fan(bytes: &[u8]) -> Result<[u32; 256], &'static str> {
    let mut fan = [0; 256];
    if bytes.len() != 4 * fan.len() {
        return Err("its fanout has another size");
    }
    for (to, from) in fan.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *to = u32::from_be_bytes(*from);
    }
    if fan.is_sorted() { Ok(fan) } else { Err("its fanout does not ascend") }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph").field("commits", &self.len()).field("filters", &self.has_filters()).finish_non_exhaustive()
    }
}
