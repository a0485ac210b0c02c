//! To whom events are delivered: plugins that handle them, or webhooks. Both are installations.

use hardie_domain::ids::InstallationId;
use hardie_store::plugins::InstallationRow;

use super::install::usable;
use super::rights::{Guarded, require_install};
use crate::{App, Ctx, Error, Result};

/// Which of the two somebody means: an id of one is none of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// A component.
    Plugin,
    /// The server itself, which sends.
    Webhook,
}

impl Receiver {
    /// In words.
    fn noun(self) -> &'static str {
        match self {
            Receiver::Plugin => "plugin",
            Receiver::Webhook => "webhook",
        }
    }

    /// An installation that belongs to exactly this target: one that is inherited is changed where it was made.
    pub(crate) async fn owned(self, app: &App, guarded: &Guarded, id: InstallationId) -> Result<InstallationRow> {
        let found = app.store.find_installation(id).await?;
        let is_meant = |row: &InstallationRow| row.scope == guarded.scope() && row.is_webhook() == (self == Receiver::Webhook);
        found.filter(is_meant).ok_or(Error::NotFound(self.noun()))
    }

    /// Whether the asker, who administers the target, may have events sent to it again.
    pub(super) async fn require_send(self, app: &App, ctx: &Ctx, installation: &InstallationRow) -> Result<()> {
        match self {
            Receiver::Plugin => require_install(app, ctx, &usable(app, installation.digest).await?).await,
            Receiver::Webhook => Ok(()),
        }
    }

    /// What it is called in the audit log.
    pub(super) fn called(self, installation: &InstallationRow) -> String {
        match self {
            Receiver::Plugin => installation.name.clone(),
            Receiver::Webhook => format!("webhook {}", installation.id),
        }
    }

    /// The line of the audit log when somebody has events delivered again.
    pub(super) fn redelivers(self) -> &'static str {
        match self {
            Receiver::Plugin => "plugin.redeliver",
            Receiver::Webhook => "webhook.redeliver",
        }
    }

    /// The line when somebody ends a rest.
    pub(super) fn resumes(self) -> &'static str {
        match self {
            Receiver::Plugin => "plugin.resume",
            Receiver::Webhook => "webhook.resume",
        }
    }
}
