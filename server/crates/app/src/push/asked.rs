//! What rules ask that rows tell: whether checks have succeeded, and whether commits are signed by their committers.

use std::sync::Arc;

use hardie_domain::access::Role;
use hardie_domain::glob::Glob;
use hardie_domain::oid::Oid;
use hardie_domain::page::Page;
use hardie_domain::status::CommitState;
use hardie_git::odb::Odb;

use super::guard::Asked;
use super::{Push, PushReport};
use crate::access::RepoAccess;
use crate::{App, Result, signatures};

/// The push option by which an administrator of the repository pushes in spite of required checks.
pub const OVERRIDE: &str = "override-checks";
/// Pages of contexts that are read: more than a commit may have.
const MOST_PAGES: u32 = 25;
/// Checks that are named in a refusal.
const MOST_NAMED: usize = 3;

/// Refuses the updates of which rules ask what is not so.
pub async fn settle(app: &App, access: &RepoAccess, push: &Push, odb: &Arc<Odb>, asked: Vec<Asked>, report: &mut PushReport) -> Result<()> {
    for mut asked in asked {
        if let Some((oid, trust)) = signatures::first_untrusted(app, odb, &asked.signed).await? {
            asked.reasons.push(format!(
                "its new commits must be signed, and {} is {}; sign with a key of your account, by an address that it has proven",
                oid.short(),
                trust.objection()
            ));
        }
        if let Some((oid, wanted)) = asked.checks.take()
            && let Some(missing) = missing(app, push, oid, &wanted).await?
        {
            let overrides = push.request.options.iter().any(|option| option == OVERRIDE);
            if overrides && asked.overridable && access.role == Role::Admin {
                report.messages.push(format!("Overridden as an administrator: {missing} (rule {})", asked.rule));
            } else {
                asked.reasons.push(format!("{missing}; push the commit to another branch first, and wait for its checks"));
            }
        }
        if let Some(refusal) = asked.refusal() {
            report.refuse(asked.index, &refusal);
        }
    }
    Ok(())
}

/// What is missing of the checks of a commit, in words.
async fn missing(app: &App, push: &Push, commit: Oid, wanted: &[Glob]) -> Result<Option<String>> {
    let mut found = Vec::new();
    for number in 1..=MOST_PAGES {
        let page = Page::new(Some(number), Some(Page::MAX_LIMIT));
        let rows = app.store.list_newest_commit_statuses(push.repo, commit, page).await?;
        let last = rows.len() < page.limit() as usize;
        found.extend(rows.into_iter().map(|row| (row.finding.context, row.finding.state)));
        if last {
            break;
        }
    }
    let commit = commit.short();
    if wanted.is_empty() {
        let bad = found.iter().find(|(_, state)| !is_good(*state));
        return Ok(match (bad, found.is_empty()) {
            (_, true) => Some(format!("no check has succeeded for {commit}")),
            (Some((context, _)), _) => Some(format!("the check '{context}' has not succeeded for {commit}")),
            (None, false) => None,
        });
    }
    // A pattern asks for at least one check, and for all that it fits.
    let lacks = |glob: &&Glob| {
        let mut fitting = found.iter().filter(|(context, _)| glob.matches(context.as_bytes())).peekable();
        fitting.peek().is_none() || !fitting.all(|(_, state)| is_good(*state))
    };
    let lacking: Vec<String> = wanted.iter().filter(lacks).map(|glob| format!("'{}'", glob.as_str())).collect();
    Ok((!lacking.is_empty()).then(|| {
        let named: Vec<&str> = lacking.iter().take(MOST_NAMED).map(String::as_str).collect();
        let more = if lacking.len() > MOST_NAMED { format!(" and {} more", lacking.len() - MOST_NAMED) } else { String::new() };
        format!("the checks {}{more} have not succeeded for {commit}", named.join(", "))
    }))
}

/// A check that had nothing to do stands in nobody's way.
fn is_good(state: CommitState) -> bool {
    matches!(state, CommitState::Success | CommitState::Skipped)
}
