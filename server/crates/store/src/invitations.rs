//! Codes by which strangers may sign up. Only their sha256 is kept.

use hardie_domain::ids::{AccountId, InvitationId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationRow {
    /// Its id.
    pub id: InvitationId,
    /// What its maker says of it; may be empty.
    pub note: String,
    /// How many accounts may be made with it.
    pub uses: u32,
    /// How many were.
    pub used: u32,
    /// Who made it; `None` if the account is gone or it was done on the command line.
    pub created_by: Option<AccountId>,
    /// When.
    pub created_at: Timestamp,
    /// From when on it is good for nothing.
    pub expires_at: Timestamp,
}

fn row(cols: &mut Cols<'_>) -> Result<InvitationRow> {
    Ok(InvitationRow {
        id: cols.id(InvitationId)?,
        note: cols.text()?,
        uses: u32::try_from(cols.count()?).unwrap_or(u32::MAX),
        used: u32::try_from(cols.count()?).unwrap_or(u32::MAX),
        created_by: cols.opt_id(AccountId)?,
        created_at: cols.time()?,
        expires_at: cols.time()?,
    })
}

const SELECT: &str = "SELECT id, note, uses, used, created_by, created_at, expires_at FROM invitation";

reads! {
    /// The invitation with this sha256, if it is good now.
    pub async fn find_invitation_by_hash(db, hash: &[u8; 32], now: Timestamp) -> Result<Option<InvitationRow>> {
        let statement = sql(SELECT).push(" WHERE used < uses AND hash = ").push_bind(hash).push(" AND expires_at > ").push_bind(now);
        db.opt(statement, row).await
    }

    /// Invitations that did not run out, newest first.
    pub async fn list_invitations(db, now: Timestamp, page: Page) -> Result<Paged<InvitationRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM invitation WHERE expires_at > $1").bind(now), count).await?;
        let statement = sql(SELECT).push(" WHERE expires_at > ").push_bind(now).push(" ORDER BY id DESC").page(page);
        Ok(Paged { items: db.all(statement, row).await?, total })
    }
}

impl Tx {
    /// Keeps an invitation.
    pub async fn insert_invitation(&mut self, hash: &[u8; 32], new: &InvitationRow) -> Result<InvitationId> {
        let statement = sql(
            "INSERT INTO invitation (hash, note, uses, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        );
        let statement = statement.bind(hash).bind(new.note.as_str()).bind(new.uses).bind(new.created_by);
        self.one(statement.bind(new.created_at).bind(new.expires_at), |cols| cols.id(InvitationId)).await
    }

    /// Uses an invitation once; `false` if it is used up or ran out.
    pub async fn use_invitation(&mut self, id: InvitationId, now: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE invitation SET used = used + 1 WHERE id = $1 AND used < uses AND expires_at > $2");
        self.wrote(statement.bind(id).bind(now)).await
    }

    /// Withdraws an invitation, and what is under way with it; whether it was there.
    pub async fn delete_invitation(&mut self, id: InvitationId) -> Result<bool> {
        self.wrote(sql("DELETE FROM invitation WHERE id = $1").bind(id)).await
    }

    /// Removes those that ran out; how many.
    pub async fn delete_expired_invitations(&mut self, now: Timestamp) -> Result<u64> {
        self.exec(sql("DELETE FROM invitation WHERE expires_at <= $1").bind(now)).await
    }
}
