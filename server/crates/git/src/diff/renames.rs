//! Pairs removed with added files whose content is alike.

use std::collections::HashMap;

use hardie_domain::oid::Oid;
use hardie_domain::policy::Change;

use super::lines::{is_binary, similarity};
use crate::budget::Budget;
use crate::error::Result;
use crate::object::Kind;
use crate::odb::Odb;

/// The least likeness, in percent, for which a pair counts as a rename; git's default.
pub(crate) const LEAST: u8 = 50;
/// Larger blobs are matched by id alone.
pub(crate) const LARGEST: u64 = 256 << 10;

/// A rename found among changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rename {
    /// Position of the change that removes the old path.
    pub(crate) from: usize,
    /// Position of the change that adds the new path.
    pub(crate) to: usize,
    /// Likeness in percent.
    pub(crate) similarity: u8,
}

/// Finds renames: same content first, then by likeness, unless that would compare more than `limit` × `limit` files.
pub(crate) fn find(odb: &Odb, changes: &[Change], limit: usize, budget: &mut Budget) -> Result<Vec<Rename>> {
    let regular = |side: &Option<(u32, Oid)>| side.filter(|(mode, _)| mode & 0o170_000 == 0o100_000).map(|(_, id)| id);
    let pick = |add: bool| {
        changes.iter().enumerate().filter_map(move |(at, c)| {
            let (this, other) = if add { (&c.new, &c.old) } else { (&c.old, &c.new) };
            regular(this).filter(|_| other.is_none()).map(|id| (at, id))
        })
    };
    let mut removed: Vec<(usize, Oid)> = pick(false).collect();
    let mut added: Vec<(usize, Oid)> = pick(true).collect();
    let mut found = Vec::new();
    let mut by_id: HashMap<Oid, Vec<usize>> = HashMap::new();
    for (at, id) in removed.iter().rev() {
        by_id.entry(*id).or_default().push(*at);
    }
    added.retain(|(to, id)| match by_id.get_mut(id).and_then(Vec::pop) {
        Some(from) => {
            found.push(Rename { from, to: *to, similarity: 100 });
            false
        }
        None => true,
    });
    removed.retain(|(at, _)| !found.iter().any(|r| r.from == *at));
    if removed.len() > limit || added.len() > limit {
        return Ok(found);
    }
    found.extend(alike(&texts(odb, &removed, budget)?, &texts(odb, &added, budget)?, budget)?);
    Ok(found)
}

type Text = (usize, bytes::Bytes);

fn texts(odb: &Odb, files: &[(usize, Oid)], budget: &mut Budget) -> Result<Vec<Text>> {
    let mut out = Vec::new();
    for (at, id) in files {
        let (kind, size) = odb.header(id)?;
        if kind == Kind::Blob && size > 0 && size <= LARGEST {
            let data = odb.find_kind(id, Kind::Blob)?;
            budget.bytes(data.len())?;
            if !is_binary(&data) {
                out.push((*at, data));
            }
        }
    }
    Ok(out)
}

/// The best pairs first; each file is used once.
fn alike(removed: &[Text], added: &[Text], budget: &mut Budget) -> Result<Vec<Rename>> {
    let mut pairs = Vec::new();
    for (from, old) in removed {
        for (to, new) in added {
            let (small, large) = (old.len().min(new.len()), old.len().max(new.len()));
            // Sizes alone rule most pairs out.
            if small * 100 < large * usize::from(LEAST) {
                continue;
            }
            budget.bytes(old.len().saturating_add(new.len()))?;
            let similarity = similarity(old, new);
            if similarity >= LEAST {
                pairs.push(Rename { from: *from, to: *to, similarity });
            }
        }
    }
    pairs.sort_by_key(|r| (std::cmp::Reverse(r.similarity), r.from, r.to));
    let mut best: Vec<Rename> = Vec::new();
    for pair in pairs {
        if !best.iter().any(|r| r.from == pair.from || r.to == pair.to) {
            best.push(pair);
        }
    }
    Ok(best)
}
