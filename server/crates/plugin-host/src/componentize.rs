//! Core module in, component out, without any tool but this library.
//!
//! A Rust plugin carries its world in a custom section that `wit-bindgen` leaves; for other core modules (C, hand-written
//! text) [`embed_world`] adds it first.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap};

/// The contract, as shipped: file name and text.
pub const WIT: &[(&str, &str)] = &[
    ("types.wit", include_str!("../../../../wit/types.wit")),
    ("repository.wit", include_str!("../../../../wit/repository.wit")),
    ("config.wit", include_str!("../../../../wit/config.wit")),
    ("log.wit", include_str!("../../../../wit/log.wit")),
    ("plugin-info.wit", include_str!("../../../../wit/plugin-info.wit")),
    ("push-policy.wit", include_str!("../../../../wit/push-policy.wit")),
    ("event.wit", include_str!("../../../../wit/event.wit")),
    ("event-handler.wit", include_str!("../../../../wit/event-handler.wit")),
    ("web-request.wit", include_str!("../../../../wit/web-request.wit")),
    ("web-handler.wit", include_str!("../../../../wit/web-handler.wit")),
    ("caller.wit", include_str!("../../../../wit/caller.wit")),
    ("state.wit", include_str!("../../../../wit/state.wit")),
    ("http.wit", include_str!("../../../../wit/http.wit")),
    ("secrets.wit", include_str!("../../../../wit/secrets.wit")),
    ("status.wit", include_str!("../../../../wit/status.wit")),
    ("clock.wit", include_str!("../../../../wit/clock.wit")),
    ("random.wit", include_str!("../../../../wit/random.wit")),
    ("worlds.wit", include_str!("../../../../wit/worlds.wit")),
];

/// Turns a core module that carries its world into a component.
///
/// # Errors
/// A text naming the import or export that does not fit.
pub fn componentize(module: &[u8]) -> Result<Vec<u8>, String> {
    let encode = || ComponentEncoder::default().validate(true).module(module)?.encode();
    encode().map_err(|error| format!("{error:#}"))
}

/// Writes into a core module which world it is for.
///
/// # Errors
/// If there is no such world.
pub fn embed_world(module: &mut Vec<u8>, world: &str) -> Result<(), String> {
    let mut embed = || {
        let mut sources = SourceMap::default();
        for (name, text) in WIT {
            sources.push(std::path::Path::new(name), *text);
        }
        let mut resolve = Resolve::default();
        let group = sources.parse().map_err(|(_, error)| anyhow::anyhow!("{error}"))?;
        let package = resolve.push_group(group)?;
        let world = resolve.select_world(&[package], Some(world))?;
        embed_component_metadata(module, &resolve, world, StringEncoding::UTF8)
    };
    let result: anyhow::Result<()> = embed();
    result.map_err(|error| format!("{error:#}"))
}
