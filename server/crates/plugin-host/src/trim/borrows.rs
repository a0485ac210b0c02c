//! Mends modules of componentize-qjs 0.4.5: its code gives borrowed handles back in `cabi_post_…`, when the call is over. The component model wants
//! them back before (`CanonicalABI.md`, `Task.return_`), so every call that lends something ends as a trap.
//!
//! The call gets a wrapper that drops its handles once the tool's code has answered, and `cabi_post_…`, which would drop them again,
//! becomes empty. What that would have freed is freed with the instance, which lives for one call.

use super::bytes::{Reader, counted, number, section};

/// A call that lends handles.
struct Call {
    name: &'static str,
    post: &'static str,
    /// Of the function in the module (`CanonicalABI.md`, flattening): an `option` is a number that says whether, and what it holds.
    parameters: u8,
    drops: &'static [Drop],
}

/// A handle, and what gives it back.
struct Drop {
    import: &'static str,
    /// Which parameter it is.
    handle: u8,
    /// The parameter that says whether there is one.
    present: Option<u8>,
}

const CALLS: [Call; 3] = [
    Call {
        name: "hardie:plugin/push-policy@0.1.0#check",
        post: "cabi_post_hardie:plugin/push-policy@0.1.0#check",
        parameters: 2,
        drops: &[
            Drop { import: "[resource-drop]push", handle: 0, present: None },
            Drop { import: "[resource-drop]repository", handle: 1, present: None },
        ],
    },
    Call {
        name: "hardie:plugin/event-handler@0.1.0#handle",
        post: "cabi_post_hardie:plugin/event-handler@0.1.0#handle",
        parameters: 3,
        drops: &[
            Drop { import: "[resource-drop]event", handle: 0, present: None },
            Drop { import: "[resource-drop]repository", handle: 2, present: Some(1) },
        ],
    },
    Call {
        name: "hardie:plugin/web-handler@0.1.0#handle",
        post: "cabi_post_hardie:plugin/web-handler@0.1.0#handle",
        parameters: 1,
        drops: &[Drop { import: "[resource-drop]request", handle: 0, present: None }],
    },
];

/// Kinds of sections, and of what is imported or exported.
const IMPORTS: u8 = 2;
const FUNCTIONS: u8 = 3;
const EXPORTS: u8 = 7;
const CODE: u8 = 10;
const FUNCTION: u8 = 0;
/// Instructions.
const LOCAL_GET: u8 = 0x20;
const CALL_FUNCTION: u8 = 0x10;
/// With the type of a block that leaves nothing behind.
const IF: [u8; 2] = [0x04, 0x40];
const END: u8 = 0x0b;

/// The module mended; `None` if it answers no call that lends something.
///
/// # Errors
/// If it does, in a form that is not the expected one.
pub fn give_back(module: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let parts = Parts::of(module).ok_or("a module in it cannot be read")?;
    let exports = exports(parts.section(EXPORTS)).ok_or("the exports of a module in it cannot be read")?;
    let find =
        |name: &str| exports.iter().find(|export| export.kind == FUNCTION && export.name == name.as_bytes()).map(|export| export.index);
    let Some((call, index)) = CALLS.iter().find_map(|call| Some((call, find(call.name)?))) else { return Ok(None) };
    mended(&parts, &exports, call, index, find(call.post))
        .map(Some)
        .ok_or_else(|| "its module is not as componentize-qjs makes it".to_owned())
}

fn mended(parts: &Parts<'_>, exports: &[Export<'_>], lends: &Call, call: u32, post: Option<u32>) -> Option<Vec<u8>> {
    let post = post?;
    let (imported, drops) = imported_functions(parts.section(IMPORTS), lends.drops)?;
    let types = list(parts.section(FUNCTIONS), Reader::number)?;
    let type_of = |function: u32| types.get(function.checked_sub(imported)? as usize).copied();
    let wrapper = imported.checked_add(u32::try_from(types.len()).ok()?)?;

    let mut functions = types.clone();
    functions.extend([type_of(call)?, type_of(post)?]);
    let mut body = vec![0];
    (0..lends.parameters).for_each(|parameter| body.extend([LOCAL_GET, parameter]));
    body.push(CALL_FUNCTION);
    number(call, &mut body);
    for (lent, drop) in lends.drops.iter().zip(drops) {
        if let Some(present) = lent.present {
            body.extend([LOCAL_GET, present]);
            body.extend(IF);
        }
        body.extend([LOCAL_GET, lent.handle, CALL_FUNCTION]);
        number(drop?, &mut body);
        if lent.present.is_some() {
            body.push(END);
        }
    }
    body.push(END);

    let mut out = module_start(parts);
    for (kind, old) in &parts.sections {
        let mut new = Vec::with_capacity(old.len() + 32);
        match *kind {
            FUNCTIONS => write_list(&functions, &mut new, |function, out| number(*function, out)),
            EXPORTS => write_list(exports, &mut new, |export, out| {
                counted(export.name, out);
                out.push(export.kind);
                let moved = match export.index {
                    _ if export.kind != FUNCTION => export.index,
                    index if export.name == lends.name.as_bytes() && index == call => wrapper,
                    index if export.name == lends.post.as_bytes() && index == post => wrapper + 1,
                    index => index,
                };
                number(moved, out);
            }),
            CODE => {
                let mut code = Reader(old);
                number(code.number()?.checked_add(2)?, &mut new);
                new.extend_from_slice(code.0);
                counted(&body, &mut new);
                counted(&[0, END], &mut new);
            }
            _ => new.extend_from_slice(old),
        }
        section(*kind, &new, &mut out);
    }
    Some(out)
}

/// A module's preamble and sections.
struct Parts<'a> {
    preamble: &'a [u8],
    sections: Vec<(u8, &'a [u8])>,
}

impl<'a> Parts<'a> {
    fn of(module: &'a [u8]) -> Option<Parts<'a>> {
        let (preamble, rest) = module.split_at_checked(super::PREAMBLE)?;
        let (mut rest, mut sections) = (Reader(rest), Vec::new());
        while let Some(kind) = rest.byte() {
            sections.push((kind, rest.counted()?));
        }
        Some(Parts { preamble, sections })
    }

    /// Empty lists are often left out.
    fn section(&self, kind: u8) -> &'a [u8] {
        self.sections.iter().find(|(found, _)| *found == kind).map_or(&[0], |(_, body)| body)
    }
}

fn module_start(parts: &Parts<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.sections.iter().map(|(_, body)| body.len() + 16).sum());
    out.extend_from_slice(parts.preamble);
    out
}

struct Export<'a> {
    name: &'a [u8],
    kind: u8,
    index: u32,
}

fn exports(section: &[u8]) -> Option<Vec<Export<'_>>> {
    list(section, |reader| Some(Export { name: reader.counted()?, kind: reader.byte()?, index: reader.number()? }))
}

/// How many functions are imported, and which of them give these back.
fn imported_functions(section: &[u8], lent: &[Drop]) -> Option<(u32, Vec<Option<u32>>)> {
    let (mut functions, mut drops) = (0, vec![None; lent.len()]);
    list(section, |reader| {
        let (_module, name) = (reader.counted()?, reader.counted()?);
        match reader.byte()? {
            FUNCTION => {
                reader.number()?;
                for (wanted, found) in lent.iter().zip(&mut drops) {
                    if wanted.import.as_bytes() == name {
                        *found = Some(functions);
                    }
                }
                functions += 1;
            }
            // A table's limits follow its type; a memory's are all there is.
            kind @ (1 | 2) => {
                if kind == 1 {
                    reader.byte()?;
                }
                let bounded = reader.byte()? & 1 == 1;
                reader.number()?;
                if bounded {
                    reader.number()?;
                }
            }
            // A global's type and whether it changes.
            3 => {
                reader.byte()?;
                reader.byte()?;
            }
            _ => return None,
        }
        Some(())
    })?;
    Some((functions, drops))
}

fn list<'a, T>(section: &'a [u8], mut one: impl FnMut(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
    let mut reader = Reader(section);
    let count = reader.number()?;
    // Nothing is reserved by a number that nobody has checked.
    (0..count).map(|_| one(&mut reader)).collect()
}

fn write_list<T>(items: &[T], out: &mut Vec<u8>, one: impl Fn(&T, &mut Vec<u8>)) {
    number(u32::try_from(items.len()).unwrap_or(u32::MAX), out);
    items.iter().for_each(|item| one(item, out));
}

#[cfg(test)]
mod tests {
    use wasmtime::{Engine, Instance, Module, Store};

    use super::*;

    /// Answers with the sum of its handles; both it and its `post` count in a global what they do.
    const TEXT: &str = r#"(module
        (import "h" "[resource-drop]commit" (func (param i32)))
        (import "h" "[resource-drop]repository" (func (param i32)))
        (import "h" "table" (table 0 funcref))
        (import "h" "memory" (memory 0 5))
        (import "h" "global" (global i32))
        (import "h" "[resource-drop]push" (func (param i32)))
        (func $call (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func $post (param i32) unreachable)
        (func $other (result i32) i32.const 9)
        (export "other" (func $other))
        (export "memory" (memory 0))
        (export "hardie:plugin/push-policy@0.1.0#check" (func $call))
        (export "cabi_post_hardie:plugin/push-policy@0.1.0#check" (func $post)))"#;

    /// A mended module's answer to its call, what was dropped in it (0: commit, 1: repository, 2: the other one), and the instance.
    fn called(text: &str, parameters: &[i32]) -> (i32, Vec<(usize, i32)>) {
        let lends = CALLS.iter().find(|call| text.contains(call.name)).unwrap();
        let mended = give_back(&wat::parse_str(text).unwrap()).unwrap().unwrap();
        let engine = Engine::default();
        let module = Module::new(&engine, mended).unwrap();
        let mut store = Store::new(&engine, Vec::<(usize, i32)>::new());
        let mut linker = wasmtime::Linker::new(&engine);
        for (at, name) in ["[resource-drop]commit", "[resource-drop]repository", lends.drops[0].import].into_iter().enumerate() {
            linker
                .func_wrap("h", name, move |mut caller: wasmtime::Caller<'_, Vec<(usize, i32)>>, handle: i32| {
                    caller.data_mut().push((at, handle))
                })
                .unwrap();
        }
        let table =
            wasmtime::Table::new(&mut store, wasmtime::TableType::new(wasmtime::RefType::FUNCREF, 0, None), wasmtime::Ref::Func(None))
                .unwrap();
        let memory = wasmtime::Memory::new(&mut store, wasmtime::MemoryType::new(0, Some(5))).unwrap();
        let global = wasmtime::GlobalType::new(wasmtime::ValType::I32, wasmtime::Mutability::Const);
        let global = wasmtime::Global::new(&mut store, global, 0.into()).unwrap();
        linker.define(&store, "h", "table", table).unwrap().define(&store, "h", "memory", memory).unwrap();
        linker.define(&store, "h", "global", global).unwrap();
        let instance: Instance = linker.instantiate(&mut store, &module).unwrap();
        let call = instance.get_func(&mut store, lends.name).unwrap();
        let (given, mut answer) = (parameters.iter().map(|n| wasmtime::Val::I32(*n)).collect::<Vec<_>>(), [wasmtime::Val::I32(0)]);
        call.call(&mut store, &given, &mut answer).unwrap();
        let answer = answer[0].unwrap_i32();
        let dropped = store.data().clone();
        instance.get_typed_func::<i32, ()>(&mut store, lends.post).unwrap().call(&mut store, answer).unwrap();
        assert_eq!(store.data(), &dropped, "nothing afterwards");
        assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "other").unwrap().call(&mut store, ()).unwrap(), 9);
        (answer, dropped)
    }

    #[test]
    fn both_handles_are_dropped_in_the_call_and_none_afterwards() {
        assert_eq!(called(TEXT, &[11, 31]), (42, vec![(2, 11), (1, 31)]));
    }

    #[test]
    fn a_repository_that_is_not_there_is_not_dropped() {
        let text =
            TEXT.replace("push-policy@0.1.0#check", "event-handler@0.1.0#handle").replace("[resource-drop]push", "[resource-drop]event");
        let text = text.replace("(func $call (param i32 i32)", "(func $call (param i32 i32 i32)");
        assert_eq!(called(&text, &[11, 1, 31]), (12, vec![(2, 11), (1, 31)]));
        assert_eq!(called(&text, &[11, 0, 31]), (11, vec![(2, 11)]));
    }

    #[test]
    fn the_one_handle_of_a_web_request_is_dropped_and_no_repository() {
        let text =
            TEXT.replace("push-policy@0.1.0#check", "web-handler@0.1.0#handle").replace("[resource-drop]push", "[resource-drop]request");
        let text = text.replace("(func $call (param i32 i32)", "(func $call (param i32)").replace("(local.get 1)", "(i32.const 1)");
        assert_eq!(called(&text, &[11]), (12, vec![(2, 11)]));
    }

    #[test]
    fn other_modules_stay_and_those_of_another_form_are_refused() {
        let of = |text: &str| give_back(&wat::parse_str(text).unwrap());
        assert_eq!(of("(module (func (export \"f\")))"), Ok(None));
        assert_eq!(of("(module)"), Ok(None));
        assert!(of(&TEXT.replace("[resource-drop]push", "push")).unwrap_err().contains("componentize-qjs"));
        assert!(of(&TEXT.replace("cabi_post_", "post_")).is_err());
        let whole = wat::parse_str(TEXT).unwrap();
        for at in 8..whole.len() {
            // Never a panic, whatever is missing.
            let _ = give_back(&whole[..at]);
        }
    }
}
