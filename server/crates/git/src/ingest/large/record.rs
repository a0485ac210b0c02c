//! Notes what streams in: where entries begin, and the ids of the objects that are sent whole.

use std::ops::Range;

use gix::hash::Hasher;
use hardie_domain::oid::Oid;

use super::super::scan::{Form, Watch};
use super::facts::Facts;
use crate::object::Kind;

/// A larger tree, commit or tag is for git to look at.
const LARGEST: u64 = 16 << 20;
/// Bytes of inflated deltas that are kept until they are applied; the others are inflated again.
const KEPT: usize = 48 << 20;

/// An entry of the pack.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where it begins.
    pub(super) start: u64,
    pub(super) form: Form,
    /// Where the notes have its delta, if they have it.
    pub(super) kept: Range<u32>,
}

/// The notes. An object that was made to collide, and every delta, has the null id.
#[derive(Default)]
pub(super) struct Record {
    pub(super) entries: Vec<Entry>,
    pub(super) ids: Vec<Oid>,
    pub(super) facts: Facts,
    /// The whole object that is streaming in.
    open: Option<Open>,
    data: Vec<u8>,
    /// Inflated deltas, one behind the other.
    pub(super) deltas: Vec<u8>,
    keeping: bool,
}

struct Open {
    kind: Kind,
    hasher: Hasher,
    /// Whether its bytes are kept until its end, to be looked at.
    kept: bool,
    small: bool,
}

impl Watch for Record {
    fn begin(&mut self, start: u64, form: Form, size: u64) {
        self.entries.push(Entry { start, form, kept: 0..0 });
        self.ids.push(Oid::ZERO);
        self.open = match form {
            Form::Whole(kind) => {
                let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
                hasher.update(format!("{kind} {size}\0").as_bytes());
                let small = size <= LARGEST;
                Some(Open { kind, hasher, kept: kind != Kind::Blob && small, small })
            }
            Form::Near(_) | Form::Far(_) => None,
        };
        self.keeping = self.open.is_none() && self.deltas.len() as u64 + size <= KEPT as u64;
        self.data.clear();
    }

    fn data(&mut self, bytes: &[u8]) {
        if let Some(open) = &mut self.open {
            open.hasher.update(bytes);
            if open.kept {
                self.data.extend_from_slice(bytes);
            }
        } else if self.keeping
            && let Some(entry) = self.entries.last_mut()
        {
            let at = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
            if entry.kept.is_empty() {
                entry.kept.start = at(self.deltas.len());
            }
            self.deltas.extend_from_slice(bytes);
            entry.kept.end = at(self.deltas.len());
        }
    }

    fn end(&mut self) {
        let Some(Open { kind, hasher, kept, small }) = self.open.take() else { return };
        let id = hasher.try_finalize().ok().and_then(|id| id.as_bytes().try_into().ok()).map(Oid);
        if let (Some(id), Some(slot)) = (id, self.ids.last_mut()) {
            *slot = id;
            if kept {
                self.facts.look(id, kind, &self.data);
            } else if kind != Kind::Blob && !small {
                self.facts.doubtful.push(id);
            }
        }
    }
}
