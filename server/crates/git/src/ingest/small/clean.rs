//! Whether a small pack is beyond doubt.

use std::collections::{HashMap, HashSet};

use hardie_domain::oid::Oid;

use super::super::clean::{ATTRIBUTES, Named, Role, are_plain_attributes, is_sound};
use super::Objects;
use crate::budget::Cancel;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;

/// Objects that are named by what was sent, looked up here.
const MOST_NAMED: usize = 50_000;
/// Different `.gitattributes` files.
const MOST_ATTRIBUTES: usize = 8;

/// Whether all objects are sound, and name objects of the right kind that are stored.
pub(super) fn all(objects: &Objects, odb: &Odb, gone: &Cancel) -> Result<bool> {
    // Each is looked at once, however many name it.
    let (mut kinds, mut plain) = (HashMap::new(), HashSet::new());
    let mut named = Vec::new();
    for object in objects.by_id.values() {
        named.clear();
        if !is_sound(object.kind, &object.data, &mut |other| named.push(other)) {
            return Ok(false);
        }
        for Named { id, kind, role } in named.iter().copied() {
            let found = match kinds.get(&id) {
                Some(known) => *known,
                None if kinds.len() == MOST_NAMED || (kinds.len() % 256 == 0 && gone.is_cancelled()) => return Ok(false),
                None => {
                    let found = kind_of(objects, odb, &id)?;
                    kinds.insert(id, found);
                    found
                }
            };
            if found != Some(kind) || role == Role::Modules {
                return Ok(false);
            }
            if role == Role::Attributes && !plain.contains(&id) {
                if plain.len() == MOST_ATTRIBUTES || !attributes_are_plain(objects, odb, &id)? {
                    return Ok(false);
                }
                plain.insert(id);
            }
        }
    }
    Ok(true)
}

fn kind_of(objects: &Objects, odb: &Odb, id: &Oid) -> Result<Option<Kind>> {
    match objects.by_id.get(id) {
        Some(object) => Ok(Some(object.kind)),
        None => odb.kind(id),
    }
}

fn attributes_are_plain(objects: &Objects, odb: &Odb, id: &Oid) -> Result<bool> {
    if let Some(object) = objects.by_id.get(id) {
        return Ok(are_plain_attributes(&object.data));
    }
    match odb.header(id) {
        Ok((Kind::Blob, size)) if size <= ATTRIBUTES as u64 => Ok(are_plain_attributes(&odb.find(id)?.data)),
        Ok(_) | Err(Error::NotFound(_)) => Ok(false),
        Err(other) => Err(other),
    }
}
