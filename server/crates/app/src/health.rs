//! Whether each part can do its work now: what an operator's probe asks.

use crate::App;

/// The space below which a push is likely to fail: a small push, its index and the database's journal.
pub(crate) const LEAST_FREE_BYTES: u64 = 64 << 20;

/// One part and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `database`, `packs` or `migrations`.
    pub name: &'static str,
    /// `None` if it works.
    pub fault: Option<String>,
}

/// Asks every part. The text is for the operator; where it is shown to anybody it names no path and no address.
pub async fn check(app: &App) -> Vec<Part> {
    let database = app.store.check().await.err();
    if let Some(error) = &database {
        tracing::warn!(%error, "the database cannot be used");
    }
    // The schema is brought up to date when the store is opened, and a newer one is refused there.
    let migrated = database.as_ref().map(|_| "unknown while the database cannot be used".to_owned());
    let database = database.map(|_| "cannot be reached or written; the log has the reason".to_owned());
    vec![
        Part { name: "database", fault: database },
        Part { name: "migrations", fault: migrated },
        Part { name: "packs", fault: packs(app).await },
    ]
}

async fn packs(app: &App) -> Option<String> {
    let packs = app.packs.clone();
    let tried = tokio::task::spawn_blocking(move || packs.free_space().and_then(|free| packs.probe().map(|()| free)));
    match tried.await {
        Ok(Ok(free)) if free < LEAST_FREE_BYTES => Some(format!("only {} MiB are free; pushes will fail", free >> 20)),
        Ok(Ok(_)) => None,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the pack storage cannot be written");
            Some("cannot be written; the log has the reason".to_owned())
        }
        Err(error) => {
            tracing::error!(%error, "asking the pack storage failed");
            Some("could not be asked".to_owned())
        }
    }
}
