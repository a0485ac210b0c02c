//! Components: brought once, named by their digest, checked and compiled before anything else may happen with them.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use hardie_domain::error::Invalid;
use hardie_domain::ids::AccountId;
use hardie_domain::page::{Page, Paged};
use hardie_domain::plugin::Digest;
use hardie_domain::scope::{Category, Level};
pub use hardie_store::plugins::ComponentRow as Component;
use hardie_store::plugins::Scope;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::rights::require_upload;
use crate::access::{is_admin, require_scope};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// The most bytes of one component. CPython with its library is 18 MiB.
pub const MAX_COMPONENT_BYTES: usize = 32 << 20;
/// The most bytes of one that an administrator of the site brings.
pub const MAX_COMPONENT_BYTES_OF_ADMINS: usize = 64 << 20;
const MAX_COMPONENTS_EACH: u64 = 100;
const MAX_BYTES_EACH: u64 = 512 << 20;
/// Uploads that wait for their turn or are compiled, all together and of one account: nobody keeps the others out.
const LONGEST_QUEUE: usize = 8;
const OF_ONE: usize = 2;

/// Compiling is the dearest thing that a stranger can ask for: one at a time in the process.
static COMPILING: Semaphore = Semaphore::const_new(1);
static WAITING: Mutex<Vec<Option<AccountId>>> = Mutex::new(Vec::new());

/// What became of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The component.
    pub component: Component,
    /// Whether it is new to this server.
    pub created: bool,
}

/// The most bytes of a component that this asker may bring.
pub fn most_component_bytes(ctx: &Ctx) -> usize {
    if is_admin(ctx, Level::Write) { MAX_COMPONENT_BYTES_OF_ADMINS } else { MAX_COMPONENT_BYTES }
}

/// Takes a component: checks it, compiles it in a bounded child process, asks it what it is, and keeps it by its digest.
pub async fn upload_component(app: &App, ctx: &Ctx, bytes: Bytes) -> Result<Uploaded> {
    require_upload(app, ctx)?;
    let most = most_component_bytes(ctx);
    if bytes.len() > most {
        return Err(Error::Quota(format!("a component may have {} MiB, this one has {} bytes", most >> 20, bytes.len())));
    }
    let digest = Digest(Sha256::digest(&bytes).into());
    if let Some(component) = app.store.find_component(digest).await? {
        return Ok(Uploaded { component, created: false });
    }
    let by = ctx.actor.as_ref().map(|a| a.id);
    check_quota(app, by, bytes.len()).await?;
    let info = {
        let _turn = turn(by).await?;
        // Somebody brought the same meanwhile.
        if let Some(component) = app.store.find_component(digest).await? {
            return Ok(Uploaded { component, created: false });
        }
        app.policies.prepare(bytes.clone()).await.map_err(|why| Invalid::new("component", why))?
    };
    let now = app.clock.now();
    let component = Component {
        digest,
        name: info.name,
        version: info.version,
        description: one_line(&info.description),
        worlds: info.worlds,
        imports: info.imports,
        default_config: info.default_config,
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        uploaded_by: by,
        created_at: now,
    };
    let mut tx = app.store.begin().await?;
    let created = tx.insert_component(&component, &bytes).await?;
    if created {
        let mut line = entry(ctx, "plugin.upload");
        line.detail = format!("{} {} {digest}", component.name, component.version);
        tx.insert_audit(&line, now).await?;
    }
    tx.commit().await?;
    Ok(Uploaded { component, created })
}

/// Components that the asker can use: their own, and those installed for the site; all for an administrator. Newest first.
pub async fn list_components(app: &App, ctx: &Ctx, page: Page) -> Result<Paged<Component>> {
    let actor = require_scope(ctx, Category::Repository, Level::Read)?;
    let mut found = app.store.list_components().await?;
    if !is_admin(ctx, Level::Read) {
        let listed: Vec<Digest> = app.store.list_installations(Scope::Site).await?.into_iter().map(|i| i.digest).collect();
        found.retain(|c| c.uploaded_by == Some(actor.id) || listed.contains(&c.digest));
    }
    let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let start = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let items = found.into_iter().skip(start).take(usize::try_from(page.limit()).unwrap_or(usize::MAX)).collect();
    Ok(Paged { items, total })
}

/// One component. Whoever knows its digest has had its bytes.
pub async fn get_component(app: &App, ctx: &Ctx, digest: Digest) -> Result<Component> {
    require_scope(ctx, Category::Repository, Level::Read)?;
    app.store.find_component(digest).await?.ok_or(Error::NotFound("component"))
}

async fn check_quota(app: &App, by: Option<AccountId>, more: usize) -> Result<()> {
    let Some(by) = by else { return Ok(()) };
    let (count, bytes) = app.store.count_components_of(by).await?;
    let more = u64::try_from(more).unwrap_or(u64::MAX);
    match count < MAX_COMPONENTS_EACH && bytes.saturating_add(more) <= MAX_BYTES_EACH {
        true => Ok(()),
        false => Err(Error::Quota(format!(
            "a user may have brought {MAX_COMPONENTS_EACH} components of {} MiB together; those that nothing uses are removed after a while",
            MAX_BYTES_EACH >> 20
        ))),
    }
}

struct Turn {
    _permit: tokio::sync::SemaphorePermit<'static>,
    _queued: Queued,
}

/// A place in the queue, given back when dropped.
struct Queued(Option<AccountId>);

impl Queued {
    fn enter(by: Option<AccountId>) -> Result<Queued> {
        let busy = |text: &str| Error::RateLimited { text: text.to_owned(), retry_after: 20 };
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= LONGEST_QUEUE {
            return Err(busy("other components are being compiled: try again soon"));
        }
        if waiting.iter().filter(|who| **who == by).count() >= OF_ONE {
            return Err(busy("other components of yours are being compiled: try again when they are done"));
        }
        waiting.push(by);
        Ok(Queued(by))
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = waiting.iter().position(|who| *who == self.0) {
            waiting.swap_remove(at);
        }
    }
}

async fn turn(by: Option<AccountId>) -> Result<Turn> {
    let queued = Queued::enter(by)?;
    Ok(Turn { _permit: COMPILING.acquire().await.map_err(Error::internal)?, _queued: queued })
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_keeps_the_others_from_the_compiler() {
        let (ann, bob) = (Some(AccountId(-1)), Some(AccountId(-2)));
        let first = Queued::enter(ann).unwrap();
        let _second = Queued::enter(ann).unwrap();
        assert!(matches!(Queued::enter(ann), Err(Error::RateLimited { text, .. }) if text.contains("yours")));
        let _bobs = Queued::enter(bob).unwrap();
        drop(first);
        let _again = Queued::enter(ann).unwrap();
        let _others: Vec<_> = (3..8).map(|id| Queued::enter(Some(AccountId(-id))).unwrap()).collect();
        assert!(
            matches!(Queued::enter(Some(AccountId(-9))), Err(Error::RateLimited { text, .. }) if text.contains("other components are"))
        );
    }
}
