//! What rules ask that rows tell: whether checks have succeeded, and whether commits are signed by their committers. Asked when a push is
//! judged, and again in its transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hardie_domain::access::Role;
use hardie_domain::glob::Glob;
use hardie_domain::oid::Oid;
use hardie_domain::status::CommitState;
use hardie_git::odb::Odb;
use hardie_store::Tx;

use super::guard::{Asked, ByRule};
use super::{Push, PushReport};
use crate::access::RepoAccess;
use crate::signatures::{self, Signer, Trust};
use crate::{App, Result};

/// The push option by which an administrator of the repository pushes in spite of required checks.
pub const OVERRIDE: &str = "override-checks";
/// Checks that are named in a refusal.
const MOST_NAMED: usize = 3;

/// The newest state of each context of a commit.
type States = [(String, CommitState)];

/// What a judgement took from rows, and must still be so when the push is committed.
#[derive(Clone, Debug, Default)]
pub struct Rests {
    /// For each commit what the rules ask, one after the other.
    checks: HashMap<Oid, Vec<Vec<Glob>>>,
    signers: HashSet<Signer>,
}

impl Rests {
    /// Whether it is so now: a check may have failed meanwhile, a key have been removed.
    pub async fn hold(&self, app: &App, tx: &mut Tx, push: &Push) -> Result<bool> {
        for (commit, rules) in &self.checks {
            let states = tx.list_commit_contexts(push.repo, *commit).await?;
            if rules.iter().any(|wanted| missing(*commit, wanted, &states).is_some()) {
                return Ok(false);
            }
        }
        signatures::still_sign(app, tx, &self.signers).await
    }
}

/// Refuses the updates of which rules ask what is not so; what the others rest on.
pub async fn settle(
    app: &App,
    access: &RepoAccess,
    push: &Push,
    odb: &Arc<Odb>,
    asked: Vec<Asked>,
    report: &mut PushReport,
) -> Result<Rests> {
    let mut rests = Rests::default();
    for mut asked in asked {
        let mut last: Option<(Arc<[Oid]>, Option<String>)> = None;
        for rule in &mut asked.by_rule {
            if !rule.signed.is_empty() {
                // Rules over one branch mostly ask it of the same commits.
                let same = last.as_ref().filter(|(commits, _)| Arc::ptr_eq(commits, &rule.signed)).map(|(_, found)| found.clone());
                let found = match same {
                    Some(found) => found,
                    None => unsigned(app, odb, &rule.signed, &mut rests).await?,
                };
                rule.reasons.extend(found.clone());
                last = Some((rule.signed.clone(), found));
            }
            if let Some((commit, wanted)) = rule.checks.take() {
                match missing(commit, &wanted, &app.store.list_commit_contexts(push.repo, commit).await?) {
                    None => rests.checks.entry(commit).or_default().push(wanted),
                    Some(missing) => unchecked(access, push, rule, &missing, report),
                }
            }
        }
        if let Some(refusal) = asked.refusal() {
            report.refuse(asked.index, &refusal);
        }
    }
    Ok(rests)
}

/// The objection, if not all of these commits are signed as they ought to be.
async fn unsigned(app: &App, odb: &Arc<Odb>, commits: &[Oid], rests: &mut Rests) -> Result<Option<String>> {
    let objection = |commit: Oid, trust: &Trust| {
        let (commit, objection) = (commit.short(), trust.objection());
        format!(
            "its new commits must be signed, and {commit} is {objection}; sign with a key of your account, by an address that it has proven"
        )
    };
    Ok(match signatures::signers(app, odb, commits).await? {
        Ok(signers) => {
            rests.signers.extend(signers);
            None
        }
        Err((commit, trust)) => Some(objection(commit, &trust)),
    })
}

fn unchecked(access: &RepoAccess, push: &Push, rule: &mut ByRule, missing: &str, report: &mut PushReport) {
    let overrides = push.request.options.iter().any(|option| option == OVERRIDE);
    if overrides && rule.overridable && access.role == Role::Admin {
        report.messages.push(format!("Overridden as an administrator: {missing} ({})", rule.rule));
    } else {
        rule.reasons.push(format!("{missing}; push the commit to another branch first, and wait for its checks"));
    }
}

/// What is missing of the checks of a commit, in words.
fn missing(commit: Oid, wanted: &[Glob], found: &States) -> Option<String> {
    let commit = commit.short();
    if wanted.is_empty() {
        let bad = found.iter().find(|(_, state)| !is_good(*state));
        return match (bad, found.is_empty()) {
            (_, true) => Some(format!("no check has succeeded for {commit}")),
            (Some((context, _)), _) => Some(format!("the check '{context}' has not succeeded for {commit}")),
            (None, false) => None,
        };
    }
    // A pattern asks for at least one check, and for all that it fits.
    let lacks = |glob: &&Glob| {
        let mut fitting = found.iter().filter(|(context, _)| glob.matches(context.as_bytes())).peekable();
        fitting.peek().is_none() || !fitting.all(|(_, state)| is_good(*state))
    };
    let lacking: Vec<String> = wanted.iter().filter(lacks).map(|glob| format!("'{}'", glob.as_str())).collect();
    (!lacking.is_empty()).then(|| {
        let named: Vec<&str> = lacking.iter().take(MOST_NAMED).map(String::as_str).collect();
        let more = if lacking.len() > MOST_NAMED { format!(" and {} more", lacking.len() - MOST_NAMED) } else { String::new() };
        format!("the checks {}{more} have not succeeded for {commit}", named.join(", "))
    })
}

/// A check that had nothing to do stands in nobody's way.
fn is_good(state: CommitState) -> bool {
    matches!(state, CommitState::Success | CommitState::Skipped)
}
