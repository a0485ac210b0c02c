//! E-mail addresses of users. The primary one stands in the account's row too, and is always verified.

use hardie_domain::ids::AccountId;
use hardie_domain::names::AccountName;
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::accounts::{ACCOUNT_COLUMNS, AccountRow, account_row};
use crate::sql::{Cols, Sql, contains, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One address of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailRow {
    /// Whose it is.
    pub account: AccountId,
    /// What that user is called.
    pub user: AccountName,
    /// As written.
    pub email: String,
    /// Whether a mail to it was answered; unique among those, without case.
    pub verified: bool,
    /// Whether it is the one to which mails go.
    pub primary: bool,
}

fn email_row(cols: &mut Cols<'_>) -> Result<EmailRow> {
    Ok(EmailRow {
        account: cols.id(AccountId)?,
        user: cols.account_name()?,
        email: cols.text()?,
        verified: cols.flag()?,
        primary: cols.flag()?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        sql(concat!(
            "SELECT e.account_id, a.name, e.email, e.verified, \
             CAST(CASE WHEN e.lower_email = a.lower_email THEN 1 ELSE 0 END AS BIGINT) \
             FROM email_address e JOIN account a ON a.id = e.account_id",
            $rest
        ))
    };
}

fn matching(statement: Sql, query: &str) -> Sql {
    match query.is_empty() {
        true => statement,
        false => statement.push(" WHERE e.lower_email LIKE ").push_bind(contains(&query.to_lowercase())).push(" ESCAPE '\\'"),
    }
}

reads! {
    /// Addresses of a user, the primary one first.
    pub async fn list_emails(db, account: AccountId) -> Result<Vec<EmailRow>> {
        let statement = select!(
            " WHERE e.account_id = $1 ORDER BY CASE WHEN e.lower_email = a.lower_email THEN 0 ELSE 1 END, e.lower_email LIMIT 100"
        );
        db.all(statement.bind(account), email_row).await
    }

    /// An address of a user, without case.
    pub async fn find_email(db, account: AccountId, email: &str) -> Result<Option<EmailRow>> {
        let statement = select!(" WHERE e.account_id = $1 AND e.lower_email = $2");
        db.opt(statement.bind(account).bind(email.to_lowercase()), email_row).await
    }

    /// Addresses of all users that hold `query` (empty for all).
    pub async fn list_all_emails(db, query: &str, page: Page) -> Result<Paged<EmailRow>> {
        let total = db.one(matching(sql("SELECT COUNT(*) FROM email_address e"), query), count).await?;
        let rows = matching(select!(""), query).push(" ORDER BY e.lower_email, e.account_id").page(page);
        Ok(Paged { items: db.all(rows, email_row).await?, total })
    }

    /// The user who has verified this address, without case, be it the primary one or not.
    pub async fn find_user_by_verified_email(db, email: &str) -> Result<Option<AccountRow>> {
        let statement = sql("SELECT ").push(ACCOUNT_COLUMNS)
            .push(" FROM email_address e JOIN account a ON a.id = e.account_id WHERE e.verified = 1 AND e.lower_email = ")
            .push_bind(email.to_lowercase());
        db.opt(statement, account_row).await
    }
}

impl Tx {
    /// Notes an address that nobody answered from yet; `false` if the user has it.
    pub async fn insert_email(&mut self, account: AccountId, email: &str, at: Timestamp) -> Result<bool> {
        let statement = sql("INSERT INTO email_address (account_id, email, lower_email, verified, created_at) \
             VALUES ($1, $2, $3, 0, $4) ON CONFLICT DO NOTHING");
        self.wrote(statement.bind(account).bind(email).bind(email.to_lowercase()).bind(at)).await
    }

    /// Notes an address that counts. [`crate::Error::Conflict`] if it is another user's in this moment: look first.
    pub async fn set_verified_email(&mut self, account: AccountId, email: &str, at: Timestamp) -> Result<()> {
        let statement = sql("INSERT INTO email_address (account_id, email, lower_email, verified, created_at) \
             VALUES ($1, $2, $3, 1, $4) ON CONFLICT (account_id, lower_email) DO UPDATE SET verified = 1, email = EXCLUDED.email");
        self.exec(statement.bind(account).bind(email).bind(email.to_lowercase()).bind(at)).await.map(drop)
    }

    /// Removes an address that is not the primary one; whether it was there.
    pub async fn delete_email(&mut self, account: AccountId, email: &str) -> Result<bool> {
        let statement = sql("DELETE FROM email_address WHERE account_id = $1 AND lower_email = $2 \
             AND NOT EXISTS (SELECT 1 FROM account a WHERE a.id = $1 AND a.lower_email = $2)");
        self.wrote(statement.bind(account).bind(email.to_lowercase())).await
    }
}
