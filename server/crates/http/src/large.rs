//! Room for large answers: a permit for each MiB, held until the last piece is taken. Slow readers wait for each other, and none of them takes
//! the permits of all.

use std::sync::Arc;

use hardie_app::shares::Share;
use hardie_app::{Ctx, Error};
use tokio::sync::OwnedSemaphorePermit;

use crate::error::Answer;
use crate::state::{Http, Reader};

/// What a large answer holds while it is under way.
pub struct Room {
    _permits: OwnedSemaphorePermit,
    _share: Option<Share<Reader>>,
}

impl Room {
    /// Waits for room for so many bytes. A reader who has too much under way already is told to come again.
    pub async fn take(http: &Http, ctx: &Ctx, bytes: u64) -> Answer<Room> {
        let permits = u32::try_from(bytes >> 20).unwrap_or(u32::MAX);
        let reader = match &ctx.actor {
            Some(actor) => Some(Reader::User(actor.id)),
            None => http.client(ctx.address).map(Reader::Client),
        };
        let too_many = || Error::Unavailable("you are downloading other large files: try again when they are through".to_owned());
        let take = |reader| http.raw_shares.take(reader, usize::try_from(permits).unwrap_or(usize::MAX)).ok_or_else(too_many);
        let share = reader.map(take).transpose()?;
        let permits = Arc::clone(&http.raw_slots).acquire_many_owned(permits).await.map_err(Error::internal)?;
        Ok(Room { _permits: permits, _share: share })
    }
}
