//! Which bounds count for a repository, and whether they hold.

use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::quota::{Content, Usage};
use hardie_store::Tx;
use hardie_store::accounts::AccountRow;
use hardie_store::repos::RepoRow;

use crate::{App, Error, Result};

/// The bounds on one kind of content of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    content: Content,
    repo: (RepoId, String),
    owner: (AccountId, String),
    /// Bytes of the repository.
    of_repo: Option<u64>,
    /// Bytes of all repositories of the owner.
    of_owner: Option<u64>,
}

/// What may still come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    /// Bytes.
    pub left: u64,
    /// What is said to who brings more.
    pub why: String,
}

/// The bounds, if there are any.
pub(crate) fn limits(app: &App, repo: &RepoRow, owner: &AccountRow, content: Content) -> Option<Limits> {
    let site = &app.config.quotas;
    let of_repo = repo.quotas.of(content).under(site.per_repository.of(content));
    let of_owner = owner.quotas.of(content).under(site.per_owner.of(content));
    (of_repo.is_some() || of_owner.is_some()).then(|| Limits {
        content,
        repo: (repo.id, format!("{}/{}", owner.name, repo.name)),
        owner: (owner.id, owner.name.to_string()),
        of_repo,
        of_owner,
    })
}

/// How much there is room for now. To be asked before bytes are taken in; [`check`] decides.
pub(crate) async fn room(app: &App, limits: &Limits) -> Result<Room> {
    let mut room = Room { left: u64::MAX, why: String::new() };
    if let Some(limit) = limits.of_repo {
        let used = app.store.repo_usage(limits.repo.0).await?;
        narrow(&mut room, limit, used.of(limits.content), |used| limits.of_repo_text(limit, used));
    }
    if let Some(limit) = limits.of_owner {
        let used = app.store.owner_usage(limits.owner.0).await?;
        narrow(&mut room, limit, used.of(limits.content), |used| limits.of_owner_text(limit, used));
    }
    Ok(room)
}

fn narrow(room: &mut Room, limit: u64, used: u64, why: impl FnOnce(u64) -> String) {
    let left = limit.saturating_sub(used);
    if left < room.left {
        *room = Room { left, why: why(used) };
    }
}

/// Refuses what a transaction has added if it is too much. The repository's row, if the transaction locks it, is locked before.
pub(crate) async fn check(tx: &mut Tx, limits: &Limits) -> Result<()> {
    let over = |used: &Usage, limit: u64| Some(used.of(limits.content)).filter(|used| *used > limit);
    if let Some(limit) = limits.of_repo
        && let Some(used) = over(&tx.repo_usage(limits.repo.0).await?, limit)
    {
        return Err(Error::Quota(limits.of_repo_text(limit, used)));
    }
    if let Some(limit) = limits.of_owner {
        // Else two that come at once would each see itself alone.
        tx.lock_usage(limits.owner.0).await?;
        if let Some(used) = over(&tx.owner_usage(limits.owner.0).await?, limit) {
            return Err(Error::Quota(limits.of_owner_text(limit, used)));
        }
    }
    Ok(())
}

/// As [`check`], for a repository that comes whole.
pub(crate) async fn check_all(tx: &mut Tx, app: &App, repo: RepoId) -> Result<()> {
    let Some(owned) = tx.find_owned_repo(repo).await? else { return Ok(()) };
    for content in Content::ALL {
        if let Some(limits) = limits(app, &owned.repo, &owned.owner, content) {
            check(tx, &limits).await?;
        }
    }
    Ok(())
}

impl Limits {
    fn what(&self) -> &'static str {
        match self.content {
            Content::Git => "git data",
            Content::Lfs => "LFS objects",
            Content::Assets => "files of releases",
        }
    }

    fn of_repo_text(&self, limit: u64, used: u64) -> String {
        let (path, what) = (&self.repo.1, self.what());
        format!("over the quota: {path} may hold {limit} bytes of {what}, and with this it would be more ({used} counted); {ASK}")
    }

    fn of_owner_text(&self, limit: u64, used: u64) -> String {
        let (owner, what) = (&self.owner.1, self.what());
        format!(
            "over the quota: the repositories of {owner} may hold {limit} bytes of {what} together, and with this it would be more \
             ({used} counted); {ASK}"
        )
    }
}

const ASK: &str = "remove some, or ask an administrator of this server for more";
