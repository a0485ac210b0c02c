//! The request: what it says, and how the receiver knows whose it is. The signature is over the body, and the body holds the time.

use std::time::Duration;

use hardie_plugin::http::{Request, Response};
use hardie_plugin::payload::Push;
use hardie_plugin::secrets::{self, SecretRequest};
use hardie_plugin::{Error, Event, clock};
use serde_json::json;

use crate::builds::Build;
use crate::config::Config;

/// Asks for one build.
pub fn of(config: &Config, event: &Event<'_>, push: &Push, build: &Build) -> Result<SecretRequest, Error> {
    let (path, now) = (event.repository_path(), clock::now());
    let server = config.server.trim_end_matches('/');
    let (before, kind) = push.refs.get(build.index).map_or(("", ""), |change| (change.before.as_str(), change.kind.as_str()));
    let short = |prefix: &str| build.name.strip_prefix(prefix);
    let body = json!({
        "event": "push", "id": event.id(), "attempt": event.attempt(), "time": now,
        "repository": path, "clone_url": format!("{server}/{path}.git"), "pusher": push.actor.as_ref().and_then(|actor| actor.name()),
        "ref": build.name, "branch": short("refs/heads/"), "tag": short("refs/tags/"),
        "before": before, "after": build.id.to_string(), "kind": kind,
        // Where the result goes, and under which name: under another this check would wait for ever.
        "status": build.commit.as_ref().filter(|_| config.status).map(|commit| json!({
            "url": format!("{server}/api/v1/repos/{path}/statuses/{commit}"),
            "context": format!("{}/{}", event.installation(), config.context.trim()),
        })),
    });
    let request = Request::post(&config.url).json(&body)?.header("X-Hardie-Event", "push").header("X-Hardie-Timestamp", now.to_string());
    let signed = secrets::fill(request).signature("X-Hardie-Signature", "sha256=", &config.secret);
    Ok(if config.token.is_empty() { signed } else { signed.header("Authorization", "Bearer ", &config.token) })
}

/// What `Retry-After` asks for, in seconds.
pub fn pause(response: &Response) -> Option<Duration> {
    let seconds: u64 = response.header("retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(86_400)))
}
