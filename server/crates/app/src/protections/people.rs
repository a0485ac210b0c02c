//! Names of people on the lists of rules: given by name, kept by id, shown by name to those who may push.

use std::collections::HashMap;

use hardie_domain::access::Role;
use hardie_domain::error::Invalid;
use hardie_domain::ids::AccountId;
use hardie_store::accounts::AccountKind;

use super::settings::MOST_ACCOUNTS;
use crate::access::RepoAccess;
use crate::accounts::shown_by_id;
use crate::{App, Ctx, Result};

/// Names by the ids that rules keep.
pub(super) type Names = HashMap<AccountId, String>;

/// The ids of some users. `field` is where they were named.
pub(super) async fn ids_of(app: &App, field: &'static str, names: &[String]) -> Result<Vec<i64>> {
    if names.len() > MOST_ACCOUNTS {
        return Err(Invalid::new(field, format!("has {} names, {MOST_ACCOUNTS} at most are taken", names.len())).into());
    }
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

/// The names of the accounts on some lists; none for whoever may only read.
pub(super) async fn names_of(app: &App, ctx: &Ctx, access: &RepoAccess, lists: &[&Vec<i64>]) -> Result<Names> {
    if access.role < Role::Write {
        return Ok(Names::new());
    }
    let ids: std::collections::HashSet<i64> = lists.iter().copied().flatten().copied().collect();
    let found = shown_by_id(app, ctx, ids.into_iter().map(AccountId)).await?;
    Ok(found.into_iter().map(|(id, account)| (id, account.name.to_string())).collect())
}

/// A list by names; accounts that are gone are left out.
pub(super) fn listed(names: &Names, ids: &[i64]) -> Vec<String> {
    ids.iter().filter_map(|id| names.get(&AccountId(*id)).cloned()).collect()
}
