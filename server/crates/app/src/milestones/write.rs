//! Making, changing and deleting milestones.

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::ids::MilestoneId;
use hardie_domain::names::RepoPath;
use hardie_domain::page::Page;
use hardie_domain::time::Timestamp;
use hardie_store::Tx;

use super::{MILESTONE, Milestone, MilestoneFilter, named};
use crate::access::{RepoAccess, repo_for, require_wide};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// Milestones that one repository may have.
const MOST_MILESTONES: u64 = 10_000;
const MOST_TITLE_CHARS: usize = 255;
/// A description joins every list of milestones.
const MOST_DESCRIPTION_BYTES: usize = 64 << 10;

/// A milestone to be made.
#[derive(Clone, Debug, Default)]
pub struct NewMilestone {
    /// Unique in its repository, without case.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// By when.
    pub due_at: Option<Timestamp>,
    /// Done already.
    pub closed: bool,
}

/// What changes; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct MilestoneChange {
    /// See [`NewMilestone::title`].
    pub title: Option<String>,
    /// See [`NewMilestone::description`].
    pub description: Option<String>,
    /// Another day, or none.
    pub due_at: Option<Option<Timestamp>>,
    /// Whether it is done.
    pub closed: Option<bool>,
}

/// Makes a milestone.
pub async fn create_milestone(app: &App, ctx: &Ctx, path: &RepoPath, new: NewMilestone) -> Result<Milestone> {
    let access = writer(app, ctx, path).await?;
    let now = app.clock.now();
    let row = Milestone {
        id: MilestoneId(0),
        title: title(&new.title)?,
        description: description(new.description)?,
        due_at: new.due_at,
        closed_at: new.closed.then_some(now),
        created_at: now,
        updated_at: now,
    };
    let mut tx = begin(app, &access).await?;
    let all = tx.list_milestones(access.repo.id, &MilestoneFilter::default(), Page::new(None, Some(1))).await?;
    if all.total >= MOST_MILESTONES {
        return Err(Error::Quota(format!("a repository may have {MOST_MILESTONES} milestones: delete old ones first")));
    }
    let id = tx.insert_milestone(access.repo.id, &row).await?.ok_or_else(|| taken(&row.title))?;
    note(&mut tx, app, ctx, &access, "milestone.create", &row).await?;
    tx.commit().await?;
    Ok(Milestone { id, ..row })
}

/// Changes a milestone, by its id or its title.
pub async fn update_milestone(app: &App, ctx: &Ctx, path: &RepoPath, key: &str, change: MilestoneChange) -> Result<Milestone> {
    let access = writer(app, ctx, path).await?;
    let id = named(app, access.repo.id, key).await?.id;
    let new_title = change.title.as_deref().map(title).transpose()?;
    let new_description = change.description.map(description).transpose()?;
    let now = app.clock.now();
    let mut tx = begin(app, &access).await?;
    let before = tx.find_milestone(access.repo.id, id).await?.ok_or(Error::NotFound(MILESTONE))?;
    let after = Milestone {
        title: new_title.unwrap_or(before.title),
        description: new_description.unwrap_or(before.description),
        due_at: change.due_at.unwrap_or(before.due_at),
        closed_at: match change.closed {
            Some(true) => before.closed_at.or(Some(now)),
            Some(false) => None,
            None => before.closed_at,
        },
        updated_at: now,
        ..before
    };
    if !tx.update_milestone(access.repo.id, &after).await? {
        return Err(taken(&after.title));
    }
    note(&mut tx, app, ctx, &access, "milestone.edit", &after).await?;
    tx.commit().await?;
    Ok(after)
}

/// Deletes a milestone, by its id or its title.
pub async fn delete_milestone(app: &App, ctx: &Ctx, path: &RepoPath, key: &str) -> Result<()> {
    let access = writer(app, ctx, path).await?;
    let id = named(app, access.repo.id, key).await?.id;
    let mut tx = begin(app, &access).await?;
    let before = tx.find_milestone(access.repo.id, id).await?.ok_or(Error::NotFound(MILESTONE))?;
    tx.delete_milestone(access.repo.id, id).await?;
    note(&mut tx, app, ctx, &access, "milestone.delete", &before).await?;
    Ok(tx.commit().await?)
}

/// For whoever changes milestones: the one place that says who that is.
async fn writer(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<RepoAccess> {
    let access = repo_for(app, ctx, path, RepoAction::Push).await?;
    require_wide(ctx)?;
    Ok(access)
}

/// A transaction in which writers of one repository follow each other.
async fn begin(app: &App, access: &RepoAccess) -> Result<Tx> {
    let mut tx = app.store.begin().await?;
    match tx.hold_repo(access.repo.id).await? {
        true => Ok(tx),
        false => Err(Error::NotFound(MILESTONE)),
    }
}

fn title(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Invalid::new("title", "must not be empty").into());
    }
    if text.chars().count() > MOST_TITLE_CHARS {
        return Err(Invalid::new("title", format!("may have {MOST_TITLE_CHARS} characters at most")).into());
    }
    match text.chars().any(char::is_control) {
        true => Err(Invalid::new("title", "must be one line without control characters").into()),
        false => Ok(text.to_owned()),
    }
}

fn description(text: String) -> Result<String> {
    if text.len() > MOST_DESCRIPTION_BYTES {
        let why = format!("the description of a milestone may have {MOST_DESCRIPTION_BYTES} bytes at most, this has {}", text.len());
        return Err(Error::Quota(why));
    }
    match text.contains('\0') {
        true => Err(Invalid::new("description", "must not hold a NUL").into()),
        false => Ok(text),
    }
}

fn taken(title: &str) -> Error {
    Error::Conflict(format!("there is a milestone {title:?} already: change that one"))
}

async fn note(tx: &mut Tx, app: &App, ctx: &Ctx, access: &RepoAccess, action: &'static str, row: &Milestone) -> Result<()> {
    let mut line = entry(ctx, action);
    (line.account, line.repo) = (Some(access.owner.id), Some(access.repo.id));
    line.detail = format!("{}{}", row.title, if row.closed_at.is_some() { ", closed" } else { "" });
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_milestones_say_is_bounded() {
        assert_eq!(title(" 1.0 ").unwrap(), "1.0");
        for bad in ["", " ", "a\nb", "a\0", &"x".repeat(256)] {
            assert!(title(bad).is_err(), "{bad:?}");
        }
        assert!(matches!(description("x".repeat((64 << 10) + 1)), Err(Error::Quota(_))));
        assert!(description("a\0".to_owned()).is_err() && description("a\nb".to_owned()).is_ok());
    }
}
