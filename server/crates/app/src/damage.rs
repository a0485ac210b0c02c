//! Damage to packs: what reading met, or `verify` found, is said once with repository, pack and object, and the pack is fenced off.
//!
//! The mark is a row. While it stands, whole copies of an object in other packs are read first, nothing is folded, collected or covered
//! by bitmaps that would be made from the repository's packs, and no file that any repository gave up is swept. A verification that
//! finds the file whole again ends it.

mod looks;

use hardie_domain::audit::AuditEntry;
use hardie_domain::ids::RepoId;
use hardie_git::packs::{Damage, PackHash, Suspect};
use tokio::task::spawn_blocking;

use crate::{App, Error, Result};

pub use looks::{Looks, look_closer};

/// Repositories may take up a pack while it is fenced off; so often it is begun anew.
const TRIES: u32 = 5;

/// Confirms and marks what reading met. Costs nothing if it met nothing.
pub async fn settle(app: &App) -> Result<()> {
    let mut first = Ok(());
    for suspect in app.packs.take_suspects() {
        if let Err(error) = settle_one(app, suspect).await {
            // It is not to be forgotten, and the others not to wait for it.
            app.packs.note_suspect(suspect);
            first = first.and(Err(error));
        }
    }
    first
}

/// The same where nobody can be told of a failure: then it is met again.
pub(crate) async fn settle_or_log(app: &App) {
    if let Err(error) = settle(app).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "damaged packs could not be marked");
    }
}

async fn settle_one(app: &App, suspect: Suspect) -> Result<()> {
    let packs = app.packs.clone();
    let confirmed = spawn_blocking(move || packs.confirm(&suspect)).await;
    // As in `examine`.
    let confirmed = confirmed.unwrap_or_else(|panic| Some(Damage { object: suspect.object, text: panic.to_string() }));
    match confirmed {
        Some(damage) => mark(app, suspect.pack, &damage).await.map(drop),
        // The file was put back since it was opened.
        None => {
            app.packs.forget(&suspect.pack);
            reopen(app, suspect.pack).await
        }
    }
}

/// Looks at all of a pack; an error if what the system lacks keeps it from that.
pub(crate) async fn examine(app: &App, hash: PackHash) -> Result<Vec<Damage>> {
    let store = app.packs.clone();
    // Reading damaged bytes may end in a panic of a library: that, too, is damage of this pack and of no other.
    let looked = spawn_blocking(move || store.examine(&hash)).await;
    looked.unwrap_or_else(|panic| Ok(vec![Damage { object: None, text: panic.to_string() }])).map_err(Error::internal)
}

/// Fences a pack off and tells the log and each repository's audit; whether it was not fenced off before.
pub(crate) async fn mark(app: &App, pack: PackHash, damage: &Damage) -> Result<bool> {
    app.packs.forget(&pack);
    for _ in 0..TRIES {
        let repos = app.store.list_pack_repos(&pack.0).await?;
        // One that no repository has harms nobody; rows that were read too early name such.
        if repos.is_empty() || app.store.is_pack_damaged(&pack.0).await? {
            return Ok(false);
        }
        let now = app.clock.now();
        let mut tx = app.store.begin().await?;
        // Repositories before packs, as pushes lock them.
        for (repo, _) in &repos {
            tx.bump_generation(*repo).await?;
        }
        if !tx.insert_damage(&pack.0, damage.object, &damage.text, now).await? {
            return Ok(false);
        }
        // The pack is locked from here on. Whoever took it up since they were listed has to be told too, and its row is to be locked
        // before the pack's.
        if tx.list_pack_repos(&pack.0).await? != repos {
            tx.rollback().await?;
            continue;
        }
        for (repo, _) in &repos {
            tx.insert_audit(&audit(*repo, "repository.damage", &told(pack, damage)), now).await?;
        }
        tx.commit().await?;
        let object = damage.object.map(|id| id.to_string());
        for (id, repo) in &repos {
            tracing::error!(%repo, repo.id = %id, %pack, object, why = damage.text, "a pack is damaged and fenced off");
        }
        return Ok(true);
    }
    Err(Error::Unavailable(format!("the repositories that have pack {pack} changed each time it was to be fenced off: try again")))
}

/// Ends the mark of a pack that was found whole; whether there was one.
pub(crate) async fn clear(app: &App, pack: PackHash) -> Result<bool> {
    if !app.store.is_pack_damaged(&pack.0).await? {
        return Ok(false);
    }
    let now = app.clock.now();
    let repos = app.store.list_pack_repos(&pack.0).await?;
    let mut tx = app.store.begin().await?;
    for (repo, _) in &repos {
        tx.bump_generation(*repo).await?;
        tx.insert_audit(&audit(*repo, "repository.repair", &format!("pack {pack} was found whole")), now).await?;
    }
    tx.delete_damage(&pack.0).await?;
    tx.commit().await?;
    app.packs.forget(&pack);
    tracing::info!(%pack, "a pack that was damaged is whole again");
    Ok(true)
}

/// A failure that names no pack, and that damage would explain, has the repository looked at more closely.
pub(crate) fn suspect(app: &App, repo: RepoId, error: &hardie_git::Error) {
    use hardie_git::Error::{Corrupt, Git, NotFound};
    if matches!(error, Corrupt { .. } | Git(_) | NotFound(_)) {
        app.git.looks.ask(repo, app.clock.now());
    }
}

/// Refuses work that would make or remove packs of a repository with damage.
pub(crate) fn refuse() -> Error {
    Error::Unavailable(
        "packs of this repository are damaged: nothing is made from them and nothing is removed until their files are put back and \
         `hardie admin verify` finds them whole"
            .to_owned(),
    )
}

/// What is not found where a pack cannot be opened: nobody can tell what was in it.
pub(crate) fn may_be_lost() -> Error {
    Error::Unavailable("a part of this repository is damaged, and this may be in it; its administrators have been told".to_owned())
}

async fn reopen(app: &App, pack: PackHash) -> Result<()> {
    let repos = app.store.list_pack_repos(&pack.0).await?;
    let mut tx = app.store.begin().await?;
    for (repo, _) in &repos {
        tx.bump_generation(*repo).await?;
    }
    Ok(tx.commit().await?)
}

fn audit(repo: RepoId, action: &'static str, detail: &str) -> AuditEntry {
    AuditEntry { repo: Some(repo), detail: detail.to_owned(), ..AuditEntry::by_server(action) }
}

fn told(pack: PackHash, damage: &Damage) -> String {
    let object = damage.object.map(|id| format!(": object {id}")).unwrap_or_default();
    format!("pack {pack}{object}: {}", damage.text)
}
