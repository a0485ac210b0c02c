//! Teams of organisations.

use hardie_api_types::team;
use hardie_app::teams::Team;
use hardie_domain::team::{TeamPermission, level_word};

use super::organization;
use crate::links::Links;

/// A team.
pub fn team(links: &Links, Team { team, org }: &Team) -> team::Team {
    let is_owners = team.access.permission == TeamPermission::Owner;
    let word = |level| if is_owners { TeamPermission::Owner.as_str() } else { level_word(level) };
    team::Team {
        id: team.id.0,
        name: team.name.to_string(),
        description: team.description.clone(),
        organization: Some(organization(links, org)),
        includes_all_repositories: team.includes_all,
        permission: team.access.permission.as_str().to_owned(),
        units: team.access.units().filter(|(_, level)| level.is_some()).map(|(name, _)| name.to_owned()).collect(),
        units_map: team.access.units().map(|(name, level)| (name.to_owned(), word(level).to_owned())).collect(),
        can_create_org_repo: team.can_create,
    }
}
