//! The stream: each event with its place as `id`, by which a browser goes on by itself after it was cut off.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use hardie_app::events::{Follower, Heard};
use hardie_domain::ids::EventSeq;
use tokio::time::Instant;

use super::go_on;
use crate::followers::Following;
use crate::show;
use crate::state::Http;

/// What is silent for so long says that it is still there. The credential is looked at as often.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends after so long, for its client to come back with a credential that is good.
const LONGEST: Duration = Duration::from_secs(3600);
/// How long a client is to wait before it comes back, in milliseconds.
const RETRY: u32 = 2000;
/// What nginx is told, which would keep the answer until it is long.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Goes on until the client leaves, the server stops, the credential ends or an hour is over.
pub fn answer(http: &Http, follower: Follower, following: Following) -> Response {
    let begins = format!("retry: {RETRY}\n{}", place(follower.at()));
    let stream = Stream { http: http.clone(), follower, begins: Some(begins), ends: Instant::now() + LONGEST, _following: following };
    let body = Body::from_stream(unfold(stream, |mut stream| async move {
        let piece = stream.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(piece)), stream))
    }));
    ([(CONTENT_TYPE, "text/event-stream"), (BUFFERING, "no")], body).into_response()
}

struct Stream {
    http: Http,
    follower: Follower,
    begins: Option<String>,
    ends: Instant,
    _following: Following,
}

impl Stream {
    /// The next bytes, if it goes on.
    async fn next(&mut self) -> Option<String> {
        if let Some(begins) = self.begins.take() {
            return Some(begins);
        }
        let mut silent_until = Instant::now() + HEARTBEAT;
        loop {
            let heard = match self.follower.read().await {
                Ok(heard) => heard,
                Err(error) => {
                    // The client comes back and is told then, by a status.
                    tracing::debug!(%error, "a stream of events ended");
                    return None;
                }
            };
            if !heard.events.is_empty() {
                return Some(text(heard));
            }
            let now = Instant::now();
            if now >= silent_until {
                return Some(place(heard.upto));
            }
            if now >= self.ends || self.http.stop.is_cancelled() {
                return None;
            }
            let until = silent_until.min(self.ends);
            tokio::select! {
                () = go_on(&mut self.follower, heard.more) => {}
                () = tokio::time::sleep_until(until) => silent_until = until,
                () = self.http.stop.cancelled() => return None,
            }
        }
    }
}

/// Only where to go on: no event, but a client remembers it.
fn place(place: EventSeq) -> String {
    format!("id: {place}\n\n")
}

fn text(heard: Heard) -> String {
    let mut text = String::new();
    for event in heard.events {
        let seq = event.seq;
        // JSON has no line ends of its own.
        let data = serde_json::to_string(&show::event(event)).unwrap_or_default();
        let _infallible = write!(text, "id: {seq}\ndata: {data}\n\n");
    }
    text
}
