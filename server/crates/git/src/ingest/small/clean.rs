//! Whether objects are beyond doubt: a part of what git-fsck(1) passes in its strictest setting.
//!
//! Each check says yes only to what it knows to be sound. A no means nothing but that git shall look.

mod lines;
mod tree;

use std::collections::{HashMap, HashSet};

use hardie_domain::oid::Oid;

use super::Objects;
use crate::budget::Cancel;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;

/// Objects that are named by what was sent, looked up here.
const MOST_NAMED: usize = 50_000;
/// Different `.gitattributes` files.
const MOST_ATTRIBUTES: usize = 8;
/// Bytes of a `.gitattributes` file that is looked at here.
const ATTRIBUTES: usize = 1 << 20;
/// The longest line of one; git's own bound.
const ATTRIBUTES_LINE: usize = 2048;

/// Whether all objects are sound, and name objects of the right kind that are stored.
pub(super) fn all(objects: &Objects, odb: &Odb, gone: &Cancel) -> Result<bool> {
    // Each is looked at once, however many name it.
    let (mut kinds, mut plain) = (HashMap::new(), HashSet::new());
    for object in objects.by_id.values() {
        let named = match object.kind {
            Kind::Blob => continue,
            Kind::Tree => tree::named(&object.data),
            Kind::Commit => lines::commit(&object.data),
            Kind::Tag => lines::tag(&object.data),
        };
        let Some(named) = named else { return Ok(false) };
        for Named { id, kind, attributes } in named {
            let found = match kinds.get(&id) {
                Some(known) => *known,
                None if kinds.len() == MOST_NAMED || (kinds.len() % 256 == 0 && gone.is_cancelled()) => return Ok(false),
                None => {
                    let found = kind_of(objects, odb, &id)?;
                    kinds.insert(id, found);
                    found
                }
            };
            if found != Some(kind) {
                return Ok(false);
            }
            if attributes && !plain.contains(&id) {
                if plain.len() == MOST_ATTRIBUTES || !are_plain_attributes(objects, odb, &id)? {
                    return Ok(false);
                }
                plain.insert(id);
            }
        }
    }
    Ok(true)
}

/// An object that another one names.
struct Named {
    id: Oid,
    kind: Kind,
    /// Whether it is read as a `.gitattributes` file.
    attributes: bool,
}

fn kind_of(objects: &Objects, odb: &Odb, id: &Oid) -> Result<Option<Kind>> {
    if let Some(object) = objects.by_id.get(id) {
        return Ok(Some(object.kind));
    }
    match odb.header(id) {
        Ok((kind, _)) => Ok(Some(kind)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

fn are_plain_attributes(objects: &Objects, odb: &Odb, id: &Oid) -> Result<bool> {
    let is_plain = |data: &[u8]| data.len() <= ATTRIBUTES && data.split(|byte| *byte == b'\n').all(|line| line.len() < ATTRIBUTES_LINE);
    if let Some(object) = objects.by_id.get(id) {
        return Ok(is_plain(&object.data));
    }
    match odb.header(id) {
        Ok((Kind::Blob, size)) if size <= ATTRIBUTES as u64 => Ok(is_plain(&odb.find(id)?.data)),
        Ok(_) | Err(Error::NotFound(_)) => Ok(false),
        Err(other) => Err(other),
    }
}
