//! Repositories: addresses, settings, deletion. Every change of what a reader may see moves `generation`; every change of what a
//! push is judged by moves `rules_epoch`.

use hardie_domain::access::{Role, Visibility};
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::names::RepoName;
use hardie_domain::quota::Bounds;
use hardie_domain::refname::RefName;
use hardie_domain::time::Timestamp;

use crate::accounts::{ACCOUNT_COLUMNS, AccountRow, account_row};
use crate::org_members::OrgRole;
use crate::quotas::bounds;
use crate::sql::{Cols, Sql, sql};
use crate::store::reads;
use crate::teams::{by_teams, role_of};
use crate::{Result, Tx};

/// The bytes of all packs of the repository `$1`.
macro_rules! packs_bytes {
    () => {
        "(SELECT CAST(COALESCE(SUM(p.bytes), 0) AS BIGINT) FROM repo_pack rp JOIN pack p ON p.hash = rp.hash WHERE rp.repo_id = $1)"
    };
}

/// One repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoRow {
    /// Its id, never used again.
    pub id: RepoId,
    /// The user or organisation that owns it.
    pub owner: AccountId,
    /// As written; unique without case under its owner.
    pub name: RepoName,
    /// A few words; may be empty.
    pub description: String,
    /// An address; may be empty.
    pub website: String,
    /// Who sees it without being named.
    pub visibility: Visibility,
    /// Readable, never written.
    pub archived: bool,
    /// What HEAD names, whether or not it exists.
    pub default_branch: RefName,
    /// Moves with every change of refs, HEAD, visibility or packs: the key of every cache.
    pub generation: i64,
    /// Moves with every change of what a push is judged by: protection, policies, collaborators, default branch, the
    /// organisation's members and teams, the site's policies.
    pub rules_epoch: i64,
    /// Moves when objects were collected.
    pub gc_epoch: i64,
    /// Bytes of its packs.
    pub size_bytes: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
    /// When refs last changed.
    pub pushed_at: Option<Timestamp>,
    /// Words under which it is found, in order.
    pub topics: Vec<String>,
    /// Accounts that gave it a star.
    pub stars: u64,
    /// Accounts that watch it.
    pub watchers: u64,
    /// What it was forked from.
    pub parent: Option<RepoId>,
    /// Repositories that were forked from it and are not deleted.
    pub forks: u64,
    /// Whether others are made after it.
    pub template: bool,
    /// When it was deleted; such a row is found by the methods that say so alone.
    pub deleted_at: Option<Timestamp>,
    /// How much it may hold.
    pub quotas: Bounds,
}

/// A repository with its owner, as one read gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedRepo {
    /// The repository.
    pub repo: RepoRow,
    /// Its owner.
    pub owner: AccountRow,
}

/// A repository to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewRepo<'a> {
    /// Its owner.
    pub owner: AccountId,
    /// Its name, checked.
    pub name: &'a RepoName,
    /// A few words.
    pub description: &'a str,
    /// Who sees it.
    pub visibility: Visibility,
    /// What HEAD will name.
    pub default_branch: &'a RefName,
    /// Now.
    pub at: Timestamp,
}

/// Settings that change together; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepoChange<'a> {
    /// A few words.
    pub description: Option<&'a str>,
    /// An address.
    pub website: Option<&'a str>,
    /// Who sees it.
    pub visibility: Option<Visibility>,
    /// Readable, never written.
    pub archived: Option<bool>,
    /// Whether others are made after it.
    pub template: Option<bool>,
}

impl RepoChange<'_> {
    /// Whether there is anything to change.
    pub fn is_something(&self) -> bool {
        let RepoChange { description, website, visibility, archived, template } = self;
        description.is_some() || website.is_some() || visibility.is_some() || archived.is_some() || template.is_some()
    }
}

/// What the rows say about one user and one repository; `hardie_domain::access` decides with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessRow {
    /// The user owns it, or is an owner of the organisation that does.
    pub is_owner: bool,
    /// The greatest of the roles: as a collaborator, as a member of the organisation, by its teams.
    pub role: Option<Role>,
}

pub(crate) const REPO_COLUMNS: &str = "r.id, r.owner_id, r.name, r.description, r.website, r.visibility, r.archived, r.default_branch, \
    r.generation, r.rules_epoch + (SELECT o.rules_epoch FROM account o WHERE o.id = r.owner_id) \
    + (SELECT s.rules_epoch FROM site s), r.gc_epoch, r.size_bytes, r.created_at, r.updated_at, r.pushed_at, \
    r.topics, r.stars, r.watchers, r.parent_id, r.forks, r.template, r.deleted_at, \
    r.quota_git, r.quota_lfs, r.quota_assets";

/// The word in rows and in the API.
fn visibility_word(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Private => "private",
    }
}

fn parse_visibility(word: &str) -> Option<Visibility> {
    [Visibility::Public, Visibility::Private].into_iter().find(|v| visibility_word(*v) == word)
}

pub(crate) fn repo_row(cols: &mut Cols<'_>) -> Result<RepoRow> {
    Ok(RepoRow {
        id: cols.id(RepoId)?,
        owner: cols.id(AccountId)?,
        name: cols.repo_name()?,
        description: cols.text()?,
        website: cols.text()?,
        visibility: cols.word(parse_visibility)?,
        archived: cols.flag()?,
        default_branch: cols.ref_name()?,
        generation: cols.int()?,
        rules_epoch: cols.int()?,
        gc_epoch: cols.int()?,
        size_bytes: cols.count()?,
        created_at: cols.time()?,
        updated_at: cols.time()?,
        pushed_at: cols.opt_time()?,
        topics: cols.lines()?,
        stars: cols.count()?,
        watchers: cols.count()?,
        parent: cols.opt_id(RepoId)?,
        forks: cols.count()?,
        template: cols.flag()?,
        deleted_at: cols.opt_time()?,
        quotas: bounds(cols)?,
    })
}

pub(crate) fn owned_repo(cols: &mut Cols<'_>) -> Result<OwnedRepo> {
    Ok(OwnedRepo { repo: repo_row(cols)?, owner: account_row(cols)? })
}

pub(crate) fn select_owned() -> Sql {
    sql("SELECT ").push(REPO_COLUMNS).push(", ").push(ACCOUNT_COLUMNS).push(" FROM repo r JOIN account a ON a.id = r.owner_id")
}

fn select_repo() -> Sql {
    sql("SELECT ").push(REPO_COLUMNS).push(" FROM repo r")
}

reads! {
    /// A repository that is not deleted.
    pub async fn find_repo(db, id: RepoId) -> Result<Option<RepoRow>> {
        db.opt(select_repo().push(" WHERE r.deleted_at IS NULL AND r.id = ").push_bind(id), repo_row).await
    }

    /// Whose a repository is, or was when it was deleted; `None` once it is gone for good.
    pub async fn find_last_owner(db, id: RepoId) -> Result<Option<AccountId>> {
        db.opt(sql("SELECT owner_id FROM repo WHERE id = $1").bind(id), |cols| cols.id(AccountId)).await
    }

    /// A repository that is not deleted, with its owner.
    pub async fn find_owned_repo(db, id: RepoId) -> Result<Option<OwnedRepo>> {
        db.opt(select_owned().push(" WHERE r.deleted_at IS NULL AND r.id = ").push_bind(id), owned_repo).await
    }

    /// A repository with its owner, also while it can be restored.
    pub async fn find_kept_repo(db, id: RepoId) -> Result<Option<OwnedRepo>> {
        db.opt(select_owned().push(" WHERE r.id = ").push_bind(id), owned_repo).await
    }

    /// The repository at `owner/name`, without case, not deleted. Both parts as somebody wrote them.
    pub async fn find_repo_by_path(db, owner: &str, name: &str) -> Result<Option<OwnedRepo>> {
        let statement = select_owned()
            .push(" WHERE r.deleted_at IS NULL AND a.lower_name = ").push_bind(owner.to_ascii_lowercase())
            .push(" AND r.lower_name = ").push_bind(name.to_ascii_lowercase());
        db.opt(statement, owned_repo).await
    }

    /// The repository that was once at `owner/name`, where it is now.
    pub async fn find_redirect(db, owner: &str, name: &str) -> Result<Option<OwnedRepo>> {
        let statement = select_owned()
            .push(" JOIN repo_redirect d ON d.repo_id = r.id JOIN account f ON f.id = d.owner_id WHERE r.deleted_at IS NULL AND f.lower_name = ")
            .push_bind(owner.to_ascii_lowercase()).push(" AND d.lower_name = ").push_bind(name.to_ascii_lowercase());
        db.opt(statement, owned_repo).await
    }

    /// The generation of a repository that is not deleted: one read by primary key.
    pub async fn find_generation(db, id: RepoId) -> Result<Option<i64>> {
        db.opt(sql("SELECT generation FROM repo WHERE id = $1 AND deleted_at IS NULL").bind(id), |c| c.int()).await
    }

    /// What a user is to a repository, in one read. Nothing for a repository that is deleted or absent.
    pub async fn find_access(db, repo: RepoId, user: AccountId) -> Result<AccessRow> {
        let statement = sql(concat!("SELECT r.owner_id, c.role, m.role, ", by_teams!("$2"), " FROM repo r \
             LEFT JOIN collaborator c ON c.repo_id = r.id AND c.account_id = $2 \
             LEFT JOIN org_member m ON m.org_id = r.owner_id AND m.user_id = $2 \
             WHERE r.id = $1 AND r.deleted_at IS NULL")).bind(repo).bind(user);
        let row = db.opt(statement, |c| Ok((c.id(AccountId)?, c.opt_text()?, c.opt_text()?, role_of(c.int()?)))).await?;
        let Some((owner, collaborator, member, by_teams)) = row else { return Ok(AccessRow { is_owner: false, role: None }) };
        let member = member.as_deref().and_then(OrgRole::parse);
        let role = collaborator.as_deref().and_then(Role::parse).max(member.and_then(OrgRole::role)).max(by_teams);
        Ok(AccessRow { is_owner: owner == user || member == Some(OrgRole::Owner), role })
    }

    /// A deleted repository of this owner that can still be restored: the one deleted last under this name.
    pub async fn find_deleted_repo(db, owner: AccountId, name: &str) -> Result<Option<RepoRow>> {
        let statement = select_repo().push(" WHERE r.deleted_at IS NOT NULL AND r.owner_id = ").push_bind(owner)
            .push(" AND r.lower_name = ").push_bind(name.to_ascii_lowercase()).push(" ORDER BY r.deleted_at DESC LIMIT 1");
        db.opt(statement, repo_row).await
    }

    /// Deleted repositories of this owner that can still be restored, last deleted first; at most 200.
    pub async fn list_deleted_repos(db, owner: AccountId) -> Result<Vec<RepoRow>> {
        let statement = select_repo().push(" WHERE r.deleted_at IS NOT NULL AND r.owner_id = ").push_bind(owner)
            .push(" ORDER BY r.deleted_at DESC LIMIT 200");
        db.all(statement, repo_row).await
    }

    /// Repositories that were deleted before `before`, oldest first.
    pub async fn list_repos_to_purge(db, before: Timestamp, limit: u32) -> Result<Vec<RepoId>> {
        let statement = sql("SELECT id FROM repo WHERE deleted_at IS NOT NULL AND deleted_at < $1 ORDER BY deleted_at LIMIT $2");
        db.all(statement.bind(before).bind(limit), |c| c.id(RepoId)).await
    }

    /// Ids of all repositories above `after`, ascending, deleted ones that can be restored too: for a walk over everything.
    pub async fn list_repo_ids(db, after: RepoId, limit: u32) -> Result<Vec<RepoId>> {
        let statement = sql("SELECT id FROM repo WHERE id > $1 ORDER BY id LIMIT $2");
        db.all(statement.bind(after).bind(limit), |c| c.id(RepoId)).await
    }
}

impl Tx {
    /// Locks a repository for the rest of the transaction and moves its generation. `None` if it is absent or deleted.
    /// Make it the first write: it is the one order in which everybody takes locks.
    pub async fn lock_repo(&mut self, id: RepoId) -> Result<Option<RepoRow>> {
        if !self.wrote(sql("UPDATE repo SET generation = generation + 1 WHERE id = $1 AND deleted_at IS NULL").bind(id)).await? {
            return Ok(None);
        }
        // A statement of its own: PostgreSQL would show the owner's and the site's epochs as they were before the wait for the lock.
        self.find_repo(id).await
    }

    /// Locks a repository for the rest of the transaction without a change that readers or pushes would see. `false` if it is gone or
    /// archived.
    pub async fn hold_repo(&mut self, id: RepoId) -> Result<bool> {
        let statement = sql("UPDATE repo SET forks = forks WHERE id = $1 AND deleted_at IS NULL AND archived = 0");
        self.wrote(statement.bind(id)).await
    }

    /// Makes a repository; `None` if the owner has one of this name, or is gone. A redirect of that name ends.
    pub async fn insert_repo(&mut self, new: &NewRepo<'_>) -> Result<Option<RepoId>> {
        if !self.lock_names(new.owner).await? {
            return Ok(None);
        }
        let statement =
            sql("INSERT INTO repo (owner_id, name, lower_name, description, visibility, default_branch, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING RETURNING id")
            .bind(new.owner)
            .bind(new.name)
            .bind(new.name.lower())
            .bind(new.description)
            .bind(visibility_word(new.visibility))
            .bind(new.default_branch)
            .bind(new.at);
        let id = self.opt(statement, |cols| cols.id(RepoId)).await?;
        if id.is_some() {
            self.delete_redirect(new.owner, new.name).await?;
        }
        Ok(id)
    }

    /// Changes settings; `false` if it is absent or deleted.
    pub async fn update_repo(&mut self, id: RepoId, change: &RepoChange<'_>, at: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE repo SET description = COALESCE($2, description), website = COALESCE($3, website), \
             visibility = COALESCE($4, visibility), archived = COALESCE($5, archived), template = COALESCE($6, template), \
             updated_at = $7, generation = generation + 1, rules_epoch = rules_epoch + 1 WHERE id = $1 AND deleted_at IS NULL");
        let statement = statement
            .bind(id)
            .bind(change.description)
            .bind(change.website)
            .bind(change.visibility.map(visibility_word))
            .bind(change.archived)
            .bind(change.template)
            .bind(at);
        self.wrote(statement).await
    }

    /// Gives a repository another name, another owner, or both. The old address redirects; teams of the former owner lose it. `false` if
    /// the new address is taken, or the repository or the owner is absent. The former owner's epoch stays in the sum, so that the sum
    /// grows whoever the new owner is.
    pub async fn move_repo(&mut self, id: RepoId, owner: AccountId, name: &RepoName, at: Timestamp) -> Result<bool> {
        let Some(old) = self.lock_repo(id).await? else { return Ok(false) };
        let (first, second) = if old.owner <= owner { (old.owner, owner) } else { (owner, old.owner) };
        if !self.lock_names(first).await? || (first != second && !self.lock_names(second).await?) {
            return Ok(false);
        }
        let same_name = old.owner == owner && old.name.lower() == name.lower();
        let statement = sql("UPDATE repo SET owner_id = $2, name = $3, lower_name = $4, updated_at = $5, \
             rules_epoch = rules_epoch + 1 + (SELECT f.rules_epoch FROM account f WHERE f.id = repo.owner_id) \
             WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM repo o WHERE o.owner_id = $2 AND o.lower_name = $4 \
             AND o.deleted_at IS NULL AND o.id <> $1)");
        let moved = self.wrote(statement.bind(id).bind(owner).bind(name).bind(name.lower()).bind(at)).await?;
        if moved && !same_name {
            self.delete_redirect(owner, name).await?;
            let redirect = sql("INSERT INTO repo_redirect (owner_id, lower_name, repo_id) VALUES ($1, $2, $3) \
                 ON CONFLICT (owner_id, lower_name) DO UPDATE SET repo_id = EXCLUDED.repo_id");
            self.exec(redirect.bind(old.owner).bind(old.name.lower()).bind(id)).await?;
        }
        if moved && old.owner != owner {
            self.exec(sql("DELETE FROM team_repo WHERE repo_id = $1").bind(id)).await?;
        }
        Ok(moved)
    }

    /// Deletes a repository so that it can be restored; its name is free at once. `false` if it is absent.
    pub async fn delete_repo(&mut self, id: RepoId, at: Timestamp) -> Result<bool> {
        let statement =
            sql("UPDATE repo SET deleted_at = $2, updated_at = $2, generation = generation + 1 WHERE id = $1 AND deleted_at IS NULL");
        let deleted = self.wrote(statement.bind(id).bind(at)).await?;
        if deleted {
            self.count_forks(id).await?;
        }
        Ok(deleted)
    }

    /// Brings a deleted repository back; `false` if its name is taken by now or it is gone for good.
    pub async fn restore_repo(&mut self, owner: AccountId, id: RepoId, at: Timestamp) -> Result<bool> {
        self.lock_names(owner).await?;
        let statement =
            sql("UPDATE repo SET deleted_at = NULL, updated_at = $3, generation = generation + 1, rules_epoch = rules_epoch + 1 \
             WHERE id = $2 AND owner_id = $1 AND deleted_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM repo o WHERE o.owner_id = $1 \
             AND o.lower_name = repo.lower_name AND o.deleted_at IS NULL)");
        let restored = self.wrote(statement.bind(owner).bind(id).bind(at)).await?;
        if restored {
            let redirect =
                sql("DELETE FROM repo_redirect WHERE owner_id = $1 AND lower_name = (SELECT lower_name FROM repo WHERE id = $2)");
            self.exec(redirect.bind(owner).bind(id)).await?;
            self.count_forks(id).await?;
        }
        Ok(restored)
    }

    /// Removes a deleted repository for good, with everything under it. Its packs are left to the sweeper.
    pub async fn purge_repo(&mut self, id: RepoId, before: Timestamp) -> Result<bool> {
        let statement = sql("DELETE FROM repo WHERE id = $1 AND deleted_at IS NOT NULL AND deleted_at < $2");
        let purged = self.wrote(statement.bind(id).bind(before)).await?;
        if purged {
            // These refer to no repository, since there is also what belongs to none.
            self.exec(sql("DELETE FROM plugin_state WHERE repo_id = $1").bind(id)).await?;
            self.exec(sql("DELETE FROM installation WHERE scope = 'repo' AND scope_id = $1").bind(id)).await?;
        }
        Ok(purged)
    }

    /// Points HEAD at another branch.
    pub async fn set_default_branch(&mut self, id: RepoId, branch: &RefName) -> Result<bool> {
        let statement = sql("UPDATE repo SET default_branch = $2, generation = generation + 1, rules_epoch = rules_epoch + 1 \
             WHERE id = $1 AND deleted_at IS NULL");
        self.wrote(statement.bind(id).bind(branch)).await
    }

    /// Notes that refs changed, and sums up the bytes of its packs again.
    pub async fn set_pushed_at(&mut self, id: RepoId, at: Timestamp) -> Result<()> {
        let statement = sql(concat!(
            "UPDATE repo SET pushed_at = $2, updated_at = $2, size_bytes = ",
            packs_bytes!(),
            " WHERE id = $1 AND deleted_at IS NULL"
        ));
        self.later(statement.bind(id).bind(at)).await
    }

    /// Sums up the bytes of its packs again.
    pub async fn sum_up_size(&mut self, id: RepoId) -> Result<bool> {
        let statement = sql(concat!("UPDATE repo SET size_bytes = ", packs_bytes!(), " WHERE id = $1"));
        self.wrote(statement.bind(id)).await
    }

    /// What pushes to this repository are judged by has changed.
    pub async fn bump_rules(&mut self, id: RepoId) -> Result<bool> {
        self.wrote(sql("UPDATE repo SET rules_epoch = rules_epoch + 1 WHERE id = $1").bind(id)).await
    }

    /// What pushes to any repository of this owner are judged by has changed.
    pub async fn bump_account_rules(&mut self, owner: AccountId) -> Result<bool> {
        self.wrote(sql("UPDATE account SET rules_epoch = rules_epoch + 1 WHERE id = $1").bind(owner)).await
    }

    /// What pushes to any repository are judged by has changed.
    pub async fn bump_site_rules(&mut self) -> Result<bool> {
        self.wrote(sql("UPDATE site SET rules_epoch = rules_epoch + 1")).await
    }

    /// Makes creating, renaming and restoring under one owner follow each other, so that a taken name is seen, not collided with.
    /// `false` if there is no such owner.
    pub(crate) async fn lock_names(&mut self, owner: AccountId) -> Result<bool> {
        self.wrote(sql("UPDATE account SET names_epoch = names_epoch + 1 WHERE id = $1").bind(owner)).await
    }

    async fn delete_redirect(&mut self, owner: AccountId, name: &RepoName) -> Result<()> {
        let statement = sql("DELETE FROM repo_redirect WHERE owner_id = $1 AND lower_name = $2");
        self.exec(statement.bind(owner).bind(name.lower())).await.map(|_| ())
    }
}
