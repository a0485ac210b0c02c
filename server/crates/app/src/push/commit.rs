//! The one transaction of a push: refs, reflog, pack, push rows, event and audit together or not at all.

use std::time::Duration;

use hardie_domain::audit::{AuditEntry, Outcome};
use hardie_domain::event;
use hardie_domain::oid::Oid;
use hardie_domain::push::{RefOutcome, RefUpdate};
use hardie_domain::refname::RefName;
use hardie_git::ingest::Ingested;
use hardie_store::Tx;
use hardie_store::pushes::{PushRefRow, PushState};
use hardie_store::refs::NewReflog;

use super::judge::Judged;
use super::{Push, PushReport, certificate, rules};
use crate::accounts::Account;
use crate::audit::entry;
use crate::{App, Ctx, Error, Result, quotas, upkeep};

/// How long a lost connection is waited for: after that the client is told to look for itself.
const SETTLE_TRIES: u32 = 40;
const SETTLE_PAUSE: Duration = Duration::from_millis(250);
/// Characters of a refusal in the audit log.
const MOST_REASON: usize = 200;

/// How the transaction ended.
pub enum Committed {
    /// What the report calls accepted is in.
    Done,
    /// Nothing was left to commit: every update lost its race.
    Nothing,
    /// Rules, grants, objects, checks or keys changed since the judgement: nothing was done, judge again.
    RulesMoved,
}

/// Commits what the report still accepts. An unknown outcome of COMMIT is settled by reading the push row again.
pub async fn commit(
    app: &App,
    ctx: &Ctx,
    push: &Push,
    judged: &Judged,
    pack: Option<&Ingested>,
    report: &mut PushReport,
) -> Result<Committed> {
    let mut tx = app.store.begin().await?;
    let Some(repo) = tx.lock_repo(push.repo).await? else { return Err(Error::NotFound("repository")) };
    if repo.archived {
        report.refuse_all("this repository was archived meanwhile");
        return Ok(Committed::Nothing);
    }
    let Some(actor) = tx.find_account(push.actor).await?.filter(|account| !account.disabled) else {
        report.refuse_all("your account was disabled meanwhile");
        return Ok(Committed::Nothing);
    };
    if repo.rules_epoch != judged.rules_epoch || repo.gc_epoch != judged.gc_epoch {
        return Ok(Committed::RulesMoved);
    }
    if !judged.rests.hold(app, &mut tx, push).await? {
        return Ok(Committed::RulesMoved);
    }
    if let Some(nonce) = push.certificate.as_ref().and_then(|examined| examined.nonce.as_deref())
        && tx.is_nonce_used(nonce).await?
    {
        // Another push with the same certificate was first.
        report.refuse_all(certificate::REPLAYED);
        return Ok(Committed::Nothing);
    }
    if let Some(refusal) = certificate::withdrawn(&mut tx, push).await? {
        report.refuse_all(&refusal);
        return Ok(Committed::Nothing);
    }
    // What a ref that lost its race would have reached is not reached: the pack is not closed then.
    let raced = move_refs(&mut tx, app, push, judged, report).await?;
    if push.request.atomic {
        report.apply_atomic();
    }
    if !report.any_accepted() {
        return Ok(Committed::Nothing);
    }
    if let Some(hash) = pack.and_then(Ingested::hash)
        && !tx.publish_pack(push.repo, &hash.0, push.id, judged.closed && !raced, app.clock.now()).await?
    {
        return Err(Error::Unavailable("the pack was swept before it was committed: push again".to_owned()));
    }
    if let Some(limits) = judged.quotas.as_ref().filter(|_| pack.is_some_and(|pack| pack.hash().is_some()))
        && let Err(refused) = quotas::check(&mut tx, limits).await
    {
        let Error::Quota(why) = refused else { return Err(refused) };
        report.refuse_pack(&why);
        report.too_large = true;
        return Ok(Committed::Nothing);
    }
    let now = app.clock.now();
    if leaves_unreached(report, judged, pack.is_some() && (raced || !judged.closed)) {
        tx.collect_by(push.repo, upkeep::collect::after(now, app.config.retention.look)).await?;
    }
    if judged.was_empty
        // Another first push may have brought the default branch meanwhile.
        && tx.find_ref(push.repo, &judged.default_branch).await?.is_none()
        && let Some(branch) = first_branch(&judged.default_branch, report)
    {
        tx.set_default_branch(push.repo, &branch).await?;
    }
    tx.set_pushed_at(push.repo, now).await?;
    tx.insert_outbox(event::PUSH, Some(push.repo), &payload(push, &actor, report), now).await?;
    tx.insert_audit(&line(ctx, push, summary(push, report)), now).await?;
    finish(&mut tx, app, push, report, Some(judged)).await?;
    match tx.commit().await {
        Ok(()) => {
            app.wakes.committed();
            Ok(Committed::Done)
        }
        Err(hardie_store::Error::CommitUnknown(_)) => settle_unknown(app, push).await,
        Err(error) => Err(error.into()),
    }
}

/// Whether something may be stored now that no ref reaches: what a ref dropped, or what came with a ref that was refused.
fn leaves_unreached(report: &PushReport, judged: &Judged, is_open: bool) -> bool {
    let forced = |index: usize| judged.forced.get(index).copied().unwrap_or_default();
    let mut updates = report.results.iter().enumerate().filter(|(_, (_, outcome))| outcome.is_accepted());
    is_open || updates.any(|(index, (update, _))| update.new.is_zero() || forced(index))
}

/// Whether a ref lost its race: another push was first.
async fn move_refs(tx: &mut Tx, app: &App, push: &Push, judged: &Judged, report: &mut PushReport) -> Result<bool> {
    let mut raced = false;
    for index in 0..report.results.len() {
        let Some((update, RefOutcome::Accepted)) = report.results.get(index).cloned() else { continue };
        let peeled = judged.peeled.get(index).copied().flatten();
        if let Some(reason) = move_ref(tx, app, push, &update, peeled).await? {
            report.refuse(index, &reason);
            raced = true;
            continue;
        }
        let entry = NewReflog {
            repo: push.repo,
            name: &update.name,
            old: update.old,
            new: update.new,
            actor: Some(push.actor),
            push: push.id,
            at: app.clock.now(),
        };
        tx.append_reflog(&entry).await?;
    }
    Ok(raced)
}

/// Compare and swap; the reason if another push was first.
async fn move_ref(tx: &mut Tx, app: &App, push: &Push, update: &RefUpdate, peeled: Option<Oid>) -> Result<Option<String>> {
    if update.old.is_zero()
        && let Some(other) = tx.refs_conflicting(push.repo, &update.name).await?.into_iter().next()
    {
        return Ok(Some(rules::conflict(&other, &app.config.git_rules.hidden_refs)));
    }
    let old = (!update.old.is_zero()).then_some(update.old);
    let new = (!update.new.is_zero()).then_some((update.new, peeled));
    if tx.update_ref(push.repo, &update.name, old, new).await? {
        return Ok(None);
    }
    let current = tx.find_ref(push.repo, &update.name).await?.map_or(Oid::ZERO, |r| r.oid);
    Ok(Some(rules::stale(update, current)))
}

/// The branch that HEAD names from now on, if the first push did not bring the one that it names already.
fn first_branch(default: &RefName, report: &PushReport) -> Option<RefName> {
    let accepted = report.results.iter().filter(|(update, outcome)| outcome.is_accepted() && !update.new.is_zero());
    let branches: Vec<&RefName> = accepted.map(|(update, _)| &update.name).filter(|name| name.is_branch()).collect();
    if branches.contains(&default) {
        return None;
    }
    let usual = ["main", "master", "trunk"].iter().find_map(|u| branches.iter().find(|b| b.short() == **u));
    usual.or_else(|| branches.first()).map(|name| (*name).clone())
}

async fn finish(tx: &mut Tx, app: &App, push: &Push, report: &PushReport, judged: Option<&Judged>) -> Result<()> {
    let forced = |index: usize| judged.and_then(|j| j.forced.get(index).copied()).unwrap_or_default();
    let rows = report.results.iter().enumerate();
    let rows: Vec<_> = rows
        .map(|(index, (update, outcome))| PushRefRow { update: update.clone(), forced: forced(index), outcome: outcome.clone() })
        .collect();
    if let Some(examined) = push.certificate.as_ref().filter(|examined| report.any_accepted() || examined.is_kept_when_refused()) {
        let nonce = examined.nonce.as_deref().filter(|_| report.any_accepted());
        tx.insert_certificate(push.id, &examined.row, nonce).await?;
    }
    tx.insert_verdicts(judged.map(|j| j.verdicts.as_slice()).unwrap_or_default()).await?;
    let state = if report.any_accepted() { PushState::Done } else { PushState::Refused };
    let text = report.unpack.as_deref().unwrap_or_default();
    match tx.finish_push(push.id, state, text, &rows, app.clock.now()).await? {
        true => Ok(()),
        // Swept as abandoned, or settled as refused after a lost connection.
        false => Err(Error::Unavailable("this push was given up by the server: push again".to_owned())),
    }
}

fn line(ctx: &Ctx, push: &Push, detail: String) -> AuditEntry {
    AuditEntry { actor: Some(push.actor), repo: Some(push.repo), detail, ..entry(ctx, "push") }
}

/// Writes the row of a push that changes nothing.
pub async fn record_refusal(app: &App, ctx: &Ctx, push: &Push, report: &PushReport, judged: Option<&Judged>) -> Result<()> {
    let mut tx = app.store.begin().await?;
    let outcome = if report.passing { Outcome::Failed } else { Outcome::Denied };
    tx.insert_audit(&AuditEntry { outcome, ..line(ctx, push, refused(push, report)) }, app.clock.now()).await?;
    finish(&mut tx, app, push, report, judged).await?;
    tx.unstage_packs(push.id).await?;
    Ok(tx.commit().await?)
}

/// COMMIT failed on the way: did it take effect? Closing the push row as refused answers that for good. It waits for the
/// lost transaction's own lock on that row; if it succeeds, the lost one never happened and never can, since that would
/// have to close the row too.
async fn settle_unknown(app: &App, push: &Push) -> Result<Committed> {
    for attempt in 0..SETTLE_TRIES {
        match close_as_refused(app, push).await {
            Ok(PushState::Done) => return Ok(Committed::Done),
            Ok(_) => break,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, push.id = %push.id, attempt, "the outcome of a commit is still unknown");
                tokio::time::sleep(SETTLE_PAUSE).await;
            }
        }
    }
    Err(Error::Unavailable("the database went away while the push was committed: look at the refs before you push again".to_owned()))
}

/// How the push has ended. An answer to this COMMIT may be lost as well: the row alone says who closed it.
async fn close_as_refused(app: &App, push: &Push) -> Result<PushState, hardie_store::Error> {
    let mut tx = app.store.begin().await?;
    if tx.finish_push(push.id, PushState::Refused, "the database went away", &[], app.clock.now()).await? {
        tx.commit().await?;
        return Ok(PushState::Refused);
    }
    let row = tx.find_push(push.id).await?;
    tx.rollback().await?;
    // A push whose row is gone belonged to a repository that was purged.
    Ok(row.map_or(PushState::Refused, |row| row.state))
}

fn payload(push: &Push, actor: &Account, report: &PushReport) -> String {
    let refs: Vec<_> = accepted(report)
        .map(|u| {
            serde_json::json!({
                "ref": u.name.to_string(), "before": u.old.to_hex(), "after": u.new.to_hex(), "kind": u.kind().as_str(),
            })
        })
        .collect();
    let actor = serde_json::json!({ "id": actor.id.0, "login": actor.name.as_str() });
    let mut payload = serde_json::json!({ "push": push.id.0, "actor": actor, "refs": refs, "options": push.request.options });
    if let (Some(key), Some(fields)) = (&push.deploy_key, payload.as_object_mut()) {
        fields.insert("deploy_key".to_owned(), serde_json::json!({ "id": key.id.0, "title": key.title }));
    }
    payload.to_string()
}

fn summary(push: &Push, report: &PushReport) -> String {
    let names: Vec<_> = accepted(report).take(20).map(|u| format!("{} {}", u.kind().as_str(), u.name)).collect();
    let signed = push.certificate.as_ref().map(|examined| format!(" signed {} {}", examined.row.signature.as_str(), examined.row.signer));
    format!("push {}{}{}: {}", push.id, by_deploy_key(push), signed.unwrap_or_default().trim_end(), names.join(", "))
}

/// The refs that were to be moved, and the first reason why not.
fn refused(push: &Push, report: &PushReport) -> String {
    let reason = report.results.iter().find_map(|(_, outcome)| match outcome {
        RefOutcome::Accepted => None,
        RefOutcome::Refused(reason) => Some(reason.as_str()),
    });
    let reason = report.unpack.as_deref().or(reason).unwrap_or("nothing to do");
    let reason: String = reason.lines().next().unwrap_or_default().chars().take(MOST_REASON).collect();
    let names: Vec<_> = report.results.iter().take(20).map(|(u, _)| format!("{} {}", u.kind().as_str(), u.name)).collect();
    format!("push {}{}: {}: {reason}", push.id, by_deploy_key(push), names.join(", "))
}

fn by_deploy_key(push: &Push) -> String {
    push.deploy_key.as_ref().map(|key| format!(" by the deploy key {:?} {}", key.title, key.fingerprint)).unwrap_or_default()
}

fn accepted(report: &PushReport) -> impl Iterator<Item = &RefUpdate> {
    report.results.iter().filter(|(_, outcome)| outcome.is_accepted()).map(|(update, _)| update)
}
