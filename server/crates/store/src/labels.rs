//! Labels: words by which work is sorted, of a repository or of an organisation.

use hardie_domain::ids::{AccountId, LabelId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, Sql, Value, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// What labels belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelHome {
    /// A repository.
    Repo(RepoId),
    /// An organisation: they are for all of its repositories.
    Org(AccountId),
}

impl LabelHome {
    /// Both columns, of which one is empty.
    fn columns(self) -> [Value; 2] {
        match self {
            LabelHome::Repo(id) => [id.into(), None::<AccountId>.into()],
            LabelHome::Org(id) => [None::<RepoId>.into(), id.into()],
        }
    }
}

/// What of a label can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelText {
    /// Unique in its home, without case.
    pub name: String,
    /// Six hexadecimal digits: red, green, blue.
    pub color: String,
    /// A few words; may be empty.
    pub description: String,
    /// Of those whose names are alike up to the last slash, one thing has one at most.
    pub exclusive: bool,
}

/// One label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRow {
    /// Its id.
    pub id: LabelId,
    /// What it says.
    pub text: LabelText,
    /// Since when it is given to nothing new.
    pub archived_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

const SELECT: &str = "SELECT id, name, color, description, exclusive, archived_at, created_at, updated_at FROM label WHERE ";

fn label(cols: &mut Cols<'_>) -> Result<LabelRow> {
    Ok(LabelRow {
        id: cols.id(LabelId)?,
        text: LabelText { name: cols.text()?, color: cols.text()?, description: cols.text()?, exclusive: cols.flag()? },
        archived_at: cols.opt_time()?,
        created_at: cols.time()?,
        updated_at: cols.time()?,
    })
}

fn of_home(text: &'static str, home: LabelHome) -> Sql {
    match home {
        LabelHome::Repo(id) => sql(text).push("repo_id = ").push_bind(id),
        LabelHome::Org(id) => sql(text).push("org_id = ").push_bind(id),
    }
}

reads! {
    /// One label of a repository or an organisation.
    pub async fn find_label(db, home: LabelHome, id: LabelId) -> Result<Option<LabelRow>> {
        db.opt(of_home(SELECT, home).push(" AND id = ").push_bind(id), label).await
    }

    /// The label of this name, without case.
    pub async fn find_label_by_name(db, home: LabelHome, name: &str) -> Result<Option<LabelRow>> {
        db.opt(of_home(SELECT, home).push(" AND lower_name = ").push_bind(name.to_lowercase()), label).await
    }

    /// Labels by name, from the end if `reverse`, and how many there are in all.
    pub async fn list_labels(db, home: LabelHome, reverse: bool, page: Page) -> Result<Paged<LabelRow>> {
        let total = db.one(of_home("SELECT COUNT(*) FROM label WHERE ", home), count).await?;
        let order = if reverse { " ORDER BY lower_name DESC" } else { " ORDER BY lower_name" };
        Ok(Paged { items: db.all(of_home(SELECT, home).push(order).page(page), label).await?, total })
    }
}

impl Tx {
    /// Makes a label; `None` if there is one of this name. The home must be there: see [`Tx::hold_label_home`].
    pub async fn insert_label(&mut self, home: LabelHome, text: &LabelText, archived: bool, at: Timestamp) -> Result<Option<LabelId>> {
        let [repo, org] = home.columns();
        let statement =
            sql("INSERT INTO label (repo_id, org_id, name, lower_name, color, description, exclusive, archived_at, created_at, \
             updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING RETURNING id");
        let statement = statement.bind(repo).bind(org).bind(text.name.as_str()).bind(text.name.to_lowercase()).bind(text.color.as_str());
        let statement = statement.bind(text.description.as_str()).bind(text.exclusive).bind(archived.then_some(at)).bind(at);
        self.opt(statement, |c| c.id(LabelId)).await
    }

    /// Changes a label; `false` if it is gone, or another has its name.
    pub async fn update_label(&mut self, home: LabelHome, row: &LabelRow) -> Result<bool> {
        let (lower, text) = (row.text.name.to_lowercase(), &row.text);
        let [repo, org] = home.columns();
        let statement =
            sql("UPDATE label SET name = $3, lower_name = $4, color = $5, description = $6, exclusive = $7, archived_at = $8, \
             updated_at = $9 WHERE id = $10 AND (repo_id = $1 OR org_id = $2) AND NOT EXISTS (SELECT 1 FROM label o \
             WHERE (o.repo_id = $1 OR o.org_id = $2) AND o.lower_name = $4 AND o.id <> $10)");
        let statement = statement.bind(repo).bind(org).bind(text.name.as_str()).bind(lower).bind(text.color.as_str());
        let statement = statement.bind(text.description.as_str()).bind(text.exclusive).bind(row.archived_at);
        self.wrote(statement.bind(row.updated_at).bind(row.id)).await
    }

    /// Removes a label.
    pub async fn delete_label(&mut self, home: LabelHome, id: LabelId) -> Result<bool> {
        self.wrote(of_home("DELETE FROM label WHERE ", home).push(" AND id = ").push_bind(id)).await
    }

    /// Gives a new repository the labels of another.
    pub async fn copy_labels(&mut self, to: RepoId, from: RepoId, at: Timestamp) -> Result<()> {
        let statement =
            sql("INSERT INTO label (repo_id, name, lower_name, color, description, exclusive, archived_at, created_at, updated_at) \
             SELECT $1, l.name, l.lower_name, l.color, l.description, l.exclusive, l.archived_at, $3, $3 FROM label l WHERE l.repo_id = $2 \
             ORDER BY l.id");
        self.exec(statement.bind(to).bind(from).bind(at)).await.map(|_| ())
    }

    /// Locks what labels are made in or changed for the rest of the transaction, so that writers follow each other. `false` if it is gone,
    /// or archived.
    pub async fn hold_label_home(&mut self, home: LabelHome) -> Result<bool> {
        match home {
            LabelHome::Repo(id) => self.hold_repo(id).await,
            LabelHome::Org(id) => self.wrote(sql("UPDATE account SET rules_epoch = rules_epoch WHERE id = $1").bind(id)).await,
        }
    }
}
