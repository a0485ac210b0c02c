//! Refs, their history, and the one consistent read from which every cache is filled.

use hardie_domain::ids::{AccountId, PushId, RepoId};
use hardie_domain::oid::Oid;
use hardie_domain::page::{Page, Paged};
use hardie_domain::refname::RefName;
use hardie_domain::time::Timestamp;

use crate::packs::{RepoPackRow, SELECT_REPO_PACKS, repo_pack_row};
use crate::repos::{OwnedRepo, RepoRow, owned_repo, select_owned};
use crate::sql::{Cols, count, sql};
use crate::store::{Store, reads};
use crate::{Result, Tx};

/// One ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefRow {
    /// Its full name.
    pub name: RefName,
    /// What it points at.
    pub oid: Oid,
    /// For an annotated tag, the object at the end of the chain.
    pub peeled: Option<Oid>,
}

/// A repository as it was at one moment. Caches keyed by `repo.generation` are filled from nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoSnapshot {
    /// The repository; HEAD is its `default_branch`.
    pub repo: RepoRow,
    /// Its owner.
    pub owner: crate::accounts::AccountRow,
    /// Every ref, by name, bytewise.
    pub refs: Vec<RefRow>,
    /// Every pack, newest first.
    pub packs: Vec<RepoPackRow>,
}

/// One past change of a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReflogRow {
    /// The ref.
    pub name: RefName,
    /// What it was; null for absent.
    pub old: Oid,
    /// What it became; null for absent.
    pub new: Oid,
    /// By which push, while that is remembered.
    pub push: Option<PushId>,
    /// By whom; `None` for the server itself.
    pub actor: Option<AccountId>,
    /// When.
    pub at: Timestamp,
}

/// One change of a ref to be remembered.
#[derive(Clone, Copy, Debug)]
pub struct NewReflog<'a> {
    /// The repository.
    pub repo: RepoId,
    /// The ref.
    pub name: &'a RefName,
    /// What it was; null for absent.
    pub old: Oid,
    /// What it became; null for absent.
    pub new: Oid,
    /// By which push.
    pub push: PushId,
    /// By whom.
    pub actor: Option<AccountId>,
    /// When.
    pub at: Timestamp,
}

fn ref_row(cols: &mut Cols<'_>) -> Result<RefRow> {
    Ok(RefRow { name: cols.ref_name()?, oid: cols.oid()?, peeled: cols.opt_oid()? })
}

fn reflog_row(cols: &mut Cols<'_>) -> Result<ReflogRow> {
    Ok(ReflogRow {
        name: cols.ref_name()?,
        old: cols.oid()?,
        new: cols.oid()?,
        push: cols.opt_id(PushId)?,
        actor: cols.opt_id(AccountId)?,
        at: cols.time()?,
    })
}

impl Store {
    /// A repository that is not deleted with its owner, refs and packs, all as of one moment.
    pub async fn load_snapshot(&self, id: RepoId) -> Result<Option<RepoSnapshot>> {
        Ok(self.load_any_snapshot(id).await?.filter(|found| found.repo.deleted_at.is_none()))
    }

    /// The same of a repository that may be deleted, and can be restored.
    pub async fn load_any_snapshot(&self, id: RepoId) -> Result<Option<RepoSnapshot>> {
        let mut snapshot = self.snapshot().await?;
        let found = snapshot.opt(select_owned().push(" WHERE r.id = ").push_bind(id), owned_repo).await?;
        let Some(OwnedRepo { repo, owner }) = found else {
            snapshot.end().await?;
            return Ok(None);
        };
        let refs = snapshot.all(sql("SELECT name, oid, peeled FROM ref WHERE repo_id = $1 ORDER BY name").bind(id), ref_row).await?;
        let packs = snapshot.all(sql(SELECT_REPO_PACKS).bind(id), repo_pack_row).await?;
        snapshot.end().await?;
        Ok(Some(RepoSnapshot { repo, owner, refs, packs }))
    }
}

reads! {
    /// One ref.
    pub async fn find_ref(db, repo: RepoId, name: &RefName) -> Result<Option<RefRow>> {
        db.opt(sql("SELECT name, oid, peeled FROM ref WHERE repo_id = $1 AND name = $2").bind(repo).bind(name), ref_row).await
    }

    /// How many refs a repository has.
    pub async fn count_refs(db, repo: RepoId) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM ref WHERE repo_id = $1").bind(repo), count).await
    }

    /// Existing refs with which `name` cannot live, since one would be a folder of the other; at most one below and all above.
    pub async fn refs_conflicting(db, repo: RepoId, name: &RefName) -> Result<Vec<RefName>> {
        let bytes = name.as_bytes();
        // Everything below `name/` sorts from `name/` up to, not including, `name0`: '0' follows '/'.
        let below = sql("SELECT name FROM ref WHERE repo_id = $1 AND name > $2 AND name < $3 ORDER BY name LIMIT 1")
            .bind(repo)
            .bind([bytes, b"/"].concat())
            .bind([bytes, b"0"].concat());
        let mut found: Vec<RefName> = db.opt(below, |c| c.ref_name()).await?.into_iter().collect();
        // `refs/heads` itself is no possible ref, so parents begin at the third slash.
        let slashes = bytes.iter().enumerate().filter(|(_, b)| **b == b'/').skip(2).map(|(at, _)| at);
        for parent in slashes.filter_map(|at| bytes.get(..at)) {
            let statement = sql("SELECT name FROM ref WHERE repo_id = $1 AND name = $2").bind(repo).bind(parent);
            found.extend(db.opt(statement, |c| c.ref_name()).await?);
        }
        Ok(found)
    }

    /// Past changes of refs, of one ref or of all, newest first.
    pub async fn list_reflog(db, repo: RepoId, name: Option<&RefName>, page: Page) -> Result<Paged<ReflogRow>> {
        let filter = |start: &'static str| {
            let statement = sql(start).push(" FROM reflog WHERE repo_id = ").push_bind(repo);
            match name {
                Some(name) => statement.push(" AND name = ").push_bind(name),
                None => statement,
            }
        };
        let total = db.one(filter("SELECT COUNT(*)"), count).await?;
        let rows = filter("SELECT name, old_oid, new_oid, push_id, actor_id, at").push(" ORDER BY id DESC").page(page);
        Ok(Paged { items: db.all(rows, reflog_row).await?, total })
    }
}

impl Tx {
    /// Moves a ref from `old` to `new` (object and, for an annotated tag, peeled object); `None` stands for absent. `false` if
    /// the ref is not `old` any more. Lock the repository first.
    pub async fn update_ref(&mut self, repo: RepoId, name: &RefName, old: Option<Oid>, new: Option<(Oid, Option<Oid>)>) -> Result<bool> {
        let statement = match (old, new) {
            (None, Some((oid, peeled))) => {
                sql("INSERT INTO ref (repo_id, name, oid, peeled) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                    .bind(repo)
                    .bind(name)
                    .bind(oid)
                    .bind(peeled)
            }
            (Some(old), Some((oid, peeled))) => sql("UPDATE ref SET oid = $4, peeled = $5 WHERE repo_id = $1 AND name = $2 AND oid = $3")
                .bind(repo)
                .bind(name)
                .bind(old)
                .bind(oid)
                .bind(peeled),
            (Some(old), None) => sql("DELETE FROM ref WHERE repo_id = $1 AND name = $2 AND oid = $3").bind(repo).bind(name).bind(old),
            (None, None) => return Ok(self.find_ref(repo, name).await?.is_none()),
        };
        self.wrote(statement).await
    }

    /// Remembers a change of a ref.
    pub async fn append_reflog(&mut self, entry: &NewReflog<'_>) -> Result<()> {
        let statement =
            sql("INSERT INTO reflog (repo_id, name, old_oid, new_oid, push_id, actor_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
                .bind(entry.repo)
                .bind(entry.name)
                .bind(entry.old)
                .bind(entry.new)
                .bind(entry.push)
                .bind(entry.actor)
                .bind(entry.at);
        self.later(statement).await
    }
}
