//! The audit log. Rows outlive what they speak of, so they refer to nothing.

use hardie_domain::audit::AuditEntry;
use hardie_domain::ids::{AccountId, AuditId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, Sql, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// What was done, dotted.
    pub action: String,
    /// Who, if proven.
    pub actor: Option<AccountId>,
    /// Whose account it concerns.
    pub account: Option<AccountId>,
    /// Which repository it concerns.
    pub repo: Option<RepoId>,
    /// The client's address.
    pub address: Option<String>,
    /// Short facts.
    pub detail: String,
}

/// Which lines are wanted; all that are given must fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter<'a> {
    /// About this repository.
    pub repo: Option<RepoId>,
    /// About this account.
    pub account: Option<AccountId>,
    /// By this user.
    pub actor: Option<AccountId>,
    /// Actions that are this one or begin with it and a dot: `repository` finds `repository.create`.
    pub action: Option<&'a str>,
}

fn audit_row(cols: &mut Cols<'_>) -> Result<AuditRow> {
    Ok(AuditRow {
        id: cols.id(AuditId)?,
        at: cols.time()?,
        action: cols.text()?,
        actor: cols.opt_id(AccountId)?,
        account: cols.opt_id(AccountId)?,
        repo: cols.opt_id(RepoId)?,
        address: cols.opt_text()?,
        detail: cols.text()?,
    })
}

fn conditions(mut statement: Sql, filter: &AuditFilter<'_>) -> Sql {
    statement = statement.push(" FROM audit WHERE 1 = 1");
    if let Some(repo) = filter.repo {
        statement = statement.push(" AND repo_id = ").push_bind(repo);
    }
    if let Some(account) = filter.account {
        statement = statement.push(" AND account_id = ").push_bind(account);
    }
    if let Some(actor) = filter.actor {
        statement = statement.push(" AND actor_id = ").push_bind(actor);
    }
    if let Some(action) = filter.action {
        // Everything that begins with `action.` sorts before `action/`: '/' follows '.'.
        statement = statement
            .push(" AND (action = ")
            .push_bind(action)
            .push(" OR (action > ")
            .push_bind(format!("{action}."))
            .push(" AND action < ")
            .push_bind(format!("{action}/"))
            .push("))");
    }
    statement
}

reads! {
    /// Lines that fit, newest first.
    pub async fn list_audit(db, filter: &AuditFilter<'_>, page: Page) -> Result<Paged<AuditRow>> {
        let total = db.one(conditions(sql("SELECT COUNT(*)"), filter), count).await?;
        let rows = conditions(sql("SELECT id, at, action, actor_id, account_id, repo_id, address, detail"), filter);
        Ok(Paged { items: db.all(rows.push(" ORDER BY id DESC").page(page), audit_row).await?, total })
    }
}

impl Tx {
    /// Writes a line, in the transaction of what it records.
    pub async fn insert_audit(&mut self, entry: &AuditEntry, at: Timestamp) -> Result<()> {
        let statement = sql("INSERT INTO audit (at, action, actor_id, account_id, repo_id, address, detail) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(at)
        .bind(entry.action)
        .bind(entry.actor)
        .bind(entry.account)
        .bind(entry.repo)
        .bind(entry.address.as_deref())
        .bind(entry.detail.as_str());
        self.later(statement).await
    }
}
