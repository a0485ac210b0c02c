//! The steps of a push in their order.

use std::io::Read;
use std::sync::Arc;

use hardie_domain::access::{Credential, RepoAction};
use hardie_domain::percent::encode_segment;
use hardie_domain::quota::Content;
use hardie_domain::time::Timestamp;
use hardie_git::Cancel;
use hardie_git::ingest::{self, Base, IngestError, Ingested, Limit};
use hardie_store::pushes::NewPush;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::commit::{self, Committed};
use super::judge::{self, Judged};
use super::report::ATOMIC;
use super::{Push, PushReport, PushRequest, certificate, publish};
use crate::access::RepoAccess;
use crate::git_access::{self, RepoHandle};
use crate::upkeep::fold::THRONG;
use crate::{App, Ctx, Error, Result, access, identity, quotas};

/// How often a push is judged anew because the rules changed under it.
const JUDGEMENTS: usize = 2;
/// A pack without objects has 32 (gitformat-pack).
const EMPTY_PACK_BYTES: u64 = 32;

/// Where the pack comes from, if the push carries one.
pub struct PackSource {
    /// The pack's bytes; reading blocks, and stops at the pack's end.
    pub reader: Box<dyn Read + Send>,
    /// Takes lines that git shows as `remote: …` while the pack is taken in.
    pub progress: mpsc::Sender<String>,
    /// Set when the client has gone.
    pub cancel: Cancel,
}

/// Runs a whole push. The caller has authorised it as [`hardie_domain::access::RepoAction::Push`].
pub async fn push(app: &App, ctx: &Ctx, access: &RepoAccess, request: PushRequest, pack: Option<PackSource>) -> Result<PushReport> {
    let push = open(app, ctx, access, request).await?;
    let mut report = PushReport::new(push.request.updates.iter().cloned());
    if push.request.atomic && push.request.has_impossible {
        report.refuse_all(ATOMIC);
    }
    let handle = git_access::open_repo(app, push.repo).await?;
    let ingested = match pack {
        None => None,
        Some(source) => match take_in(app, &push, access, handle, source).await? {
            Ok(ingested) => Some(Arc::new(ingested)),
            Err(Untaken { reason, passing, too_large }) => {
                report.refuse_pack(&reason);
                (report.passing, report.too_large) = (passing, too_large);
                commit::record_refusal(app, ctx, &push, &report, None).await?;
                return Ok(report);
            }
        },
    };
    let settled = settle(app, ctx, &push, ingested.clone(), report).await;
    // Unmapping and unlinking gigabytes is no work for the runtime's threads.
    drop(spawn_blocking(move || drop(ingested)));
    settled
}

/// Judges and commits, once more if protections, policies or grants changed in between.
///
/// An upload may take an hour: whether the pusher still may is asked anew, and before anything else is read, so that whatever
/// changes after that has moved the epoch when the commit compares it.
async fn settle(app: &App, ctx: &Ctx, push: &Push, ingested: Option<Arc<Ingested>>, before: PushReport) -> Result<PushReport> {
    for _ in 0..JUDGEMENTS {
        let mut report = before.clone();
        let access = match still_may(app, ctx, push).await {
            Ok(access) => access,
            Err(Error::Internal(error)) => return Err(Error::Internal(error)),
            Err(refused) => {
                report.refuse_all(&refused.to_string());
                report.barred = true;
                commit::record_refusal(app, ctx, push, &report, None).await?;
                return Ok(report);
            }
        };
        if let Some(objection) = certificate::objection(app, ctx, push).await? {
            report.refuse_all(&objection);
            commit::record_refusal(app, ctx, push, &report, None).await?;
            return Ok(report);
        }
        let handle = git_access::open_repo(app, push.repo).await?;
        let judged = judge::judge(app, ctx, &access, push, handle, ingested.clone(), &mut report).await?;
        if push.request.atomic {
            report.apply_atomic();
        }
        if !report.any_accepted() {
            commit::record_refusal(app, ctx, push, &report, Some(&judged)).await?;
            return Ok(report);
        }
        // An empty pack brings no file.
        if let Some(pack) = ingested.as_deref().and_then(Ingested::pack) {
            publish::publish(app, push, pack.clone()).await?;
        }
        match commit::commit(app, ctx, push, &judged, ingested.as_deref(), &mut report).await? {
            Committed::Done => {
                if judged.packs >= THRONG {
                    app.wakes.crowd();
                }
                report.messages.extend(push.certificate.as_ref().map(certificate::said));
                return Ok(announce(app, &access, &judged, report));
            }
            Committed::Nothing => {
                commit::record_refusal(app, ctx, push, &report, Some(&judged)).await?;
                return Ok(report);
            }
            Committed::RulesMoved => {}
        }
    }
    let mut report = PushReport { passing: true, ..before };
    report.refuse_all("the rules of this repository changed while the push was judged: push again");
    commit::record_refusal(app, ctx, push, &report, None).await?;
    Ok(report)
}

/// The repository as it is now, if this actor may still push to it by this credential.
async fn still_may(app: &App, ctx: &Ctx, push: &Push) -> Result<RepoAccess> {
    identity::require_standing(app, ctx).await?;
    access::repo_by_id(app, ctx, push.repo, RepoAction::Push).await
}

async fn open(app: &App, ctx: &Ctx, access: &RepoAccess, mut request: PushRequest) -> Result<Push> {
    let actor = ctx.require_actor()?;
    let certificate = match request.certificate.take() {
        Some(sent) => Some(certificate::examine(app, actor, access.repo.id, sent, &request.options).await?),
        None => None,
    };
    let deploy_key = match actor.credential {
        Credential::DeployKey(id) => app.store.find_deploy_key(access.repo.id, id).await?,
        _ => None,
    };
    let mut nonce = [0; 16];
    app.entropy.fill(&mut nonce);
    let address = ctx.address.map(|a| a.to_string()).unwrap_or_default();
    let mut tx = app.store.begin().await?;
    let new = NewPush {
        repo: access.repo.id,
        actor: Some(actor.id),
        credential: actor.credential,
        door: ctx.door,
        address: &address,
        options: &request.options,
        nonce: &nonce,
        at: app.clock.now(),
    };
    let id = tx.insert_push(&new).await?;
    tx.commit().await?;
    Ok(Push { id, repo: access.repo.id, actor: actor.id, deploy_key, request, certificate })
}

/// Why a pack is not taken in, for the person who pushes.
struct Untaken {
    reason: String,
    /// Whether that is a trouble of the server's.
    passing: bool,
    /// Whether it is over a bound of the site's.
    too_large: bool,
}

/// The pack into quarantine.
async fn take_in(
    app: &App,
    push: &Push,
    access: &RepoAccess,
    handle: Arc<RepoHandle>,
    source: PackSource,
) -> Result<Result<Ingested, Untaken>> {
    let (packs, mut limits, id) = (app.packs.clone(), app.config.git_limits, push.id);
    let mut over_quota = None;
    if let Some(quotas) = quotas::limits(app, &access.repo, &access.owner, Content::Git) {
        let room = quotas::room(app, &quotas).await?;
        if room.left < limits.pack_bytes {
            // What brings no object may come even so.
            limits.pack_bytes = room.left.max(EMPTY_PACK_BYTES);
            over_quota = Some(room.why);
        }
    }
    let permit = app.git.ingest_permit().await;
    let remark = handle.remark();
    let taken = spawn_blocking(move || {
        let _permit = permit;
        let PackSource { mut reader, progress, cancel } = source;
        let view = || handle.view(&packs);
        let base = Base { odb: &handle.odb, view: &view };
        // A full channel drops a progress line rather than stopping the pack.
        let mut tell = |line: &str| drop(progress.try_send(line.to_owned()));
        ingest::ingest(&mut *reader, &packs, &id.to_string(), &base, &limits, &mut tell, &cancel)
    });
    match taken.await.map_err(Error::internal)? {
        Ok(ingested) => Ok(Ok(ingested)),
        Err(error) if error.is_clients_fault() => {
            let too_large = matches!(error, IngestError::Limit(..));
            let reason = match (&error, over_quota) {
                (IngestError::Limit(Limit::PackBytes, _), Some(why)) => why,
                _ => format!("{error}{remark}"),
            };
            Ok(Err(Untaken { reason, passing: false, too_large }))
        }
        Err(error) => {
            tracing::error!(%error, push.id = %push.id, "a pack could not be taken in");
            Ok(Err(Untaken { reason: error.to_string(), passing: true, too_large: false }))
        }
    }
}

/// The line with the page's address that follows a good push.
fn announce(app: &App, access: &RepoAccess, judged: &Judged, mut report: PushReport) -> PushReport {
    let page = format!("{}/{}/{}", app.config.public_url, access.owner.name, access.repo.name);
    let branches: Vec<_> = report
        .results
        .iter()
        .filter(|(update, outcome)| outcome.is_accepted() && update.name.is_branch() && !update.new.is_zero())
        .map(|(update, _)| update.name.clone())
        .collect();
    match branches.as_slice() {
        [branch] if *branch != judged.default_branch => {
            // One segment, as the UI writes it: a slash of the branch's name is not one of the address.
            report.messages.push(format!("See {page}/src/branch/{}", encode_segment(branch.short().as_bytes())));
        }
        _ => report.messages.push(format!("See {page}")),
    }
    report
}

/// How long a staged pack is kept for the push that brought it: longer than any push may take.
pub(crate) fn lease(now: Timestamp, app: &App) -> Timestamp {
    let wall = i64::try_from(app.config.git_limits.wall.as_secs()).unwrap_or(i64::MAX / 4000);
    now.plus_seconds(wall.saturating_add(3600))
}
