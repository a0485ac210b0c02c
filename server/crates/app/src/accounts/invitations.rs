//! Codes that administrators hand out, by which people may sign up: shown once, kept as a hash, counted, and good for a while.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_domain::error::Invalid;
use hardie_domain::ids::InvitationId;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::Level;
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
pub use hardie_store::invitations::InvitationRow as Invitation;

use super::rules;
use crate::access::require_admin;
use crate::audit::entry;
use crate::mail::hash_of;
use crate::{App, Ctx, Error, Result};

const BYTES: usize = 20;
const MOST_USES: u32 = 1000;
const DEFAULT_SECONDS: i64 = 7 * 24 * 3600;
const LONGEST_SECONDS: i64 = 366 * 24 * 3600;
/// Invitations that are good at once.
const MOST: u64 = 1000;

/// An invitation to be made.
#[derive(Clone, Debug, Default)]
pub struct NewInvitation {
    /// For administrators; may be empty.
    pub note: String,
    /// Accounts that can be made with it; one if `None`.
    pub uses: Option<u32>,
    /// When it ends; after a week if `None`.
    pub expires_at: Option<Timestamp>,
}

/// An invitation that was just made: the only moment at which its code can be read.
#[derive(Clone, Debug)]
pub struct CreatedInvitation {
    /// The code.
    pub code: Secret,
    /// What is kept of it.
    pub row: Invitation,
}

/// Makes an invitation. For administrators.
pub async fn create_invitation(app: &App, ctx: &Ctx, new: NewInvitation) -> Result<CreatedInvitation> {
    require_admin(ctx, Level::Write)?;
    let note = rules::line("note", &new.note)?;
    let uses = new.uses.unwrap_or(1);
    if uses == 0 || uses > MOST_USES {
        return Err(Invalid::new("uses", format!("must be 1 to {MOST_USES}")).into());
    }
    let now = app.clock.now();
    let expires_at = new.expires_at.unwrap_or(now.plus_seconds(DEFAULT_SECONDS));
    if expires_at <= now || expires_at > now.plus_seconds(LONGEST_SECONDS) {
        return Err(Invalid::new("expires_at", "must lie in the future, and within a year").into());
    }
    if app.store.list_invitations(now, Page::new(None, Some(1))).await?.total >= MOST {
        return Err(Error::Quota(format!("there may be {MOST} invitations at once: withdraw those that are not needed")));
    }
    let mut bytes = [0; BYTES];
    app.entropy.fill(&mut bytes);
    let code = Secret::new(URL_SAFE_NO_PAD.encode(bytes));
    let created_by = ctx.actor.as_ref().map(|actor| actor.id);
    let mut row = Invitation { id: InvitationId(0), note, uses, used: 0, created_by, created_at: now, expires_at };
    let mut tx = app.store.begin().await?;
    row.id = tx.insert_invitation(&hash_of(&code), &row).await?;
    let mut line = entry(ctx, "invitation.create");
    line.detail = format!("{} for {uses}: {:?}", row.id, row.note);
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    Ok(CreatedInvitation { code, row })
}

/// Invitations that have not expired, newest first. For administrators.
pub async fn list_invitations(app: &App, ctx: &Ctx, page: Page) -> Result<Paged<Invitation>> {
    require_admin(ctx, Level::Read)?;
    Ok(app.store.list_invitations(app.clock.now(), page).await?)
}

/// Withdraws an invitation, and with it what is under way by it. For administrators.
pub async fn delete_invitation(app: &App, ctx: &Ctx, id: InvitationId) -> Result<()> {
    require_admin(ctx, Level::Write)?;
    let mut tx = app.store.begin().await?;
    if !tx.delete_invitation(id).await? {
        return Err(Error::NotFound("invitation"));
    }
    let mut line = entry(ctx, "invitation.delete");
    line.detail = id.to_string();
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}
