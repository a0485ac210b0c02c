//! Webhooks: of a repository, of an organisation or of the whole site.

use hardie_api_types::delivery::ResumeOption;
use hardie_api_types::hook::{CreateHookOption, EditHookOption, Hook, HookDelivery};

use super::client::{self, Done};
use super::deliveries::{PER_PAGE, Receiver};
use super::plugins::base;
use super::{Failure, Paged};
use crate::routes::PluginPlace;

/// More are not taken in one place.
const MOST: u32 = 50;

fn one(place: &PluginPlace, id: i64) -> String {
    format!("{}/hooks/{id}", base(place))
}

/// As what is sent to it is asked for.
pub fn receiver(place: &PluginPlace, id: i64) -> Receiver {
    Receiver::at(one(place, id))
}

/// All of a place.
pub async fn all(place: &PluginPlace) -> Result<Paged<Hook>, Failure> {
    client::get_page(&format!("{}/hooks?limit={MOST}", base(place))).await
}

/// One of these.
pub async fn get(place: &PluginPlace, id: i64) -> Result<Hook, Failure> {
    client::get(&one(place, id)).await
}

/// Makes one.
pub async fn add(place: &PluginPlace, options: &CreateHookOption) -> Result<Hook, Failure> {
    client::send("POST", &format!("{}/hooks", base(place)), options).await
}

/// Changes what is present.
pub async fn edit(place: &PluginPlace, id: i64, options: &EditHookOption) -> Result<Hook, Failure> {
    client::send("PATCH", &one(place, id), options).await
}

/// Removes it with its deliveries.
pub async fn remove(place: &PluginPlace, id: i64) -> Result<Done, Failure> {
    client::delete(&one(place, id)).await
}

/// Has the newest commit of the default branch sent, if it is a repository's.
pub async fn test(place: &PluginPlace, id: i64) -> Result<Done, Failure> {
    client::send_only("POST", &format!("{}/tests", one(place, id)), &()).await
}

/// Sends what waits. With `skip`, it is not sent any more.
pub async fn resume(place: &PluginPlace, id: i64, skip: bool) -> Result<Hook, Failure> {
    client::send("POST", &format!("{}/resume", one(place, id)), &ResumeOption { skip }).await
}

/// What was sent, the newest event first; all if `state` is empty.
pub async fn deliveries(place: &PluginPlace, id: i64, state: &str, page: u32) -> Result<Paged<HookDelivery>, Failure> {
    let state = if state.is_empty() { String::new() } else { format!("&state={state}") };
    client::get_page(&format!("{}/deliveries?page={page}&limit={PER_PAGE}{state}", one(place, id))).await
}

/// One, with what is sent.
pub async fn delivery(place: &PluginPlace, id: i64, delivery: i64) -> Result<HookDelivery, Failure> {
    client::get(&format!("{}/deliveries/{delivery}", one(place, id))).await
}
