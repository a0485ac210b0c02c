//! What a component may be linked with: one linker for each kind, so that what it may not import is not even defined.

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::hardie::plugin::{
    caller, clock, config, event, http, log, random, repository, secrets, state, status, types, web_request,
};
use crate::inspect::Shape;
use crate::state::CallState;
use crate::wasi;

/// Linkers by kind, each without WASI and with it.
pub(crate) struct Linkers {
    pure: Pair,
    online: Pair,
    events: Pair,
    web: Pair,
    events_and_web: Pair,
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
        let mut keeping = online.clone();
        state::add_to_linker::<_, Own>(&mut keeping, |state| state)?;
        random::add_to_linker::<_, Own>(&mut keeping, |state| state)?;
        let mut events = keeping.clone();
        add_events(&mut events)?;
        let mut web = keeping;
        web_request::add_to_linker::<_, Own>(&mut web, |state| state)?;
        caller::add_to_linker::<_, Own>(&mut web, |state| state)?;
        let mut events_and_web = web.clone();
        add_events(&mut events_and_web)?;
        Ok(Linkers {
            pure: Pair::new(pure)?,
            online: Pair::new(online)?,
            events: Pair::new(events)?,
            web: Pair::new(web)?,
            events_and_web: Pair::new(events_and_web)?,
        })
    }

    /// The one for a component of this shape.
    pub(crate) fn of(&self, shape: &Shape) -> &Linker<CallState> {
        let pair = match (shape.handles(), shape.answers(), shape.judges_online()) {
            (true, true, _) => &self.events_and_web,
            (true, false, _) => &self.events,
            (false, true, _) => &self.web,
            (false, false, true) => &self.online,
            (false, false, false) => &self.pure,
        };
        if shape.wants_wasi { &pair.with_wasi } else { &pair.plain }
    }
}

fn add_events(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    event::add_to_linker::<_, Own>(linker, |state| state)?;
    status::add_to_linker::<_, Own>(linker, |state| state)
}

impl Pair {
    fn new(plain: Linker<CallState>) -> wasmtime::Result<Pair> {
        let mut with_wasi = plain.clone();
        wasi::add_to_linker(&mut with_wasi)?;
        Ok(Pair { plain, with_wasi })
    }
}
