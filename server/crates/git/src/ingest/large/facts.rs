//! What looking at objects one by one brought to light.

use std::collections::HashMap;

use hardie_domain::oid::Oid;

use super::super::clean::{Role, is_sound};
use crate::object::Kind;

/// Ids that are kept track of.
const MOST: usize = 4_000_000;

/// Gathered on each thread, then joined.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// What is named by sound objects, and as what.
    pub(super) named: HashMap<Oid, Kind>,
    /// Files that git reads, each with a tree that names it.
    pub(super) attributes: HashMap<Oid, Oid>,
    pub(super) modules: HashMap<Oid, Oid>,
    /// Objects that git shall look at.
    pub(super) doubtful: Vec<Oid>,
    /// An id is named as two things, or there are too many: git shall look at everything.
    pub(super) torn: bool,
}

impl Facts {
    /// Looks at an object.
    pub(super) fn look(&mut self, id: Oid, kind: Kind, data: &[u8]) {
        let Facts { named, attributes, modules, torn, .. } = self;
        let sound = is_sound(kind, data, &mut |other| {
            *torn |= *named.entry(other.id).or_insert(other.kind) != other.kind;
            match other.role {
                Role::Plain => {}
                Role::Attributes => drop(attributes.entry(other.id).or_insert(id)),
                Role::Modules => drop(modules.entry(other.id).or_insert(id)),
            }
        });
        if !sound {
            self.doubtful.push(id);
        }
        self.torn |= self.named.len() > MOST;
    }

    /// Takes in what another thread found.
    pub(super) fn join(&mut self, other: Facts) {
        for (id, kind) in other.named {
            self.torn |= *self.named.entry(id).or_insert(kind) != kind;
        }
        self.attributes.extend(other.attributes);
        self.modules.extend(other.modules);
        self.doubtful.extend(other.doubtful);
        self.torn |= other.torn || self.named.len() > MOST;
    }

    /// How many objects git may have to look at.
    pub(super) fn questions(&self) -> usize {
        self.doubtful.len() + 2 * (self.attributes.len() + self.modules.len())
    }
}
