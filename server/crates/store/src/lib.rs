//! Rows: the only user of sqlx, for SQLite and PostgreSQL with one SQL text.
//!
//! Knows tables and transactions. Must not know: git objects, HTTP, who is asking and whether they may.
//! Names: `find_` gives an `Option`, `list_` a page or a bounded list, `insert_`/`update_`/`delete_`/`set_` write and live on
//! [`Tx`] alone. A reading method exists on [`Store`] (its own connection) and on [`Tx`] (inside the transaction) alike. An
//! expected conflict is a `bool` or an `Option`, never an error. A child is looked up together with its parent's id.
//!
//! Start reading at [`store`] (opening, reader and writer), [`tx`] (a write transaction), then any noun: one file each.
#![warn(missing_docs)]

pub mod access;
pub mod accounts;
pub mod audit;
pub mod avatars;
pub mod backup;
pub mod certificates;
pub mod collaborators;
pub mod collection;
pub mod damage;
pub mod deliveries;
pub mod deploy_keys;
pub mod emails;
pub mod error;
pub mod events;
pub mod forks;
pub mod gpg_keys;
pub mod handlers;
pub mod idempotency;
pub mod imports;
pub mod invitations;
pub mod keys;
pub mod labels;
pub mod leases;
pub mod lfs;
pub mod lfs_locks;
pub mod mail;
pub mod mail_tokens;
pub mod marks;
pub mod meta;
pub mod migrate;
pub mod milestones;
pub mod oauth_apps;
pub mod oauth_grants;
pub mod oauth_keys;
pub mod options;
pub mod org_members;
pub mod outbox;
pub mod packs;
pub mod passkeys;
pub mod path_rules;
pub mod plugin_secrets;
pub mod plugin_state;
pub mod plugins;
pub mod protections;
pub mod publishers;
pub mod pushes;
pub mod quotas;
pub mod refs;
pub mod release_assets;
pub mod releases;
pub mod repo_list;
pub mod repos;
pub mod second_factor;
pub mod sessions;
pub mod sign_ups;
mod sql;
pub mod statuses;
pub mod store;
pub mod team_members;
pub mod team_repos;
pub mod teams;
pub mod throttle;
pub mod tokens;
pub mod topics;
pub mod tx;
pub mod verdicts;
pub mod versions;
pub mod webhooks;

pub use error::{Error, Result};
pub use options::{Engine, StoreOptions};
pub use store::Store;
pub use tx::Tx;
