//! Pushes, refused ones included, and what policies said about each.

use std::collections::HashMap;

use hardie_domain::access::{RepoAction, Role};
use hardie_domain::ids::{AccountId, PushId};
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
use hardie_store::certificates::CertificateRow;
use hardie_store::pushes::PushRow;
use hardie_store::verdicts::VerdictRow;

use crate::access::{RepoAccess, repo_for};
use crate::accounts::{Account, shown};
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
    let mut actors: HashMap<AccountId, Option<Account>> = HashMap::new();
    let mut items = Vec::with_capacity(found.items.len());
    for row in found.items {
        let actor = match row.actor {
            None => None,
            Some(id) => match actors.get(&id) {
                Some(known) => known.clone(),
                None => {
                    let account = app.store.find_account(id).await?.map(|a| shown(ctx, a));
                    actors.insert(id, account.clone());
                    account
                }
            },
        };
        items.push(PushLine { row, actor, verdicts: Vec::new() });
    }
    Ok(Paged { items, total: found.total })
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
