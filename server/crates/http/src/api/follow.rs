//! Following what happens: a list that may be waited for, or a stream that goes on (server-sent events, WHATWG HTML, 9.2).

mod stream;

use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::header::{ACCEPT, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hardie_api_types::delivery::Event;
use hardie_app::events::{Follower, follow};
use hardie_app::shares::Full;
use hardie_domain::ids::EventSeq;
use tokio::time::{Instant, timeout_at};

use super::events::place;
use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::layers::Turn;
use crate::openapi::{Api, Op};
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// The longest that a list is waited for, in seconds: requests end soon after that.
const LONGEST_WAIT: u64 = 25;
/// Between two readings of the log by one follower, so that many of them on a busy server do not take the database for themselves: what
/// comes meanwhile is read together.
const PAUSE: Duration = Duration::from_millis(100);
/// Where a client goes on, also in the answer to a list: that may be empty although the log was read.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let op = Op::new("listEvents", "miscellaneous", "Follows what happens in repositories that the asker administers, in order");
    let op = op.query("since", "only events after this place of the log, or those from now on; 410 if some of them are not kept any more");
    let op = op.query("wait", "seconds to wait for one if there is none, 25 at most; not at all unless given");
    api.get("/events", op.gives_list::<Event>(), get)
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, Extension(turn): Extension<Turn>, query: Query, headers: HeaderMap) -> Answer {
    let actor = ctx.require_actor()?.id;
    let since = since(&headers, &query)?;
    let following = http.followers.enter(actor, http.client(ctx.address)).map_err(too_many)?;
    let follower = follow(&http.app, &ctx, since).await?;
    turn.leave();
    if wants_stream(&headers) {
        return Ok(stream::answer(&http, follower, following));
    }
    let wait = Duration::from_secs(query.number("wait")?.unwrap_or(0).min(LONGEST_WAIT));
    list(&http, follower, wait).await
}

/// A browser that comes back says itself where it was; the address is the one that it began with.
fn since(headers: &HeaderMap, query: &Query) -> Result<Option<EventSeq>, Refusal> {
    let known = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or("none")).filter(|text| !text.is_empty());
    match known {
        Some(text) => place(text).map(Some),
        None => query.text("since")?.map(|text| place(&text)).transpose(),
    }
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|one| one.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/event-stream"))
}

fn too_many(full: Full) -> Refusal {
    let text = match full {
        Full::Everywhere => "the server is busy: too many follow events at once",
        Full::ForClient => "you, or people in your network, follow events too many times at once",
    };
    Refusal { retry_after: Some(5), ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text) }
}

/// The next events, as soon as there are any.
async fn list(http: &Http, mut follower: Follower, wait: Duration) -> Answer {
    let until = Instant::now() + wait;
    loop {
        let heard = follower.read().await?;
        if !heard.events.is_empty() || Instant::now() >= until || http.stop.is_cancelled() {
            let events: Vec<Event> = heard.events.into_iter().map(show::event).collect();
            return Ok(with_place(heard.upto, Json(events).into_response()));
        }
        let next = go_on(&mut follower, heard.more);
        tokio::select! {
            // The last reading is at the end: what came meanwhile is told, and who may not see it any more is not.
            _ended = timeout_at(until, next) => {}
            () = http.stop.cancelled() => {}
        }
    }
}

/// Until there is something to read again.
async fn go_on(follower: &mut Follower, more: bool) {
    if !more {
        follower.news().await;
    }
    tokio::time::sleep(PAUSE).await;
}

fn with_place(place: EventSeq, mut response: Response) -> Response {
    response.headers_mut().insert(LAST_EVENT_ID, HeaderValue::from(place.0));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_client_was_counts_before_where_it_began() {
        let query = Query::parse("since=3");
        let mut headers = HeaderMap::new();
        assert_eq!(since(&headers, &query).unwrap(), Some(EventSeq(3)));
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("17"));
        assert_eq!(since(&headers, &query).unwrap(), Some(EventSeq(17)));
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("-1"));
        assert!(since(&headers, &query).is_err());
        headers.insert(LAST_EVENT_ID, HeaderValue::from_bytes(b"\xff").unwrap());
        assert!(since(&headers, &query).is_err());
    }

    #[test]
    fn a_stream_is_given_to_whoever_asks_for_one() {
        let asks = |accept: &'static str| wants_stream(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]));
        assert!(asks("text/event-stream") && asks("application/json;q=0.5, Text/Event-Stream;q=0.9"));
        assert!(!asks("*/*") && !asks("application/json") && !wants_stream(&HeaderMap::new()));
    }
}
