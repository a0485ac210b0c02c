//! The commits and tags that the refs of one state of a repository reach, kept between requests: whoever asks for what is not a tip
//! would walk the same history again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hardie_domain::oid::Oid;

use crate::budget::{Budget, Cancel};
use crate::error::{Error, Result};
use crate::odb::Odb;
use crate::read::history::History;
use crate::read::nodes::Nodes;
use crate::wire::Refs;

/// Ids that are kept: some 3 MB.
const MOST: usize = 100_000;
/// Refs of a repository of which anything is kept.
const MOST_TIPS: usize = 30_000;
/// Steps of a walk before others may look.
const SLICE: u32 = 512;
/// New commits looked at to see whether a newer state still reaches all that an older one did.
const NEWER: u64 = 2000;
/// The same in time.
const TIME: Duration = Duration::from_secs(2);

/// See the module. It belongs to one repository and one set of refs.
#[derive(Debug)]
pub struct Known {
    refs: Arc<Refs>,
    /// Nothing before somebody asks: most fetches name tips alone.
    history: Mutex<Option<History>>,
}

impl Known {
    /// Of these refs. Reads nothing yet.
    pub fn new(refs: Arc<Refs>) -> Known {
        Known { refs, history: Mutex::default() }
    }

    /// Of newer refs of the same repository. What was known is taken over if the newer refs reach every older tip, which is proved by
    /// walking down from them, a little.
    pub fn newer(&self, odb: &Odb, refs: Arc<Refs>) -> Known {
        let history = self.lock().clone().and_then(|history| grown(history, odb, &self.refs, &refs));
        Known { refs, history: Mutex::new(history) }
    }

    /// Whether it is known already; `false` says nothing.
    pub fn has(&self, id: &Oid) -> bool {
        self.refs.is_tip(id) || self.lock().as_ref().is_some_and(|history| history.has_met(id))
    }

    /// Whether a ref reaches this commit or tag; `None` if the history is too long to be kept.
    pub fn contains(&self, odb: &Odb, id: &Oid, budget: &mut Budget) -> Result<Option<bool>> {
        // The first step reads all tips, and others wait for it.
        if self.refs.all().len() > MOST_TIPS {
            return Ok(None);
        }
        let nodes = Nodes::of(odb);
        loop {
            let mut slot = self.lock();
            let history = slot.get_or_insert_with(|| History::new(tips(&self.refs)));
            for _ in 0..SLICE {
                if history.has_met(id) {
                    return Ok(Some(true));
                }
                if history.len() > MOST {
                    return Ok(None);
                }
                match history.advance(&nodes, budget) {
                    Ok(Some(_)) => {}
                    // The first step has looked at all tips.
                    Ok(None) => return Ok(Some(history.has_met(id))),
                    Err(error @ (Error::TooLarge(_) | Error::Stopped(_))) => return Err(error),
                    Err(error) => {
                        // The walk may have lost its place, and its answers would serve others.
                        *slot = None;
                        return Err(error);
                    }
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<History>> {
        self.history.lock().unwrap_or_else(|poisoned| {
            // A panic in the middle of a step may have lost a commit's parents, and these answers serve others.
            self.history.clear_poison();
            let mut slot = poisoned.into_inner();
            *slot = None;
            slot
        })
    }
}

fn tips(refs: &Refs) -> impl Iterator<Item = Oid> + '_ {
    refs.all().iter().map(|r| r.oid)
}

/// The history of older refs as part of that of newer ones; `None` if that is not proved with little work.
fn grown(mut history: History, odb: &Odb, older: &Refs, newer: &Refs) -> Option<History> {
    if newer.all().len() > MOST_TIPS {
        return None;
    }
    let mut missing: HashSet<Oid> = tips(older).filter(|tip| !newer.is_tip(tip)).collect();
    let fresh: Vec<Oid> = tips(newer).filter(|tip| !older.is_tip(tip)).collect();
    if !missing.is_empty() {
        // A branch that went on is met behind its new tip, one that was merged and deleted behind another.
        let from: Vec<Oid> = if fresh.is_empty() { tips(newer).collect() } else { fresh.clone() };
        let (mut walk, nodes) = (History::new(from), Nodes::of(odb));
        let mut budget = Budget::new(NEWER, TIME, &Cancel::new());
        while !missing.is_empty() {
            // Ends without having met them all, or fails: then all is walked anew when somebody asks.
            walk.advance_to(&nodes, &mut budget, |id| missing.remove(&id)).ok()??;
        }
    }
    fresh.into_iter().for_each(|tip| history.add(tip));
    Some(history)
}
