//! The glue between the server's calls and a [`Policy`], a [`Handler`] or a [`Web`].

use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::events::exports::hardie::plugin::event_handler;
use crate::bindings::hardie::plugin::event as wire_event;
use crate::bindings::hardie::plugin::types::{Fault, Page, RefVerdict, Signature as WireSignature};
use crate::bindings::hardie::plugin::web_request as wire_web;
use crate::bindings::hardie::plugin::{config, repository as wire};
use crate::bindings::info::exports::hardie::plugin::plugin_info;
use crate::bindings::web::exports::hardie::plugin::web_handler;
use crate::error::Error;
use crate::event::{Event, EventSource};
use crate::handler::{Failure, Handler};
use crate::oid::Oid;
use crate::policy::{FieldError, Policy};
use crate::push::{Push, PushSource, RefUpdate, UpdateKind};
use crate::repository::{
    Change, ChangeSide, Commit, CommitSource, FileMode, NewObject, Repository, RepositorySource, Signature, TreeEntry,
};
use crate::web::{Request, RequestSource, Response, Web};

/// Who the plugin is, from its `Cargo.toml`.
pub struct Identity {
    pub name: &'static str,
    pub version: &'static str,
    pub description: &'static str,
}

pub fn describe<C: Serialize + Default>(identity: &Identity) -> plugin_info::Info {
    plugin_info::Info {
        name: identity.name.to_owned(),
        version: identity.version.to_owned(),
        description: identity.description.to_owned(),
        default_config: serde_json::to_string(&C::default()).unwrap_or_else(|_| "null".to_owned()),
    }
}

/// One check of a configuration that has the right form.
type Check<C> = fn(&C) -> Result<(), Vec<FieldError>>;

pub fn validate<C: DeserializeOwned>(config: &str, checks: &[Check<C>]) -> Result<(), Vec<plugin_info::FieldError>> {
    let errors = match parse::<C>(config) {
        Err(error) => vec![error],
        Ok(config) => checks.iter().filter_map(|check| check(&config).err()).flatten().collect(),
    };
    let wire = |error: FieldError| plugin_info::FieldError { field: error.field, message: error.message };
    if errors.is_empty() { Ok(()) } else { Err(errors.into_iter().map(wire).collect()) }
}

pub fn check<P: Policy>(push: &wire::Push, repository: &wire::Repository) -> Result<Vec<RefVerdict>, Fault> {
    log_panics();
    let config = settings::<P::Config>()?;
    let verdicts = P::check(&config, &Push(push), &Repository(repository))?;
    Ok(verdicts.into_answer())
}

pub fn handle<H: Handler>(event: &wire_event::Event, repository: Option<&wire::Repository>) -> Result<(), event_handler::HandlerError> {
    log_panics();
    let handled = settings::<H::Config>().map_err(Failure::from).and_then(|config| {
        let repository = repository.map(|repository| Repository(repository));
        H::handle(&config, &Event(event), repository.as_ref())
    });
    handled.map_err(|failure| match failure {
        Failure::Permanent(message) => event_handler::HandlerError::Permanent(message),
        Failure::Retry(after, message) => {
            let after = after.map(|after| u32::try_from(after.as_secs()).unwrap_or(u32::MAX));
            event_handler::HandlerError::Retry(event_handler::Retry { after, message })
        }
    })
}

pub fn answer<W: Web>(request: &wire_web::Request) -> Result<web_handler::Response, String> {
    log_panics();
    let answered = settings::<W::Config>().and_then(|config| W::handle(&config, &Request::new(request)));
    let Response { status, headers, body } = answered.map_err(|error| error.to_string())?;
    let headers = headers.into_iter().map(|(name, value)| web_handler::Header { name, value }).collect();
    Ok(web_handler::Response { status, headers, body })
}

fn settings<C: DeserializeOwned>() -> Result<C, Error> {
    parse(&config::get()).map_err(|error| Error::new(format!("configuration: {}", error.message)))
}

fn parse<C: DeserializeOwned>(config: &str) -> Result<C, FieldError> {
    // serde names the field in its message.
    serde_json::from_str(config).map_err(|error| FieldError::new("", error.to_string()))
}

/// A panic traps without a word; its text belongs in the log.
fn log_panics() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|info| crate::log::write("error", &info.to_string())));
}

fn page(start: u32, limit: u32) -> Page {
    Page { start, limit }
}

impl RequestSource for wire_web::Request {
    fn method(&self) -> String {
        wire_web::Request::method(self)
    }

    fn path(&self) -> String {
        wire_web::Request::path(self)
    }

    fn query(&self) -> Option<String> {
        wire_web::Request::query(self)
    }

    fn base_path(&self) -> String {
        wire_web::Request::base_path(self)
    }

    fn headers(&self) -> Vec<(String, String)> {
        wire_web::Request::headers(self).into_iter().map(|header| (header.name, header.value)).collect()
    }

    fn body(&self) -> Vec<u8> {
        wire_web::Request::body(self)
    }

    fn repository_path(&self) -> String {
        wire_web::Request::repository_path(self)
    }

    fn repository(&self) -> Option<Rc<dyn RepositorySource + '_>> {
        let repository = wire_web::Request::repository(self)?;
        Some(Rc::new(repository))
    }
}

impl EventSource for wire_event::Event {
    fn id(&self) -> String {
        wire_event::Event::id(self)
    }

    fn attempt(&self) -> u32 {
        wire_event::Event::attempt(self)
    }

    fn sequence(&self) -> u64 {
        wire_event::Event::sequence(self)
    }

    fn kind(&self) -> String {
        wire_event::Event::kind(self)
    }

    fn at(&self) -> i64 {
        wire_event::Event::at(self)
    }

    fn payload(&self) -> String {
        wire_event::Event::payload(self)
    }

    fn repository_path(&self) -> String {
        wire_event::Event::repository_path(self)
    }

    fn installation(&self) -> String {
        wire_event::Event::installation(self)
    }
}

impl PushSource for wire::Push {
    fn repository_path(&self) -> String {
        wire::Push::repository_path(self)
    }

    fn default_branch(&self) -> String {
        wire::Push::default_branch(self)
    }

    fn actor_name(&self) -> String {
        wire::Push::actor_name(self)
    }

    fn actor_role(&self) -> String {
        wire::Push::actor_role(self)
    }

    fn door(&self) -> String {
        wire::Push::door(self)
    }

    fn options(&self) -> Vec<String> {
        wire::Push::options(self)
    }

    fn updates(&self, start: u32, limit: u32) -> Vec<RefUpdate> {
        let updates = wire::Push::updates(self, page(start, limit)).into_iter().zip(start..);
        updates
            .map(|(update, index)| RefUpdate {
                index,
                name: update.name,
                old: update.old.map(Oid::from_bytes),
                new: update.new.map(Oid::from_bytes),
                kind: UpdateKind::parse(&update.kind),
            })
            .collect()
    }
}

impl RepositorySource for wire::Repository {
    fn new_commits(&self, update: u32, start: u32, limit: u32) -> Result<Vec<Commit>, Error> {
        let commits = wire::Repository::new_commits(self, update, page(start, limit))?;
        Ok(commits.into_iter().map(|commit| Commit(Rc::new(commit))).collect())
    }

    fn new_objects(&self, kind: &str, start: u32, limit: u32) -> Result<Vec<NewObject>, Error> {
        let objects = wire::Repository::new_objects(self, kind, page(start, limit))?;
        let typed = |object: wire::NewObject| NewObject {
            id: Oid::from_bytes(object.id),
            kind: object.kind,
            size: object.size,
            path: object.path,
            mode: FileMode(object.mode),
            commit: object.commit.map(Oid::from_bytes),
        };
        Ok(objects.into_iter().map(typed).collect())
    }

    fn commit(&self, id: &Oid) -> Result<Commit, Error> {
        Ok(Commit(Rc::new(wire::Repository::commit(self, id.as_bytes())?)))
    }

    fn tree(&self, id: &Oid, start: u32, limit: u32) -> Result<Vec<TreeEntry>, Error> {
        let entries = wire::Repository::tree(self, id.as_bytes(), page(start, limit))?;
        let typed = |entry: wire::TreeEntry| TreeEntry { name: entry.name, mode: FileMode(entry.mode), id: Oid::from_bytes(entry.id) };
        Ok(entries.into_iter().map(typed).collect())
    }

    fn blob_size(&self, id: &Oid) -> Result<u64, Error> {
        Ok(wire::Repository::blob_size(self, id.as_bytes())?)
    }

    fn blob_range(&self, id: &Oid, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        Ok(wire::Repository::blob_range(self, id.as_bytes(), offset, length)?)
    }

    fn changes(&self, old: Option<&Oid>, new: Option<&Oid>, start: u32, limit: u32) -> Result<Vec<Change>, Error> {
        let (old, new) = (old.map(Oid::as_bytes), new.map(Oid::as_bytes));
        let changes = wire::Repository::changes(self, old, new, page(start, limit))?;
        let side = |side: wire::ChangeSide| ChangeSide { mode: FileMode(side.mode), id: Oid::from_bytes(side.id) };
        Ok(changes.into_iter().map(|change| Change { path: change.path, old: change.old.map(side), new: change.new.map(side) }).collect())
    }

    fn is_ancestor(&self, ancestor: &Oid, descendant: &Oid) -> Result<bool, Error> {
        Ok(wire::Repository::is_ancestor(self, ancestor.as_bytes(), descendant.as_bytes())?)
    }

    fn read_ref(&self, name: &[u8]) -> Result<Option<Oid>, Error> {
        Ok(wire::Repository::read_ref(self, name)?.map(Oid::from_bytes))
    }
}

impl CommitSource for wire::Commit {
    fn id(&self) -> Oid {
        Oid::from_bytes(wire::Commit::id(self))
    }

    fn tree(&self) -> Oid {
        Oid::from_bytes(wire::Commit::tree(self))
    }

    fn parents(&self) -> Vec<Oid> {
        wire::Commit::parents(self).into_iter().map(Oid::from_bytes).collect()
    }

    fn author(&self) -> Signature {
        signature(wire::Commit::author(self))
    }

    fn committer(&self) -> Signature {
        signature(wire::Commit::committer(self))
    }

    fn message(&self) -> Vec<u8> {
        wire::Commit::message(self)
    }
}

fn signature(from: WireSignature) -> Signature {
    Signature { name: from.name, email: from.email, seconds: from.seconds, offset_minutes: from.offset_minutes }
}
