//! What a policy would have said: over pushes that were recorded, or over a range of commits. Nothing is changed and nothing refused.
//!
//! Pushes come first: one dry run at a time on the whole server, one call of the sandbox at a time in a place of its own, and an end
//! after a while, with what was judged by then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hardie_domain::ids::{InstallationId, PushId};
use hardie_domain::names::RepoPath;
use hardie_domain::plugin::{Digest, FailureClass, PolicyOutcome};
use hardie_domain::policy::PolicyCall;
use hardie_domain::push::RefUpdate;
use hardie_domain::range::Range;
use hardie_domain::scope::Level;
use hardie_domain::time::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::asking::PolicyServices;
use super::install::{check_config, loaded, require_policy, usable};
use super::list::{component_of, find_for};
use super::recorded::{Case, Recorded, of_range};
use super::rights::{Guarded, Target, administered, require_install};
use crate::push::preview;
use crate::{App, Ctx, Error, Result};

/// Most pushes of one dry run.
pub const MOST_PUSHES: u32 = 100;
/// When it ends with what it has.
const WALL: Duration = Duration::from_secs(20);
/// How long one waits for another.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most lines, and refs, that are told of one push.
const LINES: usize = 100;
const REFS: usize = 50;

static TURN: Semaphore = Semaphore::const_new(1);

/// Which policy is tried.
#[derive(Clone, Copy, Debug)]
pub enum Tried {
    /// One that guards the repository, with its configuration.
    Installed(InstallationId),
    /// A component that was uploaded, with its default configuration.
    Component(Digest),
}

/// What it is tried on.
#[derive(Clone, Debug)]
pub enum Over {
    /// Recorded pushes, the newest first.
    Pushes {
        /// The newest so many.
        last: u32,
        /// None that began before this.
        since: Option<Timestamp>,
    },
    /// Commits, as if they were pushed now by the asker.
    Range(Range),
}

/// What a policy would have said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    /// What it is called: the installation's name, else the component's.
    pub name: String,
    /// Which component ran.
    pub digest: Digest,
    /// Pushes that it judged; the sum of the next three.
    pub judged: u64,
    /// Those that it would have let through.
    pub accepted: u64,
    /// Those that it would have refused, at least one ref of each.
    pub refused: u64,
    /// Those over which it failed.
    pub faults: u64,
    /// Pushes that cannot be judged any more: no ref reaches what they brought or built upon.
    pub gone: u64,
    /// Why it ended before all was judged.
    pub cut_off: Option<&'static str>,
    /// The middle and the highest use of instructions.
    pub fuel_p50: u64,
    /// See above.
    pub fuel_max: u64,
    /// What it would have refused and where it failed, newest first.
    pub findings: Vec<Finding>,
}

/// A push that would not have gone through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The push; `None` for a range.
    pub push: Option<PushId>,
    /// Who pushed; empty if the account is gone.
    pub actor: String,
    /// When; `None` for a range.
    pub at: Option<Timestamp>,
    /// What was pushed; the first of many.
    pub updates: Vec<RefUpdate>,
    /// `Rejected`, or the fault.
    pub failure: FailureClass,
    /// What the pusher would have seen.
    pub lines: Vec<String>,
    /// Instructions used.
    pub fuel: u64,
}

/// Tries a policy. Whoever may install it there may.
pub async fn dry_run(app: &App, ctx: &Ctx, path: &RepoPath, tried: Tried, config: Option<String>, over: Over) -> Result<DryRun> {
    let guarded = administered(app, ctx, &Target::Repo(path.clone()), Level::Write).await?;
    let Guarded::Repo(access) = &guarded else { return Err(Error::NotFound("repository")) };
    let (name, component, own) = match tried {
        Tried::Installed(id) => {
            let row = find_for(app, &guarded, id).await?;
            (row.name, component_of(app, id, row.digest).await?, row.config)
        }
        Tried::Component(digest) => {
            let component = usable(app, digest).await?;
            (component.name.clone(), component.clone(), component.default_config)
        }
    };
    require_policy(&component)?;
    require_install(app, ctx, &component).await?;
    let started = Instant::now();
    let _slot = app.git.slow_slots.take(ctx)?;
    let _turn = turn().await?;
    match &config {
        Some(config) => check_config(app, &component, config).await?,
        None => loaded(app, &component).await.map(drop)?,
    }
    let config: Arc<str> = config.unwrap_or(own).into();
    let mut tally = Tally::new(name, component.digest);
    let mut source = match over {
        Over::Pushes { last, since } => {
            Source::Pushes { recorded: Box::new(Recorded::open(app, access, since).await?), left: last.min(MOST_PUSHES) }
        }
        Over::Range(range) => Source::Once(Some(Box::new(of_range(app, ctx, access, range).await?))),
    };
    loop {
        // What is under way when the time is over is let go.
        let left = WALL.saturating_sub(started.elapsed());
        let Ok(case) = timeout(left, source.next(app)).await else {
            tally.run.cut_off = Some("the time for one dry run was over");
            break;
        };
        match case? {
            Next::End => break,
            Next::Gone => tally.run.gone += 1,
            Next::Case(case) => {
                let Case { facts, repository, at, push } = *case;
                let digest = component.digest;
                let call = PolicyCall {
                    installation: InstallationId(0),
                    digest,
                    config: config.clone(),
                    push: facts.clone(),
                    repository,
                    basis: None,
                    services: Some(Arc::new(PolicyServices::dry(app))),
                    background: true,
                    here: false,
                };
                let left = WALL.saturating_sub(started.elapsed());
                let Ok(report) = timeout(left, app.policies.check(call)).await else {
                    tally.run.cut_off = Some("the time for one dry run was over");
                    break;
                };
                if matches!(report.outcome, PolicyOutcome::Fault(FailureClass::Unavailable, _)) {
                    // No fault of the policy's.
                    tally.run.cut_off = Some("the sandbox was busy");
                    break;
                }
                let seen = preview(&tally.run.name, digest, &facts, &report);
                let finding = seen.failure.map(|failure| Finding {
                    push,
                    actor: facts.actor_name.clone(),
                    at,
                    updates: facts.updates.iter().take(REFS).map(|facts| facts.update.clone()).collect(),
                    failure,
                    lines: cut(seen.lines, facts.updates.len().saturating_sub(REFS)),
                    fuel: report.usage.fuel,
                });
                tally.count(finding, report.usage.fuel);
            }
        }
    }
    Ok(tally.end())
}

async fn turn() -> Result<SemaphorePermit<'static>> {
    let busy = |_| Error::RateLimited { text: "another dry run is under way on this server: try again soon".to_owned(), retry_after: 10 };
    timeout(PATIENCE, TURN.acquire()).await.map_err(busy)?.map_err(Error::internal)
}

/// Where the next push comes from.
enum Source {
    Pushes { recorded: Box<Recorded>, left: u32 },
    Once(Option<Box<Case>>),
}

/// What comes next.
pub(super) enum Next {
    /// Something to judge.
    Case(Box<Case>),
    /// A push that cannot be judged any more.
    Gone,
    /// Nothing.
    End,
}

impl Source {
    async fn next(&mut self, app: &App) -> Result<Next> {
        match self {
            Source::Once(case) => Ok(case.take().map_or(Next::End, Next::Case)),
            Source::Pushes { left: 0, .. } => Ok(Next::End),
            Source::Pushes { recorded, left } => {
                *left -= 1;
                recorded.next(app).await
            }
        }
    }
}

struct Tally {
    run: DryRun,
    fuel: Vec<u64>,
}

impl Tally {
    fn new(name: String, digest: Digest) -> Tally {
        let run = DryRun {
            name,
            digest,
            judged: 0,
            accepted: 0,
            refused: 0,
            faults: 0,
            gone: 0,
            cut_off: None,
            fuel_p50: 0,
            fuel_max: 0,
            findings: Vec::new(),
        };
        Tally { run, fuel: Vec::new() }
    }

    fn count(&mut self, finding: Option<Finding>, fuel: u64) {
        self.fuel.push(fuel);
        self.run.judged += 1;
        match finding.as_ref().map(|finding| finding.failure) {
            None => self.run.accepted += 1,
            Some(FailureClass::Rejected) => self.run.refused += 1,
            Some(_) => self.run.faults += 1,
        }
        self.run.findings.extend(finding);
    }

    fn end(mut self) -> DryRun {
        self.fuel.sort_unstable();
        self.run.fuel_p50 = self.fuel.get(self.fuel.len() / 2).copied().unwrap_or_default();
        self.run.fuel_max = self.fuel.last().copied().unwrap_or_default();
        self.run
    }
}

fn cut(mut lines: Vec<String>, refs: usize) -> Vec<String> {
    let more = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    lines.extend((more > 0).then(|| format!("… and {more} more lines")));
    lines.extend((refs > 0).then(|| format!("… {refs} more refs were pushed")));
    lines
}
