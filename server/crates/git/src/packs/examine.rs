//! What is wrong with a pack, as far as it can be told: the object whose bytes are not those that were indexed.

use std::sync::Arc;

use hardie_domain::oid::Oid;

use crate::error::{Error, Result};
use crate::object::from_gix;
use crate::odb::{Member, Odb};
use crate::packs::pack::{unreadable, verify_index};
use crate::packs::store::hash_file;
use crate::packs::{Pack, PackHash, PackStore, Suspect};

/// Damaged objects that are named one by one.
const NAMED: usize = 20;

/// One thing wrong with a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The object that it hits, if that is known.
    pub object: Option<Oid>,
    /// What is wrong, in words that do not repeat the pack's name.
    pub text: String,
}

impl Damage {
    /// An error's, without the names that a damage carries beside its text.
    fn of(error: Error) -> Damage {
        match error {
            Error::Damaged { object, why, .. } => Damage { object, text: why },
            other => Damage::of_pack(other.to_string()),
        }
    }

    fn of_pack(text: impl Into<String>) -> Damage {
        Damage { object: None, text: text.into() }
    }
}

impl PackStore {
    /// Reads the whole pack and compares it with its name, the trailers of data and index, and each object with its id. Empty if it
    /// is whole; an error if it cannot be told, as when too many files are open.
    /// The file is opened anew: an old map of a file that was replaced would show the old bytes.
    pub fn examine(&self, hash: &PackHash) -> Result<Vec<Damage>> {
        let opened = self.open_unpublished(&self.final_name(hash).0, *hash);
        let pack = match opened {
            Ok(pack) => pack,
            Err(error @ Error::Damaged { .. }) => return Ok(vec![Damage::of(error)]),
            Err(error) => return Err(error),
        };
        let index = pack.check_index().err().map(|e| Damage::of_pack(e.to_string()));
        let data = match hash_file(pack.path()) {
            // An index whose trailer is right may still lead to other objects than it says.
            Ok(found) if found == *hash && index.is_none() => misnamed_objects(&pack),
            Ok(found) if found == *hash => Vec::new(),
            // A damaged index tells nothing about the data.
            Ok(_) if index.is_some() => vec![Damage::of_pack("the bytes are not those of its name")],
            Ok(_) => pack.damaged_objects(),
            Err(Error::Io { cause, .. }) => match unreadable(*hash, "data", cause) {
                error @ Error::Damaged { .. } => vec![Damage::of(error)],
                other => return Err(other),
            },
            Err(error) => return Err(error),
        };
        Ok(index.into_iter().chain(data).collect())
    }

    /// Whether the file as it is now has what reading noted; one look at one object, not at the pack. `None` if it reads well.
    pub fn confirm(&self, suspect: &Suspect) -> Option<Damage> {
        let opened = self.open_unpublished(&self.final_name(&suspect.pack).0, suspect.pack);
        let pack = match opened {
            Ok(pack) => pack,
            Err(error @ Error::Damaged { .. }) => return Some(Damage::of(error)),
            // Too many open files, say: that is no damage.
            Err(_) => return None,
        };
        let id = suspect.object.filter(|id| pack.contains(id))?;
        let odb = Odb::new(vec![Member { pack, closed: false }]);
        let read = odb.find(&id).and_then(|_| odb.stored(&id)?.checked(&id).map(drop));
        match read {
            Err(error @ Error::Damaged { .. }) => Some(Damage { object: Some(id), text: Damage::of(error).text }),
            _ => None,
        }
    }
}

/// Reads every object by its id and computes that anew.
fn misnamed_objects(pack: &Arc<Pack>) -> Vec<Damage> {
    let odb = Odb::new(vec![Member { pack: Arc::clone(pack), closed: false }]);
    let wrong = pack.entries().filter_map(|(id, _)| {
        let text = match odb.find(&id) {
            Ok(object) if object.id() == Some(id) => return None,
            Ok(_) => "its bytes were made to collide".to_owned(),
            Err(error @ Error::Damaged { .. }) => Damage::of(error).text,
            // Too large for the memory there is, say: the bytes are those of the pack's name.
            Err(_) => return None,
        };
        Some(Damage { object: Some(id), text })
    });
    wrong.take(NAMED).collect()
}

impl Pack {
    /// Reads the whole index and compares it with its own trailer.
    pub(crate) fn check_index(&self) -> Result<()> {
        verify_index(&self.index).map_err(|e| Error::Git(format!("index of pack {}: {e}", self.hash())))
    }

    /// Compares each entry with the checksum that the index has of it, in a pack whose bytes are not those of its name.
    fn damaged_objects(&self) -> Vec<Damage> {
        let mut order: Vec<(u64, u32)> = (0..self.index.num_objects()).map(|at| (self.index.pack_offset_at_index(at), at)).collect();
        order.sort_unstable();
        let end = self.data.pack_end() as u64;
        let ends = order.iter().skip(1).map(|(offset, _)| *offset).chain([end]);
        let mut damage = Vec::new();
        let mut hit = 0usize;
        for ((offset, at), next) in order.iter().zip(ends) {
            if self.is_entry_whole(*offset, next, *at) {
                continue;
            }
            hit += 1;
            if hit <= NAMED {
                let text = format!("its bytes, from offset {offset}, are not those that were indexed");
                damage.push(Damage { object: Some(from_gix(self.index.oid_at_index(*at))), text });
            }
        }
        if hit > NAMED {
            damage.push(Damage::of_pack(format!("{} more objects are damaged", hit - NAMED)));
        }
        if hit == 0 {
            damage.push(Damage::of_pack("the bytes are not those of its name, though every object is as indexed"));
        }
        damage
    }

    fn is_entry_whole(&self, offset: u64, end: u64, at: u32) -> bool {
        // Past the end of a file that was cut off there is nothing to compare.
        let bytes = if offset < end { self.data.entry_slice(offset..end) } else { None };
        let size = bytes.map(<[u8]>::len);
        size.is_some_and(|size| Some(self.data.entry_crc32(offset, size)) == self.index.crc32_at_index(at))
    }
}
