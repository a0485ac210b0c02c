//! How many git requests one actor, or one network if nobody signed in, may have under way.

use hardie_domain::network::network;

use crate::shares::{Share, Shares};
use crate::{Ctx, Error, Result};

/// Counts requests under way by whom they belong to.
pub struct GitSlots {
    most: usize,
    shares: Shares<String>,
}

/// One request under way; given back when dropped.
pub type Slot = Share<String>;

impl GitSlots {
    /// So many for each.
    pub fn new(most: usize) -> GitSlots {
        GitSlots { most, shares: Shares::new(most) }
    }

    /// Takes a slot, or says that there are too many requests at once.
    pub fn take(&self, ctx: &Ctx) -> Result<Slot> {
        let owner = match (&ctx.actor, ctx.address) {
            (Some(actor), _) => format!("user {}", actor.id),
            (None, Some(address)) => format!("network {}", network(address)),
            (None, None) => "nobody".to_owned(),
        };
        let full = || Error::RateLimited { text: format!("{} git requests of yours are already under way", self.most), retry_after: 5 };
        self.shares.take(owner, 1).ok_or_else(full)
    }
}
