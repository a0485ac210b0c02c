//! What the build server says at once: that it will build, that it will not, or even what came of it.

use hardie_plugin::http::Response;
use hardie_plugin::status::State;
use serde::Deserialize;

use crate::config::{Config, is_web};

/// Characters of an address that a status may have.
const URL: usize = 2048;

/// What becomes the status.
pub struct Said {
    pub state: State,
    pub description: String,
    pub target_url: String,
}

/// An answer in JSON; all of it may be left out, and what else is in it is nobody's matter here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    state: String,
    description: String,
    target_url: String,
}

/// Reads it: without one that is understood the build is waited for.
pub fn read(config: &Config, response: &Response) -> Said {
    if !response.is_success() {
        let description = format!("the build server refused to build: it answered {}", response.status);
        return Said { state: State::Error, description, target_url: String::new() };
    }
    let Answer { state, description, target_url } = response.json().unwrap_or_default();
    let state = match state.as_str() {
        "success" => State::Success,
        "skipped" => State::Skipped,
        "warning" => State::Warning,
        "failure" => State::Failure,
        "error" => State::Error,
        _ => State::Pending,
    };
    let fallback = if state == State::Pending { format!("{} was asked for", config.context.trim()) } else { String::new() };
    // An address that the server would refuse must not take the status along.
    let fits = is_web(&target_url) && target_url.len() <= URL && !target_url.chars().any(|c| c.is_control() || c.is_whitespace());
    Said {
        state,
        description: if description.is_empty() { fallback } else { description },
        target_url: if fits { target_url } else { String::new() },
    }
}
