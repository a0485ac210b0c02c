//! Everything that an authorisation needs, in one read: a repository, its owner, who asks and what they are to it.

use hardie_domain::access::Role;
use hardie_domain::ids::{AccountId, RepoId};

use crate::Result;
use crate::accounts::{ACCOUNT_COLUMNS, AccountRow};
use crate::org_members::OrgRole;
use crate::repos::{OwnedRepo, REPO_COLUMNS, RepoRow, owned_repo};
use crate::sql::{Cols, Sql, sql};
use crate::store::reads;
use crate::teams::{by_teams, role_of};

/// A repository and what the asker is to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoStanding {
    /// The repository, not deleted.
    pub repo: RepoRow,
    /// Its owner.
    pub owner: AccountRow,
    /// The asker's account as it is now; `None` if nobody is asking or the account is gone.
    pub asker: Option<AskerRow>,
    /// The asker's role as a collaborator.
    pub collaborator: Option<Role>,
    /// The asker's role in the organisation that owns it.
    pub member: Option<OrgRole>,
    /// The greatest role that teams of that organisation give the asker here.
    pub by_teams: Option<Role>,
}

/// What may have changed about an account since its credential was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskerRow {
    /// The account.
    pub id: AccountId,
    /// Administers the server.
    pub is_admin: bool,
    /// May not act.
    pub disabled: bool,
}

fn standing(cols: &mut Cols<'_>) -> Result<RepoStanding> {
    let OwnedRepo { repo, owner } = owned_repo(cols)?;
    let (id, is_admin, disabled) = (cols.opt_id(AccountId)?, cols.opt_int()?, cols.opt_int()?);
    let asker = id.map(|id| AskerRow { id, is_admin: is_admin == Some(1), disabled: disabled != Some(0) });
    let collaborator = cols.opt_text()?.as_deref().and_then(Role::parse);
    let member = cols.opt_text()?.as_deref().and_then(OrgRole::parse);
    let by_teams = role_of(cols.int()?);
    Ok(RepoStanding { repo, owner, asker, collaborator, member, by_teams })
}

/// Up to the joins that find the repository itself.
fn select(asker: Option<AccountId>) -> Sql {
    sql("SELECT ")
        .push(REPO_COLUMNS)
        .push(", ")
        .push(ACCOUNT_COLUMNS)
        .push(concat!(
            ", u.id, u.is_admin, u.disabled, c.role, m.role, ",
            by_teams!("u.id"),
            " FROM repo r JOIN account a ON a.id = r.owner_id LEFT JOIN account u ON u.id = "
        ))
        .push_bind(asker)
        .push(
            " LEFT JOIN collaborator c ON c.repo_id = r.id AND c.account_id = u.id \
             LEFT JOIN org_member m ON m.org_id = r.owner_id AND m.user_id = u.id",
        )
}

reads! {
    /// The repository at `owner/name`, without case.
    pub async fn find_repo_standing(db, owner: &str, name: &str, asker: Option<AccountId>) -> Result<Option<RepoStanding>> {
        let statement = select(asker)
            .push(" WHERE r.deleted_at IS NULL AND a.lower_name = ").push_bind(owner.to_ascii_lowercase())
            .push(" AND r.lower_name = ").push_bind(name.to_ascii_lowercase());
        db.opt(statement, standing).await
    }

    /// The repository that was once at `owner/name`.
    pub async fn find_moved_repo_standing(db, owner: &str, name: &str, asker: Option<AccountId>) -> Result<Option<RepoStanding>> {
        let statement = select(asker)
            .push(" JOIN repo_redirect d ON d.repo_id = r.id JOIN account f ON f.id = d.owner_id WHERE r.deleted_at IS NULL AND f.lower_name = ")
            .push_bind(owner.to_ascii_lowercase()).push(" AND d.lower_name = ").push_bind(name.to_ascii_lowercase());
        db.opt(statement, standing).await
    }

    /// The repository with this id.
    pub async fn find_repo_standing_by_id(db, id: RepoId, asker: Option<AccountId>) -> Result<Option<RepoStanding>> {
        db.opt(select(asker).push(" WHERE r.deleted_at IS NULL AND r.id = ").push_bind(id), standing).await
    }
}
