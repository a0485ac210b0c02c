//! What the push path asks: which policies judge a repository.

use std::sync::Arc;

use bytes::Bytes;
use hardie_domain::audit::AuditEntry;
use hardie_domain::ids::{InstallationId, RepoId};
use hardie_domain::plugin::{Digest, Mode};
use hardie_store::plugins::Scope;

use crate::{App, Result};

/// A policy that judges pushes to a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledPolicy {
    /// The installation.
    pub installation: InstallationId,
    /// What it guards.
    pub scope: Scope,
    /// What people call it.
    pub name: String,
    /// Which component.
    pub digest: Digest,
    /// JSON, accepted by the component.
    pub config: Arc<str>,
    /// Enforce or monitor; those that are off are not asked.
    pub mode: Mode,
    /// Whether a fault of its own lets a push pass.
    pub fail_open: bool,
}

/// The policies that judge a repository: the site's, its owner's, its own, each group oldest first. A change of any of them moves
/// the repository's rules epoch.
pub async fn policies_for(app: &App, repo: RepoId) -> Result<Vec<InstalledPolicy>> {
    let rows = app.store.list_effective_policies(repo).await?;
    let on = rows.into_iter().filter(|row| row.mode != Mode::Off);
    Ok(on
        .map(|row| InstalledPolicy {
            installation: row.id,
            scope: row.scope,
            name: row.name,
            digest: row.digest,
            config: row.config.into(),
            mode: row.mode,
            fail_open: row.fail_open,
        })
        .collect())
}

/// Makes every component that is at work ready to run, one after the other. One that cannot be made ready is named in the log:
/// its installations answer `unavailable` until it is.
pub async fn load_installed(app: &App) -> Result<()> {
    for digest in app.store.list_installed_digests().await? {
        load(app, digest).await?;
    }
    Ok(())
}

/// Records that compiled code was altered on the disk, and compiles anew what is not there. Costs nothing where all is.
pub async fn mend_altered(app: &App) -> Result<()> {
    for digest in app.policies.altered() {
        let detail = format!("the compiled code of {digest} was altered on the disk; none of it ran, and it is compiled anew");
        let line = AuditEntry { detail, ..AuditEntry::by_server("plugin.altered") };
        let mut tx = app.store.begin().await?;
        tx.insert_audit(&line, app.clock.now()).await?;
        tx.commit().await?;
        app.policies.told_altered(&digest);
    }
    // If one cannot be made ready now, whoever asks for it next has it tried again.
    for digest in app.policies.take_missed() {
        load(app, digest).await?;
    }
    Ok(())
}

async fn load(app: &App, digest: Digest) -> Result<()> {
    // Its bytes are not even read where the code is there already.
    if app.policies.is_ready(digest).await {
        return Ok(());
    }
    let Some(bytes) = app.store.find_component_bytes(digest).await? else { return Ok(()) };
    if let Err(why) = app.policies.load(digest, Bytes::from(bytes)).await {
        tracing::error!(%digest, %why, "an installed component cannot be loaded");
    }
    Ok(())
}
