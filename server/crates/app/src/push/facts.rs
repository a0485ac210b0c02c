//! What a policy may know of a push, and its window on the repository.

use std::sync::Arc;
use std::time::Duration;

use hardie_domain::oid::Oid;
use hardie_domain::policy::{Basis, PushFacts, PushRepository, UpdateFacts};
use hardie_git::Cancel;
use hardie_git::ingest::Ingested;
use hardie_git::odb::Odb;
use hardie_git::read::PushView;

use super::{Push, PushReport};
use crate::access::RepoAccess;
use crate::git_access::RepoHandle;
use crate::{Ctx, Result};

/// How long one read of a policy may take.
pub const READ_TIME: Duration = Duration::from_secs(10);

/// A policy's view of the repository.
type Window = Arc<dyn PushRepository>;

/// The facts, what the window shows by name, and what opens one. Only updates that nothing refused yet are shown as new to the window's
/// walks, but all of them are named, so that positions stay those of the push.
#[expect(clippy::too_many_arguments, reason = "all that is known of one push")]
pub fn for_policies(
    ctx: &Ctx,
    access: &RepoAccess,
    push: &Push,
    handle: &RepoHandle,
    odb: Arc<Odb>,
    ingested: Option<Arc<Ingested>>,
    forced: &[bool],
    report: &PushReport,
) -> Result<(Arc<PushFacts>, Basis, impl Fn() -> Window + use<>)> {
    let actor = ctx.require_actor()?;
    let updates = report.results.iter().zip(forced).map(|((update, _), forced)| UpdateFacts { update: update.clone(), forced: *forced });
    let facts = PushFacts {
        id: push.id,
        repo: push.repo,
        repo_path: format!("{}/{}", access.owner.name, access.repo.name),
        default_branch: handle.snapshot.repo.default_branch.short(),
        actor: actor.id,
        actor_name: actor.credential.own_name().unwrap_or_else(|| actor.name.to_string()),
        role: access.role,
        door: ctx.door,
        options: push.request.options.clone(),
        updates: updates.collect(),
    };
    // A policy has nothing to say about what is refused already, and reads nothing that it brought.
    let tips: Vec<Oid> =
        report.results.iter().map(|(update, outcome)| if outcome.is_accepted() { update.new } else { Oid::ZERO }).collect();
    let repo = &handle.snapshot.repo;
    let pack = ingested.as_deref().and_then(Ingested::hash).map(|hash| hash.0);
    let carried = ingested.as_deref().map_or(0, Ingested::carried_objects);
    let basis = Basis { repo: repo.id, generation: repo.generation, pack, carried, tips: tips.clone() };
    let refs = handle.refs.clone();
    let window =
        move || -> Window { Arc::new(PushView::new(Arc::clone(&odb), ingested.clone(), &tips, refs.clone(), READ_TIME, Cancel::new())) };
    Ok((Arc::new(facts), basis, window))
}
