//! Commands of somebody who works with a server: sign in, repositories, tokens, keys, webhooks.
//!
//! A call goes through these files in order: [`remote`] says which server is asked and with which token, from what was given, what [`kept`]
//! has, and the clone that the command was started in ([`here`]); [`address`] says which servers may be told a secret at all. The files of the
//! commands ask and show. What a server answers is a stranger's word: it is bounded, typed and spelled out.

pub mod address;
pub mod credential;
mod git_setup;
mod here;
mod kept;
pub mod key;
pub mod login;
pub mod logout;
pub mod pages;
mod place;
pub mod remote;
pub mod repo;
pub mod token;
pub mod webhook;
pub mod whoami;
