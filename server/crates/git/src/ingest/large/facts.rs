//! What looking at objects one by one brought to light.

use std::collections::HashMap;

use hardie_domain::oid::Oid;

use super::super::clean::{Role, is_sound};
use super::seeded::{Seeded, seeded};
use crate::object::Kind;

/// Ids that are kept track of.
const MOST: usize = 1_500_000;
/// Folders in folders that are noted.
const MOST_NESTED: usize = 4_000_000;

/// Gathered on each thread, then joined.
#[derive(Debug)]
pub(super) struct Facts {
    /// What is named by sound objects, and as what.
    pub(super) named: HashMap<Oid, Kind, Seeded>,
    /// Files that git reads, each with a tree that names it.
    pub(super) attributes: HashMap<Oid, Oid>,
    pub(super) modules: HashMap<Oid, Oid>,
    /// Objects that git shall look at.
    pub(super) doubtful: Vec<Oid>,
    /// Folders and the folders in them, by the beginnings of their ids; `None` if there are too many.
    pub(super) nested: Option<Vec<(u64, u64)>>,
    /// An id is named as two things, or there are too many: git shall look at everything. Nothing else is kept then.
    pub(super) torn: bool,
}

impl Default for Facts {
    fn default() -> Facts {
        let (named, attributes, modules) = (HashMap::with_hasher(seeded()), HashMap::new(), HashMap::new());
        Facts { named, attributes, modules, doubtful: Vec::new(), nested: Some(Vec::new()), torn: false }
    }
}

impl Facts {
    /// Looks at an object.
    pub(super) fn look(&mut self, id: Oid, kind: Kind, data: &[u8]) {
        if self.torn {
            return;
        }
        let Facts { named, attributes, modules, nested, torn, .. } = self;
        let sound = is_sound(kind, data, &mut |other| {
            // One object may name a million.
            *torn = *torn || named.len() > MOST || *named.entry(other.id).or_insert(other.kind) != other.kind;
            if *torn {
                return;
            }
            if (kind, other.kind) == (Kind::Tree, Kind::Tree)
                && let Some(edges) = nested
            {
                edges.push((beginning(&id), beginning(&other.id)));
            }
            match other.role {
                Role::Plain => {}
                Role::Attributes => drop(attributes.entry(other.id).or_insert(id)),
                Role::Modules => drop(modules.entry(other.id).or_insert(id)),
            }
        });
        if !sound {
            self.doubtful.push(id);
        }
        self.keep_to_bounds();
    }

    /// Notes that a folder lies in another.
    pub(super) fn nest(&mut self, folder: &Oid, inner: &Oid) {
        if let Some(edges) = &mut self.nested {
            edges.push((beginning(folder), beginning(inner)));
        }
        self.keep_to_bounds();
    }

    fn keep_to_bounds(&mut self) {
        if self.nested.as_ref().is_some_and(|edges| edges.len() > MOST_NESTED) {
            self.nested = None;
        }
        if self.torn || self.named.len() > MOST {
            *self = Facts { torn: true, ..Facts::default() };
        }
    }

    /// Takes in what another thread found.
    pub(super) fn join(&mut self, other: Facts) {
        for (id, kind) in other.named {
            self.torn |= *self.named.entry(id).or_insert(kind) != kind;
        }
        self.attributes.extend(other.attributes);
        self.modules.extend(other.modules);
        self.doubtful.extend(other.doubtful);
        self.nested = match (self.nested.take(), other.nested) {
            (Some(mut edges), Some(more)) => {
                edges.extend(more);
                Some(edges)
            }
            _ => None,
        };
        self.torn |= other.torn;
        self.keep_to_bounds();
    }

    /// How many objects git may have to look at.
    pub(super) fn questions(&self) -> usize {
        self.doubtful.len() + 2 * (self.attributes.len() + self.modules.len())
    }
}

/// Enough to tell folders apart. Two that were made to begin alike count as one, which only makes a nesting look deeper.
fn beginning(id: &Oid) -> u64 {
    id.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
