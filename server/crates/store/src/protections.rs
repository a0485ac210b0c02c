//! Rules over branches and tags. A rule is about every ref that its pattern (`hardie_domain::glob`) fits. Those over paths are in `path_rules`,
//! and read with them.

use hardie_domain::ids::{PathRuleId, RepoId, TagProtectionId};
use hardie_domain::time::Timestamp;

use crate::path_rules::PathRuleRow;
use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// A rule over branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectionRow {
    /// Of which branches; unique in the repository.
    pub pattern: String,
    /// The lowest goes first.
    pub priority: i64,
    /// Whether an update may drop commits.
    pub allow_force: bool,
    /// Whether the branch may be deleted.
    pub allow_delete: bool,
    /// What else it asks, as JSON.
    pub settings: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A rule over tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagProtectionRow {
    /// Its id.
    pub id: TagProtectionId,
    /// Of which tags; unique in the repository.
    pub pattern: String,
    /// Who may, as JSON.
    pub settings: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A rule of any sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefRuleRow {
    /// Over branches.
    Branch(ProtectionRow),
    /// Over tags.
    Tag(TagProtectionRow),
    /// Over paths.
    Path(PathRuleRow),
}

fn protection_row(cols: &mut Cols<'_>) -> Result<ProtectionRow> {
    Ok(ProtectionRow {
        pattern: cols.text()?,
        priority: cols.int()?,
        allow_force: cols.flag()?,
        allow_delete: cols.flag()?,
        settings: cols.text()?,
        created_at: cols.time()?,
        updated_at: cols.time()?,
    })
}

fn tag_row(cols: &mut Cols<'_>) -> Result<TagProtectionRow> {
    Ok(TagProtectionRow {
        id: cols.id(TagProtectionId)?,
        pattern: cols.text()?,
        settings: cols.text()?,
        created_at: cols.time()?,
        updated_at: cols.time()?,
    })
}

fn rule_row(cols: &mut Cols<'_>) -> Result<RefRuleRow> {
    let (sort, id) = (cols.int()?, cols.int()?);
    let row = protection_row(cols)?;
    if sort == 0 {
        return Ok(RefRuleRow::Branch(row));
    }
    let ProtectionRow { pattern, settings, created_at, updated_at, .. } = row;
    Ok(match sort {
        1 => RefRuleRow::Tag(TagProtectionRow { id: TagProtectionId(id), pattern, settings, created_at, updated_at }),
        _ => RefRuleRow::Path(PathRuleRow { id: PathRuleId(id), settings, created_at, updated_at }),
    })
}

const SELECT: &str =
    "SELECT pattern, priority, allow_force, allow_delete, settings, created_at, updated_at FROM branch_protection WHERE repo_id = ";
const SELECT_TAGS: &str = "SELECT id, pattern, settings, created_at, updated_at FROM tag_protection WHERE repo_id = ";
// PostgreSQL gives the columns of a union the types of its first part.
const SELECT_ALL: &str = "SELECT CAST(0 AS BIGINT) AS sort, CAST(0 AS BIGINT) AS id, pattern, priority, allow_force, allow_delete, settings, \
     created_at, updated_at FROM branch_protection WHERE repo_id = $1 \
     UNION ALL SELECT 1, id, pattern, 0, 0, 0, settings, created_at, updated_at FROM tag_protection WHERE repo_id = $1 \
     UNION ALL SELECT 2, id, '', 0, 0, 0, settings, created_at, updated_at FROM path_rule WHERE repo_id = $1";

reads! {
    /// The rule over branches with this pattern.
    pub async fn find_protection(db, repo: RepoId, pattern: &str) -> Result<Option<ProtectionRow>> {
        db.opt(sql(SELECT).push_bind(repo).push(" AND pattern = ").push_bind(pattern), protection_row).await
    }

    /// All rules over branches of a repository, by priority and pattern; callers bound how many there may be.
    pub async fn list_protections(db, repo: RepoId) -> Result<Vec<ProtectionRow>> {
        db.all(sql(SELECT).push_bind(repo).push(" ORDER BY priority, pattern"), protection_row).await
    }

    /// All rules of a repository, in one statement, in no order.
    pub async fn list_ref_rules(db, repo: RepoId) -> Result<Vec<RefRuleRow>> {
        db.all(sql(SELECT_ALL).bind(repo), rule_row).await
    }

    /// One rule over tags.
    pub async fn find_tag_protection(db, repo: RepoId, id: TagProtectionId) -> Result<Option<TagProtectionRow>> {
        db.opt(sql(SELECT_TAGS).push_bind(repo).push(" AND id = ").push_bind(id), tag_row).await
    }

    /// All rules over tags of a repository, oldest first; callers bound how many there may be.
    pub async fn list_tag_protections(db, repo: RepoId) -> Result<Vec<TagProtectionRow>> {
        db.all(sql(SELECT_TAGS).push_bind(repo).push(" ORDER BY id"), tag_row).await
    }
}

impl Tx {
    /// Adds a rule over branches; `false` if there is one with this pattern.
    pub async fn insert_protection(&mut self, repo: RepoId, new: &ProtectionRow) -> Result<bool> {
        self.bump_rules(repo).await?;
        let statement = sql("INSERT INTO branch_protection \
             (repo_id, pattern, allow_force, allow_delete, created_at, updated_at, priority, settings) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING");
        let statement = statement.bind(repo).bind(new.pattern.as_str()).bind(new.allow_force).bind(new.allow_delete);
        self.wrote(statement.bind(new.created_at).bind(new.updated_at).bind(new.priority).bind(new.settings.as_str())).await
    }

    /// Changes a rule over branches; `false` if there is none.
    pub async fn update_protection(&mut self, repo: RepoId, changed: &ProtectionRow) -> Result<bool> {
        self.bump_rules(repo).await?;
        let statement =
            sql("UPDATE branch_protection SET allow_force = $3, allow_delete = $4, updated_at = $5, priority = $6, settings = $7 \
             WHERE repo_id = $1 AND pattern = $2");
        let statement = statement.bind(repo).bind(changed.pattern.as_str()).bind(changed.allow_force).bind(changed.allow_delete);
        self.wrote(statement.bind(changed.updated_at).bind(changed.priority).bind(changed.settings.as_str())).await
    }

    /// Removes a rule over branches; `false` if there was none.
    pub async fn delete_protection(&mut self, repo: RepoId, pattern: &str) -> Result<bool> {
        self.bump_rules(repo).await?;
        self.wrote(sql("DELETE FROM branch_protection WHERE repo_id = $1 AND pattern = $2").bind(repo).bind(pattern)).await
    }

    /// Adds a rule over tags; `None` if there is one with this pattern.
    pub async fn insert_tag_protection(
        &mut self,
        repo: RepoId,
        pattern: &str,
        settings: &str,
        at: Timestamp,
    ) -> Result<Option<TagProtectionId>> {
        self.bump_rules(repo).await?;
        let statement = sql("INSERT INTO tag_protection (repo_id, pattern, settings, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) \
             ON CONFLICT DO NOTHING RETURNING id");
        self.opt(statement.bind(repo).bind(pattern).bind(settings).bind(at), |cols| cols.id(TagProtectionId)).await
    }

    /// Changes a rule over tags; `false` if there is none, or another has the pattern.
    pub async fn update_tag_protection(&mut self, repo: RepoId, changed: &TagProtectionRow) -> Result<bool> {
        self.bump_rules(repo).await?;
        let statement = sql("UPDATE tag_protection SET pattern = $3, settings = $4, updated_at = $5 WHERE repo_id = $1 AND id = $2 \
             AND NOT EXISTS (SELECT 1 FROM tag_protection o WHERE o.repo_id = $1 AND o.pattern = $3 AND o.id <> $2)");
        let statement = statement.bind(repo).bind(changed.id).bind(changed.pattern.as_str()).bind(changed.settings.as_str());
        self.wrote(statement.bind(changed.updated_at)).await
    }

    /// Removes a rule over tags; `false` if there was none.
    pub async fn delete_tag_protection(&mut self, repo: RepoId, id: TagProtectionId) -> Result<bool> {
        self.bump_rules(repo).await?;
        self.wrote(sql("DELETE FROM tag_protection WHERE repo_id = $1 AND id = $2").bind(repo).bind(id)).await
    }
}
