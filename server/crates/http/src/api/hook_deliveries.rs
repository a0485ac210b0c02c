//! What was sent to a webhook, and sending it again. The same addresses below a repository, an organisation and the site.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::delivery::{RedeliverOption, Redelivered};
use hardie_api_types::hook::HookDelivery;
use hardie_app::plugins::{Receiver, deliveries, delivery, redeliver};

use super::deliveries::{again_in_range, delivery_id, wanted_state};
use super::plugins::{id, target};
use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// The addresses and operation ids below one kind of target.
struct Place {
    all: &'static str,
    one: &'static str,
    again: &'static str,
    range: &'static str,
    ids: [&'static str; 4],
}

macro_rules! place {
    ($base:literal, $who:literal) => {
        Place {
            all: concat!($base, "/hooks/{id}/deliveries"),
            one: concat!($base, "/hooks/{id}/deliveries/{delivery}"),
            again: concat!($base, "/hooks/{id}/deliveries/{delivery}/redeliver"),
            range: concat!($base, "/hooks/{id}/redeliver"),
            ids: [
                concat!($who, "ListHookDeliveries"),
                concat!($who, "GetHookDelivery"),
                concat!($who, "RedeliverHook"),
                concat!($who, "RedeliverHookRange"),
            ],
        }
    };
}

const PLACES: [Place; 3] = [place!("/repos/{owner}/{repo}", "repo"), place!("/orgs/{org}", "org"), place!("/admin", "admin")];

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "webhook";
    PLACES.into_iter().fold(api, |api, place| {
        let [list_id, one_id, again_id, range_id] = place.ids;
        api.get(
            place.all,
            Op::new(list_id, tag, "Lists deliveries to it, the newest event first")
                .query("state", "pending, running, done, failed, dead or skipped")
                .gives_page::<HookDelivery>(),
            list,
        )
        .get(place.one, Op::new(one_id, tag, "Shows a delivery with what is sent").gives::<HookDelivery>(200), one)
        .post(
            place.again,
            Op::new(again_id, tag, "Sends again what came to its end: the same bytes under the same id").gives::<HookDelivery>(202),
            again,
        )
        .post(
            place.range,
            Op::new(range_id, tag, "Sends all of a range again that came to its end, or says how many that would be")
                .takes::<RedeliverOption>()
                .gives::<Redelivered>(202),
            range,
        )
    })
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let state = wanted_state(&query)?;
    let found = deliveries(&http.app, &ctx, &target(&parts)?, Receiver::Webhook, id(&parts)?, state, paging.page).await?;
    Ok(paging.answer(found.map(show::hook_delivery)))
}

async fn one(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<HookDelivery>> {
    let (target, id) = (target(&parts)?, id(&parts)?);
    Ok(Json(show::hook_delivery(delivery(&http.app, &ctx, &target, Receiver::Webhook, id, delivery_id(&parts)?).await?)))
}

async fn again(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<(StatusCode, Json<HookDelivery>)> {
    ctx.require_actor()?;
    let begun = redeliver(&http.app, &ctx, &target(&parts)?, Receiver::Webhook, id(&parts)?, delivery_id(&parts)?).await?;
    Ok((StatusCode::ACCEPTED, Json(show::hook_delivery(begun))))
}

async fn range(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<RedeliverOption>,
) -> Answer<(StatusCode, Json<Redelivered>)> {
    ctx.require_actor()?;
    again_in_range(&http, &ctx, &parts, Receiver::Webhook, body).await
}
