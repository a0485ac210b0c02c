//! The child's side: bind itself first, then read, compile, write.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, bail};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::engine;

/// Most bytes that may be written, here or anywhere.
const OUTPUT: u64 = 1 << 30;

/// Compiles the component `INPUT` to `OUTPUT` within `MEMORY` bytes and `CPU` seconds, all given as arguments.
///
/// # Errors
/// With the text for the person who installs, if the component cannot be compiled.
pub fn run(args: &[OsString]) -> anyhow::Result<()> {
    let [input, output, memory, cpu] = args else {
        bail!("called by the server itself: INPUT OUTPUT MEMORY CPU");
    };
    let number = |text: &OsString| text.to_str().and_then(|t| t.parse::<u64>().ok()).context("not a number");
    bind(number(memory)?, number(cpu)?)?;
    let bytes = std::fs::read(Path::new(input)).context("read the component")?;
    let engine = engine::for_compiling().map_err(|error| anyhow::anyhow!("{error:#}"))?;
    let code = engine.precompile_component(&bytes).map_err(|error| anyhow::anyhow!("it is not a valid component: {error:#}"))?;
    std::fs::write(Path::new(output), code).context("write the result")
}

/// Gives up what the compiler does not need, for good.
fn bind(memory: u64, cpu: u64) -> anyhow::Result<()> {
    let limit =
        |resource, value: u64| setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) }).context("set a resource limit");
    limit(Resource::As, memory)?;
    limit(Resource::Cpu, cpu)?;
    limit(Resource::Fsize, OUTPUT)?;
    limit(Resource::Core, 0)?;
    // Requests come first; a refusal only means that we are nice already.
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "could not lower the priority");
    }
    Ok(())
}
