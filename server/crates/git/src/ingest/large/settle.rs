//! The objects of a pack beside those that are stored: what is named must be there, and what is there must be the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use hardie_domain::oid::Oid;

use super::super::clean::{ATTRIBUTES, are_plain_attributes};
use super::resolve::Resolved;
use super::sorted::Sorted;
use super::{Around, IngestError};
use crate::error::{Error, Result};
use crate::odb::{Member, Odb};
use crate::packs::Pack;

/// Objects that git is asked about; if there are more it looks at all of them.
const MOST_QUESTIONS: usize = 50_000;

/// What sound objects of the pack name.
pub(super) struct Named {
    /// Of each object of the pack, whether it is named.
    pub(super) carried: Vec<bool>,
    /// Whether something else is.
    pub(super) others: bool,
}

/// Something if everything that is named is carried or stored, as what it is named; and there is little left to ask.
pub(super) fn names_are_kept(resolved: &Resolved, sorted: &Sorted, around: &Around<'_>) -> Result<Option<Named>, IngestError> {
    if resolved.facts.questions() > MOST_QUESTIONS {
        return Ok(None);
    }
    let mut named = Named { carried: vec![false; resolved.ids.len()], others: false };
    for (at, (id, kind)) in resolved.facts.named.iter().enumerate() {
        if at % 1024 == 0 {
            around.go_on()?;
        }
        let place = sorted.place(id).map(|place| place as usize);
        let found = match place.and_then(|place| named.carried.get_mut(place).zip(resolved.kinds.get(place))) {
            Some((slot, kind)) => {
                *slot = true;
                Some(*kind)
            }
            None => {
                named.others = true;
                around.base.odb.kind(id)?
            }
        };
        if found != Some(*kind) {
            return Ok(None);
        }
    }
    Ok(Some(named))
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
