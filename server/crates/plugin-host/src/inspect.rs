//! What a component is, before any of it runs: refused by name unless everything it wants is something that we give.

use hardie_domain::plugin::Digest;
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::limits::Limits;
use crate::wasi;

/// What every interface of ours begins with.
const PACKAGE: &str = "hardie:plugin/";
/// The version of the contract that this host speaks.
const VERSION: &str = "0.1.0";
/// What a `policy` may import.
const IMPORTS: &[&str] = &["types", "repository", "config", "log"];
/// What a `policy` must export.
const EXPORTS: &[&str] = &["plugin-info", "push-policy"];

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

/// Compares imports and exports with the `policy` world. The error names each that does not fit.
pub(crate) fn shape(engine: &Engine, component: &Component) -> Result<Shape, String> {
    let kind = component.component_type();
    let imports: Vec<String> = kind.imports(engine).map(|(name, _)| name.to_owned()).collect();
    let mut problems: Vec<String> = imports.iter().filter_map(|import| refuse_import(import)).collect();
    let exports: Vec<String> = kind.exports(engine).map(|(name, _)| name.to_owned()).collect();
    for wanted in EXPORTS {
        if !exports.iter().any(|export| *export == format!("{PACKAGE}{wanted}@{VERSION}")) {
            problems.push(missing_export(wanted, &exports));
        }
    }
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    let wants_wasi = imports.iter().any(|import| import.starts_with("wasi:"));
    Ok(Shape { worlds: vec!["policy".into()], imports, wants_wasi })
}

fn refuse_import(import: &str) -> Option<String> {
    let (name, version) = import.split_once('@').unwrap_or((import, ""));
    if let Some(interface) = name.strip_prefix(PACKAGE) {
        return match (IMPORTS.contains(&interface), version == VERSION) {
            (true, true) => None,
            (true, false) => Some(format!("it imports {import}, but this server has {PACKAGE}{interface}@{VERSION}")),
            (false, _) => Some(format!("it imports {import}, which a policy may not have")),
        };
    }
    if wasi::SEALED.contains(&name) {
        return (!version.starts_with("0.2.")).then(|| format!("it imports {import}, but this server has version 0.2 of it"));
    }
    Some(format!("it imports {import}, which a policy may not have"))
}

fn missing_export(wanted: &str, exports: &[String]) -> String {
    let name = format!("{PACKAGE}{wanted}");
    match exports.iter().find(|export| export.split('@').next() == Some(&name)) {
        Some(other) => format!("it exports {other}, but this server needs {name}@{VERSION}"),
        None => format!("it does not export {name}@{VERSION}, so it is not a plugin of the world `policy`"),
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
        for good in ["hardie:plugin/repository@0.1.0", "hardie:plugin/log@0.1.0", "wasi:io/streams@0.2.6", "wasi:random/random@0.2.0"] {
            assert_eq!(refuse_import(good), None);
        }
        for bad in [
            "hardie:plugin/http@0.1.0",
            "hardie:plugin/log@0.2.0",
            "wasi:sockets/tcp@0.2.0",
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:io/streams@0.3.0",
            "env",
            "wasi:clocks/wall-clock",
        ] {
            assert!(refuse_import(bad).unwrap().contains(bad));
        }
    }
}
