//! A handler of events: tells a chat room about pushes, checks and repositories. One event is one message.
//!
//! What people wrote (names of refs, subjects, descriptions) is text in it and nothing else: no mention, no link, no markup.

mod config;
mod escape;
mod message;
mod render;
mod send;

use hardie_plugin::{Event, Failure, FieldError, Handler, Repository};

pub use config::{Config, Format};

/// The handler.
pub struct ChatNotifier;

impl Handler for ChatNotifier {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        FieldError::all(config.errors())
    }

    fn handle(config: &Config, event: &Event<'_>, repository: Option<&Repository<'_>>) -> Result<(), Failure> {
        Self::validate(config)?;
        match message::about(config, event, repository)? {
            Some(message) => send::send(config, event, &message),
            None => Ok(()),
        }
    }
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(events: ChatNotifier);

#[cfg(test)]
mod tests;
