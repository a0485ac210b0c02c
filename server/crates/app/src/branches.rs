//! Branches changed without git: through the same door as a push, judged by the same rules and policies.

use hardie_domain::access::RepoAction;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::push::{RefOutcome, RefUpdate};
use hardie_domain::refname::RefName;

use crate::access::repo_for;
use crate::git_access::open_repo;
use crate::push::{PushRequest, push};
use crate::{App, Ctx, Error, Result};

/// Deletes the branch of this short name. For those who may push.
pub async fn delete_branch(app: &App, ctx: &Ctx, path: &RepoPath, short: &str) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Push).await?;
    let absent = || Error::NotFound("branch");
    let name = RefName::branch(short).map_err(|_| absent())?;
    let handle = open_repo(app, access.repo.id).await?;
    let old = handle.refs.find(name.as_bytes()).ok_or_else(absent)?.oid;
    let updates = vec![RefUpdate { name, old, new: Oid::ZERO }];
    let request = PushRequest { updates, has_impossible: false, options: Vec::new(), atomic: true, certificate: None };
    let report = push(app, ctx, &access, request, None).await?;
    match report.results.into_iter().next() {
        Some((_, RefOutcome::Refused(why))) => {
            Err(Error::forbidden(std::iter::once(why).chain(report.messages).collect::<Vec<_>>().join("; ")))
        }
        _ => Ok(()),
    }
}
