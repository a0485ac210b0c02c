//! How many git requests one actor, or one network if nobody signed in, may have under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hardie_domain::network::network;

use crate::{Ctx, Error, Result};

/// Counts requests under way by whom they belong to.
#[derive(Clone, Default)]
pub struct GitSlots(Arc<Mutex<HashMap<String, usize>>>);

/// One request under way; given back when dropped.
pub struct Slot {
    slots: GitSlots,
    owner: String,
}

impl GitSlots {
    /// Takes a slot, or says that there are too many requests at once.
    pub fn take(&self, ctx: &Ctx, most: usize) -> Result<Slot> {
        let owner = match (&ctx.actor, ctx.address) {
            (Some(actor), _) => format!("user {}", actor.id),
            (None, Some(address)) => format!("network {}", network(address)),
            (None, None) => "nobody".to_owned(),
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(owner.clone()).or_default();
        if *count >= most {
            return Err(Error::RateLimited { text: format!("{most} git requests of yours are already under way"), retry_after: 5 });
        }
        *count += 1;
        Ok(Slot { slots: self.clone(), owner })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.owner) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.owner);
            }
        }
    }
}
