//! What git is asked about: a pack of the doubtful objects alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use hardie_domain::oid::Oid;
use sha1::{Digest as _, Sha1};

use crate::build::encode::{Deflater, header, number};
use crate::error::Result;
use crate::odb::{Member, Odb};
use crate::packs::Pack;

/// The objects, and the pack that they are in.
pub(in super::super) struct Doubtful {
    odb: Odb,
    ids: BTreeSet<Oid>,
}

impl Doubtful {
    pub(super) fn new(pack: &Arc<Pack>, ids: BTreeSet<Oid>) -> Doubtful {
        Doubtful { odb: Odb::new(vec![Member { pack: Arc::clone(pack), closed: false }]), ids }
    }

    /// Writes a pack of them, piece by piece; `false` from `take` ends it.
    pub(in super::super) fn write<E: From<crate::error::Error>>(&self, mut take: impl FnMut(&[u8]) -> Result<bool, E>) -> Result<(), E> {
        let mut sum = Sha1::new();
        let mut deflater = Deflater::default();
        let mut put = |bytes: &[u8]| {
            sum.update(bytes);
            take(bytes)
        };
        let count = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        let mut goes_on = put(&[&b"PACK\0\0\0\x02"[..], &count.to_be_bytes()].concat())?;
        for id in &self.ids {
            if !goes_on {
                return Ok(());
            }
            let object = self.odb.find(id)?;
            goes_on = put(&header(number(object.kind), object.data.len() as u64))? && put(deflater.deflate(&object.data)?)?;
        }
        let sum = sum.finalize();
        take(&sum).map(drop)
    }
}
