//! What one asker may have: the answers to a fetch's questions, by walking from the refs that this asker sees.

mod deepen;
mod known;
mod ready;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hardie_domain::oid::Oid;

use crate::budget::{Budget, Cancel};
use crate::error::{Error, Result, told_of_object};
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::history::History;
use crate::read::old::OldObjects;
use crate::upload::{Deepen, ObjectsError, ShallowUpdate, UploadObjects};
use crate::wire::Refs;
pub use known::Known;

/// Objects looked at for one answer.
const STEPS: u64 = 20_000_000;
/// Commits looked at behind the wants before all refs are gone through.
const NEAR: u64 = 2000;
/// The same where what others walked is at hand.
const NEAREST: u64 = 128;
/// Time for the sizes of one request.
const SIZES_TIME: Duration = Duration::from_secs(5);
/// Time for one answer.
const TIME: Duration = Duration::from_secs(60);

/// Reachability from one asker's refs. What was walked for one question serves the next.
#[derive(Debug)]
pub struct Reach {
    odb: Arc<Odb>,
    refs: Arc<Refs>,
    near: Mutex<Near>,
    walked: Mutex<Option<Walked>>,
    known: Option<Arc<Known>>,
    cancel: Cancel,
    /// When all answers have to be there.
    until: Option<Instant>,
}

/// What the wants of one fetch reach: nearly all that its client has is found here, whatever other refs there are.
#[derive(Debug)]
struct Near {
    history: History,
    left: Budget,
    /// Whether `left` is all that there is.
    last: bool,
}

#[derive(Debug)]
struct Walked {
    history: History,
    objects: OldObjects,
}

impl Reach {
    /// Over the objects of a repository and the refs that the asker sees. Reads nothing yet.
    pub fn new(odb: Arc<Odb>, refs: Arc<Refs>) -> Reach {
        let near = Near { history: History::default(), left: Budget::new(NEAR, TIME, &Cancel::new()), last: true };
        Reach { odb, refs, near: Mutex::new(near), walked: Mutex::default(), known: None, cancel: Cancel::new(), until: None }
    }

    /// Looks first at what was walked for others, which is of the same repository and the same refs.
    pub fn with_known(self, known: Arc<Known>) -> Reach {
        let near = Near { history: History::default(), left: Budget::new(NEAREST, TIME, &Cancel::new()), last: false };
        Reach { near: Mutex::new(near), known: Some(known), ..self }
    }

    /// Stops walks when the flag is set.
    pub fn with_cancel(self, cancel: Cancel) -> Reach {
        Reach { cancel, ..self }
    }

    /// All answers together take no longer than this from now on; then they are [`Error::Stopped`].
    pub fn within(self, time: Duration) -> Reach {
        Reach { until: Instant::now().checked_add(time), ..self }
    }

    /// Whether the asker may have the object: a visible tip, a commit or tag that one reaches, or a tree or blob that lies in a
    /// closed pack or that one reaches. The same rule holds for ids in the API, in archives and in plugin reads.
    pub fn may_read(&self, id: &Oid) -> Result<bool> {
        if self.refs.is_tip(id) {
            return Ok(true);
        }
        let kind = match self.odb.header(id) {
            Ok((kind, _)) => kind,
            Err(Error::NotFound(_)) => return Ok(false),
            // Of what kind it was nobody can tell; that it was there is not told to whoever may not have it.
            Err(Error::Damaged { .. }) => return Ok(self.walked_to(id)? || self.walked_over(id)?),
            Err(other) => return Err(other),
        };
        match kind {
            Kind::Commit | Kind::Tag => self.reaches(id),
            Kind::Tree | Kind::Blob if self.odb.in_closed_pack(id) => Ok(true),
            Kind::Tree | Kind::Blob => self.walked_over(id),
        }
    }

    /// Whether the history of a visible ref has this commit or tag.
    fn walked_to(&self, id: &Oid) -> Result<bool> {
        self.walked(|walked| walked.history.contains(&self.odb, id, &mut self.budget()))
    }

    /// Whether a tree of that history has this tree or blob.
    fn walked_over(&self, id: &Oid) -> Result<bool> {
        self.walked(|walked| walked.objects.contains(&self.odb, id, &mut self.budget()))
    }

    /// Whether a visible ref reaches this commit or tag.
    pub fn reaches(&self, id: &Oid) -> Result<bool> {
        if self.refs.is_tip(id) {
            return Ok(true);
        }
        // What is not stored is not reached; saying so must not cost a walk over everything.
        match self.odb.header(id) {
            Ok((Kind::Commit | Kind::Tag, _)) => {}
            Err(Error::Damaged { .. }) => return self.walked_to(id),
            Ok(_) | Err(Error::NotFound(_)) => return Ok(false),
            Err(other) => return Err(other),
        }
        if self.known.as_ref().is_some_and(|known| known.has(id)) || self.is_near(id)? {
            return Ok(true);
        }
        if let Some(known) = &self.known {
            if let Some(answer) = known.contains(&self.odb, id, &mut self.budget())? {
                return Ok(answer);
            }
            // Too long to be kept. What is near is found without going through all of it.
            if self.look_further() && self.is_near(id)? {
                return Ok(true);
            }
        }
        self.walked_to(id)
    }

    /// Whether more may be looked at behind the wants than was so far.
    fn look_further(&self) -> bool {
        let mut near = self.near();
        if !near.last {
            (near.left, near.last) = (Budget::new(NEAR, TIME, &self.cancel), true);
            return true;
        }
        false
    }

    fn near(&self) -> MutexGuard<'_, Near> {
        // Each walk leaves its sets true after every step, so a panic in between does no harm.
        self.near.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_near(&self, id: &Oid) -> Result<bool> {
        let mut near = self.near();
        let Near { history, left, .. } = &mut *near;
        match history.contains(&self.odb, id, left) {
            // Not found so far says nothing.
            Err(Error::TooLarge(_) | Error::Stopped(_)) => Ok(false),
            found => found,
        }
    }

    fn budget(&self) -> Budget {
        let left = self.until.map_or(TIME, |until| until.saturating_duration_since(Instant::now()).min(TIME));
        Budget::new(STEPS, left, &self.cancel)
    }

    /// Works on what was walked. Most questions are about tips and never come here, so that all refs are gathered only then.
    fn walked<T>(&self, work: impl FnOnce(&mut Walked) -> T) -> T {
        // Each walk leaves its sets true after every step, so a panic in between does no harm.
        let mut walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
        let all = || self.refs.all().iter().map(|r| r.oid);
        work(walked.get_or_insert_with(|| Walked { history: History::new(all()), objects: OldObjects::new(all()) }))
    }
}

impl UploadObjects for Reach {
    fn is_common(&self, oid: &Oid) -> Result<bool, ObjectsError> {
        self.reaches(oid).map_err(answer)
    }

    fn may_want(&self, oid: &Oid) -> Result<bool, ObjectsError> {
        let may = self.may_read(oid).map_err(answer)?;
        if may {
            self.near().history.add(*oid);
        }
        Ok(may)
    }

    fn sizes(&self, oids: &[Oid]) -> Result<Vec<Option<u64>>, ObjectsError> {
        let until = Instant::now() + SIZES_TIME;
        let size = |oid: &Oid| {
            // The size of a delta's result may cost a walk down its whole chain.
            if self.cancel.is_cancelled() || Instant::now() >= until {
                return Err(ObjectsError::Limit("the sizes of so many objects take too long; ask for fewer".to_owned()));
            }
            match self.may_read(oid).and_then(|may| if may { self.odb.header(oid).map(|(_, size)| Some(size)) } else { Ok(None) }) {
                Err(Error::NotFound(_)) => Ok(None),
                found => found.map_err(answer),
            }
        };
        oids.iter().map(size).collect()
    }

    fn is_ready(&self, wants: &[Oid], common: &[Oid]) -> Result<bool, ObjectsError> {
        ready::all_reach(&self.odb, wants, common, &mut self.budget()).map_err(answer)
    }

    fn deepen(&self, deepen: &Deepen) -> Result<ShallowUpdate, ObjectsError> {
        deepen::deepen(&self.odb, deepen, &mut self.budget()).map_err(answer)
    }
}

fn answer(error: Error) -> ObjectsError {
    match error {
        Error::TooLarge(text) => ObjectsError::Limit(text),
        Error::Stopped(text) => ObjectsError::Limit(text.to_owned()),
        // What may be asked for is reached by a ref, and must be there.
        Error::NotFound(id) => ObjectsError::Damaged(told_of_object(&id)),
        other => match other.damage_told() {
            Some(text) => ObjectsError::Damaged(text),
            None => ObjectsError::Storage(Box::new(other)),
        },
    }
}
