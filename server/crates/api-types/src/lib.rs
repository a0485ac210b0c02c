//! Bodies of the REST API, shared by the server and the web UI. Builds for wasm.
//!
//! Gitea's field names and types where Gitea has the thing, so that its clients work unchanged; what is ours follows the
//! same habits: integers for ids, RFC 3339 for times, lists never null. Every type names the addresses that use it;
//! addresses are below `/api/v1`, and `R` stands for `/repos/{owner}/{repo}`.
//! Must not know: database rows, git objects, HTTP itself. Unknown fields of a request are ignored, as Gitea does, because
//! its clients send many that only Gitea has.
//! Start reading at [`repo`] and [`error`].
#![warn(missing_docs)]

pub mod account;
pub mod audit;
pub mod avatar;
pub mod blame;
pub mod branch;
pub mod change;
pub mod commit;
pub mod contents;
pub mod delivery;
pub mod diff;
pub mod email;
pub mod error;
pub mod factor;
pub mod hook;
pub mod hook_body;
pub mod identity;
pub mod import;
pub mod label;
pub mod lfs;
pub mod oauth;
pub mod org;
pub mod passkey;
pub mod plugin;
pub mod plugin_secret;
pub mod plugin_web;
pub mod protection;
pub mod publisher;
pub mod push;
pub mod quota;
pub mod release;
pub mod repo;
pub mod search;
pub mod server;
pub mod sign_up;
pub mod status;
pub mod team;
pub mod time;
pub mod tree;
pub mod view;

pub use time::Time;
