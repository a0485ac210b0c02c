//! Users and organisations: one table and one name space, since both own repositories.

use std::fmt;

use hardie_domain::access::OwnerVisibility;
use hardie_domain::ids::AccountId;
use hardie_domain::names::AccountName;
use hardie_domain::page::{Page, Paged};
use hardie_domain::quota::Bounds;
use hardie_domain::time::Timestamp;

use crate::quotas::bounds;
use crate::repo_list::Viewer;
use crate::sql::{Cols, Sql, contains, count, sql};
use crate::store::reads;
use crate::{Error, Result, Tx};

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// A person or a program that signs in.
    User,
    /// A group of users.
    Organization,
}

impl AccountKind {
    /// The word in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            AccountKind::User => "user",
            AccountKind::Organization => "org",
        }
    }

    fn parse(word: &str) -> Option<AccountKind> {
        [AccountKind::User, AccountKind::Organization].into_iter().find(|k| k.as_str() == word)
    }
}

/// One user or organisation, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id, never used again.
    pub id: AccountId,
    /// User or organisation.
    pub kind: AccountKind,
    /// As written; unique without case.
    pub name: AccountName,
    /// For people; may be empty.
    pub full_name: String,
    /// Unique without case among users; empty for organisations.
    pub email: String,
    /// A few words; may be empty.
    pub description: String,
    /// May be empty.
    pub website: String,
    /// May be empty.
    pub location: String,
    /// Administers the server.
    pub is_admin: bool,
    /// May not sign in by any credential.
    pub disabled: bool,
    /// Must choose a new password before anything else.
    pub must_change_password: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a field last changed.
    pub updated_at: Timestamp,
    /// When a password, token or key last proved this user; `None` for never.
    pub last_sign_in_at: Option<Timestamp>,
    /// Who sees it, and what is public in it; users are public.
    pub visibility: OwnerVisibility,
    /// How much its repositories may hold together.
    pub quotas: Bounds,
}

/// An account to be made.
#[derive(Clone)]
pub struct NewAccount<'a> {
    /// User or organisation.
    pub kind: AccountKind,
    /// Its name, checked.
    pub name: &'a AccountName,
    /// For people; may be empty.
    pub full_name: &'a str,
    /// Empty for none.
    pub email: &'a str,
    /// argon2id in PHC form; `None` for no password.
    pub password_hash: Option<&'a str>,
    /// Administers the server.
    pub is_admin: bool,
    /// Must choose a new password before anything else.
    pub must_change_password: bool,
    /// Now.
    pub at: Timestamp,
}

impl fmt::Debug for NewAccount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount").field("kind", &self.kind).field("name", self.name).finish_non_exhaustive()
    }
}

/// Fields of an account that change together; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountChange<'a> {
    /// For people.
    pub full_name: Option<&'a str>,
    /// The primary address, unique without case; it counts as answered.
    pub email: Option<&'a str>,
    /// A few words.
    pub description: Option<&'a str>,
    /// An address.
    pub website: Option<&'a str>,
    /// A place.
    pub location: Option<&'a str>,
    /// Administers the server.
    pub is_admin: Option<bool>,
    /// May not sign in.
    pub disabled: Option<bool>,
    /// Must choose a new password.
    pub must_change_password: Option<bool>,
    /// Who sees an organisation.
    pub visibility: Option<OwnerVisibility>,
}

/// Why an account was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountTaken {
    /// The name belongs to another user or organisation.
    Name,
    /// The address belongs to another user.
    Email,
}

const COLUMNS: &str = "a.id, a.kind, a.name, a.full_name, a.email, a.description, a.website, a.location, a.is_admin, a.disabled, \
    a.must_change_password, a.created_at, a.updated_at, a.last_sign_in_at, a.visibility, \
    a.quota_git, a.quota_lfs, a.quota_assets";

/// The columns of an account named `a` in a statement.
pub(crate) const ACCOUNT_COLUMNS: &str = COLUMNS;

pub(crate) fn account_row(cols: &mut Cols<'_>) -> Result<AccountRow> {
    Ok(AccountRow {
        id: cols.id(AccountId)?,
        kind: cols.word(AccountKind::parse)?,
        name: cols.account_name()?,
        full_name: cols.text()?,
        email: cols.text()?,
        description: cols.text()?,
        website: cols.text()?,
        location: cols.text()?,
        is_admin: cols.flag()?,
        disabled: cols.flag()?,
        must_change_password: cols.flag()?,
        created_at: cols.time()?,
        updated_at: cols.time()?,
        last_sign_in_at: cols.opt_time()?,
        visibility: cols.word(OwnerVisibility::parse)?,
        quotas: bounds(cols)?,
    })
}

fn select() -> Sql {
    sql("SELECT ").push(COLUMNS).push(" FROM account a")
}

reads! {
    /// The account with this id.
    pub async fn find_account(db, id: AccountId) -> Result<Option<AccountRow>> {
        db.opt(select().push(" WHERE a.id = ").push_bind(id), account_row).await
    }

    /// The account of this name, without case.
    pub async fn find_account_by_name(db, name: &str) -> Result<Option<AccountRow>> {
        db.opt(select().push(" WHERE a.lower_name = ").push_bind(name.to_ascii_lowercase()), account_row).await
    }

    /// The user with this primary e-mail address, without case.
    pub async fn find_user_by_email(db, email: &str) -> Result<Option<AccountRow>> {
        db.opt(select().push(" WHERE a.lower_email = ").push_bind(email.to_lowercase()).push(" AND a.kind = 'user'"), account_row).await
    }

    /// The argon2id hash of a user's password in PHC form; `None` without such a user or without a password.
    pub async fn find_password_hash(db, id: AccountId) -> Result<Option<String>> {
        let statement = sql("SELECT password_hash FROM account WHERE id = $1 AND kind = 'user'").bind(id);
        Ok(db.opt(statement, |c| c.opt_text()).await?.flatten())
    }

    /// Accounts of one kind whose name, full name or address holds `query` (empty for all), by name.
    pub async fn list_accounts(db, kind: AccountKind, query: &str, page: Page) -> Result<Paged<AccountRow>> {
        let total = db.one(matching(sql("SELECT COUNT(*) FROM account a"), kind, query), count).await?;
        let items = db.all(matching(select(), kind, query).push(" ORDER BY a.lower_name").page(page), account_row).await?;
        Ok(Paged { items, total })
    }

    /// As [`Self::list_accounts`], without looking at addresses: for those who may not see them.
    pub async fn list_accounts_by_name(db, kind: AccountKind, query: &str, page: Page) -> Result<Paged<AccountRow>> {
        let total = db.one(named(sql("SELECT COUNT(*) FROM account a"), kind, query), count).await?;
        let items = db.all(named(select(), kind, query).push(" ORDER BY a.lower_name").page(page), account_row).await?;
        Ok(Paged { items, total })
    }

    /// Organisations that the viewer may know of, by name.
    pub async fn list_orgs(db, viewer: Viewer, page: Page) -> Result<Paged<AccountRow>> {
        let total = db.one(visible_orgs(sql("SELECT COUNT(*) FROM account a"), viewer), count).await?;
        let items = db.all(visible_orgs(select(), viewer).push(" ORDER BY a.lower_name").page(page), account_row).await?;
        Ok(Paged { items, total })
    }

    /// How many users administer the server and may sign in.
    pub async fn count_admins(db) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM account WHERE kind = 'user' AND is_admin = 1 AND disabled = 0"), count).await
    }
}

fn visible_orgs(statement: Sql, viewer: Viewer) -> Sql {
    let statement = statement.push(" WHERE a.kind = 'org'");
    match viewer {
        Viewer::Everything => statement,
        Viewer::Anyone => statement.push(" AND a.visibility = 'public'"),
        Viewer::User(user) => statement
            .push(" AND (a.visibility <> 'private' OR EXISTS (SELECT 1 FROM org_member m WHERE m.org_id = a.id AND m.user_id = ")
            .push_bind(user)
            .push("))"),
    }
}

fn named(statement: Sql, kind: AccountKind, query: &str) -> Sql {
    let pattern = contains(&query.to_lowercase());
    statement
        .push(" WHERE a.kind = ")
        .push_bind(kind.as_str())
        .push(" AND (a.lower_name LIKE ")
        .push_bind(pattern.clone())
        .push(" ESCAPE '\\' OR LOWER(a.full_name) LIKE ")
        .push_bind(pattern)
        .push(" ESCAPE '\\')")
}

fn matching(statement: Sql, kind: AccountKind, query: &str) -> Sql {
    let statement = statement.push(" WHERE a.kind = ").push_bind(kind.as_str());
    if query.is_empty() {
        return statement;
    }
    let pattern = contains(&query.to_lowercase());
    statement
        .push(" AND (a.lower_name LIKE ")
        .push_bind(pattern.clone())
        .push(" ESCAPE '\\' OR LOWER(a.full_name) LIKE ")
        .push_bind(pattern.clone())
        .push(" ESCAPE '\\' OR a.lower_email LIKE ")
        .push_bind(pattern)
        .push(" ESCAPE '\\')")
}

impl Tx {
    /// Makes an account, unless its name or address is taken.
    ///
    /// Its address counts as answered: whoever calls this has made sure, or is believed.
    pub async fn insert_account(&mut self, new: &NewAccount<'_>) -> Result<Result<AccountId, AccountTaken>> {
        if !new.email.is_empty() && self.find_user_by_verified_email(new.email).await?.is_some() {
            let by_name = self.find_account_by_name(new.name.as_str()).await?;
            return Ok(Err(if by_name.is_some() { AccountTaken::Name } else { AccountTaken::Email }));
        }
        let statement = sql("INSERT INTO account (kind, name, lower_name, full_name, email, lower_email, password_hash, is_admin, \
             must_change_password, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT DO NOTHING RETURNING id")
        .bind(new.kind.as_str())
        .bind(new.name)
        .bind(new.name.lower())
        .bind(new.full_name)
        .bind(new.email)
        .bind(new.email.to_lowercase())
        .bind(new.password_hash)
        .bind(new.is_admin)
        .bind(new.must_change_password)
        .bind(new.at);
        if let Some(id) = self.opt(statement, |cols| cols.id(AccountId)).await? {
            if !new.email.is_empty() {
                self.set_verified_email(id, new.email, new.at).await?;
            }
            return Ok(Ok(id));
        }
        let by_name = self.find_account_by_name(new.name.as_str()).await?;
        Ok(Err(if by_name.is_some() { AccountTaken::Name } else { AccountTaken::Email }))
    }

    /// Changes fields; `Ok(None)` if there is no such account, `AccountTaken::Email` if another user has the address.
    pub async fn update_account(
        &mut self,
        id: AccountId,
        change: &AccountChange<'_>,
        at: Timestamp,
    ) -> Result<Result<Option<AccountRow>, AccountTaken>> {
        if change.is_admin == Some(false) || change.disabled == Some(true) {
            // Whoever takes an administrator away counts afterwards whether one is left: one at a time, or two of them each
            // count the other's.
            self.exec(sql("UPDATE site SET rules_epoch = rules_epoch")).await?;
        }
        // The row is locked before others are looked at, so that two changes of one account follow each other.
        if !self.wrote(sql("UPDATE account SET updated_at = $2 WHERE id = $1").bind(id).bind(at)).await? {
            return Ok(Ok(None));
        }
        if let Some(email) = change.email.filter(|e| !e.is_empty()) {
            let other = self.find_user_by_verified_email(email).await?;
            if other.is_some_and(|other| other.id != id) {
                return Ok(Err(AccountTaken::Email));
            }
        }
        let statement = sql("UPDATE account SET full_name = COALESCE($2, full_name), email = COALESCE($3, email), \
             lower_email = COALESCE($4, lower_email), description = COALESCE($5, description), website = COALESCE($6, website), \
             location = COALESCE($7, location), is_admin = COALESCE($8, is_admin), disabled = COALESCE($9, disabled), \
             must_change_password = COALESCE($10, must_change_password), visibility = COALESCE($11, visibility) WHERE id = $1")
        .bind(id)
        .bind(change.full_name)
        .bind(change.email)
        .bind(change.email.map(str::to_lowercase))
        .bind(change.description)
        .bind(change.website)
        .bind(change.location)
        .bind(change.is_admin)
        .bind(change.disabled)
        .bind(change.must_change_password)
        .bind(change.visibility.map(OwnerVisibility::as_str));
        let mut written = self.exec(statement).await.map(drop);
        if let (Ok(()), Some(email)) = (&written, change.email.filter(|email| !email.is_empty())) {
            written = self.set_verified_email(id, email, at).await;
        }
        match written {
            // Two users took one address in the same moment.
            Err(Error::Conflict(_)) => Ok(Err(AccountTaken::Email)),
            Err(error) => Err(error),
            Ok(()) => Ok(Ok(self.find_account(id).await?)),
        }
    }

    /// Sets the password (argon2id, PHC form) and whether it must be changed at the next sign-in.
    pub async fn set_password(&mut self, id: AccountId, hash: &str, must_change: bool, at: Timestamp) -> Result<bool> {
        let statement =
            sql("UPDATE account SET password_hash = $2, must_change_password = $3, updated_at = $4 WHERE id = $1 AND kind = 'user'");
        self.wrote(statement.bind(id).bind(hash).bind(must_change).bind(at)).await
    }

    /// Notes that a credential proved this user.
    pub async fn touch_account(&mut self, id: AccountId, at: Timestamp) -> Result<bool> {
        self.wrote(sql("UPDATE account SET last_sign_in_at = $2 WHERE id = $1").bind(id).bind(at)).await
    }

    /// Deletes an account with its keys, tokens, sessions, memberships, teams and plugins; `false` while it owns a repository, a deleted
    /// one included, or does not exist.
    pub async fn delete_account(&mut self, id: AccountId) -> Result<bool> {
        self.wrote(sql("UPDATE account SET names_epoch = names_epoch + 1 WHERE id = $1").bind(id)).await?;
        let statement = sql("DELETE FROM account WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM repo WHERE owner_id = $1)");
        let deleted = self.wrote(statement.bind(id)).await?;
        if deleted {
            // These refer to no account, since there are also those of the site.
            self.exec(sql("DELETE FROM installation WHERE scope = 'account' AND scope_id = $1").bind(id)).await?;
        }
        Ok(deleted)
    }
}
