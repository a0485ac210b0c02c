//! The objects of a pack beside those that are stored: what is named must be there, and what is there must be the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use hardie_domain::oid::Oid;

use super::super::clean::{ATTRIBUTES, are_plain_attributes};
use super::resolve::Resolved;
use super::{Around, IngestError};
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::{Member, Odb};
use crate::packs::Pack;

/// Objects that git is asked about; if there are more it looks at all of them.
const MOST_QUESTIONS: usize = 50_000;

/// Whether everything that is named is carried or stored, as what it is named; and there is little left to ask.
pub(super) fn names_are_kept(resolved: &Resolved, around: &Around<'_>) -> Result<bool, IngestError> {
    if resolved.facts.questions() > MOST_QUESTIONS {
        return Ok(false);
    }
    let mut carried: Vec<(Oid, Kind)> = resolved.ids.iter().copied().zip(resolved.kinds.iter().copied()).collect();
    carried.sort_unstable_by_key(|(id, _)| *id);
    for (at, (id, kind)) in resolved.facts.named.iter().enumerate() {
        if at % 1024 == 0 {
            around.go_on()?;
        }
        let found = match carried.binary_search_by_key(id, |(id, _)| *id).ok().and_then(|at| carried.get(at)) {
            Some((_, kind)) => Some(*kind),
            None => around.base.odb.kind(id)?,
        };
        if found != Some(*kind) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Compares what is stored already, byte for byte, and says which objects git shall look at.
pub(super) fn settle(pack: &Arc<Pack>, resolved: &Resolved, around: &Around<'_>) -> Result<BTreeSet<Oid>, IngestError> {
    let Resolved { ids, bases, facts, .. } = resolved;
    let new = Odb::new(vec![Member { pack: Arc::clone(pack), closed: false }]);
    for (at, id) in ids.iter().enumerate() {
        if at % 1024 == 0 {
            around.go_on()?;
        }
        if !bases.contains(id) && around.base.odb.contains(id) {
            let stored = match around.base.odb.find(id) {
                // It comes whole once more.
                Err(Error::Damaged { .. }) => continue,
                stored => stored?,
            };
            let sent = new.find(id)?;
            if stored.kind != sent.kind || stored.data != sent.data {
                return Err(IngestError::Fsck(format!("object {id} is stored with other bytes: SHA-1 collision")));
            }
        }
    }
    let all = around.base.odb.with_pack(Some(pack));
    let mut doubtful: BTreeSet<Oid> = facts.doubtful.iter().copied().collect();
    for (file, tree) in &facts.attributes {
        around.go_on()?;
        if !attributes_are_plain(&all, file)? {
            doubtful.extend(asked(pack, file, tree));
        }
    }
    for (file, tree) in &facts.modules {
        doubtful.extend(asked(pack, file, tree));
    }
    Ok(doubtful)
}

/// The tree, and the file that it names unless that is stored already: git finds it there.
fn asked(pack: &Pack, file: &Oid, tree: &Oid) -> impl Iterator<Item = Oid> {
    Some(*file).filter(|file| pack.contains(file)).into_iter().chain([*tree])
}

fn attributes_are_plain(odb: &Odb, id: &Oid) -> Result<bool> {
    Ok(odb.header(id)?.1 <= ATTRIBUTES as u64 && are_plain_attributes(&odb.find(id)?.data))
}
