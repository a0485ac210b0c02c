//! The store's suite. Every test runs on SQLite and on PostgreSQL, each with a database of its own.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[macro_use]
mod support;

mod access;
mod accounts;
mod audit;
mod backup;
mod collection;
mod credentials;
mod cut;
mod damage;
mod deliveries;
mod delivery_contention;
mod events;
mod labels;
mod lfs;
mod mail;
mod oauth;
mod open;
mod packs;
mod plugin_secrets;
mod plugins;
mod proxy;
mod pushes;
mod refs;
mod repos;
mod statuses;
mod teams;
mod transactions;
mod webhooks;
