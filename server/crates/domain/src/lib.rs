//! Nouns, rules and state machines of Hardie.
//!
//! No IO, no async, no clock: time, chance and ids come in as arguments. Builds for wasm, so that the UI can share it.
//! Must not know: SQL, HTTP, git objects on disk, WebAssembly.
//! Start reading at [`access`] (who may do what) and [`push`] (what a push is).
#![warn(missing_docs)]

pub mod access;
pub mod attempt;
pub mod audit;
pub mod base32;
pub mod certificate;
pub mod delivery;
pub mod error;
pub mod event;
pub mod filepath;
pub mod glob;
pub mod grant;
pub mod hidden;
pub mod host;
pub mod ids;
pub mod language;
pub mod lfs;
pub mod limits;
pub mod mail;
pub mod names;
pub mod narrowing;
pub mod network;
pub mod oauth;
pub mod oid;
pub mod page;
pub mod password;
pub mod percent;
pub mod plugin;
pub mod plugin_secret;
pub mod plugin_state;
pub mod policy;
pub mod push;
pub mod quota;
pub mod range;
pub mod refname;
pub mod scope;
pub mod secret;
pub mod sign_up;
pub mod sshkey;
pub mod status;
pub mod team;
pub mod throttle;
pub mod time;
pub mod token;
pub mod web;
pub mod webauthn;
pub mod webhook;
pub mod weblink;
pub mod world;
