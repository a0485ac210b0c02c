//! The web UI in real Chromium, in front of the real server: `hardie serve`, `hardie web`, `git`, nothing stood in for.
//!
//! Screenshots are kept in `target/screenshots`, for a person to look at.

mod checks;
mod chromium;
mod forge;
mod front;
mod hooks;
mod journey;
mod lazy;
mod orgs;
mod owner_plugins;
mod pages;
mod passkeys;
mod plugin_pages;
mod refs;
mod releases;
mod settings;
mod wire;
