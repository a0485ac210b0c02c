//! What a webhook is told and how: the configuration of its installation, as JSON. Nothing secret is in it.

use hardie_domain::webhook::{BranchFilter, ContentType, checked_events};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// As it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Names of events.
    pub events: Vec<String>,
    /// A pattern of branches, as somebody wrote it.
    pub branch_filter: String,
    /// `json` or `form`.
    pub content_type: String,
}

impl Settings {
    /// Refuses what cannot be.
    pub fn checked(events: &[String], branch_filter: &str, content_type: &str) -> Result<Settings> {
        BranchFilter::parse(branch_filter)?;
        let content_type = ContentType::parse(content_type)?.as_str().to_owned();
        Ok(Settings { events: checked_events(events)?, branch_filter: branch_filter.to_owned(), content_type })
    }

    /// Reads what was kept.
    pub fn parse(config: &str) -> Settings {
        serde_json::from_str(config).unwrap_or_default()
    }

    /// To be kept.
    pub fn to_config(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    /// Whether it is told of events of this name.
    pub fn wants(&self, event: &str) -> bool {
        self.events.iter().any(|name| name == event)
    }

    /// What was checked when it was kept.
    pub fn filter(&self) -> BranchFilter {
        BranchFilter::parse(&self.branch_filter).unwrap_or_default()
    }

    /// The same.
    pub fn content(&self) -> ContentType {
        ContentType::parse(&self.content_type).unwrap_or_default()
    }
}
