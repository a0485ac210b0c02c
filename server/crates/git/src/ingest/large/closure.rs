//! Whether a pack is complete in itself, as that of a first push is: then nothing has to be walked to know that it is connected.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hardie_domain::oid::Oid;

use super::facts::Facts;
use crate::collect::named_by;
use crate::error::Result;
use crate::object::Kind;
use crate::odb::{Member, Odb};
use crate::packs::Pack;

/// Folders in folders: deeper ones are for the walk to refuse.
const DEEPEST: usize = crate::read::tree::MAX_DEPTH;
/// Objects that nothing in the pack names: some tips, or else it is not worth keeping them.
const MOST: usize = 100_000;

/// Everything that an object of the pack names is in the pack.
#[derive(Debug)]
pub(crate) struct Closure {
    unnamed: Vec<Oid>,
}

impl Closure {
    /// `facts` are of all objects but the doubtful ones, which are read now: git found them sound.
    pub(super) fn of(pack: &Arc<Pack>, ids: &[Oid], mut facts: Facts, doubtful: &[Oid]) -> Result<Option<Closure>> {
        let odb = Odb::new(vec![Member { pack: Arc::clone(pack), closed: false }]);
        let mut named: HashSet<Oid> = std::mem::take(&mut facts.named).into_keys().collect();
        for id in doubtful {
            let is_tree = odb.header(id)?.0 == Kind::Tree;
            named_by(&odb, id, &mut |other, is_blob| {
                named.insert(other);
                if is_tree && !is_blob {
                    facts.nest(id, &other);
                }
            })?;
        }
        if !named.iter().all(|id| pack.contains(id)) || !facts.nested.is_some_and(is_shallow) {
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

/// Whether no folder lies deeper in others than a walk goes.
fn is_shallow(mut edges: Vec<(u64, u64)>) -> bool {
    edges.sort_unstable();
    edges.dedup();
    // From the folders in which nothing lies that was not taken off before, to those around them.
    let mut outer: HashMap<u64, Vec<u64>> = HashMap::new();
    let mut left: HashMap<u64, usize> = HashMap::new();
    for (folder, inner) in &edges {
        outer.entry(*inner).or_default().push(*folder);
        *left.entry(*folder).or_default() += 1;
        left.entry(*inner).or_default();
    }
    let folders = left.len();
    let mut layer: Vec<u64> = left.iter().filter(|(_, inner)| **inner == 0).map(|(folder, _)| *folder).collect();
    let mut taken = 0;
    for _ in 0..=DEEPEST {
        taken += layer.len();
        let mut next = Vec::new();
        for inner in layer {
            for folder in outer.get(&inner).into_iter().flatten() {
                if let Some(count) = left.get_mut(folder) {
                    *count -= 1;
                    if *count == 0 {
                        next.push(*folder);
                    }
                }
            }
        }
        layer = next;
    }
    taken == folders
}

#[cfg(test)]
mod tests {
    use super::{DEEPEST, is_shallow};

    #[test]
    fn the_deepest_nesting_counts() {
        let line = |length: usize| (0..length as u64).map(|n| (n, n + 1)).collect::<Vec<_>>();
        assert!(is_shallow(Vec::new()) && is_shallow(line(DEEPEST)) && !is_shallow(line(DEEPEST + 1)));
        let mut wide = line(DEEPEST);
        wide.extend((0..DEEPEST as u64).map(|n| (n, 9999)));
        assert!(is_shallow(wide));
        assert!(!is_shallow(vec![(1, 2), (2, 1)]), "beginnings that were made alike");
    }
}
