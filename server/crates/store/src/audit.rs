//! The audit log. Rows outlive what they speak of, so they refer to nothing.

mod chain;

use hardie_domain::audit::{AuditEntry, Link, Outcome};
use hardie_domain::ids::{AccountId, AuditId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, Sql, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

pub use chain::{Chain, SEALER};
pub use hardie_domain::audit::AuditRow;

/// Which lines are wanted; all that are given must fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter<'a> {
    /// About this repository.
    pub repo: Option<RepoId>,
    /// About this account.
    pub account: Option<AccountId>,
    /// About this account or a repository that it owns now.
    pub owner: Option<AccountId>,
    /// By this user.
    pub actor: Option<AccountId>,
    /// Actions that are this one or begin with it and a dot: `repository` finds `repository.create`.
    pub action: Option<&'a str>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Then or later.
    pub from: Option<Timestamp>,
    /// Before then.
    pub to: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT id, at, action, actor_id, account_id, repo_id, address, door, credential, request_id, outcome, times, \
     detail, seq, hash";

fn audit_row(cols: &mut Cols<'_>) -> Result<AuditRow> {
    Ok(AuditRow {
        id: cols.id(AuditId)?,
        at: cols.time()?,
        action: cols.text()?,
        actor: cols.opt_id(AccountId)?,
        account: cols.opt_id(AccountId)?,
        repo: cols.opt_id(RepoId)?,
        address: cols.opt_text()?,
        door: cols.text()?,
        credential: cols.text()?,
        request_id: cols.text()?,
        outcome: cols.word(Outcome::parse)?,
        times: cols.count()?,
        detail: cols.text()?,
        seal: {
            let (seq, hash) = (cols.opt_int()?, cols.opt_hash()?);
            seq.zip(hash).map(|(seq, hash)| Link { seq: u64::try_from(seq).unwrap_or_default(), hash })
        },
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
    if let Some(owner) = filter.owner {
        statement = statement
            .push(" AND (account_id = ")
            .push_bind(owner)
            .push(" OR repo_id IN (SELECT r.id FROM repo r WHERE r.owner_id = ")
            .push_bind(owner)
            .push("))");
    }
    if let Some(actor) = filter.actor {
        statement = statement.push(" AND actor_id = ").push_bind(actor);
    }
    if let Some(outcome) = filter.outcome {
        statement = statement.push(" AND outcome = ").push_bind(outcome.as_str());
        if outcome != Outcome::Done {
            // So that the index is used, which holds few rows.
            statement = statement.push(" AND outcome <> 'done'");
        }
    }
    if let Some(from) = filter.from {
        statement = statement.push(" AND at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        statement = statement.push(" AND at < ").push_bind(to);
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
        let rows = conditions(sql(COLUMNS), filter);
        Ok(Paged { items: db.all(rows.push(" ORDER BY id DESC").page(page), audit_row).await?, total })
    }

    /// Sealed lines that fit, from the place after `seq` on.
    pub async fn list_sealed_audit(db, filter: &AuditFilter<'_>, seq: u64, limit: u32) -> Result<Vec<AuditRow>> {
        let rows = conditions(sql(COLUMNS), filter).push(" AND seq > ").push_bind(seq).push(" ORDER BY seq LIMIT ").push_bind(limit);
        db.all(rows, audit_row).await
    }
}

impl Tx {
    /// Writes a line, in the transaction of what it records.
    pub async fn insert_audit(&mut self, entry: &AuditEntry, at: Timestamp) -> Result<()> {
        let statement = sql("INSERT INTO audit (at, action, actor_id, account_id, repo_id, address, door, credential, request_id, \
             outcome, times, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
        .bind(at)
        .bind(entry.action)
        .bind(entry.actor)
        .bind(entry.account)
        .bind(entry.repo)
        .bind(entry.address.as_deref())
        .bind(entry.door)
        .bind(entry.credential.as_str())
        .bind(entry.request_id.as_str())
        .bind(entry.outcome.as_str())
        .bind(entry.more.saturating_add(1))
        .bind(entry.detail.as_str());
        self.later(statement).await
    }
}
