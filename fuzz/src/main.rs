//! One target under libFuzzer: `HARDIE_FUZZ=NAME`, then libFuzzer's own arguments. `HARDIE_FUZZ_SEEDS=DIR` only writes the seeds there.
#![no_main]
#![expect(unsafe_code, reason = "libFuzzer calls us by a name that the linker must keep")]
#![expect(clippy::expect_used, reason = "nothing can go on without a target")]

use std::sync::LazyLock;

use hardie_fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let target = std::env::var("HARDIE_FUZZ").ok().and_then(|name| hardie_fuzz::target(&name)).expect("HARDIE_FUZZ names a target");
    if let Some(folder) = std::env::var_os("HARDIE_FUZZ_SEEDS") {
        for (number, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(std::path::Path::new(&folder).join(format!("seed-{number}")), seed).expect("the folder for seeds is there");
        }
    }
    target
});

fuzz_target!(|data: &[u8]| (TARGET.run)(data));
