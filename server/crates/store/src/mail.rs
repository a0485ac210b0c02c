//! Mails on their way: written in the transaction of what causes them, and removed once they were sent. What one says is kept sealed; what
//! seals it is not this crate's.

use hardie_domain::ids::{AccountId, MailId, SignUpId};
use hardie_domain::mail::MailKind;
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail<'a> {
    /// What it is about.
    pub kind: MailKind,
    /// Whose account it is about, if that is known.
    pub account: Option<AccountId>,
    /// Who wants an account, if it is about that.
    pub sign_up: Option<SignUpId>,
    /// To whom.
    pub recipient: &'a str,
    /// The header, without its brackets; the same for each try.
    pub message_id: &'a str,
    /// Which key sealed what it says; empty if that is not written yet.
    pub key_id: &'a str,
    /// What it says, sealed.
    pub sealed: &'a [u8],
    /// Now.
    pub at: Timestamp,
}

/// A mail that is being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRow {
    /// Its id.
    pub id: MailId,
    /// What it is about.
    pub kind: MailKind,
    /// Whose account it is about.
    pub account: Option<AccountId>,
    /// Who wants an account.
    pub sign_up: Option<SignUpId>,
    /// To whom.
    pub recipient: String,
    /// The header, without its brackets.
    pub message_id: String,
    /// See [`NewMail::key_id`].
    pub key_id: String,
    /// See [`NewMail::sealed`].
    pub sealed: Vec<u8>,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// Who tries.
    pub holder: String,
    /// When it was asked for.
    pub created_at: Timestamp,
}

fn mail_row(cols: &mut Cols<'_>) -> Result<MailRow> {
    Ok(MailRow {
        id: cols.id(MailId)?,
        kind: cols.word(MailKind::parse)?,
        account: cols.opt_id(AccountId)?,
        sign_up: cols.opt_id(SignUpId)?,
        recipient: cols.text()?,
        message_id: cols.text()?,
        key_id: cols.text()?,
        sealed: cols.bytes()?,
        attempt: u32::try_from(cols.count()?).unwrap_or(u32::MAX),
        holder: cols.text()?,
        created_at: cols.time()?,
    })
}

reads! {
    /// Mails whose next try is due, longest waiting first.
    pub async fn list_due_mails(db, now: Timestamp, limit: u32) -> Result<Vec<MailId>> {
        let statement = sql("SELECT id FROM mail WHERE state = 'waiting' AND next_at <= $1 ORDER BY next_at, id LIMIT $2");
        db.all(statement.bind(now).bind(limit), |cols| cols.id(MailId)).await
    }

    /// How many mails wait or are being sent.
    pub async fn count_waiting_mails(db) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM mail WHERE state = 'waiting'"), count).await
    }

    /// How many mails were tried in vain and wait for another try.
    pub async fn count_postponed_mails(db) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM mail WHERE state = 'waiting' AND holder = '' AND attempt > 0"), count).await
    }

    /// How many mails were given up lately.
    pub async fn count_parked_mails(db) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM mail WHERE state = 'parked'"), count).await
    }
}

impl Tx {
    /// Keeps a mail until it is sent.
    pub async fn insert_mail(&mut self, new: &NewMail<'_>) -> Result<MailId> {
        let statement =
            sql("INSERT INTO mail (kind, account_id, sign_up_id, recipient, message_id, key_id, sealed, state, next_at, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $8) RETURNING id")
            .bind(new.kind.as_str())
            .bind(new.account)
            .bind(new.sign_up)
            .bind(new.recipient)
            .bind(new.message_id)
            .bind(new.key_id)
            .bind(new.sealed)
            .bind(new.at);
        self.one(statement, |cols| cols.id(MailId)).await
    }

    /// Begins a try that holds until `until`; `None` if it is not due, or somebody else tries.
    pub async fn claim_mail(&mut self, id: MailId, holder: &str, now: Timestamp, until: Timestamp) -> Result<Option<MailRow>> {
        let statement = sql("UPDATE mail SET attempt = attempt + 1, holder = $2, next_at = $4 \
             WHERE id = $1 AND state = 'waiting' AND next_at <= $3 \
             RETURNING id, kind, account_id, sign_up_id, recipient, message_id, key_id, sealed, attempt, holder, created_at");
        self.opt(statement.bind(id).bind(holder).bind(now).bind(until), mail_row).await
    }

    /// Writes down what a mail says; `false` if the try is not this one's any more.
    pub async fn write_mail(&mut self, mail: &MailRow) -> Result<bool> {
        let statement =
            sql("UPDATE mail SET account_id = $4, recipient = $5, key_id = $6, sealed = $7 WHERE id = $1 AND holder = $2 AND attempt = $3");
        let statement = statement.bind(mail.id).bind(mail.holder.as_str()).bind(mail.attempt).bind(mail.account);
        self.wrote(statement.bind(mail.recipient.as_str()).bind(mail.key_id.as_str()).bind(mail.sealed.as_slice())).await
    }

    /// Removes a mail that was sent, or that nobody is to get, if the try is still this one's.
    pub async fn delete_mail(&mut self, mail: &MailRow) -> Result<bool> {
        let statement = sql("DELETE FROM mail WHERE id = $1 AND holder = $2 AND attempt = $3");
        self.wrote(statement.bind(mail.id).bind(mail.holder.as_str()).bind(mail.attempt)).await
    }

    /// Has a mail tried again at `next_at`, if the try is still this one's.
    pub async fn postpone_mail(&mut self, mail: &MailRow, next_at: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE mail SET holder = '', next_at = $4 WHERE id = $1 AND holder = $2 AND attempt = $3");
        self.wrote(statement.bind(mail.id).bind(mail.holder.as_str()).bind(mail.attempt).bind(next_at)).await
    }

    /// Gives a mail up, if the try is still this one's. What it said is forgotten.
    pub async fn park_mail(&mut self, mail: &MailRow) -> Result<bool> {
        let statement =
            sql("UPDATE mail SET state = 'parked', holder = '', key_id = '', sealed = $4 WHERE id = $1 AND holder = $2 AND attempt = $3");
        self.wrote(statement.bind(mail.id).bind(mail.holder.as_str()).bind(mail.attempt).bind(Vec::<u8>::new())).await
    }

    /// Gives back what processes of a node were sending: their names begin with the node's and a slash.
    pub async fn release_mails_of_node(&mut self, node: &str, now: Timestamp) -> Result<u64> {
        let statement = sql("UPDATE mail SET holder = '', next_at = $2 WHERE holder LIKE $1 AND state = 'waiting'");
        self.exec(statement.bind(format!("{node}/%")).bind(now)).await
    }

    /// Removes mails that were given up before this; how many.
    pub async fn delete_parked_mails(&mut self, before: Timestamp) -> Result<u64> {
        self.exec(sql("DELETE FROM mail WHERE state = 'parked' AND created_at < $1").bind(before)).await
    }
}
