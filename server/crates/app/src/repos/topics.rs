//! Topics: words under which a repository is found.

use std::collections::BTreeMap;

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::event;
use hardie_domain::names::RepoPath;
use hardie_store::repo_list::RepoFilter;

use super::edit::{Note, note};
use crate::access::{repo_for, viewer_of};
use crate::{App, Ctx, Error, Result};

/// Topics of one repository.
const MOST: usize = 25;
const MOST_BYTES: usize = 35;
/// Repositories whose topics are counted for one search.
const COUNTED: u32 = 20_000;

/// The topics of a repository, in order.
pub async fn get_topics(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<Vec<String>> {
    Ok(repo_for(app, ctx, path, RepoAction::Read).await?.repo.topics)
}

/// Sets all topics. For the repository's administrators.
pub async fn set_topics(app: &App, ctx: &Ctx, path: &RepoPath, topics: &[String]) -> Result<()> {
    let topics = topics.iter().map(|topic| checked(topic)).collect::<Result<Vec<_>>>()?;
    change(app, ctx, path, |_| topics).await
}

/// Adds one. For the repository's administrators.
pub async fn add_topic(app: &App, ctx: &Ctx, path: &RepoPath, topic: &str) -> Result<()> {
    let topic = checked(topic)?;
    change(app, ctx, path, |topics| topics.into_iter().chain([topic]).collect()).await
}

/// Removes one; `NotFound` if the repository does not have it. For the repository's administrators.
pub async fn remove_topic(app: &App, ctx: &Ctx, path: &RepoPath, topic: &str) -> Result<()> {
    let topic = topic.to_lowercase();
    // Who may not, is told that, not whether it is there.
    repo_for(app, ctx, path, RepoAction::Administer).await?;
    if !get_topics(app, ctx, path).await?.contains(&topic) {
        return Err(Error::NotFound("topic"));
    }
    change(app, ctx, path, |topics| topics.into_iter().filter(|known| *known != topic).collect()).await
}

async fn change(app: &App, ctx: &Ctx, path: &RepoPath, to: impl FnOnce(Vec<String>) -> Vec<String>) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let mut tx = app.store.begin().await?;
    let before = tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    let mut after = to(before.topics.clone());
    after.sort_unstable();
    after.dedup();
    if after.len() > MOST {
        return Err(Invalid::new("topics", format!("a repository may have {MOST} topics at most")).into());
    }
    if after == before.topics {
        return Ok(());
    }
    tx.set_topics(before.id, &after, app.clock.now()).await?;
    let detail = format!("topics {}", after.join(", "));
    note(&mut tx, app, ctx, &access, Note { action: "repository.edit", kind: event::REPO_UPDATED, detail }).await?;
    tx.commit().await?;
    app.wakes.committed();
    Ok(())
}

/// Topics that hold this text, of repositories that the asker may see, with how many have each; the commonest first. For people who signed
/// in: it counts many rows.
pub async fn search_topics(app: &App, ctx: &Ctx, text: &str) -> Result<Vec<(String, u64)>> {
    ctx.require_actor()?;
    let text = text.trim().to_lowercase();
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for topics in app.store.list_topics(&RepoFilter::visible_to(viewer_of(ctx)), COUNTED).await? {
        for topic in topics.into_iter().filter(|topic| topic.contains(&text)) {
            *found.entry(topic).or_default() += 1;
        }
    }
    let mut found: Vec<(String, u64)> = found.into_iter().collect();
    found.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    Ok(found)
}

fn checked(topic: &str) -> Result<String> {
    let topic = topic.trim().to_lowercase();
    let may = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    let begins_well = topic.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    match begins_well && topic.len() <= MOST_BYTES && topic.bytes().all(may) {
        true => Ok(topic),
        false => {
            let why =
                format!("{topic:?}: a topic begins with a letter or digit and has {MOST_BYTES} letters, digits, dashes and dots at most");
            Err(Invalid::new("topics", why).into())
        }
    }
}
