//! Making, changing and deleting labels.

use hardie_domain::ids::LabelId;
use hardie_domain::page::Page;
use hardie_store::labels::LabelText;

use super::rules::{self, MOST_LABELS};
use super::{LABEL, Label, LabelPlace, note, writer};
use crate::{App, Ctx, Error, Result};

/// A label to be made.
#[derive(Clone, Debug, Default)]
pub struct NewLabel {
    /// Unique in its home, without case.
    pub name: String,
    /// Three or six hexadecimal digits, with `#` or without.
    pub color: String,
    /// A few words; may be empty.
    pub description: String,
    /// Of those whose names are alike up to the last slash, one thing has one at most.
    pub exclusive: bool,
    /// Given to nothing new.
    pub archived: bool,
}

/// What changes; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct LabelChange {
    /// See [`NewLabel::name`].
    pub name: Option<String>,
    /// See [`NewLabel::color`].
    pub color: Option<String>,
    /// See [`NewLabel::description`].
    pub description: Option<String>,
    /// See [`NewLabel::exclusive`].
    pub exclusive: Option<bool>,
    /// See [`NewLabel::archived`].
    pub archived: Option<bool>,
}

/// Makes a label.
pub async fn create_label(app: &App, ctx: &Ctx, place: &LabelPlace, new: NewLabel) -> Result<Label> {
    let home = writer(app, ctx, place).await?;
    let text = LabelText {
        name: rules::name(&new.name)?,
        color: rules::color(&new.color)?,
        description: rules::description(&new.description)?,
        exclusive: new.exclusive,
    };
    let mut tx = app.store.begin().await?;
    if !tx.hold_label_home(home.home).await? {
        return Err(Error::NotFound(LABEL));
    }
    if tx.list_labels(home.home, false, Page::new(None, Some(1))).await?.total >= MOST_LABELS {
        return Err(Error::Quota(format!("there may be {MOST_LABELS} labels: delete some first")));
    }
    let id = tx.insert_label(home.home, &text, new.archived, app.clock.now()).await?.ok_or_else(|| taken(&text.name))?;
    let made = tx.find_label(home.home, id).await?.ok_or(Error::NotFound(LABEL))?;
    note(&mut tx, app, ctx, &home, "label.create", text.name).await?;
    tx.commit().await?;
    Ok(made)
}

/// Changes a label.
pub async fn update_label(app: &App, ctx: &Ctx, place: &LabelPlace, id: LabelId, change: LabelChange) -> Result<Label> {
    let home = writer(app, ctx, place).await?;
    let name = change.name.as_deref().map(rules::name).transpose()?;
    let color = change.color.as_deref().map(rules::color).transpose()?;
    let description = change.description.as_deref().map(rules::description).transpose()?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if !tx.hold_label_home(home.home).await? {
        return Err(Error::NotFound(LABEL));
    }
    let before = tx.find_label(home.home, id).await?.ok_or(Error::NotFound(LABEL))?;
    let after = Label {
        text: LabelText {
            name: name.unwrap_or(before.text.name),
            color: color.unwrap_or(before.text.color),
            description: description.unwrap_or(before.text.description),
            exclusive: change.exclusive.unwrap_or(before.text.exclusive),
        },
        archived_at: match change.archived {
            Some(true) => before.archived_at.or(Some(now)),
            Some(false) => None,
            None => before.archived_at,
        },
        updated_at: now,
        ..before
    };
    if !tx.update_label(home.home, &after).await? {
        return Err(taken(&after.text.name));
    }
    note(&mut tx, app, ctx, &home, "label.edit", after.text.name.clone()).await?;
    tx.commit().await?;
    Ok(after)
}

/// Deletes a label.
pub async fn delete_label(app: &App, ctx: &Ctx, place: &LabelPlace, id: LabelId) -> Result<()> {
    let home = writer(app, ctx, place).await?;
    let mut tx = app.store.begin().await?;
    if !tx.hold_label_home(home.home).await? {
        return Err(Error::NotFound(LABEL));
    }
    let before = tx.find_label(home.home, id).await?.ok_or(Error::NotFound(LABEL))?;
    tx.delete_label(home.home, id).await?;
    note(&mut tx, app, ctx, &home, "label.delete", before.text.name).await?;
    Ok(tx.commit().await?)
}

fn taken(name: &str) -> Error {
    Error::Conflict(format!("there is a label {name:?} already: change that one"))
}
