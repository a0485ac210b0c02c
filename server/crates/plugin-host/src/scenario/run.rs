//! Builds a scenario's push, has it judged, and compares.

use std::sync::Arc;

use hardie_domain::access::Role;
use hardie_domain::ids::{AccountId, InstallationId, PushId, RepoId};
use hardie_domain::oid::Oid;
use hardie_domain::plugin::{Digest, PolicyOutcome, Signature, Usage};
use hardie_domain::policy::{PolicyCall, PushFacts, UpdateFacts};
use hardie_domain::push::{Door, RefUpdate};
use hardie_domain::refname::RefName;

use super::asked_file::ExpectedRequest;
use super::desk::Desk;
use super::file::{Cases, Scenario};
use super::push_file::{Commit, Expectation, File, Push, SpecialFile};
use super::repo::{MemoryPush, MemoryRepo};
use super::requests::compare_requests;
use super::tree::{EXECUTABLE, FILE, Files, SUBMODULE, SYMLINK};
use crate::plugin_host::PluginHost;

/// The largest file that a scenario may ask for.
const FILE_BYTES: usize = 1 << 30;

/// How a scenario went.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What differs from what was expected; empty if all is well.
    pub problems: Vec<String>,
    /// `accepted`, `rejected: rule`, or the class of failure.
    pub verdict: String,
    /// What the pusher would see.
    pub lines: Vec<String>,
    /// What the plugin logged.
    pub log: Vec<String>,
    /// What it cost.
    pub usage: Usage,
}

impl Outcome {
    /// Before the first case.
    pub(super) fn empty() -> Outcome {
        Outcome { problems: Vec::new(), verdict: String::new(), lines: Vec::new(), log: Vec::new(), usage: Usage::default() }
    }
}

/// Has a policy judge the push.
pub(super) async fn run_push(
    host: &PluginHost,
    call: PolicyCall,
    scenario: &Scenario,
    (expect, request): (&Expectation, Option<&[ExpectedRequest]>),
) -> Outcome {
    // One that may ask nobody does not see them.
    let desk = Arc::new(Desk::new(scenario));
    let call = PolicyCall { services: Some(desk.clone()), ..call };
    let report = host.check(call).await;
    let (verdict, lines) = match &report.outcome {
        PolicyOutcome::Fault(class, text) => (class.as_str().to_owned(), vec![text.clone()]),
        PolicyOutcome::Verdicts(verdicts) => {
            let rejection = verdicts.iter().find_map(|verdict| verdict.rejection.as_ref());
            let lines = verdicts.iter().flat_map(|v| v.rejection.iter().flat_map(|r| &r.lines).chain(&v.warnings)).cloned().collect();
            (rejection.map_or("accepted".to_owned(), |r| format!("rejected: {}", r.code)), lines)
        }
    };
    let mut problems = compare(expect, &verdict, &lines);
    problems.extend(request.iter().flat_map(|wanted| compare_requests(&desk.sent(), wanted)));
    Outcome { problems, verdict, lines, log: report.log, usage: report.usage }
}

/// The call of a policy that a scenario makes. It asks nobody.
///
/// # Errors
/// If the scenario itself makes no sense, or is not of a push.
pub fn call(digest: Digest, default_config: &str, scenario: &Scenario) -> Result<PolicyCall, String> {
    if !matches!(scenario.cases, Cases::Push { .. }) {
        return Err("this scenario is of events or web requests, and a push is needed".into());
    }
    let config = config(scenario.config.as_ref(), default_config)?;
    let (push, repository, _) = build(scenario)?;
    Ok(PolicyCall {
        installation: InstallationId(0),
        digest,
        config: config.into(),
        push: Arc::new(push),
        repository: Arc::new(repository),
        basis: None,
        services: None,
        background: false,
        here: false,
    })
}

/// The configuration of a scenario, JSON.
pub(super) fn config(given: Option<&toml::Table>, default: &str) -> Result<String, String> {
    let json = given.map(|table| serde_json::to_string(table).map_err(|error| format!("config: {error}")));
    json.unwrap_or_else(|| Ok(default.to_owned()))
}

fn compare(expect: &Expectation, verdict: &str, lines: &[String]) -> Vec<String> {
    let wanted = match (&expect.reject, &expect.fault) {
        (Some(code), _) => format!("rejected: {code}"),
        (_, Some(class)) => class.clone(),
        _ => "accepted".to_owned(),
    };
    let mut problems = Vec::new();
    if wanted != verdict {
        problems.push(format!("expected {wanted}, got {verdict}"));
    }
    for text in &expect.contains {
        if !lines.iter().any(|line| line.contains(text)) {
            problems.push(format!("no line contains {text:?}"));
        }
    }
    problems
}

/// The push of a scenario, the repository that it goes to, and its last commit.
pub(super) fn build(scenario: &Scenario) -> Result<(PushFacts, MemoryPush, Oid), String> {
    let (facts, push, tip) = history(&scenario.push, &scenario.base, &scenario.commit)?;
    match facts.updates.iter().any(|facts| facts.update.old != facts.update.new) {
        true => Ok((facts, push, tip)),
        false => Err("the push changes nothing: give it a [[commit]], or push.delete with a [[base]]".into()),
    }
}

/// The repository of a scenario without a push, in which all of its commits are already, and the last of them.
pub(super) fn settled(scenario: &Scenario) -> Result<(MemoryPush, Oid), String> {
    let all = [scenario.base.as_slice(), &scenario.commit].concat();
    history(&scenario.push, &all, &[]).map(|(_, repository, tip)| (repository, tip))
}

fn history(push: &Push, base: &[Commit], pushed: &[Commit]) -> Result<(PushFacts, MemoryPush, Oid), String> {
    let mut repo = MemoryRepo::default();
    let name = RefName::parse(push.r#ref.as_bytes()).map_err(|error| format!("push.ref: {}", error.reason))?;
    let (mut tip, mut files, mut seconds) = (Oid::ZERO, Files::new(), 1_700_000_000);
    let mut add = |repo: &mut MemoryRepo, commit: &Commit, parent: Oid| -> Result<Oid, String> {
        apply(repo, &mut files, commit)?;
        seconds += 60;
        let parents = if parent.is_zero() { Vec::new() } else { vec![parent] };
        let tree = repo.tree(&files);
        Ok(repo.commit(tree, parents, signature(&commit.author, seconds)?, commit.message.as_bytes()))
    };
    for commit in base {
        tip = add(&mut repo, commit, tip)?;
    }
    let old = tip;
    if !old.is_zero() {
        repo.set_ref(name.as_bytes(), old);
    }
    for commit in pushed {
        tip = add(&mut repo, commit, tip)?;
    }
    let new = if push.delete { Oid::ZERO } else { tip };
    let role = Role::parse(&push.role).ok_or("push.role is read, write or admin")?;
    let facts = PushFacts {
        id: PushId(1),
        repo: RepoId(1),
        repo_path: "ann/demo".into(),
        default_branch: "main".into(),
        actor: AccountId(1),
        actor_name: push.actor.clone(),
        role,
        door: Door::Ssh,
        options: push.options.clone(),
        updates: vec![UpdateFacts { update: RefUpdate { name, old, new }, forced: false }],
    };
    Ok((facts, MemoryPush::new(repo, vec![new]), tip))
}

fn apply(repo: &mut MemoryRepo, files: &mut Files, commit: &Commit) -> Result<(), String> {
    for path in &commit.delete {
        files.remove(path.as_bytes()).ok_or_else(|| format!("delete: there is no {path}"))?;
    }
    for (path, file) in &commit.files {
        let whole = !path.is_empty() && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        if !whole {
            return Err(format!("files: {path:?} is not a path"));
        }
        files.insert(path.clone().into_bytes(), content(repo, path, file)?);
    }
    Ok(())
}

fn content(repo: &mut MemoryRepo, path: &str, file: &File) -> Result<(u32, Oid), String> {
    let file = match file {
        File::Text(text) => return Ok((FILE, repo.blob(text.as_bytes()))),
        File::Special(file) => file,
    };
    let mode = if file.executable { EXECUTABLE } else { FILE };
    match file {
        SpecialFile { submodule: Some(id), .. } => {
            let id = Oid::from_hex(id.as_bytes()).ok_or_else(|| format!("files: {path}: submodule needs 40 hexadecimal digits"))?;
            Ok((SUBMODULE, id))
        }
        SpecialFile { symlink: Some(target), .. } => Ok((SYMLINK, repo.blob(target.as_bytes()))),
        SpecialFile { text: Some(text), .. } => Ok((mode, repo.blob(text.as_bytes()))),
        SpecialFile { size: Some(size), .. } if *size <= FILE_BYTES => Ok((mode, repo.blob(&vec![0; *size]))),
        SpecialFile { size: Some(_), .. } => Err(format!("files: {path}: size may be {FILE_BYTES} at most")),
        SpecialFile { .. } => Err(format!("files: {path}: give text, size, symlink or submodule")),
    }
}

fn signature(author: &str, seconds: i64) -> Result<Signature, String> {
    let (name, rest) = author.split_once(" <").ok_or_else(|| format!("author: {author:?} is not Name <address>"))?;
    let email = rest.strip_suffix('>').ok_or_else(|| format!("author: {author:?} is not Name <address>"))?;
    Ok(Signature { name: name.into(), email: email.into(), seconds, offset_minutes: 60 })
}
