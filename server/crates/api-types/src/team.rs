//! Teams of organisations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::org::Organization;

/// A team (`GET /teams/{id}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Team {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// A line about it; may be empty.
    pub description: String,
    /// Whose it is.
    pub organization: Option<Organization>,
    /// Whether it reaches every repository of the organisation, those to come too.
    pub includes_all_repositories: bool,
    /// `owner`, `admin`, or the least level of the units that have one: `write`, `read`, `none`.
    pub permission: String,
    /// Units that have a level.
    pub units: Vec<String>,
    /// The level of each unit: `none`, `read`, `write`, `admin` or `owner`. This server enforces that of `repo.code` and keeps the others.
    pub units_map: BTreeMap<String, String>,
    /// Whether its members may make repositories in the organisation.
    pub can_create_org_repo: bool,
}

/// `GET /orgs/{org}/teams/search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TeamSearchResults {
    /// True.
    pub ok: bool,
    /// One page of teams.
    pub data: Vec<Team>,
}

/// `POST /orgs/{org}/teams`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateTeamOption {
    /// Its name.
    pub name: String,
    /// A line about it.
    pub description: Option<String>,
    /// `read` (if absent), `write` or `admin`.
    pub permission: Option<String>,
    /// Units that have the permission; all of them if absent.
    pub units: Option<Vec<String>>,
    /// A level for each unit in place of `units`: `none`, `read`, `write` or `admin`. Units that are not named have none.
    pub units_map: Option<BTreeMap<String, String>>,
    /// Reaches every repository of the organisation, those to come too.
    pub includes_all_repositories: bool,
    /// Its members may make repositories in the organisation, and administer what they made.
    pub can_create_org_repo: bool,
}

/// `PATCH /teams/{id}`: only what is present changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditTeamOption {
    /// Its name.
    pub name: Option<String>,
    /// A line about it.
    pub description: Option<String>,
    /// `read`, `write` or `admin`; alone, the units that have a level get this one.
    pub permission: Option<String>,
    /// Units that have the permission.
    pub units: Option<Vec<String>>,
    /// A level for each unit in place of `units`. Units that are not named have none.
    pub units_map: Option<BTreeMap<String, String>>,
    /// Reaches every repository of the organisation.
    pub includes_all_repositories: Option<bool>,
    /// Its members may make repositories in the organisation.
    pub can_create_org_repo: Option<bool>,
}
