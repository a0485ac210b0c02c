//! The host's side of each interface: one module per capability. Every function charges the budget before it works.

mod ambient;
mod event;
mod http;
mod kept;
mod log_config;
mod push;
mod read;
mod request;
mod status;
mod web;

use std::sync::Arc;

use hardie_domain::delivery::DeliveryFacts;
use hardie_domain::oid::Oid;
use hardie_domain::plugin::CommitInfo;
use hardie_domain::policy::{PushFacts, PushRepository};
use hardie_domain::web::{WebCaller, WebRequest};

use crate::bindings::hardie::plugin::types::{ReadError, Signature};

/// The longest part of a message that a guest gets, and that a handle keeps.
const MESSAGE_BYTES: usize = 64 << 10;

/// Most entries of one page.
const PAGE: usize = 256;

/// Behind `resource push`.
pub struct PushHandle(pub(crate) Arc<PushFacts>);

/// Behind `resource repository`.
pub struct RepositoryHandle(pub(crate) Arc<dyn PushRepository>);

/// Behind `resource event`.
pub struct EventHandle(pub(crate) Arc<DeliveryFacts>);

/// Behind `resource request`.
pub struct RequestHandle(pub(crate) Arc<WebRequest>);

/// Behind `resource caller`.
pub struct CallerHandle(Arc<WebCaller>);

/// Behind `resource commit`.
pub struct CommitHandle(CommitInfo);

impl CommitHandle {
    fn new(mut commit: CommitInfo) -> CommitHandle {
        // A handle must not hold a gigabyte: 1,024 of them may live at once.
        commit.message.truncate(MESSAGE_BYTES);
        commit.message.shrink_to_fit();
        CommitHandle(commit)
    }

    /// Bytes that it holds.
    fn size(commit: &CommitInfo) -> usize {
        let who = |who: &hardie_domain::plugin::Signature| who.name.len() + who.email.len();
        commit.message.len().min(MESSAGE_BYTES) + commit.parents.len() * size_of::<Oid>() + who(&commit.author) + who(&commit.committer)
    }
}

fn raw(oid: Oid) -> Vec<u8> {
    oid.0.to_vec()
}

/// The null id is "none" at this boundary.
fn raw_or_none(oid: Oid) -> Option<Vec<u8>> {
    (!oid.is_zero()).then(|| raw(oid))
}

fn parse(bytes: &[u8]) -> Result<Oid, ReadError> {
    Oid::from_bytes(bytes)
        .ok_or_else(|| ReadError { code: "invalid".into(), message: format!("an object id here is 20 bytes, not {}", bytes.len()) })
}

fn signature(from: &hardie_domain::plugin::Signature) -> Signature {
    Signature { name: from.name.clone(), email: from.email.clone(), seconds: from.seconds, offset_minutes: from.offset_minutes }
}
