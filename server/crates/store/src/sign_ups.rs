//! Who wants an account: until their mail is answered, and then until somebody approves.

use hardie_domain::ids::{InvitationId, SignUpId};
use hardie_domain::names::AccountName;
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One of them.
#[derive(Clone, PartialEq, Eq)]
pub struct SignUpRow {
    /// Its id.
    pub id: SignUpId,
    /// The name that the account shall have.
    pub name: AccountName,
    /// For people; may be empty.
    pub full_name: String,
    /// The address that the account shall have.
    pub email: String,
    /// argon2id in PHC form.
    pub password_hash: String,
    /// By which invitation.
    pub invitation: Option<InvitationId>,
    /// Whether the mail was answered.
    pub answered: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SignUpRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignUpRow").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

fn row(cols: &mut Cols<'_>) -> Result<SignUpRow> {
    Ok(SignUpRow {
        id: cols.id(SignUpId)?,
        name: cols.account_name()?,
        full_name: cols.text()?,
        email: cols.text()?,
        password_hash: cols.text()?,
        invitation: cols.opt_id(InvitationId)?,
        answered: cols.flag()?,
        created_at: cols.time()?,
        expires_at: cols.time()?,
    })
}

const SELECT: &str = "SELECT id, name, full_name, email, password_hash, invitation_id, answered, created_at, expires_at FROM sign_up";

reads! {
    /// One of them.
    pub async fn find_sign_up(db, id: SignUpId) -> Result<Option<SignUpRow>> {
        db.opt(sql(SELECT).push(" WHERE id = ").push_bind(id), row).await
    }

    /// The one whose mail held this, if it is good now and was not answered.
    pub async fn find_sign_up_by_hash(db, hash: &[u8; 32], now: Timestamp) -> Result<Option<SignUpRow>> {
        let statement = sql(SELECT).push(" WHERE answered = 0 AND hash = ").push_bind(hash).push(" AND expires_at > ").push_bind(now);
        db.opt(statement, row).await
    }

    /// Those who wait for approval, longest waiting first.
    pub async fn list_sign_ups(db, page: Page) -> Result<Paged<SignUpRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM sign_up WHERE answered = 1"), count).await?;
        Ok(Paged { items: db.all(sql(SELECT).push(" WHERE answered = 1 ORDER BY id").page(page), row).await?, total })
    }

    /// Whether somebody with this address waits for approval, without case.
    pub async fn has_answered_sign_up(db, email: &str) -> Result<bool> {
        let statement = sql("SELECT id FROM sign_up WHERE answered = 1 AND lower_email = $1");
        Ok(db.opt(statement.bind(email.to_lowercase()), |cols| cols.int()).await?.is_some())
    }

    /// How many there are, answered or not.
    pub async fn count_sign_ups(db) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM sign_up"), count).await
    }
}

impl Tx {
    /// Keeps one. Its id is not looked at.
    pub async fn insert_sign_up(&mut self, new: &SignUpRow) -> Result<SignUpId> {
        let statement =
            sql("INSERT INTO sign_up (name, lower_name, full_name, email, lower_email, password_hash, invitation_id, created_at, \
             expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id")
            .bind(&new.name)
            .bind(new.name.lower())
            .bind(new.full_name.as_str())
            .bind(new.email.as_str())
            .bind(new.email.to_lowercase())
            .bind(new.password_hash.as_str())
            .bind(new.invitation)
            .bind(new.created_at)
            .bind(new.expires_at);
        self.one(statement, |cols| cols.id(SignUpId)).await
    }

    /// Notes the sha256 of what its mail holds.
    pub async fn set_sign_up_hash(&mut self, id: SignUpId, hash: &[u8; 32]) -> Result<bool> {
        self.wrote(sql("UPDATE sign_up SET hash = $2 WHERE id = $1 AND answered = 0").bind(id).bind(hash)).await
    }

    /// Notes that its mail was answered; it waits until `expires_at` now. `false` if it was already.
    pub async fn answer_sign_up(&mut self, id: SignUpId, expires_at: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE sign_up SET answered = 1, hash = NULL, expires_at = $2 WHERE id = $1 AND answered = 0");
        self.wrote(statement.bind(id).bind(expires_at)).await
    }

    /// Ends one: it became an account, or will not; whether it was there.
    pub async fn delete_sign_up(&mut self, id: SignUpId) -> Result<bool> {
        self.wrote(sql("DELETE FROM sign_up WHERE id = $1").bind(id)).await
    }

    /// Removes those that ran out; how many.
    pub async fn delete_expired_sign_ups(&mut self, now: Timestamp) -> Result<u64> {
        self.exec(sql("DELETE FROM sign_up WHERE expires_at <= $1").bind(now)).await
    }
}
