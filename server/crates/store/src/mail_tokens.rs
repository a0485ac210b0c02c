//! What mails hold that proves who got them. Only the sha256 is kept.

use hardie_domain::ids::AccountId;
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To say that an address is one's own.
    Verify,
    /// To choose a new password.
    Reset,
}

impl Purpose {
    /// The word in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Verify => "verify",
            Purpose::Reset => "reset",
        }
    }
}

/// A token, without anything that it could be made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailTokenRow {
    /// sha256 of the token.
    pub hash: [u8; 32],
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose account it is about.
    pub account: AccountId,
    /// To which address it went, in lower case.
    pub lower_email: String,
    /// Whether that becomes the primary address.
    pub make_primary: bool,
    /// From when on it proves nothing.
    pub expires_at: Timestamp,
}

fn row(cols: &mut Cols<'_>) -> Result<MailTokenRow> {
    Ok(MailTokenRow {
        hash: cols.hash()?,
        purpose: cols.word(|word| [Purpose::Verify, Purpose::Reset].into_iter().find(|p| p.as_str() == word))?,
        account: cols.id(AccountId)?,
        lower_email: cols.text()?,
        make_primary: cols.flag()?,
        expires_at: cols.time()?,
    })
}

reads! {
    /// What a token is good for, if it is good now; it stays.
    pub async fn find_mail_token(db, purpose: Purpose, hash: &[u8; 32], now: Timestamp) -> Result<Option<MailTokenRow>> {
        let statement = sql("SELECT hash, purpose, account_id, lower_email, make_primary, expires_at FROM mail_token \
             WHERE hash = $1 AND purpose = $2 AND expires_at > $3");
        db.opt(statement.bind(hash).bind(purpose.as_str()).bind(now), row).await
    }
}

impl Tx {
    /// Keeps a token.
    pub async fn insert_mail_token(&mut self, new: &MailTokenRow) -> Result<()> {
        let statement = sql("INSERT INTO mail_token (hash, purpose, account_id, lower_email, make_primary, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)");
        let statement = statement.bind(&new.hash).bind(new.purpose.as_str()).bind(new.account).bind(new.lower_email.as_str());
        self.exec(statement.bind(new.make_primary).bind(new.expires_at)).await.map(drop)
    }

    /// Takes a token away and gives what it was, if it is good now: of two who bring it at once, one has it.
    pub async fn take_mail_token(&mut self, purpose: Purpose, hash: &[u8; 32], now: Timestamp) -> Result<Option<MailTokenRow>> {
        let statement = sql("DELETE FROM mail_token WHERE hash = $1 AND purpose = $2 AND expires_at > $3 \
             RETURNING hash, purpose, account_id, lower_email, make_primary, expires_at");
        self.opt(statement.bind(hash).bind(purpose.as_str()).bind(now), row).await
    }

    /// Ends every token about an account; how many.
    pub async fn delete_mail_tokens_of(&mut self, account: AccountId) -> Result<u64> {
        self.exec(sql("DELETE FROM mail_token WHERE account_id = $1").bind(account)).await
    }

    /// Ends those that went to one address of an account.
    pub async fn delete_mail_tokens_to(&mut self, account: AccountId, email: &str) -> Result<u64> {
        let statement = sql("DELETE FROM mail_token WHERE account_id = $1 AND lower_email = $2");
        self.exec(statement.bind(account).bind(email.to_lowercase())).await
    }

    /// Removes those that ran out; how many.
    pub async fn delete_expired_mail_tokens(&mut self, now: Timestamp) -> Result<u64> {
        self.exec(sql("DELETE FROM mail_token WHERE expires_at <= $1").bind(now)).await
    }
}
