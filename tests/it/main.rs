//! Hardie from outside: real `git`, real `ssh`, a real browser, real databases. One binary, so that it links once.
//!
//! A long form of a test runs when `HARDIE_SOAK` is set (`cargo xtask soak NAME`), a short one otherwise; both print their seed.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test says what went wrong by ending")]

mod api;
mod app;
mod audit;
mod backup;
mod client;
mod clients;
mod damage;
mod deploy_keys;
mod docs;
mod durability;
mod gate;
mod gc;
mod git;
mod git_suite;
mod lfs;
mod mail;
mod oauth;
mod plugins;
mod ssh;
mod support;
mod upkeep;
mod web;
mod webhooks;

/// What the pages do without a browser. Their crate is built for browsers alone, so its own tests run here.
#[expect(dead_code, unused_imports, reason = "the pages use it")]
#[path = "../../web/src"]
mod pages {
    #[path = "api/json.rs"]
    mod json;
    pub mod markup;
    pub mod routes;
    pub mod text;
}
// By these names they know each other.
use pages::{routes, text};
