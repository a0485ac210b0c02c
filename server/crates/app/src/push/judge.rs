//! Everything that can refuse an update before it is committed: connectivity, built-in rules, policies.

use std::sync::Arc;
use std::time::Duration;

use hardie_domain::access::Credential;
use hardie_domain::hidden::HiddenRefs;
use hardie_domain::narrowing::Narrowing;
use hardie_domain::oid::Oid;
use hardie_domain::push::{Door, RefOutcome};
use hardie_domain::quota::Content;
use hardie_domain::refname::RefName;
use hardie_git::connectivity::{self, NotConnected};
use hardie_git::ingest::Ingested;
use hardie_git::odb::Odb;
use hardie_git::{Budget, Cancel, Kind, read};
use hardie_store::verdicts::VerdictRow;
use tokio::task::spawn_blocking;

use super::asked::Rests;
use super::guard::{Asked, Bases, Guard};
use super::{Push, PushReport, asked, facts, policies, rules};
use crate::access::RepoAccess;
use crate::git_access::RepoHandle;
use crate::protections::{Pusher, Rules, pusher_of};
use crate::{App, Ctx, Error, Result, plugins, quotas};

/// What the judgement rests on, and what it found.
pub struct Judged {
    /// Moves when protections, policies, grants or the default branch change.
    pub rules_epoch: i64,
    /// Moves when maintenance removes objects.
    pub gc_epoch: i64,
    /// The ref that HEAD names.
    pub default_branch: RefName,
    /// Packs that the repository had.
    pub packs: usize,
    /// Whether the repository has no ref yet.
    pub was_empty: bool,
    /// What each update's new id finally points at, if that is an annotated tag's business.
    pub peeled: Vec<Option<Oid>>,
    /// Which updates drop commits that their ref had.
    pub forced: Vec<bool>,
    /// Whether the accepted refs reach everything that the pack carries.
    pub closed: bool,
    /// What the policies said.
    pub verdicts: Vec<VerdictRow>,
    /// Checks and signatures that rules asked for.
    pub rests: Rests,
    /// The bounds on what the repository and its owner may hold, if there are any.
    pub quotas: Option<quotas::Limits>,
}

/// Judges every update that is not refused yet.
pub async fn judge(
    app: &App,
    ctx: &Ctx,
    access: &RepoAccess,
    push: &Push,
    handle: Arc<RepoHandle>,
    ingested: Option<Arc<Ingested>>,
    report: &mut PushReport,
) -> Result<Judged> {
    let protections = Rules::read(app.store.list_ref_rules(push.repo).await?)?;
    let pusher = pusher_of(app, access, &protections, push.actor, is_deploy_key(ctx)).await?;
    let hidden = app.config.git_rules.hidden_refs.clone();
    let narrowing = ctx.actor.as_ref().and_then(|actor| actor.narrowing.clone());
    let work = Work { handle: handle.clone(), ingested: ingested.clone(), protections, pusher, hidden, narrowing, report: report.clone() };
    let permit = app.git.work_permit().await;
    let wall = app.config.git_limits.wall;
    let found = spawn_blocking(move || {
        let _permit = permit;
        work.run(wall)
    })
    .await
    .map_err(Error::internal)??;
    *report = found.report;
    let rests = asked::settle(app, access, push, &found.odb, found.asking.left, report).await?;
    let repo = &handle.snapshot.repo;
    let mut judged = Judged {
        // Not the snapshot's, which may come from a cache that knows nothing of the owner's and the site's rules.
        rules_epoch: access.repo.rules_epoch,
        gc_epoch: repo.gc_epoch,
        default_branch: repo.default_branch.clone(),
        packs: handle.snapshot.packs.len(),
        was_empty: handle.snapshot.refs.is_empty(),
        peeled: found.peeled,
        forced: found.forced,
        closed: false,
        verdicts: Vec::new(),
        rests,
        quotas: quotas::limits(app, &access.repo, &access.owner, Content::Git),
    };
    // What the server fetches itself was made elsewhere, under other policies: the built-in rules alone are asked.
    let installed = if ctx.door == Door::System { Vec::new() } else { plugins::policies_for(app, push.repo).await? };
    let tips = accepted_tips(report);
    let reaches = async {
        // Most pushes pass, so what comes next is done while the policies judge: their disk writes, and what the refs reach.
        let (closed, synced) =
            tokio::join!(closed(app, &handle, found.odb.clone(), ingested.clone(), tips.clone()), sync(app, ingested.clone(), &tips));
        synced.and(closed)
    };
    if report.any_accepted() && !installed.is_empty() {
        let (push_facts, basis, window) =
            facts::for_policies(ctx, access, push, &handle, found.odb.clone(), ingested.clone(), &judged.forced, report)?;
        // In this order: the last policy may run right here.
        let (closed, verdicts) = tokio::join!(reaches, policies::judge(app, &installed, push_facts, &basis, window, report));
        (judged.verdicts, judged.closed) = (verdicts?, closed?);
    } else {
        judged.closed = reaches.await?;
    }
    let left = accepted_tips(report);
    // What the policies refuse is not reached.
    if left != tips {
        judged.closed = closed(app, &handle, found.odb, ingested, left).await?;
    }
    Ok(judged)
}

/// The blocking part of a judgement, with all that it needs.
struct Work {
    handle: Arc<RepoHandle>,
    ingested: Option<Arc<Ingested>>,
    protections: Rules,
    pusher: Pusher,
    hidden: HiddenRefs,
    narrowing: Option<Arc<Narrowing>>,
    report: PushReport,
}

struct Found {
    report: PushReport,
    odb: Arc<Odb>,
    peeled: Vec<Option<Oid>>,
    forced: Vec<bool>,
    asking: Asking,
}

/// What rules ask, over all updates of the push.
#[derive(Default)]
struct Asking {
    /// What only rows tell.
    left: Vec<Asked>,
    /// What new branches are measured from.
    bases: Bases,
}

impl Work {
    fn run(mut self, wall: Duration) -> Result<Found> {
        let odb = Arc::new(self.handle.odb.with_pack(self.ingested.as_deref().and_then(Ingested::pack)));
        let mut budget = Budget::new(u64::MAX, wall, &Cancel::new());
        self.refuse_hidden();
        self.refuse_beyond_token();
        self.connect(&odb, &mut budget)?;
        let mut existing: Vec<RefName> = self.handle.snapshot.refs.iter().map(|r| r.name.clone()).collect();
        let (report, asking) = (PushReport::default(), Asking::default());
        let mut found = Found { report, odb: odb.clone(), peeled: Vec::new(), forced: Vec::new(), asking };
        for index in 0..self.report.results.len() {
            let (peeled, forced) = self.rule(index, &odb, &existing, &mut found.asking, &mut budget)?;
            if let Some((update, RefOutcome::Accepted)) = self.report.results.get(index)
                && update.new.is_zero()
            {
                // Makes room for what comes after it: `a` goes, `a/b` comes.
                existing.retain(|name| *name != update.name);
            }
            found.peeled.push(peeled);
            found.forced.push(forced);
        }
        found.report = self.report;
        Ok(found)
    }

    /// "Present means reachable", each ref judged alone; a fault of the whole pack refuses them all.
    fn connect(&mut self, odb: &Odb, budget: &mut Budget) -> Result<()> {
        let wanted: Vec<_> = self.candidates().collect();
        let tips: Vec<Oid> = wanted.iter().map(|(_, oid)| *oid).collect();
        if tips.is_empty() {
            return Ok(());
        }
        match connectivity::check_each(odb, self.ingested.as_deref(), &tips, &self.handle.refs, budget) {
            Ok(verdicts) => {
                for ((index, _), verdict) in wanted.iter().zip(verdicts) {
                    if let Some(missing) = verdict {
                        self.report.refuse(*index, &format!("missing necessary objects: {missing}{}", self.handle.remark()));
                    }
                }
                Ok(())
            }
            Err(NotConnected::Error(error)) => Err(Error::internal(error)),
            Err(whole) => {
                self.report.refuse_pack(&whole.to_string());
                Ok(())
            }
        }
    }

    /// First, so that no other reason tells what a hidden ref is, or whether there is one.
    fn refuse_hidden(&mut self) {
        for index in 0..self.report.results.len() {
            if let Some((update, _)) = self.report.results.get(index)
                && self.hidden.hides(update.name.as_bytes())
            {
                let text = if update.new.is_zero() { "deny deleting a hidden ref" } else { "deny updating a hidden ref" };
                self.report.refuse(index, text);
            }
        }
    }

    /// What the pusher's token is not for, whatever the pusher may do otherwise.
    fn refuse_beyond_token(&mut self) {
        let Some(narrowing) = self.narrowing.clone() else { return };
        for index in 0..self.report.results.len() {
            if self.report.results.get(index).is_some_and(|(update, _)| !narrowing.moves(&update.name)) {
                self.report.refuse(index, &narrowing.refusal());
            }
        }
    }

    fn candidates(&self) -> impl Iterator<Item = (usize, Oid)> + '_ {
        let open = self.report.results.iter().enumerate();
        open.filter(|(_, (update, outcome))| outcome.is_accepted() && !update.new.is_zero()).map(|(i, (update, _))| (i, update.new))
    }

    /// The built-in rules for one update; also what a tag peels to and whether the update drops commits.
    fn rule(
        &mut self,
        index: usize,
        odb: &Odb,
        existing: &[RefName],
        asking: &mut Asking,
        budget: &mut Budget,
    ) -> Result<(Option<Oid>, bool)> {
        let Some((update, RefOutcome::Accepted)) = self.report.results.get(index).cloned() else { return Ok((None, false)) };
        let current = self.handle.snapshot.refs.iter().find(|r| r.name == update.name);
        let current = current.map_or(Oid::ZERO, |r| r.oid);
        let (mut peeled, mut new_is_commit, mut forced) = (None, false, false);
        if !update.new.is_zero() {
            let end = match read::peel(odb, &update.new) {
                Err(hardie_git::Error::TooLarge(text)) => {
                    self.report.refuse(index, &text);
                    return Ok((None, false));
                }
                end => end.map_err(Error::internal)?,
            };
            new_is_commit = end.kind == Kind::Commit;
            peeled = (end.target != update.new).then_some(end.target);
            if !current.is_zero() && update.old == current {
                forced = drops_commits(odb, current, update.new, budget)?;
            }
        }
        let facts = rules::Facts {
            existing,
            hidden: &self.hidden,
            default_branch: &self.handle.snapshot.repo.default_branch,
            current,
            new_is_commit,
        };
        if let Some(reason) = rules::refusal(&update, &facts) {
            self.report.refuse(index, &reason);
            return Ok((peeled, forced));
        }
        let guard = Guard { rules: &self.protections, pusher: &self.pusher, odb, refs: &self.handle.refs };
        if let Some(refusal) = guard.tag(&update.name, budget)? {
            self.report.refuse(index, &refusal);
        }
        if let Some(found) = guard.branch(index, &update, current, forced, &mut asking.bases, budget)? {
            match found.is_settled() {
                true => found.refusal().into_iter().for_each(|refusal| self.report.refuse(index, &refusal)),
                false => asking.left.push(found),
            }
        }
        Ok((peeled, forced))
    }
}

fn is_deploy_key(ctx: &Ctx) -> bool {
    ctx.actor.as_ref().is_some_and(|actor| matches!(actor.credential, Credential::DeployKey(_)))
}

fn drops_commits(odb: &Odb, old: Oid, new: Oid, budget: &mut Budget) -> Result<bool> {
    let (old, new) = (read::peel(odb, &old).map_err(Error::internal)?, read::peel(odb, &new).map_err(Error::internal)?);
    if old.target_kind != Kind::Commit || new.target_kind != Kind::Commit {
        return Ok(old.target != new.target);
    }
    read::is_ancestor(odb, &old.target, &new.target, budget).map(|is| !is).map_err(Error::internal)
}

/// What the refs that are accepted would name.
fn accepted_tips(report: &PushReport) -> Vec<Oid> {
    report.results.iter().filter(|(u, o)| o.is_accepted() && !u.new.is_zero()).map(|(u, _)| u.new).collect()
}

/// Has the pack's content written to the disk, unless nothing of it is wanted.
async fn sync(app: &App, pack: Option<Arc<Ingested>>, tips: &[Oid]) -> Result<()> {
    let Some(pack) = pack.as_deref().and_then(Ingested::pack).filter(|_| !tips.is_empty()).cloned() else { return Ok(()) };
    let packs = app.packs.clone();
    let synced = spawn_blocking(move || packs.sync(&pack)).await.map_err(Error::internal)?;
    synced.map_err(Error::writing)
}

/// Whether these reach everything that the pack carries.
async fn closed(app: &App, handle: &Arc<RepoHandle>, odb: Arc<Odb>, pack: Option<Arc<Ingested>>, tips: Vec<Oid>) -> Result<bool> {
    let Some(pack) = pack else { return Ok(false) };
    if tips.is_empty() {
        return Ok(false);
    }
    let wall = app.config.git_limits.wall;
    let (repo, refs) = (handle.snapshot.repo.id, handle.refs.clone());
    let permit = app.git.work_permit().await;
    let closed = spawn_blocking(move || {
        let _permit = permit;
        let mut budget = Budget::new(u64::MAX, wall, &Cancel::new());
        connectivity::check(&odb, Some(&pack), &tips, &refs, &mut budget)
    });
    match closed.await.map_err(Error::internal)? {
        Ok(connected) => Ok(connected.closed),
        Err(error) => {
            // An unclosed row is always right, only slower to serve.
            tracing::warn!(%error, repo.id = %repo, "could not tell whether a pack is closed");
            Ok(false)
        }
    }
}
