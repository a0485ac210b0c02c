//! What a component is, before any of it runs: refused by name unless everything it wants is something that we give.

use hardie_domain::plugin::Digest;
use hardie_domain::world::{self, EVENTS, POLICY, POLICY_ONLINE, WEB};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;
use wit_parser::decoding::{DecodedWasm, decode};

use crate::limits::Limits;
use crate::wasi;

/// What every interface of ours begins with.
const PACKAGE: &str = "hardie:plugin/";
/// The version of the contract that this host speaks.
const VERSION: &str = "0.1.0";
/// What every component may import.
const READING: &[&str] = &["types", "repository", "config", "log"];
/// What reaches beyond the server and still goes with judging pushes.
const ONLINE: &[&str] = &["http", "secrets", "clock"];
/// What only goes with calls that are told of more than a push: of events or of web requests.
const KEEPING: &[&str] = &["state", "random"];
/// What only a handler of events may have.
const HANDLING: &[&str] = &["event", "status"];
/// What only a plugin that answers web requests may have.
const ANSWERING: &[&str] = &["web-request", "caller"];

/// sha256 of the bytes.
pub(crate) fn digest(component: &[u8]) -> Digest {
    Digest(Sha256::digest(component).into())
}

/// Looks at the first bytes only. Nothing that is not a component may come near an engine: compiled code least of all.
pub(crate) fn bytes(component: &[u8], limits: &Limits) -> Result<(), String> {
    if component.len() > limits.component {
        return Err(format!("the file has {} bytes; a component may have {}", component.len(), limits.component));
    }
    match component {
        [0x7f, b'E', b'L', b'F', ..] => Err("this is compiled machine code (ELF, .cwasm); install the .wasm component itself".into()),
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            Err("this is a core module, not a component; `hardie plugin build` makes components".into())
        }
        [0, b'a', b's', b'm', ..] => Err("this WebAssembly file is of a version that this server does not know".into()),
        _ => Err("this is not a WebAssembly file".into()),
    }
}

/// What a component exports and imports.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Worlds that it can serve.
    pub(crate) worlds: Vec<String>,
    /// Interfaces that it imports, with their versions.
    pub(crate) imports: Vec<String>,
    /// Whether any of them is WASI's.
    pub(crate) wants_wasi: bool,
}

impl Shape {
    /// Whether it judges pushes, in whichever way.
    pub(crate) fn judges(&self) -> bool {
        world::judges(&self.worlds)
    }

    /// Whether it may ask others while it judges.
    pub(crate) fn judges_online(&self) -> bool {
        world::judges_online(&self.worlds)
    }

    /// Whether it handles events.
    pub(crate) fn handles(&self) -> bool {
        world::handles(&self.worlds)
    }

    /// Whether it answers web requests.
    pub(crate) fn answers(&self) -> bool {
        world::answers(&self.worlds)
    }
}

/// Finds the worlds that a component serves. The error names each import and export that does not fit.
pub(crate) fn shape(engine: &Engine, component: &Component) -> Result<Shape, String> {
    let kind = component.component_type();
    let imports: Vec<String> = kind.imports(engine).map(|(name, _)| name.to_owned()).collect();
    let exports: Vec<String> = kind.exports(engine).map(|(name, _)| name.to_owned()).collect();
    fit(imports, &exports)
}

/// What a component imports and exports, with versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interfaces {
    /// What it may use.
    pub imports: Vec<String>,
    /// What it offers.
    pub exports: Vec<String>,
}

/// What a component imports and exports, by its bytes alone: nothing is compiled. What a server refuses for either is refused here, with
/// the same words.
///
/// # Errors
/// A text for the author.
pub fn interfaces(component: &[u8], limits: &Limits) -> Result<Interfaces, String> {
    bytes(component, limits)?;
    let (resolve, world) = match decode(component).map_err(|error| format!("it is not a valid component: {error:#}"))? {
        DecodedWasm::Component(resolve, world) => (resolve, world),
        DecodedWasm::WitPackage(..) => return Err("this is a contract, not a component".into()),
    };
    let world = resolve.worlds.get(world).ok_or("it is a component of no world")?;
    let imports: Vec<String> = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    let exports: Vec<String> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    let imports = fit(imports, &exports)?.imports;
    Ok(Interfaces { imports, exports })
}

fn fit(imports: Vec<String>, exports: &[String]) -> Result<Shape, String> {
    let has = |wanted: &str| exports.iter().any(|export| *export == format!("{PACKAGE}{wanted}@{VERSION}"));
    let (judges, calls) = (has("push-policy"), Calls { handles: has("event-handler"), answers: has("web-handler") });
    let mut problems: Vec<String> = imports.iter().filter_map(|import| refuse_import(import, calls)).collect();
    if !has("plugin-info") {
        problems.push(missing_export("plugin-info", exports));
    }
    if !judges && !calls.handles && !calls.answers {
        problems.extend(["push-policy", "event-handler", "web-handler"].map(|wanted| missing_export(wanted, exports)));
    }
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    let asks = imports.iter().filter_map(|import| own(import)).any(|(interface, _)| ONLINE.contains(&interface));
    // With other calls too, what reaches out belongs to those: what a push must wait for is not to be guessed from a list of imports.
    let judging = match (judges, calls.handles || calls.answers, asks) {
        (false, ..) => None,
        (true, false, true) => Some(POLICY_ONLINE),
        (true, ..) => Some(POLICY),
    };
    let worlds =
        judging.into_iter().chain(calls.handles.then_some(EVENTS)).chain(calls.answers.then_some(WEB)).map(str::to_owned).collect();
    let wants_wasi = imports.iter().any(|import| import.starts_with("wasi:"));
    Ok(Shape { worlds, imports, wants_wasi })
}

/// Which calls besides that of a policy a component answers.
#[derive(Clone, Copy)]
struct Calls {
    handles: bool,
    answers: bool,
}

impl Calls {
    /// The exports of which one must be there for an import, if none is.
    fn lacking(self, interface: &str) -> Option<&'static str> {
        let Calls { handles, answers } = self;
        match interface {
            known if KEEPING.contains(&known) && !handles && !answers => Some("event-handler or web-handler"),
            known if HANDLING.contains(&known) && !handles => Some("event-handler"),
            known if ANSWERING.contains(&known) && !answers => Some("web-handler"),
            _ => None,
        }
    }
}

/// Name and version of an interface of ours.
fn own(import: &str) -> Option<(&str, &str)> {
    let (name, version) = import.split_once('@').unwrap_or((import, ""));
    Some((name.strip_prefix(PACKAGE)?, version))
}

fn refuse_import(import: &str, calls: Calls) -> Option<String> {
    if let Some((interface, version)) = own(import) {
        let known = [READING, ONLINE, KEEPING, HANDLING, ANSWERING].concat().contains(&interface);
        return match (known, version == VERSION, calls.lacking(interface)) {
            (true, true, None) => None,
            (true, true, Some(export)) => Some(format!("it imports {import}, which only a plugin that exports {export} may have")),
            (true, false, _) => Some(format!("it imports {import}, but this server has {PACKAGE}{interface}@{VERSION}")),
            (false, ..) => Some(format!("it imports {import}, which no plugin may have")),
        };
    }
    let (name, version) = import.split_once('@').unwrap_or((import, ""));
    if wasi::SEALED.contains(&name) {
        return (!version.starts_with("0.2.")).then(|| format!("it imports {import}, but this server has version 0.2 of it"));
    }
    Some(format!("it imports {import}, which no plugin may have"))
}

fn missing_export(wanted: &str, exports: &[String]) -> String {
    let name = format!("{PACKAGE}{wanted}");
    match exports.iter().find(|export| export.split('@').next() == Some(&name)) {
        Some(other) => format!("it exports {other}, but this server needs {name}@{VERSION}"),
        None => format!("it does not export {name}@{VERSION}, so it is {}", what_is_missing(wanted)),
    }
}

fn what_is_missing(export: &str) -> &'static str {
    match export {
        "push-policy" => "no policy",
        "event-handler" => "no handler of events",
        "web-handler" => "no handler of web requests",
        _ => "no plugin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_component_is_refused_by_its_first_bytes() {
        let limits = Limits { component: 100, ..Limits::default() };
        let refusal = |b: &[u8]| bytes(b, &limits).unwrap_err();
        assert!(refusal(b"\x7fELF\x02\x01").contains("machine code"));
        assert!(refusal(b"\0asm\x01\0\0\0").contains("core module"));
        assert!(refusal(b"\0asm\x0e\0\x01\0").contains("version"));
        assert!(refusal(b"#!/bin/sh").contains("not a WebAssembly"));
        assert!(refusal(b"").contains("not a WebAssembly"));
        assert!(refusal(&[0; 101]).contains("101 bytes"));
        assert!(bytes(b"\0asm\x0d\0\x01\0", &limits).is_ok());
    }

    #[test]
    fn imports_are_refused_by_name_and_version() {
        for good in ["hardie:plugin/repository@0.1.0", "hardie:plugin/http@0.1.0", "wasi:io/streams@0.2.6", "wasi:random/random@0.2.0"] {
            assert_eq!(refuse_import(good, Calls { handles: false, answers: false }), None);
        }
        for bad in [
            "hardie:plugin/comment@0.1.0",
            "hardie:plugin/log@0.2.0",
            "wasi:sockets/tcp@0.2.0",
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:io/streams@0.3.0",
            "env",
            "wasi:clocks/wall-clock",
        ] {
            assert!(refuse_import(bad, Calls { handles: true, answers: true }).unwrap().contains(bad));
        }
    }

    fn worlds(exports: &[&str], imports: &[&str]) -> Result<Vec<String>, String> {
        let ours = |names: &[&str]| names.iter().map(|name| format!("hardie:plugin/{name}@0.1.0")).collect::<Vec<_>>();
        fit(ours(imports), &ours(exports)).map(|shape| shape.worlds)
    }

    #[test]
    fn worlds_follow_from_what_is_exported_and_imported() {
        let of = |exports: &[&str], imports: &[&str]| worlds(&[exports, &["plugin-info"]].concat(), imports).unwrap();
        assert_eq!(of(&["push-policy"], &["repository", "log"]), ["policy"]);
        for online in ["http", "secrets", "clock"] {
            assert_eq!(of(&["push-policy"], &["repository", online]), ["policy-online"]);
        }
        assert_eq!(of(&["event-handler"], &["event", "http", "state", "status", "random"]), ["events"]);
        assert_eq!(of(&["event-handler", "push-policy"], &["event", "http", "clock"]), ["policy", "events"]);
        assert_eq!(of(&["web-handler"], &["web-request", "caller", "http", "state", "random"]), ["web"]);
        assert_eq!(of(&["web-handler", "push-policy", "event-handler"], &["event", "http"]), ["policy", "events", "web"]);
        assert_eq!(of(&["web-handler", "push-policy"], &["clock"]), ["policy", "web"]);
    }

    #[test]
    fn what_belongs_to_events_is_refused_without_them() {
        for import in [KEEPING, HANDLING].concat() {
            let refusal = worlds(&["plugin-info", "push-policy"], &["repository", import]).unwrap_err();
            assert!(refusal.contains(&format!("/{import}@0.1.0")) && refusal.contains("event-handler"), "{refusal}");
        }
        for (export, import) in
            [("event-handler", "caller"), ("event-handler", "web-request"), ("web-handler", "status"), ("web-handler", "event")]
        {
            let refusal = worlds(&["plugin-info", export], &[import]).unwrap_err();
            assert!(refusal.contains(&format!("/{import}@0.1.0")), "{refusal}");
        }
        let refusal = worlds(&["plugin-info"], &["http"]).unwrap_err();
        assert!(refusal.contains("push-policy") && refusal.contains("event-handler"), "{refusal}");
        assert!(worlds(&["event-handler"], &["event"]).unwrap_err().contains("plugin-info"));
    }
}
