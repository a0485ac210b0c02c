//! Whether somebody who has not signed in gets anything at all.

use crate::{App, Ctx, Error, Result};

/// Refuses who is nobody, where the site asks everybody to sign in. For every door through which more than signing in can be had.
pub fn admit(app: &App, ctx: &Ctx) -> Result<()> {
    match ctx.actor.is_none() && app.config.require_sign_in {
        true => Err(Error::unauthenticated("this server answers only those who have signed in")),
        false => Ok(()),
    }
}
