//! A policy that accepts every push and reads nothing.

use hardie_plugin::{Error, Policy, Push, Repository, Verdicts};

/// The policy.
pub struct NoOp;

impl Policy for NoOp {
    type Config = Config;

    fn check(_: &Config, push: &Push<'_>, _: &Repository<'_>) -> Result<Verdicts, Error> {
        Ok(Verdicts::accept(push))
    }
}

/// It has no settings.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(NoOp);
