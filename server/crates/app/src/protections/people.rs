//! Users and teams on the lists of rules: given by name, kept by id, shown by name to those who may push.

use std::collections::{HashMap, HashSet};

use hardie_domain::access::Role;
use hardie_domain::error::Invalid;
use hardie_domain::ids::{AccountId, TeamId};
use hardie_store::accounts::AccountKind;

use super::{Pusher, Rules};
use crate::access::RepoAccess;
use crate::accounts::shown_by_id;
use crate::{App, Ctx, Result};

/// Users, or teams, on one list.
const MOST_NAMES: usize = 100;

/// A list from now on, by names; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Users.
    pub people: Option<Vec<String>>,
    /// Teams of the organisation that reach the repository.
    pub teams: Option<Vec<String>>,
}

/// Who is on a list, by names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Users.
    pub people: Vec<String>,
    /// Teams.
    pub teams: Vec<String>,
}

/// What users and teams are called, by the ids that rules keep.
pub(super) struct Names {
    people: HashMap<AccountId, String>,
    teams: HashMap<TeamId, String>,
}

impl Names {
    /// A list by names; who is gone is left out, and so is a team of an owner of before.
    pub(super) fn list(&self, accounts: &[i64], teams: &[i64]) -> Listed {
        Listed {
            people: accounts.iter().filter_map(|id| self.people.get(&AccountId(*id)).cloned()).collect(),
            teams: teams.iter().filter_map(|id| self.teams.get(&TeamId(*id)).cloned()).collect(),
        }
    }
}

/// Who acts, as lists know them. Teams are read if a rule names any.
pub(crate) async fn pusher_of(app: &App, access: &RepoAccess, rules: &Rules, account: AccountId, deploy_key: bool) -> Result<Pusher> {
    let teams = match rules.name_teams() && !deploy_key {
        true => app.store.list_team_ids_of(access.owner.id, account).await?.into_iter().map(|team| team.0).collect(),
        false => Vec::new(),
    };
    Ok(Pusher { account: account.0, deploy_key, teams })
}

/// The ids of what a list names. `fields` are where users and teams were named.
pub(super) async fn ids_of(
    app: &App,
    access: &RepoAccess,
    fields: (&'static str, &'static str),
    named: Named,
) -> Result<(Option<Vec<i64>>, Option<Vec<i64>>)> {
    let people = match named.people {
        Some(names) => Some(people_ids(app, fields.0, &names).await?),
        None => None,
    };
    let teams = match named.teams {
        Some(names) => Some(team_ids(app, access, fields.1, &names).await?),
        None => None,
    };
    Ok((people, teams))
}

async fn people_ids(app: &App, field: &'static str, names: &[String]) -> Result<Vec<i64>> {
    bounded(field, names)?;
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        let found = app.store.find_account_by_name(name.trim()).await?.filter(|account| account.kind == AccountKind::User);
        let found = found.ok_or_else(|| Invalid::new(field, format!("there is no user {name:?}")))?;
        if !ids.contains(&found.id.0) {
            ids.push(found.id.0);
        }
    }
    Ok(ids)
}

/// A team that does not reach the repository is as good as none: whoever administers the repository need not know of it.
async fn team_ids(app: &App, access: &RepoAccess, field: &'static str, names: &[String]) -> Result<Vec<i64>> {
    bounded(field, names)?;
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        let found = app.store.find_team_by_name(access.owner.id, name.trim()).await?;
        let found = match found {
            Some(found) if app.store.reaches_repo(found.team.id, access.repo.id).await? => found.team.id.0,
            _ => return Err(Invalid::new(field, format!("no team {name:?} of the repository's owner reaches it")).into()),
        };
        if !ids.contains(&found) {
            ids.push(found);
        }
    }
    Ok(ids)
}

fn bounded(field: &'static str, names: &[String]) -> Result<()> {
    match names.len() > MOST_NAMES {
        true => Err(Invalid::new(field, format!("has {} names, {MOST_NAMES} at most are taken", names.len())).into()),
        false => Ok(()),
    }
}

/// What those on some lists are called; nobody is for whoever may only read.
pub(super) async fn names_of(app: &App, ctx: &Ctx, access: &RepoAccess, accounts: HashSet<i64>, teams: HashSet<i64>) -> Result<Names> {
    if access.role < Role::Write {
        return Ok(Names { people: HashMap::new(), teams: HashMap::new() });
    }
    let people = shown_by_id(app, ctx, accounts.into_iter().map(AccountId)).await?;
    let teams: Vec<TeamId> = teams.into_iter().map(TeamId).collect();
    let teams = app.store.list_team_names(access.owner.id, &teams).await?;
    Ok(Names {
        people: people.into_iter().map(|(id, account)| (id, account.name.to_string())).collect(),
        teams: teams.into_iter().map(|(id, name)| (id, name.to_string())).collect(),
    })
}
