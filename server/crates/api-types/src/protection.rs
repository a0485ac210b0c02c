//! Rules over tags and paths. Those over branches are in `branch`.

use serde::{Deserialize, Serialize};

use crate::Time;

/// A rule over tags (`GET R/tag_protections`): only those on its list make, move and remove what fits it. Where several fit, one list is
/// enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagProtection {
    /// Its id.
    pub id: i64,
    /// The tag, or a pattern with `*`, that it covers.
    pub name_pattern: String,
    /// The list; empty for whoever may only read.
    pub whitelist_usernames: Vec<String>,
    /// Teams whose members are on it; empty for whoever may only read.
    pub whitelist_teams: Vec<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// `POST R/tag_protections`, and `PATCH R/tag_protections/{id}` where only what is present changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TagProtectionOption {
    /// The tag, or a pattern with `*`, that it covers.
    pub name_pattern: Option<String>,
    /// The users who may.
    pub whitelist_usernames: Option<Vec<String>>,
    /// Teams of the organisation that reach the repository.
    pub whitelist_teams: Option<Vec<String>>,
}

/// A rule over paths (`GET R/path_rules`, not in Gitea): on these branches whom it names may change these paths alone. Where several rules
/// name somebody, each gives its paths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PathRule {
    /// Its id: so refusals name it.
    pub id: i64,
    /// The branches, or patterns with `*`; all if empty.
    pub branches: Vec<String>,
    /// Patterns such as `docs/**`; capitals are told from small letters.
    pub paths: Vec<String>,
    /// Whether it names everybody who may push.
    pub everyone: bool,
    /// The users whom it names; empty for whoever may only read.
    pub usernames: Vec<String>,
    /// The teams whose members it names; empty for whoever may only read.
    pub teams: Vec<String>,
    /// Whether it names deploy keys.
    pub deploy_keys: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// `POST R/path_rules`, and `PATCH R/path_rules/{id}` where only what is present changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct PathRuleOption {
    /// See [`PathRule`].
    pub branches: Option<Vec<String>>,
    /// See [`PathRule`]; at least one.
    pub paths: Option<Vec<String>>,
    /// See [`PathRule`].
    pub everyone: Option<bool>,
    /// See [`PathRule`].
    pub usernames: Option<Vec<String>>,
    /// Teams of the organisation that reach the repository.
    pub teams: Option<Vec<String>>,
    /// See [`PathRule`].
    pub deploy_keys: Option<bool>,
}
