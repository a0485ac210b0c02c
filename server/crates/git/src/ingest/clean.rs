//! Whether an object is beyond doubt: a part of what git-fsck(1) passes in its strictest setting.
//!
//! Each check says yes only to what it knows to be sound. A no means nothing but that git shall look.

mod lines;
mod tree;

use hardie_domain::oid::Oid;

use crate::object::Kind;

/// Bytes of a `.gitattributes` file that is looked at here.
pub(super) const ATTRIBUTES: usize = 1 << 20;
/// The longest line of one; git's own bound.
const ATTRIBUTES_LINE: usize = 2048;

/// An object that another one names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) id: Oid,
    pub(super) kind: Kind,
    pub(super) role: Role,
}

/// As what git reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// As nothing of its own.
    Plain,
    /// As a `.gitattributes` file; it is sound if [`are_plain_attributes`] says so.
    Attributes,
    /// As a `.gitmodules` file. Git shall look at each.
    Modules,
}

/// Whether an object is sound by itself. What it names must be there, of that kind, and sound in that role.
pub(super) fn is_sound(kind: Kind, data: &[u8], named: &mut impl FnMut(Named)) -> bool {
    let sound = match kind {
        Kind::Blob => Some(()),
        Kind::Tree => tree::check(data, named),
        Kind::Commit => lines::commit(data, named),
        Kind::Tag => lines::tag(data, named),
    };
    sound.is_some()
}

/// Whether a `.gitattributes` file is short, in itself and in each line.
pub(super) fn are_plain_attributes(data: &[u8]) -> bool {
    data.len() <= ATTRIBUTES && data.split(|byte| *byte == b'\n').all(|line| line.len() < ATTRIBUTES_LINE)
}
