//! What plugins are told of events, and having it again, which is the same for webhooks.

use hardie_api_types::delivery::{Delivery, Event, PluginEvents, RedeliverOption, Redelivered, ResumeOption};

use super::client::{self, Done};
use super::plugins::{base, one};
use super::{Failure, Paged};
use crate::routes::PluginPlace;

/// Deliveries on one page.
pub const PER_PAGE: u32 = 30;

/// What it is told of, and how that goes.
pub async fn state(place: &PluginPlace, id: i64) -> Result<PluginEvents, Failure> {
    client::get(&format!("{}/events", one(place, id))).await
}

/// Ends a rest. With `skip`, what waits is not delivered any more.
pub async fn resume(place: &PluginPlace, id: i64, skip: bool) -> Result<PluginEvents, Failure> {
    client::send("POST", &format!("{}/resume", one(place, id)), &ResumeOption { skip }).await
}

/// The newest event first; all if `state` is empty.
pub async fn list(place: &PluginPlace, id: i64, state: &str, page: u32) -> Result<Paged<Delivery>, Failure> {
    let state = if state.is_empty() { String::new() } else { format!("&state={state}") };
    client::get_page(&format!("{}/deliveries?page={page}&limit={PER_PAGE}{state}", one(place, id))).await
}

/// One.
pub async fn get(place: &PluginPlace, id: i64, delivery: i64) -> Result<Delivery, Failure> {
    client::get(&format!("{}/deliveries/{delivery}", one(place, id))).await
}

/// Its event; `None` if that is not kept any more, or is not of this place.
pub async fn event(place: &PluginPlace, delivery: &Delivery) -> Result<Option<Event>, Failure> {
    let seq = delivery.seq;
    let log = match place {
        // An owner has no log of their own, each of the repositories has.
        PluginPlace::Owner(_) if delivery.repository.is_empty() => return Ok(None),
        PluginPlace::Owner(_) => format!("/repos/{}", delivery.repository),
        PluginPlace::Repo(_) | PluginPlace::Site => base(place),
    };
    let found: Result<Vec<Event>, Failure> = client::get(&format!("{log}/events?since={}&limit=1", seq - 1)).await;
    match found {
        Ok(events) => Ok(events.into_iter().find(|event| event.seq == seq)),
        Err(failure) if matches!(failure.status, 404 | 410) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whom deliveries are made to: a plugin or a webhook, by its address in the API.
#[derive(Clone)]
pub struct Receiver(String);

impl Receiver {
    /// A plugin.
    pub fn plugin(place: &PluginPlace, id: i64) -> Receiver {
        Receiver(one(place, id))
    }

    pub(super) fn at(path: String) -> Receiver {
        Receiver(path)
    }
}

/// Delivers one again.
pub async fn again(receiver: &Receiver, delivery: i64) -> Result<Done, Failure> {
    client::send_only("POST", &format!("{}/deliveries/{delivery}/redeliver", receiver.0), &()).await
}

/// Delivers a range again, or says how many that would be.
pub async fn range_again(receiver: &Receiver, range: &RedeliverOption) -> Result<Redelivered, Failure> {
    client::send("POST", &format!("{}/redeliver", receiver.0), range).await
}
