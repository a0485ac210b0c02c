//! Events handed to the installations that handle them: made of the log, tried one after the other in each repository, ended once.
//!
//! A try is a lease on the delivery's row. What a handler writes is committed together with the end of its try, on condition that the
//! lease still holds: a try that was late, or happened twice, writes nothing. Start reading at [`Dispatcher`].

mod commit;
mod dispatcher;
mod fail;
mod gather;
mod keep;
mod make;
mod notice;
mod room;
mod wakes;

#[cfg(test)]
mod tests;

use hardie_store::deliveries::Claim;
use hardie_store::events::EventRow;
use hardie_store::plugins::InstallationRow;

use crate::access::RepoAccess;

pub use dispatcher::Dispatcher;
pub(crate) use fail::{audit, cut, end, rests};
pub use keep::{KEPT_DAYS, Old, forget_old};
pub(crate) use keep::{UNHEARD, clear_out, skip_waiting};
pub use make::make_deliveries;
pub(crate) use notice::tell_owner;
pub use wakes::Wakes;

/// What is known of a try.
pub(crate) struct Try {
    pub(crate) claim: Claim,
    pub(crate) event: EventRow,
    pub(crate) installation: InstallationRow,
    /// The repository, if it has one that is there.
    pub(crate) access: Option<RepoAccess>,
}
