//! What an installation is told of events. The same addresses below a repository, an organisation and the site.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::Time;
use hardie_api_types::delivery::{Delivery, EditPluginEventsOption, PluginEvents, RedeliverOption, Redelivered, ResumeOption};
use hardie_app::plugins::{DeliveryRange, Receiver, deliveries, delivery, handler, redeliver, redeliver_range, resume, set_kinds};
use hardie_domain::attempt::DeliveryState;
use hardie_domain::ids::{DeliveryId, EventSeq};
use hardie_domain::time::Timestamp;

use super::plugins::{id, target};
use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// The addresses and operation ids below one kind of target.
struct Place {
    events: &'static str,
    resume: &'static str,
    all: &'static str,
    one: &'static str,
    again: &'static str,
    range: &'static str,
    ids: [&'static str; 7],
}

macro_rules! place {
    ($base:literal, $who:literal) => {
        Place {
            events: concat!($base, "/plugins/{id}/events"),
            resume: concat!($base, "/plugins/{id}/resume"),
            all: concat!($base, "/plugins/{id}/deliveries"),
            one: concat!($base, "/plugins/{id}/deliveries/{delivery}"),
            again: concat!($base, "/plugins/{id}/deliveries/{delivery}/redeliver"),
            range: concat!($base, "/plugins/{id}/redeliver"),
            ids: [
                concat!($who, "GetPluginEvents"),
                concat!($who, "EditPluginEvents"),
                concat!($who, "ResumePlugin"),
                concat!($who, "ListDeliveries"),
                concat!($who, "GetDelivery"),
                concat!($who, "Redeliver"),
                concat!($who, "RedeliverRange"),
            ],
        }
    };
}

const PLACES: [Place; 3] = [place!("/repos/{owner}/{repo}", "repo"), place!("/orgs/{org}", "org"), place!("/admin", "admin")];

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    PLACES.into_iter().fold(api, |api, place| {
        let [get_id, edit_id, resume_id, list_id, one_id, again_id, range_id] = place.ids;
        let tag = "plugin";
        api.get(place.events, Op::new(get_id, tag, "Shows which events it is told of and how that goes").gives::<PluginEvents>(200), get)
            .patch(
                place.events,
                Op::new(edit_id, tag, "Sets the kinds of events that it is told of")
                    .takes::<EditPluginEventsOption>()
                    .gives::<PluginEvents>(200),
                edit,
            )
            .post(
                place.resume,
                Op::new(resume_id, tag, "Ends a rest after faults; skips what waits if asked to")
                    .takes::<ResumeOption>()
                    .gives::<PluginEvents>(200),
                wake,
            )
            .get(
                place.all,
                Op::new(list_id, tag, "Lists deliveries of events to it, the newest event first")
                    .query("state", "pending, running, done, failed, dead or skipped")
                    .gives_page::<Delivery>(),
                list,
            )
            .get(place.one, Op::new(one_id, tag, "Shows a delivery").gives::<Delivery>(200), one)
            .post(
                place.again,
                Op::new(again_id, tag, "Delivers an event again that came to its end, under the same id").gives::<Delivery>(202),
                again,
            )
            .post(
                place.range,
                Op::new(range_id, tag, "Delivers all of a range again that came to its end, or says how many that would be")
                    .takes::<RedeliverOption>()
                    .gives::<Redelivered>(202),
                range,
            )
    })
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<PluginEvents>> {
    Ok(Json(show::plugin_events(handler(&http.app, &ctx, &target(&parts)?, id(&parts)?).await?)))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<EditPluginEventsOption>,
) -> Answer<Json<PluginEvents>> {
    ctx.require_actor()?;
    let (target, id) = (target(&parts)?, id(&parts)?);
    let view = match body.kinds {
        Some(kinds) => set_kinds(&http.app, &ctx, &target, id, kinds).await?,
        None => handler(&http.app, &ctx, &target, id).await?,
    };
    Ok(Json(show::plugin_events(view)))
}

async fn wake(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<ResumeOption>,
) -> Answer<Json<PluginEvents>> {
    ctx.require_actor()?;
    let (target, id) = (target(&parts)?, id(&parts)?);
    Ok(Json(show::plugin_events(resume(&http.app, &ctx, &target, Receiver::Plugin, id, body.skip).await?)))
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let state = wanted_state(&query)?;
    let found = deliveries(&http.app, &ctx, &target(&parts)?, Receiver::Plugin, id(&parts)?, state, paging.page).await?;
    Ok(paging.answer(found.map(show::delivery)))
}

async fn one(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Delivery>> {
    let (target, id) = (target(&parts)?, id(&parts)?);
    Ok(Json(show::delivery(delivery(&http.app, &ctx, &target, Receiver::Plugin, id, delivery_id(&parts)?).await?)))
}

async fn again(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<(StatusCode, Json<Delivery>)> {
    ctx.require_actor()?;
    let begun = redeliver(&http.app, &ctx, &target(&parts)?, Receiver::Plugin, id(&parts)?, delivery_id(&parts)?).await?;
    Ok((StatusCode::ACCEPTED, Json(show::delivery(begun))))
}

async fn range(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<RedeliverOption>,
) -> Answer<(StatusCode, Json<Redelivered>)> {
    ctx.require_actor()?;
    again_in_range(&http, &ctx, &parts, Receiver::Plugin, body).await
}

/// The same for both kinds of receivers.
pub async fn again_in_range(
    http: &Http,
    ctx: &hardie_app::Ctx,
    parts: &PathParts,
    to: Receiver,
    body: RedeliverOption,
) -> Answer<(StatusCode, Json<Redelivered>)> {
    let range = DeliveryRange {
        from: body.from.map(EventSeq),
        to: body.to.map(EventSeq),
        since: time("since", body.since)?,
        until: time("until", body.until)?,
    };
    let begun = redeliver_range(&http.app, ctx, &target(parts)?, to, id(parts)?, range, body.dry_run).await?;
    let (redelivered, next) = (show::number(begun.begun), begun.next.map(|place| place.0));
    Ok((StatusCode::ACCEPTED, Json(Redelivered { redelivered, next })))
}

/// The state that a list is asked for.
pub fn wanted_state(query: &Query) -> Answer<Option<DeliveryState>> {
    let known = |word: String| {
        let words = DeliveryState::ALL.map(DeliveryState::as_str).join(", ");
        DeliveryState::parse(&word).ok_or_else(|| Refusal::invalid("state", format!("must be one of {words}")))
    };
    query.text("state")?.map(known).transpose()
}

/// The delivery in the address.
pub fn delivery_id(parts: &PathParts) -> Answer<DeliveryId> {
    parts.id("delivery").map(DeliveryId)
}

fn time(field: &'static str, time: Option<Time>) -> Answer<Option<Timestamp>> {
    let Some(time) = time else { return Ok(None) };
    let moment = time.timestamp().ok_or_else(|| Refusal::invalid(field, "must be a time such as 2026-01-31T00:00:00Z"))?;
    Ok(Some(moment))
}
