//! Small helpers that several areas share.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use hardie_plugin_host::componentize;
use hardie_testkit::history::Choices;

/// Whether the long forms run.
pub fn soak() -> bool {
    std::env::var_os("HARDIE_SOAK").is_some()
}

/// A seeded generator; the seed is printed, and `HARDIE_TEST_SEED` repeats a run.
pub fn choices(test: &str) -> Choices {
    let given = std::env::var("HARDIE_TEST_SEED").ok().and_then(|s| s.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()) ^ 0x5eed);
    println!("{test}: HARDIE_TEST_SEED={seed}");
    Choices::new(seed)
}

/// Waits until something holds, looking often; fails with the text after a bounded time.
pub async fn eventually<F: AsyncFnMut() -> bool>(what: &str, mut holds: F) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("still not true after 30 s: {what}");
}

/// A fixture as a component.
pub fn component(name: &str) -> Bytes {
    component_with(name, |text| text)
}

/// A fixture as a component, its text changed. Those called `event-…` handle events, those called `web-…` web
/// requests, those called `online…` ask others, the rest are policies.
pub fn component_with(name: &str, change: impl FnOnce(String) -> String) -> Bytes {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plugins");
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let (prelude, world) = match name {
        name if name.starts_with("event-") => ("event-prelude.wat", "events"),
        name if name.starts_with("web-") => ("web-prelude.wat", "web"),
        name if name.starts_with("online") => ("prelude.wat", "policy-online"),
        _ => ("prelude.wat", "policy"),
    };
    let text = read(&format!("{name}.wat"));
    // In WebAssembly's text imports come first, also those that only one fixture has.
    let (imports, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.trim_start().starts_with("(import"));
    let inside = change(format!("{}\n{}\n{}", imports.join("\n"), read(prelude), rest.join("\n")));
    let mut module = wat::parse_str(format!("(module\n{inside})")).unwrap();
    componentize::embed_world(&mut module, world).unwrap();
    componentize::componentize(&module).unwrap().into()
}
