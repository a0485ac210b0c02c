//! Pushes, refused ones included, and what policies said about each.

use hardie_domain::access::{RepoAction, Role};
use hardie_domain::ids::PushId;
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
use hardie_store::certificates::CertificateRow;
use hardie_store::pushes::PushRow;
use hardie_store::verdicts::VerdictRow;

use crate::access::{RepoAccess, repo_for};
use crate::accounts::{Account, shown, shown_by_id};
use crate::{App, Ctx, Error, Result};

/// One push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushLine {
    /// The push and what became of its refs (the first 50 in a list).
    pub row: PushRow,
    /// By whom; `None` if the account is gone.
    pub actor: Option<Account>,
    /// What policies said; empty in lists.
    pub verdicts: Vec<VerdictRow>,
}

/// Pushes to a repository, newest first. For those who may push to it.
pub async fn list_pushes(app: &App, ctx: &Ctx, path: &RepoPath, page: Page) -> Result<Paged<PushLine>> {
    let access = insider(app, ctx, path).await?;
    let found = app.store.list_pushes(access.repo.id, page).await?;
    let actors = shown_by_id(app, ctx, found.items.iter().filter_map(|push| push.actor)).await?;
    let line = |row: PushRow| PushLine { actor: row.actor.and_then(|id| actors.get(&id).cloned()), row, verdicts: Vec::new() };
    Ok(found.map(line))
}

/// One push with all of its refs and verdicts.
pub async fn get_push(app: &App, ctx: &Ctx, path: &RepoPath, id: PushId) -> Result<PushLine> {
    let access = insider(app, ctx, path).await?;
    let found = app.store.find_push(id).await?.filter(|push| push.repo == access.repo.id);
    let row = found.ok_or(Error::NotFound("push"))?;
    let actor = match row.actor {
        Some(id) => app.store.find_account(id).await?.map(|a| shown(ctx, a)),
        None => None,
    };
    let verdicts = app.store.list_verdicts_of_push(id).await?;
    Ok(PushLine { row, actor, verdicts })
}

/// The certificate of a push; `NotFound` if it was not signed.
pub async fn get_push_certificate(app: &App, ctx: &Ctx, path: &RepoPath, id: PushId) -> Result<CertificateRow> {
    let access = insider(app, ctx, path).await?;
    app.store.find_certificate(access.repo.id, id).await?.ok_or(Error::NotFound("push certificate"))
}

async fn insider(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<RepoAccess> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    match access.role >= Role::Write {
        true => Ok(access),
        false => Err(Error::forbidden("only those who may push to this repository see its pushes")),
    }
}
