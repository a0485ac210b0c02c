//! Who asks, through which door: the first argument of every use case.

use std::net::IpAddr;

use hardie_domain::access::Actor;
use hardie_domain::push::Door;

/// One request. `actor` is `None` until a credential has been proven.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The proven user, if any.
    pub actor: Option<Actor>,
    /// SSH, HTTP, API or the system itself.
    pub door: Door,
    /// The client's address behind trusted proxies.
    pub address: Option<IpAddr>,
    /// Shown in errors and logs, so that the two can be matched.
    pub request_id: String,
}

impl Ctx {
    /// The server acting on its own behalf.
    pub fn system() -> Ctx {
        Ctx { actor: None, door: Door::System, address: None, request_id: "system".to_owned() }
    }

    /// The actor, or `Unauthenticated`.
    pub fn require_actor(&self) -> crate::Result<&Actor> {
        self.actor.as_ref().ok_or_else(|| crate::Error::unauthenticated("sign in first"))
    }
}
