//! What a component may be linked with: one linker for each kind, so that what it may not import is not even defined.

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::hardie::plugin::{clock, config, event, http, log, random, repository, secrets, state, status, types};
use crate::inspect::Shape;
use crate::state::CallState;
use crate::wasi;

/// Linkers by kind, each without WASI and with it.
pub(crate) struct Linkers {
    pure: Pair,
    online: Pair,
    events: Pair,
}

struct Pair {
    plain: Linker<CallState>,
    with_wasi: Linker<CallState>,
}

type Own = HasSelf<CallState>;

impl Linkers {
    /// Defines everything once.
    pub(crate) fn new(engine: &Engine) -> wasmtime::Result<Linkers> {
        let mut pure = Linker::new(engine);
        types::add_to_linker::<_, Own>(&mut pure, |state| state)?;
        repository::add_to_linker::<_, Own>(&mut pure, |state| state)?;
        config::add_to_linker::<_, Own>(&mut pure, |state| state)?;
        log::add_to_linker::<_, Own>(&mut pure, |state| state)?;
        let mut online = pure.clone();
        http::add_to_linker::<_, Own>(&mut online, |state| state)?;
        secrets::add_to_linker::<_, Own>(&mut online, |state| state)?;
        clock::add_to_linker::<_, Own>(&mut online, |state| state)?;
        let mut events = online.clone();
        event::add_to_linker::<_, Own>(&mut events, |state| state)?;
        state::add_to_linker::<_, Own>(&mut events, |state| state)?;
        status::add_to_linker::<_, Own>(&mut events, |state| state)?;
        random::add_to_linker::<_, Own>(&mut events, |state| state)?;
        Ok(Linkers { pure: Pair::new(pure)?, online: Pair::new(online)?, events: Pair::new(events)? })
    }

    /// The one for a component of this shape.
    pub(crate) fn of(&self, shape: &Shape) -> &Linker<CallState> {
        let pair = match (shape.handles(), shape.judges_online()) {
            (true, _) => &self.events,
            (false, true) => &self.online,
            (false, false) => &self.pure,
        };
        if shape.wants_wasi { &pair.with_wasi } else { &pair.plain }
    }
}

impl Pair {
    fn new(plain: Linker<CallState>) -> wasmtime::Result<Pair> {
        let mut with_wasi = plain.clone();
        wasi::add_to_linker(&mut with_wasi)?;
        Ok(Pair { plain, with_wasi })
    }
}
