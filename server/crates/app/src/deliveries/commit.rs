//! The one transaction in which a try ends well: the delivery's row, and what the handler wrote, together or not at all.

use hardie_domain::attempt::DeliveryState;
use hardie_domain::delivery::{EventOutcome, EventReport, Writes};
use hardie_domain::ids::RepoId;
use hardie_domain::oid::Oid;
use hardie_domain::plugin::FailureClass;
use hardie_domain::status::{CommitState, Finding};
use hardie_store::Tx;
use hardie_store::deliveries::End;

use super::gather::{reaches, state_of};
use super::{Try, fail};
use crate::browse::{PROOF_TIME, Proven, read_aside};
use crate::events::Cause;
use crate::plugins::{check_state, write_state};
use crate::statuses::write_status;
use crate::{App, Ctx, Error, Result};

/// Statuses of one try.
const MOST_STATUSES: usize = 100;

/// Ends a try as its report says.
pub async fn settle(app: &App, known: &Try, report: EventReport) -> Result<()> {
    let EventReport { outcome, writes, usage, log } = report;
    let log = log.join("\n");
    let told = fail::Told { log: &log, usage };
    match outcome {
        EventOutcome::Done => match done(app, known, writes, &told).await? {
            None => Ok(()),
            Some(refused) => fail::give_up(app, known, &refused, &told).await,
        },
        EventOutcome::Retry(pause, why) => fail::again(app, known, pause, &why, &told).await,
        EventOutcome::Failed(why) => fail::give_up(app, known, &why, &told).await,
        EventOutcome::Fault(class, why) => match class {
            // Not the handler's doing.
            FailureClass::Unavailable => fail::unavailable(app, &known.claim, &why).await,
            class => fail::fault(app, known, class, &why, &told).await,
        },
    }
}

/// Commits. Why not, if what the handler wants written is refused: then nothing is.
async fn done(app: &App, known: &Try, writes: Writes, told: &fail::Told<'_>) -> Result<Option<String>> {
    if let Err(why) = check_state(&writes) {
        return Ok(Some(why));
    }
    let said = match sayable(app, known, writes.statuses).await? {
        Ok(said) => said,
        Err(why) => return Ok(Some(why)),
    };
    let end = End {
        state: DeliveryState::Done,
        next_at: None,
        outcome: "done",
        text: &said.left_out.join("\n"),
        log: told.log,
        usage: told.usage,
    };
    let mut tx = app.store.begin().await?;
    let before = tx.lock_handler(known.claim.installation).await?;
    if !tx.end_try(&known.claim, &end, app.clock.now()).await? {
        tracing::info!(delivery = %known.claim.id, attempt = known.claim.attempt, "a try ended after its lease: nothing of it is kept");
        return Ok(None);
    }
    let writes_any = !(writes.state.is_empty() && said.findings.is_empty());
    if let Some(repo) = known.claim.repo.filter(|_| writes_any)
        // It may have changed hands while the handler ran.
        && !reaches(&known.installation, repo, tx.find_last_owner(repo).await?)
    {
        return Ok(Some("the repository has another owner by now, for whom the plugin is not installed".to_owned()));
    }
    if let Some(why) = write_state(&mut tx, state_of(&known.claim), &writes.state).await? {
        return Ok(Some(why));
    }
    let announced = !said.findings.is_empty();
    if let Some(access) = &known.access {
        let event = known.event.cause;
        let root = event.root.unwrap_or(known.event.outbox);
        let cause = Cause { depth: event.depth.saturating_add(1), installation: Some(known.claim.installation), root: Some(root) };
        for (sha, finding) in said.findings {
            if is_late(&mut tx, known, access.repo.id, sha, &finding).await? {
                continue;
            }
            match write_status(&mut tx, app, &Ctx::system(), access, sha, finding, cause).await {
                Ok(_) => {}
                Err(Error::Quota(why)) => return Ok(Some(why)),
                Err(error) => return Err(error),
            }
        }
    }
    fail::works(&mut tx, app, known, before.as_ref()).await?;
    tx.commit().await?;
    if announced {
        app.wakes.committed();
    }
    Ok(None)
}

/// Statuses as they are written, and what is said of those that are not.
struct Said {
    findings: Vec<(Oid, Finding)>,
    left_out: Vec<String>,
}

/// A handler speaks in its installation's name: the name goes before each context, so that none passes for another check. A commit
/// that is gone by now has nobody left who would look at it, and one of which too much must be read to know is not waited for.
async fn sayable(app: &App, known: &Try, statuses: Vec<(Oid, Finding)>) -> Result<Result<Said, String>> {
    if statuses.len() > MOST_STATUSES {
        return Ok(Err(format!("the handler set {} statuses, {MOST_STATUSES} are allowed", statuses.len())));
    }
    let mut named = Vec::with_capacity(statuses.len());
    for (sha, finding) in statuses {
        let context = format!("{}/{}", known.installation.name, finding.context);
        match Finding::new(finding.state.as_str(), &context, &finding.description, &finding.target_url) {
            Ok(finding) => named.push((sha, finding)),
            Err(why) => return Ok(Err(format!("a status of {sha} is refused: {why}"))),
        }
    }
    let standing = standing(app, known, &named).await?;
    let mut said = Said { findings: Vec::new(), left_out: Vec::new() };
    for ((sha, finding), why) in named.into_iter().zip(standing) {
        match why {
            None => said.findings.push((sha, finding)),
            Some(why) => said.left_out.push(format!("the status {} of {sha} was left out: {why}", finding.context)),
        }
    }
    Ok(Ok(said))
}

/// Whether somebody ended, since the event, what a handler says is still under way: a build that it asked for may be done before its try is.
async fn is_late(tx: &mut Tx, known: &Try, repo: RepoId, sha: Oid, finding: &Finding) -> Result<bool> {
    let waits = finding.state == CommitState::Pending;
    Ok(waits && tx.count_commit_statuses_since(repo, sha, &finding.context, known.event.at).await? > 0)
}

/// Why not, for each status that has no place to go.
async fn standing(app: &App, known: &Try, named: &[(Oid, Finding)]) -> Result<Vec<Option<String>>> {
    let all = |why: &str| Ok(vec![Some(why.to_owned()); named.len()]);
    let Some(access) = &known.access else { return all("the repository is gone") };
    if access.repo.archived {
        return all("the repository is archived");
    }
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let commits: Vec<Oid> = named.iter().map(|(sha, _)| *sha).collect();
    let looked = read_aside(app, access, move |reading| {
        let mut proof = reading.proof(PROOF_TIME);
        commits.iter().map(|sha| proof.reaches_commit(sha)).collect::<Result<Vec<Proven>>>()
    });
    match looked.await {
        Ok(proven) => Ok(proven.into_iter().map(why_not).collect()),
        Err(Error::NotFound(_)) => all("the repository is gone"),
        Err(error) => Err(error),
    }
}

fn why_not(proven: Proven) -> Option<String> {
    match proven {
        Proven::Yes => None,
        Proven::No => Some("no branch or tag reaches this commit".to_owned()),
        Proven::Unknown(why) => Some(format!("it cannot be told whether a branch or tag reaches this commit ({why})")),
    }
}
