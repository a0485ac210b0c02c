//! What happened.

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::payload;

/// Where the facts come from: the server, or a mock.
pub(crate) trait EventSource {
    fn id(&self) -> String;
    fn attempt(&self) -> u32;
    fn sequence(&self) -> u64;
    fn kind(&self) -> String;
    fn at(&self) -> i64;
    fn payload(&self) -> String;
    fn repository_path(&self) -> String;
    fn installation(&self) -> String;
}

/// An event, on its way to this plugin.
pub struct Event<'a>(pub(crate) &'a dyn EventSource);

impl Event<'_> {
    /// The same in every attempt, and no other delivery's.
    pub fn id(&self) -> String {
        self.0.id()
    }

    /// Which attempt this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.0.attempt()
    }

    /// The place in the server's log of events; grows, with gaps.
    pub fn sequence(&self) -> u64 {
        self.0.sequence()
    }

    /// `push`, `status`, `repository.created` and others; more will come.
    pub fn kind(&self) -> String {
        self.0.kind()
    }

    /// When it happened, in milliseconds since 1970-01-01 UTC.
    pub fn at(&self) -> i64 {
        self.0.at()
    }

    /// What happened, JSON.
    pub fn payload(&self) -> String {
        self.0.payload()
    }

    /// `owner/name` as the repository is called now; empty if there is none or it is gone.
    pub fn repository_path(&self) -> String {
        self.0.repository_path()
    }

    /// The name under which this plugin is installed. With a slash it stands before the context of each status that the plugin sets, so
    /// that whoever is to end one can be told its whole context.
    pub fn installation(&self) -> String {
        self.0.installation()
    }

    /// What happened, as a type of yours.
    ///
    /// # Errors
    /// If the payload does not have that form.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.payload()).map_err(|error| Error::new(format!("payload of {}: {error}", self.kind())))
    }

    /// The push, if this is one.
    ///
    /// # Errors
    /// If the payload does not have that form.
    pub fn push(&self) -> Result<Option<payload::Push>, Error> {
        if self.kind() == "push" { self.parse().map(Some) } else { Ok(None) }
    }

    /// The status of a commit, if this is one.
    ///
    /// # Errors
    /// If the payload does not have that form.
    pub fn status(&self) -> Result<Option<payload::Status>, Error> {
        if self.kind() == "status" { self.parse().map(Some) } else { Ok(None) }
    }
}
