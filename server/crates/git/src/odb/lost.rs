//! Packs that cannot be opened. Where the index is still good it is known what is lost.

use std::sync::Arc;

use gix::odb::pack::index;
use hardie_domain::oid::Oid;

use crate::error::Error;
use crate::object::to_gix;
use crate::packs::pack::open_index;
use crate::packs::{PackHash, PackStore};

/// One of them.
#[derive(Clone)]
pub struct Lost {
    /// Which.
    pub pack: PackHash,
    why: String,
    index: Option<Arc<index::File>>,
}

impl Lost {
    /// A pack that could not be opened for this reason.
    pub fn new(store: &PackStore, pack: PackHash, why: &Error) -> Lost {
        let index = open_index(&store.final_name(&pack).0, pack).ok().map(Arc::new);
        let why = match why {
            Error::Damaged { why, .. } => why.clone(),
            other => other.to_string(),
        };
        Lost { pack, why, index }
    }

    /// The error of an object that lies in it; `None` if it does not, or nobody can tell.
    pub(super) fn error_of(&self, id: &Oid) -> Option<Error> {
        self.index.as_ref()?.lookup(to_gix(id))?;
        Some(Error::Damaged { pack: self.pack, object: Some(*id), why: self.why.clone() })
    }
}

impl std::fmt::Debug for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lost").field("pack", &self.pack).field("why", &self.why).finish_non_exhaustive()
    }
}
