//! Write policies, handlers of events and of web requests for Hardie in Rust.
//!
//! A policy is a WebAssembly component that judges a push before any of its refs moves. It sees the push and the repository
//! and nothing else: no file, no clock, no network, unless it asks for them by using [`http`], [`secrets`] or [`clock`]. `hardie plugin new NAME` writes a project that builds; this is its heart:
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
//!
//! A [`Handler`] is told what happened, afterwards. It may send requests ([`http`], [`secrets`]), keep data ([`state`]), set a
//! [`status`] of a commit, and ask for the time and for chance ([`clock`], [`random`]); each of these that a plugin uses is a permission
//! that somebody has to grant. [`mock::MockEvent`] tests it. A crate may be both: `export!(policy: P, events: H)`.
//!
//! A policy that uses [`http`], [`secrets`] or [`clock`] is of the world `policy-online`: pushes wait while it asks others, 10 s at most.
//! An administrator of the server has to install it, and grants it the hosts. [`mock::MockPush::ask`] tests it. A crate that is both cannot
//! ask while it judges.
//!
//! A [`web::Web`] answers web requests at an address of the server; who sends them is told by [`caller`]. [`mock::MockWeb`] tests it.

#[doc(hidden)]
pub mod bindings;
pub mod caller;
pub mod clock;
mod error;
mod event;
pub mod glob;
mod guest;
mod handler;
pub mod http;
pub mod log;
pub mod mock;
mod mock_event;
mod mock_online;
mod mock_web;
mod oid;
mod pages;
pub mod payload;
mod places;
mod policy;
mod push;
pub mod random;
mod repository;
pub mod secrets;
#[cfg(target_arch = "wasm32")]
mod server;
pub mod size;
pub mod state;
pub mod status;
pub mod teams;
mod verdicts;
pub mod web;

#[cfg(not(target_arch = "wasm32"))]
use mock_event::backend;
#[cfg(target_arch = "wasm32")]
use server as backend;

pub use error::Error;
pub use event::Event;
#[doc(hidden)]
pub use guest::{Identity, answer, check, describe, handle, validate};
pub use handler::{Failure, Handler};
pub use oid::Oid;
pub use pages::Pages;
pub use places::Places;
pub use policy::{FieldError, Policy};
pub use push::{Push, RefUpdate, UpdateKind};
pub use repository::{Change, ChangeSide, Commit, FileMode, NewObject, Repository, Signature, TreeEntry};
pub use verdicts::Verdicts;

/// Makes the crate a plugin: name, version and description are those of `Cargo.toml`.
///
/// To be written once, in a crate of type `cdylib`: `export!(MyPolicy)`, `export!(events: MyHandler)`, or both with one type of
/// configuration, `export!(policy: MyPolicy, events: MyHandler)`; `export!(web: MyWeb)`, or with a handler of events that keeps the same
/// data, `export!(events: MyHandler, web: MyWeb)`.
#[macro_export]
macro_rules! export {
    (policy: $policy:ty, events: $handler:ty $(,)?) => {
        const _: () = {
            struct Component;
            $crate::__export_info!(
                Component,
                <$policy as $crate::Policy>::Config,
                [<$policy as $crate::Policy>::validate, <$handler as $crate::Handler>::validate]
            );
            $crate::__export_policy!(Component, $policy);
            $crate::__export_events!(Component, $handler);
        };
    };
    (events: $handler:ty, web: $web:ty $(,)?) => {
        const _: () = {
            struct Component;
            $crate::__export_info!(
                Component,
                <$handler as $crate::Handler>::Config,
                [<$handler as $crate::Handler>::validate, <$web as $crate::web::Web>::validate]
            );
            $crate::__export_events!(Component, $handler);
            $crate::__export_web!(Component, $web);
        };
    };
    (web: $web:ty $(,)?) => {
        const _: () = {
            struct Component;
            $crate::__export_info!(Component, <$web as $crate::web::Web>::Config, [<$web as $crate::web::Web>::validate]);
            $crate::__export_web!(Component, $web);
        };
    };
    (events: $handler:ty $(,)?) => {
        const _: () = {
            struct Component;
            $crate::__export_info!(Component, <$handler as $crate::Handler>::Config, [<$handler as $crate::Handler>::validate]);
            $crate::__export_events!(Component, $handler);
        };
    };
    (policy: $policy:ty $(,)?) => {
        $crate::export!($policy);
    };
    ($policy:ty) => {
        const _: () = {
            struct Component;
            $crate::__export_info!(Component, <$policy as $crate::Policy>::Config, [<$policy as $crate::Policy>::validate]);
            $crate::__export_policy!(Component, $policy);
        };
    };
}

/// Who the plugin is.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_info {
    ($component:ident, $config:ty, [$($check:expr),+]) => {
        const IDENTITY: $crate::Identity = $crate::Identity {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            description: env!("CARGO_PKG_DESCRIPTION"),
        };

        impl $crate::bindings::info::exports::hardie::plugin::plugin_info::Guest for $component {
            fn describe() -> $crate::bindings::info::exports::hardie::plugin::plugin_info::Info {
                $crate::describe::<$config>(&IDENTITY)
            }

            fn validate_config(config: String) -> Result<(), Vec<$crate::bindings::info::exports::hardie::plugin::plugin_info::FieldError>> {
                $crate::validate::<$config>(&config, &[$($check),+])
            }
        }

        $crate::bindings::info::export_info!($component with_types_in $crate::bindings::info);
    };
}

/// The call of a policy.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_policy {
    ($component:ident, $policy:ty) => {
        impl $crate::bindings::policy::exports::hardie::plugin::push_policy::Guest for $component {
            fn check(
                push: &$crate::bindings::hardie::plugin::repository::Push,
                repository: &$crate::bindings::hardie::plugin::repository::Repository,
            ) -> Result<Vec<$crate::bindings::hardie::plugin::types::RefVerdict>, $crate::bindings::hardie::plugin::types::Fault> {
                $crate::check::<$policy>(push, repository)
            }
        }

        $crate::bindings::policy::export_policy!($component with_types_in $crate::bindings::policy);
    };
}

/// The call for a web request.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_web {
    ($component:ident, $web:ty) => {
        impl $crate::bindings::web::exports::hardie::plugin::web_handler::Guest for $component {
            fn handle(
                request: &$crate::bindings::hardie::plugin::web_request::Request,
            ) -> Result<$crate::bindings::web::exports::hardie::plugin::web_handler::Response, String> {
                $crate::answer::<$web>(request)
            }
        }

        $crate::bindings::web::export_web!($component with_types_in $crate::bindings::web);
    };
}

/// The call of a handler.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_events {
    ($component:ident, $handler:ty) => {
        impl $crate::bindings::events::exports::hardie::plugin::event_handler::Guest for $component {
            fn handle(
                event: &$crate::bindings::hardie::plugin::event::Event,
                repository: Option<&$crate::bindings::hardie::plugin::repository::Repository>,
            ) -> Result<(), $crate::bindings::events::exports::hardie::plugin::event_handler::HandlerError> {
                $crate::handle::<$handler>(event, repository)
            }
        }

        $crate::bindings::events::export_events!($component with_types_in $crate::bindings::events);
    };
}
