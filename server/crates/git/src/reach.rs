//! What one asker may have: the answers to a fetch's questions, by walking from the refs that this asker sees.

mod deepen;
mod ready;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hardie_domain::oid::Oid;

use crate::budget::{Budget, Cancel};
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::history::History;
use crate::read::old::OldObjects;
use crate::upload::{Deepen, ObjectsError, ShallowUpdate, UploadObjects};
use crate::wire::Refs;

/// Objects looked at for one answer.
const STEPS: u64 = 20_000_000;
/// Time for one answer.
const TIME: Duration = Duration::from_secs(60);

/// Reachability from one asker's refs. What was walked for one question serves the next.
#[derive(Debug)]
pub struct Reach {
    odb: Arc<Odb>,
    tips: HashSet<Oid>,
    walked: Mutex<Walked>,
    cancel: Cancel,
}

#[derive(Debug)]
struct Walked {
    history: History,
    objects: OldObjects,
}

impl Reach {
    /// Over the objects of a repository and the refs that the asker sees. Reads nothing yet.
    pub fn new(odb: Arc<Odb>, refs: Arc<Refs>) -> Reach {
        let all = || refs.all().iter().map(|r| r.oid);
        let tips = refs.all().iter().flat_map(|r| [Some(r.oid), r.peeled]).flatten().collect();
        let walked = Mutex::new(Walked { history: History::new(all()), objects: OldObjects::new(all()) });
        Reach { odb, tips, walked, cancel: Cancel::new() }
    }

    /// Stops walks when the flag is set.
    pub fn with_cancel(self, cancel: Cancel) -> Reach {
        Reach { cancel, ..self }
    }

    /// Whether the asker may have the object: a visible tip, a commit or tag that one reaches, or a tree or blob that lies in a
    /// closed pack or that one reaches. The same rule holds for ids in the API, in archives and in plugin reads.
    pub fn may_read(&self, id: &Oid) -> Result<bool> {
        if self.tips.contains(id) {
            return Ok(true);
        }
        let kind = match self.odb.header(id) {
            Ok((kind, _)) => kind,
            Err(Error::NotFound(_)) => return Ok(false),
            Err(other) => return Err(other),
        };
        match kind {
            Kind::Commit | Kind::Tag => self.reaches(id),
            Kind::Tree | Kind::Blob if self.odb.in_closed_pack(id) => Ok(true),
            Kind::Tree | Kind::Blob => self.lock().objects.contains(&self.odb, id, &mut self.budget()),
        }
    }

    /// Whether a visible ref reaches this commit or tag.
    pub fn reaches(&self, id: &Oid) -> Result<bool> {
        if self.tips.contains(id) {
            return Ok(true);
        }
        // What is not stored is not reached; saying so must not cost a walk over everything.
        match self.odb.header(id) {
            Ok((Kind::Commit | Kind::Tag, _)) => self.lock().history.contains(&self.odb, id, &mut self.budget()),
            Ok(_) | Err(Error::NotFound(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    fn budget(&self) -> Budget {
        Budget::new(STEPS, TIME, &self.cancel)
    }

    fn lock(&self) -> MutexGuard<'_, Walked> {
        // Each walk leaves its sets true after every step, so a panic in between does no harm.
        self.walked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UploadObjects for Reach {
    fn is_common(&self, oid: &Oid) -> Result<bool, ObjectsError> {
        self.reaches(oid).map_err(answer)
    }

    fn may_want(&self, oid: &Oid) -> Result<bool, ObjectsError> {
        self.may_read(oid).map_err(answer)
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
        other => ObjectsError::Storage(Box::new(other)),
    }
}
