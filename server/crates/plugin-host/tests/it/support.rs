//! A host in a temporary folder, fixtures as components, one push to judge.

use std::path::Path;

use bytes::Bytes;
use hardie_domain::plugin::Digest;
use hardie_plugin_host::scenario::{Outcome, Scenario};
use hardie_plugin_host::{Allocation, CacheKey, CompileCommand, HostOptions, Limits, PluginHost, componentize};

/// A push of one commit that should be accepted.
pub const PUSH: &str = r#"
[[base]]
message = "First"
files = { "README.md" = "hello" }
[[commit]]
message = "Second"
files = { "src/main.rs" = "fn main() {}" }
[expect]
accept = true
"#;

pub struct Bench {
    /// Removed when dropped.
    _folder: tempfile::TempDir,
    pub host: PluginHost,
}

pub fn options(folder: &Path, limits: Limits) -> HostOptions {
    HostOptions {
        cache: folder.join("cache"),
        key: CacheKey::new([7; 32]),
        compiler: CompileCommand {
            program: std::env::current_exe().unwrap(),
            args: ["--exact", "--nocapture", "--quiet", "compile_child"].map(Into::into).to_vec(),
            env: vec![("HARDIE_TEST_COMPILE".into(), "1".into())],
        },
        limits,
        allocation: Allocation::Pooling,
    }
}

impl Bench {
    pub fn new(limits: Limits) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let host = PluginHost::open(options(folder.path(), limits)).unwrap();
        Bench { _folder: folder, host }
    }

    /// Installs a fixture.
    pub async fn install(&self, fixture: &str) -> Digest {
        self.host.prepare(component(fixture)).await.unwrap().digest
    }

    /// Installs a fixture and pushes to it.
    pub async fn push(&self, fixture: &str) -> Outcome {
        let digest = self.install(fixture).await;
        self.judge(digest).await
    }

    pub async fn judge(&self, digest: Digest) -> Outcome {
        Scenario::parse(PUSH).unwrap().run(&self.host, digest, "{}").await.unwrap()
    }
}

/// What every policy among the fixtures begins with.
pub fn prelude() -> String {
    read("prelude.wat")
}

fn read(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/plugins");
    std::fs::read_to_string(folder.join(file)).unwrap()
}

/// A fixture as a component.
pub fn component(name: &str) -> Bytes {
    if name.ends_with(".component") {
        return wat::parse_str(read(&format!("{name}.wat"))).unwrap().into();
    }
    component_of(name, |text| text)
}

/// A fixture as a component, its text changed.
pub fn component_of(name: &str, change: impl FnOnce(String) -> String) -> Bytes {
    let (prelude, worlds): (String, &[&str]) = match name {
        "event-and-policy" => (read("event-prelude.wat"), &["events", "policy"]),
        name if name.starts_with("event-") => (read("event-prelude.wat"), &["events"]),
        name if name.starts_with("web-") => (read("web-prelude.wat"), &["web"]),
        name if name.starts_with("online") => (prelude(), &["policy-online"]),
        _ => (prelude(), &["policy"]),
    };
    let text = read(&format!("{name}.wat"));
    // In WebAssembly's text imports come first, also those that only one fixture has.
    let (imports, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.trim_start().starts_with("(import"));
    let text = change(format!("(module\n{}\n{prelude}\n{})", imports.join("\n"), rest.join("\n")));
    let mut module = wat::parse_str(text).unwrap();
    worlds.iter().for_each(|world| componentize::embed_world(&mut module, world).unwrap());
    componentize::componentize(&module).unwrap().into()
}
