//! One target under libFuzzer: `HARDIE_FUZZ=NAME`, then libFuzzer's own arguments. Without a name it prints all names; with
//! `HARDIE_FUZZ_SEEDS=DIR` it writes the target's seeds there. Both end it.
#![no_main]
#![expect(clippy::expect_used, reason = "nothing can go on without a target")]
#![expect(clippy::disallowed_methods, reason = "libFuzzer has main, so there is nothing to return an exit code from")]

use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use hardie_fuzz::{TARGETS, Target, target};
use libfuzzer_sys::fuzz_target;

static CHOSEN: OnceLock<Target> = OnceLock::new();

/// Before libFuzzer reads anything.
fn prepare() {
    let Ok(name) = std::env::var("HARDIE_FUZZ") else {
        TARGETS.iter().for_each(|target| writeln!(std::io::stdout(), "{}", target.name).expect("somebody reads the names"));
        std::process::exit(0);
    };
    let chosen = target(&name).expect("HARDIE_FUZZ names a target");
    if let Some(folder) = std::env::var_os("HARDIE_FUZZ_SEEDS") {
        for (number, seed) in (chosen.seeds)().iter().enumerate() {
            std::fs::write(Path::new(&folder).join(format!("seed-{number}")), seed).expect("the folder for seeds is there");
        }
        std::process::exit(0);
    }
    CHOSEN.get_or_init(|| chosen);
}

fuzz_target!(init: prepare(), |data: &[u8]| (CHOSEN.get().expect("a target was chosen").run)(data));
