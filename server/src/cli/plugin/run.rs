//! `hardie plugin run`: a local clone's commits through the sandbox that the server uses, without a server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use hardie_app::push::{Preview, READ_TIME, preview};
use hardie_domain::access::Role;
use hardie_domain::ids::{AccountId, InstallationId, PushId, RepoId};
use hardie_domain::oid::Oid;
use hardie_domain::plugin::{FailureClass, PolicyOutcome};
use hardie_domain::policy::{PolicyCall, PolicyReport, PushFacts, PushRepository as _, UpdateFacts};
use hardie_domain::push::{Door, RefUpdate};
use hardie_domain::range::Range;
use hardie_domain::refname::RefName;
use hardie_domain::world;
use hardie_git::read::{PushView, is_ancestor};
use hardie_git::wire::{AdvertisedRef, Refs};
use hardie_git::{Budget, Cancel};
use hardie_plugin_host::{ComponentInfo, Limits, PluginHost};
use serde_json::json;

use super::asked::NobodyAsked;
use super::build::{self, Built};
use super::clone::Clone;
use super::cost;
use super::cost::{cost, warnings};
use super::install::read_config;
use crate::cli::{complain, print_line, runtime};
use crate::wiring::{plugins, system::SystemEntropy};

/// Arguments of `hardie plugin run`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 if the push would be taken, 1 if it would be refused, 2 if nothing could be judged.\n\nExample:\n  hardie plugin run --range origin/main..HEAD\n  hardie plugin run no-wip.wasm --repo ../demo --range HEAD~5..HEAD --ref refs/heads/main\n  hardie plugin run commit-message.wasm --range main --config rules.json --json"
)]
pub struct Args {
    /// A component, or a plugin's folder, which is built first
    #[arg(default_value = ".")]
    plugin: PathBuf,
    /// The clone
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,
    /// The commits, as if B were pushed onto A; one name alone is all that it reaches
    #[arg(long, value_name = "A..B")]
    range: String,
    /// Its configuration, JSON or TOML [default: the component's own]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The ref that is pushed to [default: the branch that B names, else the default branch]
    #[arg(long, value_name = "REF")]
    r#ref: Option<String>,
    /// The name of who pushes
    #[arg(long, value_name = "NAME", default_value = "you")]
    actor: String,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// Judges, and says so by the exit status.
pub fn run(args: &Args) -> ExitCode {
    let judged = judge(args).and_then(|judged| {
        if args.json {
            print_line(&judged.as_json().to_string())?
        } else {
            judged.print()?
        }
        Ok(judged.preview.failure)
    });
    match judged {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(FailureClass::Rejected)) => ExitCode::from(1),
        Ok(Some(_)) => ExitCode::from(2),
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

struct Judged {
    info: ComponentInfo,
    limits: Limits,
    update: RefUpdate,
    actor: String,
    report: PolicyReport,
    preview: Preview,
}

fn judge(args: &Args) -> anyhow::Result<Judged> {
    let range = Range::parse(&args.range).map_err(anyhow::Error::msg)?;
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let clone = Clone::open(&args.repo, scratch.path())?;
    let facts = facts(args, &clone, &range)?;
    let Built { component, workshop } = component(&args.plugin)?;
    let config = args.config.as_deref().map(read_config).transpose()?;
    let repository = Arc::new(window(&clone, &facts)?);
    let limits = Limits::default();
    let host = plugins::open(workshop.path(), &SystemEntropy, limits.clone())?;
    let push = Arc::new(facts);
    let (info, report) = runtime()?.block_on(async {
        let (info, config) = prepare(&host, component, config.map(|value| value.to_string())).await?;
        let call = PolicyCall {
            installation: InstallationId(0),
            digest: info.digest,
            config: config.into(),
            push: push.clone(),
            repository,
            basis: None,
            services: Some(Arc::new(NobodyAsked)),
            background: false,
            here: false,
        };
        let report = host.check(call).await;
        anyhow::Ok((info, report))
    })?;
    let preview = preview(&info.name, info.digest, &push, &report);
    let update = push.updates.first().map(|facts| facts.update.clone()).context("the push has an update")?;
    Ok(Judged { info, limits, update, actor: args.actor.clone(), report, preview })
}

/// The component's own words, and the configuration that it accepts.
async fn prepare(host: &PluginHost, component: Bytes, config: Option<String>) -> anyhow::Result<(ComponentInfo, String)> {
    let info = host.prepare(component.clone()).await.map_err(|why| anyhow::anyhow!("a server would refuse the component: {why}"))?;
    let worlds = info.worlds.join(" and ");
    anyhow::ensure!(
        world::judges(&info.worlds),
        "{} is of the world {worlds}, and this judges by policies alone; `hardie plugin test` runs scenarios of events and web requests",
        info.name
    );
    let config = config.unwrap_or_else(|| info.default_config.clone());
    let accepted = host.validate_config(info.digest, component, &config).await;
    accepted.map_err(|problems| anyhow::anyhow!("the component refuses its configuration: {}", problems.join("; ")))?;
    Ok((info, config))
}

fn component(plugin: &Path) -> anyhow::Result<Built> {
    build::given(Some(plugin).filter(|plugin| !plugin.is_dir()), plugin)
}

fn facts(args: &Args, clone: &Clone<'_>, range: &Range) -> anyhow::Result<PushFacts> {
    let old = range.old.as_deref().map_or(Ok(Oid::ZERO), |name| clone.commit(name))?;
    let new = clone.commit(&range.new)?;
    anyhow::ensure!(old != new, "{} is empty: both ends are {new}", args.range);
    let default_branch = clone.default_branch();
    let name = match &args.r#ref {
        Some(name) => RefName::parse(name.as_bytes()).map_err(|why| anyhow::anyhow!("--ref {why}; write it in full, refs/heads/…"))?,
        None => clone.branch(&range.new).map_or_else(|| RefName::branch(&default_branch), Ok)?,
    };
    let mut budget = Budget::new(u64::MAX, READ_TIME, &Cancel::new());
    let forced = !old.is_zero() && !is_ancestor(&clone.odb, &old, &new, &mut budget)?;
    let folder = args.repo.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    Ok(PushFacts {
        id: PushId(1),
        repo: RepoId(1),
        repo_path: format!("local/{}", folder.unwrap_or_else(|| "clone".to_owned())),
        default_branch,
        actor: AccountId(1),
        actor_name: args.actor.clone(),
        role: Role::Write,
        door: Door::Ssh,
        options: Vec::new(),
        updates: vec![UpdateFacts { update: RefUpdate { name, old, new }, forced }],
    })
}

/// The repository as a server would have it: the pushed ref alone, at A.
fn window(clone: &Clone<'_>, facts: &PushFacts) -> anyhow::Result<PushView> {
    let before = facts.updates.iter().map(|facts| &facts.update).filter(|update| !update.old.is_zero());
    let before = before.map(|update| AdvertisedRef { name: update.name.clone(), oid: update.old, peeled: None });
    let refs = Refs::new(before.collect(), RefName::branch(&facts.default_branch)?);
    let tips: Vec<Oid> = facts.updates.iter().map(|facts| facts.update.new).collect();
    let view = PushView::recorded(Arc::clone(&clone.odb), &tips, Arc::new(refs), READ_TIME, Cancel::new());
    // A server has a commit-graph, by which this walk takes no time worth the name. The plugin's time is not for it.
    view.new_commits(0, 0, 0)?;
    Ok(view)
}

impl Judged {
    /// `accepted`, `rejected: rule`, or the class of failure.
    fn verdict(&self) -> String {
        match &self.report.outcome {
            PolicyOutcome::Fault(class, _) => class.as_str().to_owned(),
            PolicyOutcome::Verdicts(verdicts) => {
                let rejection = verdicts.iter().find_map(|verdict| verdict.rejection.as_ref());
                rejection.map_or("accepted".to_owned(), |rejection| format!("rejected: {}", rejection.code))
            }
        }
    }

    fn warnings(&self) -> Vec<String> {
        warnings(&self.report.usage, &self.preview.lines, &self.report.log, &self.limits)
    }

    fn print(&self) -> anyhow::Result<()> {
        let (info, update) = (&self.info, &self.update);
        print_line(&format!("{} {} ({})", info.name, info.version, info.digest))?;
        print_line(&format!("{} pushes {} {}..{}", self.actor, update.name, update.old, update.new))?;
        self.preview.lines.iter().try_for_each(|line| print_line(&format!("remote: {line}")))?;
        self.report.log.iter().try_for_each(|line| print_line(&format!("log: {line}")))?;
        print_line(&format!("{}  [{}, {} log lines]", self.verdict(), cost(&self.report.usage, &self.limits), self.report.log.len()))?;
        self.warnings().iter().try_for_each(|warning| print_line(&format!("warning: {warning}")))
    }

    fn as_json(&self) -> serde_json::Value {
        let (info, update, usage) = (&self.info, &self.update, &self.report.usage);
        json!({
            "name": info.name, "version": info.version, "digest": info.digest.to_string(),
            "ref": update.name.to_string(), "old": update.old.to_hex(), "new": update.new.to_hex(), "actor": self.actor,
            "outcome": self.preview.failure.map_or("accepted", FailureClass::as_str), "verdict": self.verdict(),
            "lines": self.preview.lines, "log": self.report.log, "warnings": self.warnings(),
            "fuel": usage.fuel, "memory": usage.memory, "host_calls": usage.host_calls, "host_bytes": usage.host_bytes,
            "wall_micros": usage.wall_micros, "limits": cost::limits(&self.limits),
        })
    }
}
