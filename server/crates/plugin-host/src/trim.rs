//! What is done to a component that a tool of another language made, before anybody gets it: sections that nothing reads are taken out, and
//! handles that the tool's code keeps too long are given back.
//!
//! By the binary format (webassembly.github.io/spec/core/binary, component-model `design/mvp/Binary.md`): a preamble of eight bytes, then
//! sections, each a byte that says of which kind, its length as LEB128, its bytes.

mod borrows;
mod bytes;

use self::bytes::{Reader, section};

/// What every module and every component begins with.
const PREAMBLE: usize = 8;
/// Kinds of sections: in both, in a component.
const CUSTOM: u8 = 0;
const MODULE: u8 = 1;
const COMPONENT: u8 = 4;
/// Components in components. Whatever is deeper is no tool's work.
const DEPTH: usize = 16;

/// What is to be done besides taking out custom sections. In a component that carries an interpreter those name the interpreter's functions,
/// which tells an author nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mend {
    /// Nothing.
    Nothing,
    /// Borrowed handles of a call are given back before it returns.
    Borrows,
}

/// The component without custom sections, mended.
///
/// # Errors
/// If the bytes are no component, are cut off, or there is nothing to mend in them.
pub fn trim(component: &[u8], mend: Mend) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(component.len());
    let mut mended = 0;
    sections(component, true, 0, &mut out, &mut |module| match mend {
        Mend::Nothing => Ok(None),
        Mend::Borrows => borrows::give_back(module).inspect(|found| mended += usize::from(found.is_some())),
    })?;
    match (mend, mended) {
        (Mend::Nothing, _) | (Mend::Borrows, 1) => Ok(out),
        (Mend::Borrows, other) => Err(format!("{other} of its modules answer the call of a plugin, and it should be one")),
    }
}

/// Puts another module in the place of one, if there is need.
type Change<'a> = &'a mut dyn FnMut(&[u8]) -> Result<Option<Vec<u8>>, String>;

fn sections(bytes: &[u8], component: bool, depth: usize, out: &mut Vec<u8>, change: Change<'_>) -> Result<(), String> {
    let whole = || "this is not a whole component".to_owned();
    let (preamble, rest) = bytes.split_at_checked(PREAMBLE).ok_or_else(whole)?;
    // The layer: 0 for modules, 1 for components.
    if depth > DEPTH || !preamble.starts_with(b"\0asm") || preamble.get(6) != Some(&u8::from(component)) {
        return Err(whole());
    }
    out.extend_from_slice(preamble);
    let mut rest = Reader(rest);
    while let Some(kind) = rest.byte() {
        let body = rest.counted().ok_or_else(whole)?;
        if kind == CUSTOM {
            continue;
        }
        if !component || (kind != MODULE && kind != COMPONENT) {
            section(kind, body, out);
            continue;
        }
        let mut inner = Vec::with_capacity(body.len());
        sections(body, kind == COMPONENT, depth + 1, &mut inner, change)?;
        let changed = if kind == MODULE { change(&inner)? } else { None };
        section(kind, changed.as_ref().unwrap_or(&inner), out);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(component: &[u8]) -> Result<Vec<u8>, String> {
        trim(component, Mend::Nothing)
    }

    #[test]
    fn custom_sections_go_at_every_depth_and_nothing_else_does() {
        let plain = wat::parse_str(
            r#"(component (core module (func (export "f") (result i32) i32.const 7) (memory 1) (data (i32.const 0) "kept"))
                (component (core module (global i32 (i32.const 3)))))"#,
        );
        let named = wat::parse_str(
            r#"(component $outer (@custom "secret" "x") (core module $m (@custom "secret" "x") (func $name (export "f") (result i32) i32.const 7)
                (memory $memory 1) (data (i32.const 0) "kept")) (component $inner (core module $n (global $g i32 (i32.const 3)))))"#,
        );
        let (plain, named) = (plain.unwrap(), named.unwrap());
        assert!(named.len() > plain.len());
        assert_eq!(strip(&named).unwrap(), strip(&plain).unwrap());
        assert!(strip(&named).unwrap().windows(4).any(|part| part == b"kept"));
        assert!(!strip(&named).unwrap().windows(6).any(|part| part == b"secret"));
        assert_eq!(strip(&strip(&named).unwrap()).unwrap(), strip(&named).unwrap());
    }

    #[test]
    fn what_is_cut_off_or_no_component_is_refused() {
        let whole = wat::parse_str(r#"(component (core module (func (export "f"))))"#).unwrap();
        // Between two sections an end is an end.
        let cut = (0..whole.len()).filter(|at| strip(&whole[..*at]).is_ok()).count();
        assert!(cut < 3, "{cut}");
        assert!(strip(b"").is_err() && strip(b"#!/bin/sh and more").is_err());
        assert!(strip(&wat::parse_str("(module)").unwrap()).is_err());
        assert!(strip(b"\0asm\x0d\0\x01\0\x01\xff\xff\xff\xff\x0f").is_err(), "a length past the end");
        assert!(strip(b"\0asm\x0d\0\x01\0\x01\xff\xff\xff\xff\xff\x01").is_err(), "a length of no 32 bits");
        let mut deep = b"\0asm\x0d\0\x01\0".to_vec();
        for _ in 0..100 {
            let inner = std::mem::replace(&mut deep, b"\0asm\x0d\0\x01\0".to_vec());
            section(COMPONENT, &inner, &mut deep);
        }
        assert!(strip(&deep).is_err(), "a tower of components");
    }

    #[test]
    fn a_component_with_nothing_to_mend_is_refused() {
        let whole = wat::parse_str("(component (core module))").unwrap();
        assert!(trim(&whole, Mend::Borrows).unwrap_err().contains("0 of its modules"));
    }
}
