//! Write policies for Hardie in Rust.
//!
//! A policy is a WebAssembly component that judges a push before any of its refs moves. It sees the push and the repository
//! and nothing else: no file, no clock, no network. `hardie plugin new NAME` writes a project that builds; this is its heart:
//!
//! ```
//! use hardie_plugin::{Error, Policy, Push, Repository, Verdicts, reject};
//! use serde::{Deserialize, Serialize};
//!
//! struct NoWip;
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
//! struct Config {
//!     word: String,
//! }
//!
//! impl Default for Config {
//!     fn default() -> Self {
//!         Config { word: "WIP".into() }
//!     }
//! }
//!
//! impl Policy for NoWip {
//!     type Config = Config;
//!
//!     fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
//!         let mut verdicts = Verdicts::accept(push);
//!         for update in push.updates() {
//!             for commit in repository.new_commits(&update) {
//!                 let commit = commit?;
//!                 if commit.subject().starts_with(&config.word) {
//!                     reject!(verdicts, update, "work-in-progress",
//!                         "commit {} is not finished: {}", commit.id().short(), commit.subject();
//!                         "finish it, or reword it with `git commit --amend`");
//!                 }
//!             }
//!         }
//!         Ok(verdicts)
//!     }
//! }
//!
//! // In a project: hardie_plugin::export!(NoWip);
//!
//! // A test needs no WebAssembly:
//! let verdicts = hardie_plugin::mock::MockPush::new().commit("WIP: try").check::<NoWip>(&Config::default()).unwrap();
//! assert_eq!(verdicts.code(0), Some("work-in-progress"));
//! ```
//!
//! Start at [`Policy`]; [`Push`] and [`Repository`] are what a policy may read, [`Verdicts`] is what it answers. Every read is a
//! call to the server and counts: 10,000 calls and 64 MiB a push. For settings there are [`glob`], [`size`] and [`teams`].

#[doc(hidden)]
pub mod bindings;
mod error;
pub mod glob;
mod guest;
pub mod log;
pub mod mock;
mod oid;
mod pages;
mod places;
mod policy;
mod push;
mod repository;
pub mod size;
pub mod teams;
mod verdicts;

pub use error::Error;
#[doc(hidden)]
pub use guest::{Identity, check, describe, validate};
pub use oid::Oid;
pub use pages::Pages;
pub use places::Places;
pub use policy::{FieldError, Policy};
pub use push::{Push, RefUpdate, UpdateKind};
pub use repository::{Change, ChangeSide, Commit, FileMode, NewObject, Repository, Signature, TreeEntry};
pub use verdicts::Verdicts;

/// Makes the crate a plugin: name, version and description are those of `Cargo.toml`.
///
/// To be written once, in a crate of type `cdylib`.
#[macro_export]
macro_rules! export {
    ($policy:ty) => {
        const _: () = {
            struct Component;

            const IDENTITY: $crate::Identity = $crate::Identity {
                name: env!("CARGO_PKG_NAME"),
                version: env!("CARGO_PKG_VERSION"),
                description: env!("CARGO_PKG_DESCRIPTION"),
            };

            impl $crate::bindings::exports::hardie::plugin::plugin_info::Guest for Component {
                fn describe() -> $crate::bindings::exports::hardie::plugin::plugin_info::Info {
                    $crate::describe::<$policy>(&IDENTITY)
                }

                fn validate_config(config: String) -> Result<(), Vec<$crate::bindings::exports::hardie::plugin::plugin_info::FieldError>> {
                    $crate::validate::<$policy>(&config)
                }
            }

            impl $crate::bindings::exports::hardie::plugin::push_policy::Guest for Component {
                fn check(
                    push: &$crate::bindings::hardie::plugin::repository::Push,
                    repository: &$crate::bindings::hardie::plugin::repository::Repository,
                ) -> Result<Vec<$crate::bindings::hardie::plugin::types::RefVerdict>, $crate::bindings::hardie::plugin::types::Fault>
                {
                    $crate::check::<$policy>(push, repository)
                }
            }

    $crate::bindings::export_policy!(Component with_types_in $crate::bindings);
        };
    };
}
