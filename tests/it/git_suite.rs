//! Git's own tests of fetch and push, with our engine in the place of git's server (`docs/decisions/0021-gits-own-tests.md`).
//!
//! Start reading at `scripts`, which says what runs, then `stage`, which makes git's clients meet `tests/shim`.

mod expected;
mod scripts;
mod stage;
mod tap;

use std::sync::Mutex;

use self::expected::Expected;
use self::scripts::{FETCHES, PUSHES, Script};
use self::stage::Stage;
use crate::support::soak;

/// Scripts that run at once in the long form.
const AT_ONCE: usize = 2;

#[test]
fn fetches_pass_gits_own_tests() {
    run(FETCHES, &[2]);
}

#[test]
fn pushes_pass_gits_own_tests() {
    run(PUSHES, &[0]);
}

/// The chosen part over `short` versions of the protocol, or everything over all versions.
fn run(scripts: &[Script], short: &[u8]) {
    let stage = Stage::set().unwrap();
    let expected = Expected::read();
    let versions = if soak() { &[0, 1, 2] } else { short };
    let chosen = scripts.iter().filter(|script| soak() || script.short.is_some());
    let runs: Vec<(&Script, u8)> = chosen.flat_map(|script| versions.iter().map(move |version| (script, *version))).collect();
    assert!(!runs.is_empty());
    let left = Mutex::new(runs.into_iter());
    let surprises = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..if soak() { AT_ONCE } else { 1 } {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap().next();
                    let Some((script, version)) = next else { break };
                    let found = one(&stage, &expected, script, version);
                    surprises.lock().unwrap().extend(found);
                }
            });
        }
    });
    let surprises = surprises.into_inner().unwrap();
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// Runs one script; what was not expected.
fn one(stage: &Stage, expected: &Expected, script: &Script, version: u8) -> Vec<String> {
    let part = if soak() { None } else { script.short };
    let ran = stage.run(script.name, version, part).unwrap();
    let (listed, name) = (expected.of(script.name, version), format!("{} over version {version}", script.name));
    let mut surprises = ran.report.broken().map(|reason| format!("{name}: {reason}")).into_iter().collect::<Vec<_>>();
    if ran.calls == 0 {
        surprises.push(format!("{name}: git never spoke to our engine"));
    }
    for number in ran.report.failed.iter().filter(|number| !listed.contains(number)) {
        surprises.push(format!("{name}: test {number} fails and is not listed:\n{}", ran.story(*number)));
    }
    for number in ran.report.passed.iter().filter(|number| listed.contains(number)) {
        surprises.push(format!("{name}: test {number} passes now: take it off the list"));
    }
    for number in listed.iter().filter(|number| **number > ran.report.planned) {
        surprises.push(format!("{name}: test {number} is listed and there is no such test"));
    }
    println!("{name}: {} passed, {} failed as listed, {} calls", ran.report.passed.len(), ran.report.failed.len(), ran.calls);
    surprises
}
