//! Collection: what roots reach is kept, the rest is set apart in a cruft pack, and what was there for long enough is left out.
//!
//! Works on one list of packs and touches none of them: it writes new packs and says which of the old ones they replace. A pack
//! in which everything is reached stays as it is.

mod marks;
mod plan;

use std::sync::Arc;
use std::time::Duration;

use hardie_domain::oid::Oid;

use crate::budget::{Budget, Cancel};
use crate::error::{Error, Result};
use crate::packs::{Pack, PackHash, PackStore};
use crate::repack::{Repack, Repacked};
pub use marks::Marks;
use marks::Roots;
pub(crate) use marks::named_by;
use plan::Plan;

/// A pack of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub hash: PackHash,
    /// What it is.
    pub state: State,
}

/// What a pack of the repository is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// One that pushes or maintenance made.
    Ordinary,
    /// Objects that nothing reached when it was made.
    Cruft {
        /// Its grace is over.
        expired: bool,
    },
}

/// What is to be done.
#[derive(Clone, Debug, Default)]
pub struct Task {
    /// What refs point at. All that they reach must be stored.
    pub refs: Vec<Oid>,
    /// What they pointed at lately. What is missing of that is missing.
    pub reflog: Vec<Oid>,
    /// A pack of up to so many bytes is written anew for one object that nothing reaches; a larger one only for a tenth of its objects.
    pub small: u64,
    /// What nothing reaches is left out at once instead of being set apart.
    pub at_once: bool,
}

/// New packs, not published yet, and what they replace.
#[derive(Debug)]
pub struct Collected {
    /// All of it is reached by the refs.
    pub closed: Option<Repacked>,
    /// Reached by what refs were lately, and by no ref.
    pub open: Option<Repacked>,
    /// Reached by nothing.
    pub cruft: Option<Repacked>,
    /// The packs that these replace.
    pub superseded: Vec<PackHash>,
    /// Objects of them that are in no pack any more.
    pub dropped: u64,
    /// Something is reached by what refs were lately alone, or was not worth writing yet: a later look may find more.
    pub waiting: bool,
    marks: Arc<Marks>,
}

/// Looks at the packs and writes what is to replace some of them, in quarantines whose names begin with `id`. Blocks. The walk has
/// `time`, and so has each child.
pub fn collect(store: &PackStore, id: &str, held: &[Held], task: &Task, time: Duration, cancel: &Cancel) -> Result<Collected> {
    let packs = held.iter().map(|h| Ok((store.pack(&h.hash)?, h.state))).collect::<Result<Vec<_>>>()?;
    let mut marks = Marks::new(packs.iter().map(|(pack, _)| Arc::clone(pack)));
    let mut budget = Budget::new(u64::MAX, time, cancel);
    marks.walk(Roots::Refs, &task.refs, &mut budget)?;
    marks.walk(Roots::Reflog, &task.reflog, &mut budget)?;
    let plan = Plan::make(&packs, &marks, task, &mut budget)?;
    let mut done = Collected {
        closed: None,
        open: None,
        cruft: None,
        superseded: plan.superseded.iter().map(|pack| pack.hash()).collect(),
        dropped: plan.dropped,
        waiting: plan.waiting,
        marks: Arc::new(marks),
    };
    let sources: Vec<PackHash> = plan.superseded.iter().chain(&plan.rescued_from).map(|pack| pack.hash()).collect();
    if !sources.is_empty() {
        let repack = Repack::new(store, &sources, time, cancel)?;
        done.closed = write(&repack, &format!("{id}-refs"), &plan.closed)?;
        done.open = write(&repack, &format!("{id}-reflog"), &plan.open)?;
        done.cruft = write(&repack, &format!("{id}-cruft"), &plan.cruft)?;
    }
    Ok(done)
}

/// One pack of exactly these objects; none of no objects.
fn write(repack: &Repack<'_>, id: &str, objects: &[Oid]) -> Result<Option<Repacked>> {
    if objects.is_empty() {
        return Ok(None);
    }
    let input: String = objects.iter().map(|oid| format!("{oid}\n")).collect();
    let made = repack.write(id, &[], input.as_bytes())?;
    holds_exactly(&made.pack, objects)?;
    Ok(Some(made))
}

fn holds_exactly(pack: &Pack, objects: &[Oid]) -> Result<()> {
    if let Some(lost) = objects.iter().find(|oid| !pack.contains(oid)) {
        return Err(Error::corrupt(*lost, "collection would have lost it"));
    }
    if pack.objects() as usize != objects.len() {
        return Err(Error::Git(format!("packing {} objects gave {}", objects.len(), pack.objects())));
    }
    Ok(())
}

impl Collected {
    /// The new packs.
    pub fn packs(&self) -> impl Iterator<Item = &Arc<Pack>> {
        [&self.closed, &self.open, &self.cruft].into_iter().flatten().map(|made| &made.pack)
    }

    /// What was reached.
    pub fn marks(&self) -> Arc<Marks> {
        Arc::clone(&self.marks)
    }
}
