//! Ids from their first digits.

use hardie_domain::oid::Oid;

use crate::object::from_gix;
use crate::odb::Member;

/// What an abbreviated id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// Nothing, or it is not 4 to 40 hexadecimal digits.
    None,
    /// One object.
    One(Oid),
    /// More than one.
    Ambiguous,
}

pub(super) fn find(members: &[Member], hex: &str) -> Prefix {
    if hex.len() < 4 || hex.len() > 40 {
        return Prefix::None;
    }
    let Ok(prefix) = gix::hash::Prefix::from_hex(hex) else { return Prefix::None };
    let mut found = Prefix::None;
    for Member { pack, .. } in members {
        match pack.index.lookup_prefix(prefix, None) {
            None => {}
            Some(Err(())) => return Prefix::Ambiguous,
            Some(Ok(at)) => {
                let id = from_gix(pack.index.oid_at_index(at));
                match found {
                    // The same object may lie in several packs.
                    Prefix::One(other) if other != id => return Prefix::Ambiguous,
                    _ => found = Prefix::One(id),
                }
            }
        }
    }
    found
}
