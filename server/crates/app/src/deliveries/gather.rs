//! What a handler is called with: the event, the repository as it is now, and what it may ask for.

use std::sync::Arc;
use std::time::Duration;

use hardie_domain::access::RepoAction;
use hardie_domain::attempt::{DeliveryState, MOST_TRIES};
use hardie_domain::delivery::{DeliveryFacts, EventCall, EventOutcome, EventReport, Writes};
use hardie_domain::event;
use hardie_domain::ids::{AccountId, PushId, RepoId};
use hardie_domain::plugin::{FailureClass, Usage};
use hardie_domain::policy::PushRepository;
use hardie_store::deliveries::Claim;
use hardie_store::events::EventRow;
use hardie_store::plugin_state::StateOf;
use hardie_store::plugins::{InstallationRow, Scope};
use serde_json::Value;
use tokio::time::timeout;

use super::Try;
use crate::access::{RepoAccess, repo_by_id};
use crate::cancel::Gone;
use crate::plugins::{CallServices, make_ready, window_of};
use crate::ports::Cause;
use crate::{App, Ctx, Error, Result};

/// The sandbox ends every handler long before; if it should not, its lease must not run out under it.
const LONGEST_CALL: Duration = Duration::from_secs(60);

/// What became of the search for the facts.
pub enum Gathered {
    /// There is something to tell.
    Ready(Box<Try>),
    /// There is nothing to call it for: where the delivery stands from now on, and why.
    Ended(DeliveryState, &'static str),
    /// The installation is gone, and its deliveries with it.
    Gone,
}

/// Looks up what a delivery is about.
pub async fn gather(app: &App, claim: &Claim) -> Result<Gathered> {
    let Some(installation) = app.store.find_installation(claim.installation).await? else { return Ok(Gathered::Gone) };
    if claim.attempt > MOST_TRIES && !installation.is_webhook() {
        return Ok(Gathered::Ended(DeliveryState::Dead, "the server stopped during its last try"));
    }
    let Some(event) = app.store.find_event(claim.seq).await? else {
        return Ok(Gathered::Ended(DeliveryState::Skipped, "its event is not kept any more"));
    };
    let access = match claim.repo {
        Some(id) => match repo_by_id(app, &Ctx::system(), id, RepoAction::Read).await {
            Ok(access) => Some(access),
            Err(Error::NotFound(_)) => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    if let Some(repo) = claim.repo
        && !reaches(&installation, repo, app.store.find_last_owner(repo).await?)
    {
        return Ok(Gathered::Ended(
            DeliveryState::Skipped,
            "the repository has another owner by now, for whom the plugin is not installed",
        ));
    }
    Ok(Gathered::Ready(Box::new(Try { claim: claim.clone(), event, installation, access })))
}

/// Puts together what a handler is told.
pub async fn call_for(app: &App, known: &Try, gone: &Gone) -> Result<EventCall> {
    let repository = match &known.access {
        Some(access) => Some(window_of(app, access, push_of(&known.event), &gone.reads.0).await?),
        None => None,
    };
    Ok(call_of(app, &known.claim, &known.event, &known.installation, known.access.as_ref(), repository, gone))
}

/// Whether an installation still has to do with the repository: a delivery may wait while that changes hands, and is deleted by whoever
/// has it then. `owner` has it or had it last.
pub fn reaches(installation: &InstallationRow, repo: RepoId, owner: Option<AccountId>) -> bool {
    match installation.scope {
        Scope::Site => true,
        Scope::Account(of) => owner == Some(of),
        Scope::Repo(of) => repo == of,
    }
}

/// Whose data a try reads and writes.
pub fn state_of(claim: &Claim) -> StateOf {
    StateOf { installation: claim.installation, repo: claim.repo }
}

fn push_of(event: &EventRow) -> Option<PushId> {
    let payload: Value = serde_json::from_str(&event.payload).ok().filter(|_| event.kind == event::PUSH)?;
    payload.get("push").and_then(Value::as_i64).map(PushId)
}

fn call_of(
    app: &App,
    claim: &Claim,
    event: &EventRow,
    installation: &InstallationRow,
    access: Option<&RepoAccess>,
    repository: Option<Arc<dyn PushRepository>>,
    gone: &Gone,
) -> EventCall {
    let delivery = DeliveryFacts {
        id: claim.id,
        attempt: claim.attempt,
        seq: event.seq,
        kind: event.kind.clone(),
        at: event.at,
        payload: event.payload.as_str().into(),
        repo: claim.repo,
        repo_path: access.map(RepoAccess::path).unwrap_or_default(),
        installation: installation.name.clone(),
    };
    let owner = match installation.scope {
        Scope::Site => None,
        Scope::Account(account) => Some(account),
        Scope::Repo(_) => access.map(|access| access.owner.id),
    };
    EventCall {
        installation: installation.id,
        owner,
        digest: installation.digest,
        config: installation.config.as_str().into(),
        delivery: Arc::new(delivery),
        repository,
        services: Arc::new(CallServices::new(app, state_of(claim), Cause::Delivery(claim.id), gone.asks.clone())),
    }
}

/// Calls the handler.
pub async fn call(app: &App, call: EventCall) -> EventReport {
    let digest = call.digest;
    let report = match timeout(LONGEST_CALL, app.policies.handle(call)).await {
        Ok(report) => report,
        Err(_) => {
            let outcome = EventOutcome::Fault(FailureClass::Deadline, "the handler did not come to an end".to_owned());
            EventReport { outcome, writes: Writes::default(), usage: Usage::default(), log: Vec::new() }
        }
    };
    if matches!(report.outcome, EventOutcome::Fault(FailureClass::Unavailable, _)) {
        // Another process may have installed it: the next try finds it here.
        if let Err(error) = make_ready(app, digest).await {
            tracing::warn!(%digest, error = &error as &dyn std::error::Error, "an installed component cannot be loaded");
        }
    }
    report
}
