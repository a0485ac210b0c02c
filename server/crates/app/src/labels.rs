//! Labels: words by which work is sorted. Those of a repository are changed by whoever may push to it, those of an organisation by its
//! owners; whoever sees the repository reads the former, and whoever sees the organisation and has signed in the latter.

mod rules;
mod sets;
mod write;

use hardie_domain::access::RepoAction;
use hardie_domain::ids::{AccountId, LabelId, RepoId};
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
use hardie_store::Tx;
pub use hardie_store::labels::{LabelHome, LabelRow as Label};

use crate::access::{RepoAccess, repo_for, require_wide};
use crate::accounts::{get_org, owned_org};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

pub use sets::{SETS, SetLabel, label_set};
pub use write::{LabelChange, NewLabel, create_label, delete_label, update_label};

const LABEL: &str = "label";

/// What labels belong to, as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelPlace {
    /// A repository.
    Repo(RepoPath),
    /// An organisation.
    Org(String),
}

/// What labels belong to, found and authorised.
#[derive(Clone, Copy, Debug)]
struct Home {
    home: LabelHome,
    account: AccountId,
    repo: Option<RepoId>,
}

impl Home {
    fn of_repo(access: &RepoAccess) -> Home {
        Home { home: LabelHome::Repo(access.repo.id), account: access.owner.id, repo: Some(access.repo.id) }
    }

    fn of_org(id: AccountId) -> Home {
        Home { home: LabelHome::Org(id), account: id, repo: None }
    }
}

/// For whoever reads labels.
async fn reader(app: &App, ctx: &Ctx, place: &LabelPlace) -> Result<Home> {
    Ok(match place {
        LabelPlace::Repo(path) => Home::of_repo(&repo_for(app, ctx, path, RepoAction::Read).await?),
        LabelPlace::Org(name) => {
            ctx.require_actor()?;
            Home::of_org(get_org(app, ctx, name).await?.id)
        }
    })
}

/// For whoever changes labels: the one place that says who that is.
async fn writer(app: &App, ctx: &Ctx, place: &LabelPlace) -> Result<Home> {
    Ok(match place {
        LabelPlace::Repo(path) => {
            let access = repo_for(app, ctx, path, RepoAction::Push).await?;
            require_wide(ctx)?;
            Home::of_repo(&access)
        }
        LabelPlace::Org(name) => Home::of_org(owned_org(app, ctx, name).await?.id),
    })
}

/// Labels by name, from the end if `reverse`.
pub async fn list_labels(app: &App, ctx: &Ctx, place: &LabelPlace, reverse: bool, page: Page) -> Result<Paged<Label>> {
    let home = reader(app, ctx, place).await?;
    Ok(app.store.list_labels(home.home, reverse, page).await?)
}

/// A label by its id or, where that is none of a label here, by its name.
pub async fn get_label(app: &App, ctx: &Ctx, place: &LabelPlace, key: &str) -> Result<Label> {
    let home = reader(app, ctx, place).await?;
    if let Ok(id) = key.parse()
        && let Some(found) = app.store.find_label(home.home, LabelId(id)).await?
    {
        return Ok(found);
    }
    app.store.find_label_by_name(home.home, key).await?.ok_or(Error::NotFound(LABEL))
}

/// Writes a change down.
async fn note(tx: &mut Tx, app: &App, ctx: &Ctx, home: &Home, action: &'static str, detail: String) -> Result<()> {
    let mut line = entry(ctx, action);
    (line.account, line.repo, line.detail) = (Some(home.account), home.repo, detail);
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(())
}
