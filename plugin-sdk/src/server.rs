//! The server's side of what a plugin may do besides reading: plain functions, so that a plugin imports only those that it calls.

use crate::bindings::hardie::plugin as wire;
use crate::caller::Caller;
use crate::error::Error;
use crate::http::{Request, Response};
use crate::oid::Oid;
use crate::secrets::Slot;

fn kept(error: wire::state::StateError) -> Error {
    Error::coded(&error.code, error.message)
}

fn unsent(error: wire::http::HttpError) -> Error {
    Error::coded(&error.code, error.message)
}

pub(crate) fn read(key: &str) -> Result<Option<Vec<u8>>, Error> {
    wire::state::get(key).map_err(kept)
}

pub(crate) fn write(key: &str, value: &[u8]) -> Result<(), Error> {
    wire::state::set(key, value).map_err(kept)
}

pub(crate) fn delete(key: &str) -> Result<(), Error> {
    wire::state::delete(key).map_err(kept)
}

pub(crate) fn swap(key: &str, expected: Option<&[u8]>, value: Option<&[u8]>) -> Result<bool, Error> {
    wire::state::compare_and_set(key, expected, value).map_err(kept)
}

pub(crate) fn list(prefix: &str, after: &str, limit: u32) -> Result<Vec<String>, Error> {
    wire::state::list(prefix, after, limit).map_err(kept)
}

pub(crate) fn send(request: &Request) -> Result<Response, Error> {
    wire::http::send(&outgoing(request)).map(incoming).map_err(unsent)
}

pub(crate) fn send_filled(request: &Request, slots: &[Slot]) -> Result<Response, Error> {
    let slot = |slot: &Slot| wire::secrets::Slot {
        header: slot.header.clone(),
        prefix: slot.prefix.clone(),
        secret: slot.secret.clone(),
        kind: if slot.signs { "hmac-sha256" } else { "value" }.to_owned(),
    };
    let slots: Vec<_> = slots.iter().map(slot).collect();
    wire::secrets::send(&outgoing(request), &slots).map(incoming).map_err(unsent)
}

fn outgoing(request: &Request) -> wire::http::Request {
    let header = |(name, value): &(String, String)| wire::http::Header { name: name.clone(), value: value.clone() };
    wire::http::Request {
        method: request.method.clone(),
        url: request.url.clone(),
        headers: request.headers.iter().map(header).collect(),
        body: request.body.clone(),
    }
}

fn incoming(response: wire::http::Response) -> Response {
    Response { status: response.status, headers: response.headers, body: response.body }
}

pub(crate) fn set_status(commit: &Oid, state: &str, context: &str, description: &str, target_url: &str) -> Result<(), Error> {
    let set = wire::status::set(commit.as_bytes(), state, context, description, target_url);
    set.map_err(|error| Error::coded(&error.code, error.message))
}

pub(crate) fn now() -> i64 {
    wire::clock::now()
}

pub(crate) fn random(length: u32) -> Vec<u8> {
    wire::random::bytes(length)
}

pub(crate) fn caller() -> Option<Caller> {
    wire::caller::get().map(|caller| Caller { name: caller.name(), role: caller.role() })
}
