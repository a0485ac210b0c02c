//! Components that are ready to run, by digest; the least recently used make room.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hardie_domain::plugin::Digest;

use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::bindings::exports::hardie::plugin::{event_handler, plugin_info, push_policy, web_handler};
use crate::inspect::Shape;
use crate::state::CallState;

/// One component, linked: an instance is microseconds away.
pub(crate) struct Loaded {
    instance: InstancePre<CallState>,
    info: plugin_info::GuestIndices,
    policy: Option<push_policy::GuestIndices>,
    handler: Option<event_handler::GuestIndices>,
    web: Option<web_handler::GuestIndices>,
    pub(crate) shape: Shape,
}

/// What an instance answers.
pub(crate) struct Exports {
    pub(crate) info: plugin_info::Guest,
    /// `None` unless it serves `policy` or `policy-online`.
    pub(crate) policy: Option<push_policy::Guest>,
    /// `None` unless it serves `events`.
    pub(crate) handler: Option<event_handler::Guest>,
    /// `None` unless it serves `web`.
    pub(crate) web: Option<web_handler::Guest>,
}

impl Loaded {
    /// Finds the exports that the shape promises.
    pub(crate) fn new(instance: InstancePre<CallState>, shape: Shape) -> wasmtime::Result<Loaded> {
        let info = plugin_info::GuestIndices::new(&instance)?;
        let policy = shape.judges().then(|| push_policy::GuestIndices::new(&instance)).transpose()?;
        let handler = shape.handles().then(|| event_handler::GuestIndices::new(&instance)).transpose()?;
        let web = shape.answers().then(|| web_handler::GuestIndices::new(&instance)).transpose()?;
        Ok(Loaded { instance, info, policy, handler, web, shape })
    }

    /// A fresh instance. All of its exports are held against their types, whichever is called.
    pub(crate) fn instantiate(&self, store: &mut Store<CallState>) -> wasmtime::Result<Exports> {
        let instance = self.instance.instantiate(&mut *store)?;
        Ok(Exports {
            info: self.info.load(&mut *store, &instance)?,
            policy: self.policy.as_ref().map(|policy| policy.load(&mut *store, &instance)).transpose()?,
            handler: self.handler.as_ref().map(|handler| handler.load(&mut *store, &instance)).transpose()?,
            web: self.web.as_ref().map(|web| web.load(&mut *store, &instance)).transpose()?,
        })
    }
}

/// All that are ready.
pub(crate) struct Registry {
    entries: RwLock<HashMap<Digest, Entry>>,
    clock: AtomicU64,
    capacity: usize,
}

struct Entry {
    loaded: Arc<Loaded>,
    used: AtomicU64,
}

impl Registry {
    pub(crate) fn new(capacity: usize) -> Registry {
        Registry { entries: RwLock::default(), clock: AtomicU64::new(0), capacity: capacity.max(1) }
    }

    pub(crate) fn find(&self, digest: &Digest) -> Option<Arc<Loaded>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(digest)?;
        entry.used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(Arc::clone(&entry.loaded))
    }

    pub(crate) fn remove(&self, digest: &Digest) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(digest);
    }

    /// Keeps it; one that was put in meanwhile wins.
    pub(crate) fn insert(&self, digest: Digest, loaded: Loaded) -> Arc<Loaded> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if !entries.contains_key(&digest) && entries.len() >= self.capacity {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.used.load(Ordering::Relaxed)).map(|(digest, _)| *digest);
            oldest.and_then(|oldest| entries.remove(&oldest));
        }
        let used = AtomicU64::new(self.clock.fetch_add(1, Ordering::Relaxed));
        let entry = entries.entry(digest).or_insert_with(|| Entry { loaded: Arc::new(loaded), used });
        Arc::clone(&entry.loaded)
    }
}
