//! One thread's walk over the deltas.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use flate2::{Decompress, FlushDecompress, Status};
use hardie_domain::oid::Oid;

use super::super::super::delta::patched;
use super::super::super::scan::{Form, delta_size, head};
use super::super::facts::Facts;
use super::Shared;
use crate::object::{Kind, id_of};

/// Bytes of objects that may wait for deltas on them, on all threads together; and of one that is made here.
const MOST_HELD: usize = 96 << 20;

pub(super) struct Walk<'s, 'a> {
    shared: &'s Shared<'a>,
    inflate: Decompress,
    delta: Vec<u8>,
    made: Vec<(u32, Oid, Kind)>,
    facts: Facts,
}

/// An object, and the deltas on it that are still to be made.
struct Frame<'a> {
    kind: Kind,
    data: Vec<u8>,
    near: &'a [u32],
    far: Vec<u32>,
}

impl Frame<'_> {
    fn next(&mut self) -> Option<u32> {
        self.far.pop().or_else(|| {
            let (first, rest) = self.near.split_first()?;
            self.near = rest;
            Some(*first)
        })
    }

    fn is_done(&self) -> bool {
        self.near.is_empty() && self.far.is_empty()
    }
}

impl<'s, 'a> Walk<'s, 'a> {
    pub(super) fn new(shared: &'s Shared<'a>) -> Self {
        Walk { shared, inflate: Decompress::new(true), delta: Vec::new(), made: Vec::new(), facts: Facts::default() }
    }

    /// What it made, and found out.
    pub(super) fn finish(self) -> (Vec<(u32, Oid, Kind)>, Facts) {
        (self.made, self.facts)
    }

    /// Makes what is built on whole objects, as long as there are any. `tell` gets the number of deltas made by all.
    pub(super) fn roots(&mut self, tell: &mut dyn FnMut(usize)) {
        let shared = self.shared;
        while let Some((at, id)) = shared.roots.get(shared.next.fetch_add(1, Ordering::Relaxed)) {
            tell(shared.done.load(Ordering::Relaxed));
            let mut data = Vec::new();
            let form = shared.pack.bytes(*at as usize).and_then(|bytes| inflate(&mut self.inflate, bytes, &mut data));
            let Some(Form::Whole(kind)) = form else { return self.give_up() };
            if !self.from(Some(*at), *id, kind, data) {
                return self.give_up();
            }
        }
    }

    fn give_up(&self) {
        self.shared.given_up.store(true, Ordering::Relaxed);
    }

    /// Makes everything that is built on an object; `false` if that cannot be done.
    pub(super) fn from(&mut self, at: Option<u32>, id: Oid, kind: Kind, data: Vec<u8>) -> bool {
        let shared = self.shared;
        let mut stack = Vec::new();
        let mut went_on = self.push(&mut stack, at, id, kind, data);
        while let Some(frame) = stack.last_mut().filter(|_| went_on) {
            let Some(child) = frame.next() else {
                pop(shared, &mut stack);
                continue;
            };
            let kind = frame.kind;
            let made = self.make(child, &frame.data).and_then(|data| Some((id_of(kind, &data)?, data)));
            if frame.is_done() {
                // Before its last delta is looked into: a chain is as long as it likes and holds two objects.
                pop(shared, &mut stack);
            }
            went_on = match made {
                Some((id, data)) => {
                    self.made.push((child, id, kind));
                    self.facts.look(id, kind, &data);
                    self.push(&mut stack, Some(child), id, kind, data) && self.goes_on() && !self.facts.torn
                }
                None => false,
            };
        }
        while !stack.is_empty() {
            pop(shared, &mut stack);
        }
        went_on
    }

    fn push(&self, stack: &mut Vec<Frame<'s>>, at: Option<u32>, id: Oid, kind: Kind, data: Vec<u8>) -> bool {
        let near = at.map(|at| self.shared.children.near(at)).unwrap_or_default();
        let frame = Frame { kind, data, near, far: self.shared.children.take_far(&id) };
        if frame.is_done() {
            return true;
        }
        let held = self.shared.held.fetch_add(frame.data.len(), Ordering::Relaxed) + frame.data.len();
        stack.push(frame);
        held <= MOST_HELD
    }

    fn make(&mut self, at: u32, base: &[u8]) -> Option<Vec<u8>> {
        let delta = match self.shared.pack.delta(at as usize) {
            Some(kept) => kept,
            None => {
                inflate(&mut self.inflate, self.shared.pack.bytes(at as usize)?, &mut self.delta)?;
                &self.delta
            }
        };
        let (_, used) = delta_size(delta)?;
        let (size, _) = delta_size(delta.get(used..)?)?;
        if size > MOST_HELD as u64 { None } else { patched(base, delta) }
    }

    fn goes_on(&self) -> bool {
        let done = self.shared.done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(64)
            && let Err(error) = self.shared.around.go_on()
        {
            *self.shared.stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            self.give_up();
        }
        !self.shared.given_up.load(Ordering::Relaxed)
    }
}

fn pop(shared: &Shared<'_>, stack: &mut Vec<Frame<'_>>) {
    if let Some(frame) = stack.pop() {
        shared.held.fetch_sub(frame.data.len(), Ordering::Relaxed);
    }
}

/// What the entry holds, inflated into `out`.
fn inflate(state: &mut Decompress, entry: &[u8], out: &mut Vec<u8>) -> Option<Form> {
    let mut at = 0;
    // Where the entry begins matters for the place of its base alone, which is known.
    let (form, size) = head(entry, usize::MAX, &mut at)?;
    let size = usize::try_from(size).ok().filter(|size| *size <= MOST_HELD)?;
    state.reset(true);
    out.clear();
    out.reserve(size + 16);
    let status = state.decompress_vec(entry.get(at..)?, out, FlushDecompress::Finish).ok()?;
    (status == Status::StreamEnd && out.len() == size).then_some(form)
}
