//! The sizes of all files below a tree.

use hardie_domain::oid::Oid;

use super::tree::{Down, decode, mode};
use crate::budget::Budget;
use crate::error::Result;
use crate::object::Kind;
use crate::odb::Odb;

/// Tells the size of each file below a tree that `wanted` makes something of, by its path, in git's order. Symbolic links and submodules
/// are passed over.
///
/// Fails with `Stopped` when the budget is used up, and with `TooLarge` for trees that no client can check out.
pub fn each_file<T>(
    odb: &Odb,
    tree: &Oid,
    wanted: impl Fn(&[u8]) -> Option<T>,
    budget: &mut Budget,
    mut tell: impl FnMut(T, u64),
) -> Result<()> {
    let mut down = Down::default();
    let mut tell_file = |path: &[u8], id: &Oid| -> Result<()> {
        if let Some(what) = wanted(path) {
            tell(what, odb.blob_size(id)?);
        }
        Ok(())
    };
    folder(odb, tree, &mut Vec::new(), 0, (&mut down, budget), &mut tell_file)
}

fn folder(
    odb: &Odb,
    id: &Oid,
    path: &mut Vec<u8>,
    depth: usize,
    (down, budget): (&mut Down, &mut Budget),
    tell: &mut dyn FnMut(&[u8], &Oid) -> Result<()>,
) -> Result<()> {
    let data = odb.find_kind(id, Kind::Tree)?;
    budget.bytes(data.len())?;
    down.open(data.len(), path, depth)?;
    for entry in decode(id, &data)? {
        budget.step()?;
        let length = path.len();
        if length > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(entry.name);
        match (entry.is_tree(), mode(&entry) & 0o170_000) {
            (true, _) => folder(odb, &entry.id, path, depth + 1, (&mut *down, &mut *budget), tell)?,
            (false, 0o100_000) => tell(path, &entry.id)?,
            (false, _) => {}
        }
        path.truncate(length);
    }
    down.close(data.len());
    Ok(())
}
