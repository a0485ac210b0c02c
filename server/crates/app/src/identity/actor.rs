//! From a row to an actor; and whose things somebody may manage.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::scope::{Category, Level, ScopeSet};
use hardie_domain::time::Timestamp;
use hardie_store::accounts::{AccountKind, AccountRow};

use crate::access::{is_admin, require_scope};
use crate::{App, Ctx, Error, Result};

/// Uses of a token, key or session are noted at most so often: each is a write.
const NOTED_EVERY_SECONDS: i64 = 60;

/// The proven user; `None` if the account may not act.
pub(crate) fn actor_of(account: &AccountRow, credential: Credential, scopes: ScopeSet) -> Option<Actor> {
    let may_act = account.kind == AccountKind::User && !account.disabled;
    may_act.then(|| Actor {
        id: account.id,
        name: account.name.clone(),
        is_admin: account.is_admin,
        credential,
        scopes,
        bound: None,
        narrowing: None,
    })
}

/// Whether a use at `now` should be written down.
pub(crate) fn should_note(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| last.plus_seconds(NOTED_EVERY_SECONDS) <= now)
}

/// The user whose keys or tokens are meant: oneself, or anybody for an administrator and the command line.
pub(super) async fn managed_user(app: &App, ctx: &Ctx, name: &str, level: Level) -> Result<AccountRow> {
    let by_admin = is_admin(ctx, level);
    if !by_admin {
        let actor = require_scope(ctx, Category::User, level)?;
        if actor.name.lower() != name.to_ascii_lowercase() {
            return Err(Error::forbidden("only the user and administrators of this server may do this"));
        }
    }
    let found = app.store.find_account_by_name(name).await?;
    found.filter(|a| a.kind == AccountKind::User).ok_or(Error::NotFound("user"))
}
