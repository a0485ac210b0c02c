//! The one place where a repository's address becomes a repository and where it is decided who may do what with it.
//!
//! Invisible equals absent: both end in the same error after the same two statements, whoever asks.

use hardie_domain::access::{Actor, Decision, RepoAction, RepoFacts, Role, decide, effective_role};
use hardie_domain::ids::RepoId;
use hardie_domain::names::RepoPath;
use hardie_domain::push::Door;
use hardie_domain::scope::{Category, Level};
use hardie_store::access::RepoStanding;
use hardie_store::accounts::AccountRow;
use hardie_store::org_members::OrgRole;
use hardie_store::repo_list::Viewer;
use hardie_store::repos::RepoRow;

use crate::{App, Ctx, Error, Result};

/// A repository that the asker may use as they asked.
#[derive(Clone, Debug)]
pub struct RepoAccess {
    /// The repository.
    pub repo: RepoRow,
    /// The user or organisation that owns it.
    pub owner: AccountRow,
    /// What the asker may do with it; `Read` for somebody who has not signed in.
    pub role: Role,
    /// Whether the asker may rename, transfer and delete it.
    pub can_own: bool,
}

impl RepoAccess {
    /// `owner/name`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.owner.name, self.repo.name)
    }
}

/// Finds a repository by its address and authorises the action.
///
/// Fails with `NotFound` when it is absent or invisible, `Moved` when it was renamed or transferred and the asker may see it,
/// `Unauthenticated` when somebody must sign in first, `Forbidden` when it is visible but the action is not theirs.
pub async fn repo_for(app: &App, ctx: &Ctx, path: &RepoPath, action: RepoAction) -> Result<RepoAccess> {
    let (owner, name) = (path.owner.as_str(), path.name.as_str());
    let asker = ctx.actor.as_ref().map(|a| a.id);
    let found = app.store.find_repo_standing(owner, name, asker).await?;
    let id = found.as_ref().map(|standing| standing.repo.id);
    match found.map(|s| authorise(ctx, s, action)).transpose() {
        Ok(Some(Some(access))) => return Ok(access),
        Ok(_) => note_refusal(app, ctx, path, id, action, "it is not for them to see"),
        Err(error) => {
            note_refusal(app, ctx, path, id, action, &error.to_string());
            return Err(error);
        }
    }
    // Asked for even when the repository exists but is invisible: the answer must not take a different time.
    let moved = app.store.find_moved_repo_standing(owner, name, asker).await?;
    match moved.map(|s| authorise(ctx, s, RepoAction::Read)).transpose()?.flatten() {
        Some(access) => Err(Error::Moved(access.path())),
        None => Err(Error::NotFound("repository")),
    }
}

/// Counts for the audit log that somebody was kept from changing a repository that is there. Who is only asked to sign in was not.
fn note_refusal(app: &App, ctx: &Ctx, path: &RepoPath, id: Option<RepoId>, action: RepoAction, why: &str) {
    let what = match action {
        RepoAction::Read => return,
        RepoAction::Push => "push to",
        RepoAction::Administer => "administer",
        RepoAction::Own => "rename, transfer or delete",
    };
    if let (Some(id), Some(_)) = (id, &ctx.actor) {
        app.denials.note(ctx, Some(id), &format!("to {what} {}/{}", path.owner, path.name), why, app.clock.now());
    }
}

/// As [`repo_for`], by the id that never changes.
pub async fn repo_by_id(app: &App, ctx: &Ctx, id: RepoId, action: RepoAction) -> Result<RepoAccess> {
    let found = app.store.find_repo_standing_by_id(id, ctx.actor.as_ref().map(|a| a.id)).await?;
    found.map(|s| authorise(ctx, s, action)).transpose()?.flatten().ok_or(Error::NotFound("repository"))
}

/// `None` means invisible.
fn authorise(ctx: &Ctx, standing: RepoStanding, action: RepoAction) -> Result<Option<RepoAccess>> {
    let RepoStanding { repo, owner, asker, collaborator, member, by_teams } = standing;
    let facts = RepoFacts {
        repo: repo.id,
        visibility: repo.visibility,
        owner_visibility: owner.visibility,
        archived: repo.archived,
        is_owner: asker.is_some_and(|a| a.id == owner.id) || member == Some(OrgRole::Owner),
        is_member: member.is_some(),
        role: collaborator.max(member.and_then(OrgRole::role)).max(by_teams),
    };
    if ctx.door == Door::System && ctx.actor.is_none() {
        return Ok(Some(RepoAccess { repo, owner, role: Role::Admin, can_own: true }));
    }
    // The rows are newer than the credential's proof: an account disabled or demoted since then has lost its power already.
    let actor = match &ctx.actor {
        None => None,
        Some(actor) => match asker {
            Some(now) if !now.disabled => Some(Actor { is_admin: now.is_admin, ..actor.clone() }),
            _ => return Err(Error::unauthenticated("this account is disabled")),
        },
    };
    let actor = actor.as_ref();
    match decide(actor, action, &facts) {
        Decision::Invisible => Ok(None),
        Decision::Forbid(why) if actor.is_none() => Err(Error::unauthenticated(why)),
        Decision::Forbid(why) => Err(Error::forbidden(why)),
        Decision::Allow => {
            let role = effective_role(actor, &facts).unwrap_or(Role::Read);
            let can_own = decide(actor, RepoAction::Own, &facts) == Decision::Allow;
            Ok(Some(RepoAccess { repo, owner, role, can_own }))
        }
    }
}

/// Refuses a token that is narrowed to the content of repositories, where something beside the content is changed.
pub(crate) fn require_wide(ctx: &Ctx) -> Result<()> {
    match ctx.actor.as_ref().is_some_and(|actor| actor.narrowing.is_some()) {
        true => Err(Error::forbidden("this token is narrowed to the content of repositories: it is good for nothing else")),
        false => Ok(()),
    }
}

/// The actor, if the credential is good for this part of the server. For doors that are not about one repository.
pub fn require_scope(ctx: &Ctx, category: Category, level: Level) -> Result<&Actor> {
    let actor = ctx.require_actor()?;
    require_wide(ctx)?;
    match actor.scopes.allows(category, level) {
        true => Ok(actor),
        false => Err(Error::forbidden(format!("this token lacks the scope {}", scope_name(category, level)))),
    }
}

/// Passes an administrator of the server through a credential with the admin scope, and the server's own command line.
pub fn require_admin(ctx: &Ctx, level: Level) -> Result<()> {
    if ctx.door == Door::System && ctx.actor.is_none() {
        return Ok(());
    }
    let actor = require_scope(ctx, Category::Admin, level)?;
    match actor.is_admin {
        // What an administrator sees is not public, nor is what an administrator changes.
        true => require_more_than_public(ctx),
        false => Err(Error::forbidden("only administrators of this server may do this")),
    }
}

/// Refuses a credential that is for public things only, where something else is shown or changed.
pub(crate) fn require_more_than_public(ctx: &Ctx) -> Result<()> {
    match &ctx.actor {
        Some(actor) if actor.scopes.is_public_only() => Err(Error::forbidden("this token is for public things only (public-only)")),
        _ => Ok(()),
    }
}

/// Whether the asker may use an administrator's powers now.
pub fn is_admin(ctx: &Ctx, level: Level) -> bool {
    require_admin(ctx, level).is_ok()
}

/// For whom a list of repositories is cut: what the actor may see, as far as the credential may see it.
pub(crate) fn viewer_of(ctx: &Ctx) -> Viewer {
    match &ctx.actor {
        None if ctx.door == Door::System => Viewer::Everything,
        None => Viewer::Anyone,
        Some(actor) if actor.narrowing.is_some() => Viewer::Anyone,
        Some(actor) if actor.scopes.is_public_only() || !actor.scopes.allows(Category::Repository, Level::Read) => Viewer::Anyone,
        Some(_) if is_admin(ctx, Level::Write) => Viewer::Everything,
        Some(actor) => Viewer::User(actor.id),
    }
}

fn scope_name(category: Category, level: Level) -> String {
    let name = hardie_domain::scope::CATEGORIES.iter().find(|(c, _)| *c == category).map_or("", |(_, n)| n);
    match level {
        Level::Read => format!("read:{name}"),
        Level::Write => format!("write:{name}"),
    }
}
