//! Which packs are replaced, and where each of their objects goes.

use std::sync::Arc;

use hardie_domain::oid::Oid;

use super::marks::{Bits, Marks, Roots};
use super::{State, Task};
use crate::budget::Budget;
use crate::error::Result;
use crate::packs::Pack;

/// A pack that is not small is written anew if one object of so many is unreached.
const SHARE: u64 = 10;

/// See the module. Lists of objects are in the order in which they lie in their packs, so that neighbours stay neighbours.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) closed: Vec<Oid>,
    pub(super) open: Vec<Oid>,
    pub(super) cruft: Vec<Oid>,
    pub(super) superseded: Vec<Arc<Pack>>,
    /// Cruft packs that stay, and of which something was named again: that is written anew, so that nothing depends on them.
    pub(super) rescued_from: Vec<Arc<Pack>>,
    pub(super) dropped: u64,
    pub(super) waiting: bool,
}

/// Packs that are not replaced.
#[derive(Default)]
struct Staying {
    ordinary: Vec<Arc<Pack>>,
    cruft: Vec<Arc<Pack>>,
}

/// What becomes of those objects of a pack that nothing reaches.
#[derive(Clone, Copy)]
enum Unreached {
    SetApart,
    Dropped,
    Stay,
}

/// How many objects of a pack are reached by what.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    refs: u64,
    reflog: u64,
    nothing: u64,
}

impl Counts {
    fn of(pack: &Pack, marks: &Marks, budget: &mut Budget) -> Result<Counts> {
        let mut counts = Counts::default();
        for (id, _) in pack.entries() {
            budget.step()?;
            match marks.place(&id).and_then(|place| marks.reached_by(place)) {
                Some(Roots::Refs) => counts.refs += 1,
                Some(Roots::Reflog) => counts.reflog += 1,
                None => counts.nothing += 1,
            }
        }
        Ok(counts)
    }

    fn is_worth_writing(self, pack: &Pack, task: &Task) -> bool {
        task.at_once || pack.bytes() <= task.small || self.nothing.saturating_mul(SHARE) >= u64::from(pack.objects())
    }
}

impl Plan {
    pub(super) fn make(packs: &[(Arc<Pack>, State)], marks: &Marks, task: &Task, budget: &mut Budget) -> Result<Plan> {
        let (mut plan, mut stay) = (Plan::default(), Staying::default());
        let (mut ordinary, mut cruft) = (Vec::new(), Vec::new());
        for (pack, state) in packs {
            let (counts, pack) = (Counts::of(pack, marks, budget)?, Arc::clone(pack));
            plan.waiting |= counts.reflog > 0;
            match state {
                State::Ordinary if counts.nothing == 0 => stay.ordinary.push(pack),
                State::Ordinary if counts.is_worth_writing(&pack, task) => ordinary.push(pack),
                State::Ordinary => {
                    plan.waiting = true;
                    stay.ordinary.push(pack);
                }
                State::Cruft { expired } if *expired || task.at_once || counts.nothing == 0 => cruft.push(pack),
                State::Cruft { .. } => {
                    if counts.refs + counts.reflog > 0 {
                        plan.rescued_from.push(Arc::clone(&pack));
                    }
                    stay.cruft.push(pack);
                }
            }
        }
        let mut taken = marks.no_bits();
        let unreached = if task.at_once { Unreached::Dropped } else { Unreached::SetApart };
        // What was set apart long ago and came with a push again is set apart anew: ordinary packs go first.
        for pack in &ordinary {
            plan.distribute(pack, unreached, &stay, marks, &mut taken, budget)?;
        }
        for pack in &cruft {
            plan.distribute(pack, Unreached::Dropped, &stay, marks, &mut taken, budget)?;
        }
        for pack in plan.rescued_from.clone() {
            plan.distribute(&pack, Unreached::Stay, &stay, marks, &mut taken, budget)?;
        }
        plan.superseded = ordinary.into_iter().chain(cruft).collect();
        Ok(plan)
    }

    fn distribute(
        &mut self,
        pack: &Pack,
        unreached: Unreached,
        stay: &Staying,
        marks: &Marks,
        taken: &mut Bits,
        budget: &mut Budget,
    ) -> Result<()> {
        let mut entries: Vec<(Oid, u64)> = pack.entries().collect();
        entries.sort_unstable_by_key(|(_, offset)| *offset);
        for (id, _) in entries {
            budget.step()?;
            let Some(place) = marks.place(&id).filter(|_| !stay.ordinary.iter().any(|p| p.contains(&id))) else { continue };
            match (marks.reached_by(place), unreached) {
                (None, Unreached::Stay) => {}
                (None, Unreached::Dropped) => {
                    let is_last = !stay.cruft.iter().any(|p| p.contains(&id));
                    self.dropped += u64::from(is_last && taken.set(place));
                }
                _ if !taken.set(place) => {}
                (Some(Roots::Refs), _) => self.closed.push(id),
                (Some(Roots::Reflog), _) => self.open.push(id),
                (None, Unreached::SetApart) => self.cruft.push(id),
            }
        }
        Ok(())
    }
}
