//! Whether a pack is complete in itself, as that of a first push is: then nothing has to be walked to know that it is connected.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hardie_domain::oid::Oid;

use super::facts::Facts;
use super::grouped::Grouped;
use super::seeded::{Seeded, seeded};
use super::settle::Named;
use super::sorted::Sorted;
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
    /// `named` and `facts` are of all objects but the doubtful ones, which are read now: git found them sound. `ids` are all, by the
    /// places that `sorted` tells.
    pub(super) fn of(
        pack: &Arc<Pack>,
        ids: &[Oid],
        mut named: Named,
        mut facts: Facts,
        doubtful: &[Oid],
        sorted: &Sorted,
    ) -> Result<Option<Closure>> {
        let odb = Odb::new(vec![Member { pack: Arc::clone(pack), closed: false }]);
        for id in doubtful {
            let is_tree = odb.header(id)?.0 == Kind::Tree;
            named_by(&odb, id, &mut |other, is_blob| {
                match sorted.place(&other).and_then(|place| named.carried.get_mut(place as usize)) {
                    Some(slot) => *slot = true,
                    None => named.others = true,
                }
                if is_tree && !is_blob {
                    facts.nest(id, &other);
                }
            })?;
        }
        if named.others || !facts.nested.is_some_and(|edges| is_shallow(&edges)) {
            return Ok(None);
        }
        let unnamed = ids.iter().zip(&named.carried).filter(|(_, is_named)| !**is_named).map(|(id, _)| *id);
        let unnamed: Vec<Oid> = unnamed.take(MOST + 1).collect();
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
fn is_shallow(edges: &[(u64, u64)]) -> bool {
    let mut numbers: HashMap<u64, u32, Seeded> = HashMap::with_hasher(seeded());
    let mut number = |folder: u64| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(folder).or_insert(next)
    };
    let edges: Vec<(u32, u32)> = edges.iter().map(|(folder, inner)| (number(*folder), number(*inner))).collect();
    let folders = numbers.len();
    let around = Grouped::of(edges.iter().map(|(folder, inner)| (*inner, *folder)), folders);
    // From the folders in which nothing lies that was not taken off before, to those around them.
    let mut left = vec![0u32; folders];
    for (folder, _) in &edges {
        if let Some(count) = left.get_mut(*folder as usize) {
            *count += 1;
        }
    }
    let mut layer: Vec<u32> = (0u32..).zip(&left).filter(|(_, inner)| **inner == 0).map(|(folder, _)| folder).collect();
    let mut taken = 0;
    for _ in 0..=DEEPEST {
        taken += layer.len();
        let mut next = Vec::new();
        for inner in layer {
            for folder in around.of_key(inner) {
                if let Some(count) = left.get_mut(*folder as usize) {
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
        assert!(is_shallow(&[]) && is_shallow(&line(DEEPEST)) && !is_shallow(&line(DEEPEST + 1)));
        let mut wide = line(DEEPEST);
        wide.extend((0..DEEPEST as u64).map(|n| (n, 9999)));
        assert!(is_shallow(&wide));
        assert!(!is_shallow(&[(1, 2), (2, 1)]), "beginnings that were made alike");
    }
}
