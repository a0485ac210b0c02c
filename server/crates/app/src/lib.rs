//! Use cases: everything that a user can do, each authorised here and nowhere else.
//!
//! Must not know: status codes, wire formats of HTTP or SSH, WebAssembly, SQL text.
//! Start reading at [`ctx`] (who asks), [`error`] (how it fails) and `push` (the one door for refs).

pub mod access;
pub mod accounts;
pub mod audit;
mod authorship;
pub mod avatars;
pub mod backup;
pub mod branches;
pub mod browse;
pub mod bundles;
mod cancel;
pub mod collaborators;
pub mod contents;
pub mod ctx;
pub mod damage;
pub mod deliveries;
pub mod deploy_keys;
pub mod error;
pub mod events;
pub mod export;
pub mod git_access;
pub mod health;
pub mod idempotency;
pub mod identity;
pub mod imports;
pub mod labels;
pub mod lfs;
pub mod mail;
pub mod milestones;
pub mod oauth;
pub mod plugins;
pub mod ports;
pub mod protections;
pub mod push;
pub mod quotas;
pub mod releases;
pub mod render;
pub mod repos;
pub mod sealing;
pub mod shares;
pub mod signatures;
pub mod signing;
pub mod state;
pub mod statuses;
pub mod tags;
pub mod teams;
pub mod transport;
pub mod upkeep;
pub mod verify;
pub mod webhooks;

pub use ctx::Ctx;
pub use error::{Error, Result};
pub use state::{App, AppConfig};
