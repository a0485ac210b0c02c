//! Which deltas are built on what.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hardie_domain::oid::Oid;

use super::super::super::scan::Form;
use super::super::grouped::Grouped;
use super::super::record::Entry;

/// Deltas by what they are built on; entries by their place.
pub(super) struct Children {
    near: Grouped,
    /// Those that name an object by its id, until it is made.
    far: Mutex<HashMap<Oid, Vec<u32>>>,
    far_left: AtomicUsize,
}

impl Children {
    /// `None` if a delta is built on something that is no entry.
    pub(super) fn of(entries: &[Entry]) -> Option<Children> {
        let mut pairs = Vec::with_capacity(entries.len());
        let mut far: HashMap<Oid, Vec<u32>> = HashMap::new();
        for (at, entry) in (0u32..).zip(entries) {
            match entry.form {
                Form::Whole(_) => {}
                Form::Far(id) => far.entry(id).or_default().push(at),
                Form::Near(start) => {
                    let base = entries.binary_search_by_key(&start, |entry| entry.start).ok()?;
                    pairs.push((u32::try_from(base).ok()?, at));
                }
            }
        }
        let near = Grouped::of(pairs.into_iter(), entries.len());
        let far_left = AtomicUsize::new(far.len());
        Some(Children { near, far: Mutex::new(far), far_left })
    }

    /// Whether anything is built on the entry.
    pub(super) fn has(&self, at: u32, id: &Oid) -> bool {
        !self.near(at).is_empty() || self.is_waited_for(id)
    }

    /// Deltas that name the entry by its place.
    pub(super) fn near(&self, at: u32) -> &[u32] {
        self.near.of_key(at)
    }

    /// Deltas that wait for this object; whoever asks gets to make them.
    pub(super) fn take_far(&self, id: &Oid) -> Vec<u32> {
        if self.far_left.load(Ordering::Relaxed) == 0 {
            return Vec::new();
        }
        let taken = self.far().remove(id);
        self.far_left.fetch_sub(usize::from(taken.is_some()), Ordering::Relaxed);
        taken.unwrap_or_default()
    }

    pub(super) fn is_waited_for(&self, id: &Oid) -> bool {
        self.far_left.load(Ordering::Relaxed) > 0 && self.far().contains_key(id)
    }

    /// What is waited for, in order.
    pub(super) fn waiting(&self) -> Vec<Oid> {
        let mut ids: Vec<Oid> = self.far().keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    fn far(&self) -> MutexGuard<'_, HashMap<Oid, Vec<u32>>> {
        self.far.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use hardie_domain::oid::Oid;

    use super::super::super::super::scan::Form;
    use super::super::super::record::Entry;
    use super::Children;
    use crate::object::Kind;

    #[test]
    fn each_delta_is_found_from_its_base_once() {
        let id = Oid([7; 20]);
        let forms = [Form::Whole(Kind::Blob), Form::Near(10), Form::Near(20), Form::Near(10), Form::Far(id), Form::Near(50)];
        let entries: Vec<Entry> = forms.iter().zip(1..).map(|(form, n)| Entry { start: n * 10, form: *form, kept: 0..0 }).collect();
        let children = Children::of(&entries).unwrap();
        let near: Vec<&[u32]> = (0..6).map(|at| children.near(at)).collect();
        assert_eq!(near, [&[1, 3][..], &[2], &[], &[], &[5], &[]]);
        assert!(children.has(0, &Oid::ZERO) && !children.has(5, &Oid::ZERO) && children.has(5, &id));
        assert_eq!((children.waiting(), children.take_far(&id), children.take_far(&id)), (vec![id], vec![4], vec![]));
        assert!(Children::of(&[Entry { start: 10, form: Form::Near(5), kept: 0..0 }]).is_none());
    }
}
