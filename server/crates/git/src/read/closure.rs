//! Proof that everything a set of tips names is stored, object by object: for verification, not for requests.

use std::collections::HashSet;

use hardie_domain::oid::Oid;

use super::objects::{commit_node, tag};
use super::tree::decode;
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;

/// An object that is named and cannot be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What is missing.
    pub missing: Oid,
    /// What names it; the null id for a tip.
    pub by: Oid,
}

/// The first gap in what these tips reach; `None` if all of it is there and decodes. Blobs are looked up, not read.
pub fn first_gap(odb: &Odb, tips: impl IntoIterator<Item = Oid>, budget: &mut Budget) -> Result<Option<Gap>> {
    let mut seen = HashSet::new();
    let mut open: Vec<(Oid, Oid)> = tips.into_iter().map(|tip| (tip, Oid::ZERO)).collect();
    while let Some((id, by)) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        budget.step()?;
        let kind = match odb.header(&id) {
            Ok((kind, _)) => kind,
            Err(Error::NotFound(missing)) => return Ok(Some(Gap { missing, by })),
            Err(error) => return Err(error),
        };
        match kind {
            Kind::Commit => {
                let node = commit_node(odb, &id)?;
                open.extend(node.parents.into_iter().chain([node.tree]).map(|next| (next, id)));
            }
            Kind::Tag => open.push((tag(odb, &id)?.target, id)),
            Kind::Tree => {
                let data = odb.find_kind(&id, Kind::Tree)?;
                open.extend(decode(&id, &data)?.into_iter().filter(|e| !e.is_gitlink()).map(|e| (e.id, id)));
            }
            Kind::Blob => {}
        }
    }
    Ok(None)
}
