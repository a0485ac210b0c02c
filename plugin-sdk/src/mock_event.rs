//! An event made of plain values, and everything that a handler may ask for, in memory.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use crate::caller::Caller;
use crate::error::Error;
use crate::event::{Event, EventSource};
use crate::handler::{Failure, Handler};
use crate::http::Response;
use crate::mock::MockPush;
use crate::oid::Oid;
use crate::payload;
use crate::push::{PushSource, UpdateKind};
use crate::repository::Repository;

/// An event and the world that it happens in.
///
/// ```
/// use hardie_plugin::mock::{MockEvent, MockPush};
/// # use hardie_plugin::{Event, Failure, Handler, Repository, http::Request};
/// # struct Tell;
/// # impl Handler for Tell {
/// #     type Config = ();
/// #     fn handle(_: &(), _: &Event<'_>, _: Option<&Repository<'_>>) -> Result<(), Failure> {
/// #         Request::post("https://example.org/in").send()?;
/// #         Ok(())
/// #     }
/// # }
/// let handled = MockEvent::push(MockPush::new().commit("Sharpen the chisel")).answer(200, "ok").handle::<Tell>(&());
/// assert_eq!(handled.result, Ok(()));
/// assert_eq!(handled.requests[0].url, "https://example.org/in");
/// ```
#[derive(Clone, Debug)]
pub struct MockEvent {
    kind: String,
    payload: String,
    attempt: u32,
    repository: Option<MockPush>,
    world: World,
}

/// What a handler did.
#[derive(Clone, Debug)]
pub struct Handled {
    /// What it returned.
    pub result: Result<(), Failure>,
    /// The requests that it sent, in order.
    pub requests: Vec<MockRequest>,
    /// The statuses that it set: commit, state, context, description, address. None if it failed.
    pub statuses: Vec<MockStatus>,
    /// What is kept afterwards. What was there before, if it failed.
    pub state: BTreeMap<String, Vec<u8>>,
}

/// A request as it was sent. Secrets stand by their names: `Bearer {secret:token}`, `sha256={hmac-sha256:key}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockRequest {
    /// Such as `POST`.
    pub method: String,
    /// The address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body; what is not UTF-8 is replaced.
    pub body: String,
}

/// A status as it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockStatus {
    /// Which commit.
    pub commit: Oid,
    /// Such as `success`.
    pub state: String,
    /// Which check it is.
    pub context: String,
    /// A few words.
    pub description: String,
    /// Where more is told.
    pub target_url: String,
}

/// What the server would answer, and what it was told.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) state: BTreeMap<String, Vec<u8>>,
    pub(crate) answers: VecDeque<Result<Response, Error>>,
    pub(crate) now: i64,
    pub(crate) requests: Vec<MockRequest>,
    pub(crate) caller: Option<Caller>,
    /// Whether the state may be written.
    #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "asked for natively alone"))]
    pub(crate) writes: bool,
    pub(crate) statuses: Vec<MockStatus>,
}

impl World {
    pub(crate) const fn new() -> World {
        World {
            state: BTreeMap::new(),
            answers: VecDeque::new(),
            now: 1_700_000_000_000,
            requests: Vec::new(),
            caller: None,
            writes: true,
            statuses: Vec::new(),
        }
    }

    /// Runs something in it; what came of that, and what it is like then.
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> (T, World) {
        WORLD.set(self.clone());
        let came = work();
        (came, WORLD.replace(World::new()))
    }
}

thread_local! {
    /// The world of the call that this thread answers: a plugin asks the server, not a parameter.
    pub(crate) static WORLD: RefCell<World> = const { RefCell::new(World::new()) };
}

impl MockEvent {
    /// An event of any kind. The payload is JSON; a repository is there only after [`MockEvent::in_repository`].
    pub fn new(kind: &str, payload: &serde_json::Value) -> MockEvent {
        MockEvent { kind: kind.to_owned(), payload: payload.to_string(), attempt: 1, repository: None, world: World::new() }
    }

    /// A push that was taken.
    pub fn push(push: MockPush) -> MockEvent {
        let hex = |id: Option<Oid>| id.map_or_else(|| "0".repeat(40), |id| id.to_string());
        let refs = PushSource::updates(&push, 0, u32::MAX).into_iter().map(|update| payload::RefChange {
            name: String::from_utf8_lossy(&update.name).into_owned(),
            before: hex(update.old),
            after: hex(update.new),
            kind: match update.kind {
                UpdateKind::Create => "create",
                UpdateKind::Delete => "delete",
                UpdateKind::Update | UpdateKind::Force => "update",
            }
            .to_owned(),
        });
        let actor = payload::Account { id: 1, login: PushSource::actor_name(&push) };
        let actor = Some(payload::Actor::Account(actor));
        let payload = payload::Push { push: 1, actor, refs: refs.collect(), options: PushSource::options(&push) };
        MockEvent::new("push", &serde_json::to_value(payload).unwrap_or_default()).in_repository(push)
    }

    /// What a check found of a commit of `ann/demo`.
    pub fn status(sha: &str, state: &str, context: &str, description: &str, target_url: &str) -> MockEvent {
        let account = |id| serde_json::json!({ "id": id, "login": "ann" });
        let repository = serde_json::json!({
            "id": 1, "name": "demo", "full_name": "ann/demo", "owner": account(1), "private": false, "archived": false,
            "default_branch": "main",
        });
        let payload = serde_json::json!({
            "repository": repository, "actor": account(1), "id": 1, "sha": sha, "context": context, "state": state,
            "description": description, "target_url": target_url,
        });
        MockEvent::new("status", &payload).in_repository(MockPush::new())
    }

    /// In this repository.
    #[must_use]
    pub fn in_repository(mut self, push: MockPush) -> MockEvent {
        self.repository = Some(push);
        self
    }

    /// In a repository that is gone by now.
    #[must_use]
    pub fn gone(mut self) -> MockEvent {
        self.repository = None;
        self
    }

    /// Another attempt than the first.
    #[must_use]
    pub fn attempt(mut self, attempt: u32) -> MockEvent {
        self.attempt = attempt;
        self
    }

    /// With something kept from before.
    #[must_use]
    pub fn state(mut self, key: &str, value: impl Into<Vec<u8>>) -> MockEvent {
        self.world.state.insert(key.to_owned(), value.into());
        self
    }

    /// At this time, in milliseconds.
    #[must_use]
    pub fn now(mut self, now: i64) -> MockEvent {
        self.world.now = now;
        self
    }

    /// Answers the next request like this. A request without an answer fails.
    #[must_use]
    pub fn answer(self, status: u16, body: impl Into<Vec<u8>>) -> MockEvent {
        self.answer_with(Ok(Response { status, headers: Vec::new(), body: body.into() }))
    }

    /// Answers the next request with headers.
    #[must_use]
    pub fn answer_with(mut self, answer: Result<Response, Error>) -> MockEvent {
        self.world.answers.push_back(answer);
        self
    }

    /// Has it handled.
    pub fn handle<H: Handler>(&self, config: &H::Config) -> Handled {
        let repository = self.repository.as_ref().map(|push| Repository(push));
        let (result, world) = self.world.run(|| H::handle(config, &Event(self), repository.as_ref()));
        let World { state, requests, statuses, .. } = world;
        let (state, statuses) = if result.is_ok() { (state, statuses) } else { (self.world.state.clone(), Vec::new()) };
        Handled { result, requests, statuses, state }
    }
}

impl EventSource for MockEvent {
    fn id(&self) -> String {
        "1".into()
    }

    fn attempt(&self) -> u32 {
        self.attempt
    }

    fn sequence(&self) -> u64 {
        1
    }

    fn kind(&self) -> String {
        self.kind.clone()
    }

    fn at(&self) -> i64 {
        self.world.now
    }

    fn payload(&self) -> String {
        self.payload.clone()
    }

    fn repository_path(&self) -> String {
        self.repository.as_ref().map(PushSource::repository_path).unwrap_or_default()
    }

    fn installation(&self) -> String {
        "plugin".into()
    }
}

/// What a plugin asks the server for, answered from memory.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod backend {
    use super::{MockRequest, MockStatus, WORLD};
    use crate::caller::Caller;
    use crate::error::Error;
    use crate::http::{Request, Response};
    use crate::oid::Oid;
    use crate::secrets::Slot;

    pub(crate) fn read(key: &str) -> Result<Option<Vec<u8>>, Error> {
        checked(key)?;
        Ok(WORLD.with_borrow(|world| world.state.get(key).cloned()))
    }

    pub(crate) fn write(key: &str, value: &[u8]) -> Result<(), Error> {
        may_write()?;
        checked(key)?;
        if value.len() > 64 << 10 {
            return Err(Error::coded("invalid", "a value has at most 65536 bytes"));
        }
        WORLD.with_borrow_mut(|world| world.state.insert(key.to_owned(), value.to_vec()));
        Ok(())
    }

    pub(crate) fn delete(key: &str) -> Result<(), Error> {
        may_write()?;
        checked(key)?;
        WORLD.with_borrow_mut(|world| world.state.remove(key));
        Ok(())
    }

    pub(crate) fn swap(key: &str, expected: Option<&[u8]>, value: Option<&[u8]>) -> Result<bool, Error> {
        let same = read(key)?.as_deref() == expected;
        match value {
            _ if !same => {}
            Some(value) => write(key, value)?,
            None => delete(key)?,
        }
        Ok(same)
    }

    pub(crate) fn list(prefix: &str, after: &str, limit: u32) -> Result<Vec<String>, Error> {
        WORLD.with_borrow(|world| {
            let keys = world.state.keys().filter(|key| key.starts_with(prefix) && key.as_str() > after);
            Ok(keys.take(limit as usize).cloned().collect())
        })
    }

    pub(crate) fn send(request: &Request) -> Result<Response, Error> {
        if request.url.contains("{secret:") {
            return Err(Error::coded("invalid", "secrets are filled in by `secrets.send`, not by `http.send`"));
        }
        send_filled(request, &[])
    }

    pub(crate) fn send_filled(request: &Request, slots: &[Slot]) -> Result<Response, Error> {
        let shown = |slot: &Slot| {
            let kind = if slot.signs { "hmac-sha256" } else { "secret" };
            (slot.header.clone(), format!("{}{{{kind}:{}}}", slot.prefix, slot.secret))
        };
        let headers = request.headers.iter().cloned().chain(slots.iter().map(shown)).collect();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let sent = MockRequest { method: request.method.clone(), url: request.url.clone(), headers, body };
        WORLD.with_borrow_mut(|world| {
            world.requests.push(sent);
            world.answers.pop_front().unwrap_or_else(|| Err(Error::coded("failed", "no answer is scripted")))
        })
    }

    pub(crate) fn set_status(commit: &Oid, state: &str, context: &str, description: &str, target_url: &str) -> Result<(), Error> {
        let [state, context, description, target_url] = [state, context, description, target_url].map(str::to_owned);
        let status = MockStatus { commit: commit.clone(), state, context, description, target_url };
        WORLD.with_borrow_mut(|world| world.statuses.push(status));
        Ok(())
    }

    pub(crate) fn now() -> i64 {
        WORLD.with_borrow(|world| world.now)
    }

    pub(crate) fn random(length: u32) -> Vec<u8> {
        (0..length.min(4096))
            .map(|at| at.to_le_bytes().into_iter().fold(90, |sum: u8, byte| sum.wrapping_mul(31).wrapping_add(byte)))
            .collect()
    }

    pub(crate) fn caller() -> Option<Caller> {
        WORLD.with_borrow(|world| world.caller.clone())
    }

    fn may_write() -> Result<(), Error> {
        match WORLD.with_borrow(|world| world.writes) {
            true => Ok(()),
            false => Err(Error::coded("denied", "a GET or HEAD writes nothing")),
        }
    }

    fn checked(key: &str) -> Result<(), Error> {
        let fits = (1..=256).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(()) } else { Err(Error::coded("invalid", "a key is 1 to 256 visible ASCII characters")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{http, secrets, state, status};

    struct Counter;

    impl Handler for Counter {
        type Config = bool;

        fn handle(fails: &bool, event: &Event<'_>, repository: Option<&Repository<'_>>) -> Result<(), Failure> {
            let count = state::get_json::<u32>("count")?.unwrap_or_default() + 1;
            state::set_json("count", &count)?;
            let Some(push) = event.push()? else { return Err(Failure::permanent("no push")) };
            for update in push.updates() {
                let commits = repository.map(|repository| repository.new_commits(&update).count()).unwrap_or_default();
                let tip = update.new.ok_or_else(|| Failure::permanent("gone"))?;
                status::set(&tip, status::State::Success, "count", &format!("{commits} commits"), "")?;
            }
            secrets::fill(http::Request::post("https://example.org/{secret:room}").json(&count)?)
                .header("Authorization", "Bearer ", "token")
                .signature("X-Sign", "sha256=", "key")
                .send()?;
            if *fails { Err(Failure::retry("later")) } else { Ok(()) }
        }
    }

    #[test]
    fn what_a_handler_did_can_be_looked_at() {
        let event = MockEvent::push(MockPush::new().base("Base").commit("One").commit("Two")).state("count", "4");
        let handled = event.clone().answer(200, "").handle::<Counter>(&false);
        assert_eq!((handled.result, handled.state["count"].as_slice()), (Ok(()), &b"5"[..]));
        assert_eq!(handled.statuses[0].description, "2 commits");
        assert_eq!(handled.requests[0].headers[1], ("Authorization".to_owned(), "Bearer {secret:token}".to_owned()));
        assert_eq!(handled.requests[0].headers[2].1, "sha256={hmac-sha256:key}");
        let failed = event.clone().answer(200, "").handle::<Counter>(&true);
        assert_eq!((failed.state["count"].as_slice(), failed.statuses.len()), (&b"4"[..], 0));
        let unanswered = event.handle::<Counter>(&false).result;
        assert_eq!(unanswered, Err(Failure::retry("no answer is scripted")), "what was not answered may be tried again");
    }

    #[test]
    fn one_event_leaves_nothing_for_the_next() {
        let event = MockEvent::push(MockPush::new().commit("One"));
        event.clone().answer(200, "").handle::<Counter>(&false);
        assert_eq!(event.answer(200, "").handle::<Counter>(&false).state["count"], b"1");
    }
}
