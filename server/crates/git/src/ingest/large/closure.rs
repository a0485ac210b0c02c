//! Whether a pack is complete in itself, as that of a first push is: then nothing has to be walked to know that it is connected.

use std::collections::HashSet;
use std::sync::Arc;

use hardie_domain::oid::Oid;

use super::facts::Facts;
use crate::error::Result;
use crate::object::Kind;
use crate::odb::{Member, Odb};
use crate::packs::Pack;
use crate::read::objects::{commit_node, tag};
use crate::read::tree::decode;

/// Objects that nothing in the pack names: some tips, or else it is not worth keeping them.
const MOST: usize = 100_000;

/// Everything that an object of the pack names is in the pack.
#[derive(Debug)]
pub(crate) struct Closure {
    unnamed: Vec<Oid>,
}

impl Closure {
    /// `facts` are of all objects but the doubtful ones, which are read now: git found them sound.
    pub(super) fn of(pack: &Arc<Pack>, ids: &[Oid], facts: Facts, doubtful: &[Oid]) -> Result<Option<Closure>> {
        let odb = Odb::new(vec![Member { pack: Arc::clone(pack), closed: false }]);
        let mut named: HashSet<Oid> = facts.named.into_keys().collect();
        for id in doubtful {
            let object = odb.find(id)?;
            match object.kind {
                Kind::Blob => {}
                Kind::Tree => named.extend(decode(id, &object.data)?.iter().filter(|entry| !entry.is_gitlink()).map(|entry| entry.id)),
                Kind::Tag => drop(named.insert(tag(&odb, id)?.target)),
                Kind::Commit => {
                    let node = commit_node(&odb, id)?;
                    named.insert(node.tree);
                    named.extend(node.parents);
                }
            }
        }
        if !named.iter().all(|id| pack.contains(id)) {
            return Ok(None);
        }
        let unnamed: Vec<Oid> = ids.iter().filter(|id| !named.contains(id)).take(MOST + 1).copied().collect();
        Ok((unnamed.len() <= MOST).then_some(Closure { unnamed }))
    }

    /// Whether these tips reach every object of the pack. Nothing names what is above it, so whoever follows the names upwards from
    /// any object comes to one that nothing names.
    pub(crate) fn is_reached_from(&self, tips: &[Oid]) -> bool {
        let tips: HashSet<&Oid> = tips.iter().collect();
        self.unnamed.iter().all(|id| tips.contains(id))
    }
}
