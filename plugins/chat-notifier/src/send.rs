//! The request: where it goes, who may see it, and what an answer means.

use std::time::Duration;

use hardie_plugin::http::{Request, Response};
use hardie_plugin::secrets::{self, SecretRequest};
use hardie_plugin::{Error, Event, Failure, info};

use crate::config::{Config, Format};
use crate::escape;
use crate::message::Message;
use crate::render;

/// Sends a message. What a chat answers is not shown: it may repeat the address.
pub fn send(config: &Config, event: &Event<'_>, message: &Message) -> Result<(), Failure> {
    let response = request(config, event, message)?.send()?;
    if response.is_success() {
        info!("{} told", event.kind());
        return Ok(());
    }
    let what = format!("the chat answered {}", response.status);
    match (response.may_be_tried_again(), pause(&response)) {
        (false, _) => Err(Failure::permanent(what)),
        (true, None) => Err(Failure::retry(what)),
        (true, Some(after)) => Err(Failure::retry_after(after, what)),
    }
}

fn request(config: &Config, event: &Event<'_>, message: &Message) -> Result<SecretRequest, Error> {
    let body = render::body(config.format, message);
    if config.format != Format::Matrix {
        return Ok(secrets::fill(Request::post(&config.url).json(&body)?));
    }
    // The last part names the message: sent twice, it is shown once.
    let (server, room) = (config.url.trim_end_matches('/'), escape::segment(&config.room));
    let url = format!("{server}/_matrix/client/v3/rooms/{room}/send/m.room.message/hardie-{}", escape::segment(&event.id()));
    Ok(secrets::fill(Request::put(url).json(&body)?).header("Authorization", "Bearer ", &config.token))
}

/// What `Retry-After` asks for, in seconds.
fn pause(response: &Response) -> Option<Duration> {
    let seconds: f64 = response.header("retry-after")?.trim().parse().ok()?;
    (seconds >= 0.0).then(|| Duration::from_secs(seconds.ceil().min(86_400.0) as u64))
}
