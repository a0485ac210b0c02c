//! What visible refs reach, of many ids at once and for background work: one walk and one budget for all of them.

use std::time::Duration;

use hardie_domain::oid::Oid;
use hardie_git::reach::Reach;
use hardie_git::{Error as GitError, Kind};

use super::reading::{Reading, explain};
use crate::{Result, damage};

/// The time for one proof, however many ids it is about.
pub(crate) const PROOF_TIME: Duration = Duration::from_secs(5);

/// What is known of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proven {
    /// A visible ref reaches it.
    Yes,
    /// None does.
    No,
    /// It would cost too much to tell; why.
    Unknown(String),
}

/// One walk over what visible refs reach. What was walked for one id serves the next.
pub(crate) struct Proof<'a> {
    reading: &'a Reading,
    reach: Reach,
    /// Why there is no more to spend.
    over: Option<String>,
}

impl<'a> Proof<'a> {
    pub(super) fn new(reading: &'a Reading, reach: Reach) -> Proof<'a> {
        Proof { reading, reach, over: None }
    }

    /// Whether the object may be read: [`Reading::may_read`].
    pub(crate) fn may_read(&mut self, id: &Oid) -> Result<Proven> {
        let handle = &self.reading.handle;
        if handle.reached().contains(id) || handle.refs.is_tip(id) {
            return Ok(Proven::Yes);
        }
        if let Some(why) = &self.over {
            return Ok(Proven::Unknown(why.clone()));
        }
        match self.reach.may_read(id) {
            Ok(true) => {
                handle.reached().note([*id]);
                Ok(Proven::Yes)
            }
            Ok(false) | Err(GitError::NotFound(_)) => Ok(Proven::No),
            Err(error @ (GitError::TooLarge(_) | GitError::Stopped(_))) => {
                let why = error.to_string();
                self.over = Some(why.clone());
                Ok(Proven::Unknown(why))
            }
            Err(error) => Err(explain(error)),
        }
    }

    /// Whether it is a commit that a visible ref reaches.
    pub(crate) fn reaches_commit(&mut self, id: &Oid) -> Result<Proven> {
        let odb = &self.reading.handle.odb;
        match self.may_read(id)? {
            Proven::Yes if odb.header(id).map_err(explain)?.0 == Kind::Commit => Ok(Proven::Yes),
            Proven::Yes => Ok(Proven::No),
            Proven::No if !odb.lost().is_empty() => Ok(Proven::Unknown(damage::may_be_lost().to_string())),
            proven => Ok(proven),
        }
    }
}
