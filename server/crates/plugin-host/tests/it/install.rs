//! What may be installed, and what happens to it on disk.

use std::time::{Duration, Instant};

use bytes::Bytes;
use hardie_plugin_host::scenario::Scenario;
use hardie_plugin_host::{Allocation, CompileCommand, Limits, PluginHost};

use crate::support::{Bench, PUSH, component, component_of, options};

#[tokio::test]
async fn a_component_tells_what_it_is_and_what_it_may_do() {
    let bench = Bench::new(Limits::default());
    let info = bench.host.prepare(component("accept")).await.unwrap();
    assert_eq!((info.name.as_str(), info.version.as_str(), info.description.as_str()), ("hostile", "1.0.0", "a fixture"));
    assert_eq!(info.worlds, ["policy"]);
    assert!(info.imports.iter().all(|import| import.starts_with("hardie:plugin/") && import.ends_with("@0.1.0")), "{:?}", info.imports);
    assert_eq!(bench.judge(info.digest).await.verdict, "accepted");
}

#[tokio::test]
async fn forbidden_imports_are_refused_each_by_name() {
    let refusal = Bench::new(Limits::default()).host.prepare(component("sockets.component")).await.unwrap_err();
    for name in ["wasi:sockets/tcp@0.2.0", "hardie:plugin/comment@0.1.0", "hardie:plugin/push-policy@0.1.0"] {
        assert!(refusal.contains(name), "{refusal}");
    }
}

#[tokio::test]
async fn what_is_not_a_component_is_refused() {
    let bench = Bench::new(Limits { component: 1 << 20, ..Limits::default() });
    let refusal = async |bytes: &[u8]| bench.host.prepare(Bytes::copy_from_slice(bytes)).await.unwrap_err();
    assert!(refusal(&wat::parse_str("(module)").unwrap()).await.contains("core module"));
    assert!(refusal(b"\x7fELF").await.contains("machine code"));
    assert!(refusal(&vec![0; 2 << 20]).await.contains("1048576"));
    let whole = component("accept");
    assert!(refusal(&whole[..whole.len() / 2]).await.contains("not a valid component"));
}

#[tokio::test]
async fn damaged_components_are_refused_or_run_within_bounds() {
    let bench = Bench::new(Limits { fuel: 1_000_000, ..Limits::default() });
    let whole = component("accept");
    for at in (8..whole.len()).step_by(whole.len() / 12) {
        let mut damaged = whole.to_vec();
        damaged[at] ^= 0x41;
        if let Ok(info) = bench.host.prepare(damaged.into()).await {
            bench.judge(info.digest).await;
        }
    }
}

#[tokio::test]
async fn a_component_that_loops_when_started_is_not_installed() {
    let bench = Bench::new(Limits { fuel: 1_000_000, ..Limits::default() });
    let refusal = bench.host.prepare(component("start-loop")).await.unwrap_err();
    assert!(refusal.contains("1000000 instructions"), "{refusal}");
}

#[tokio::test]
async fn nothing_stays_on_the_disk_of_what_is_refused_or_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let host = PluginHost::open(options(folder.path(), Limits { fuel: 1_000_000, ..Limits::default() })).unwrap();
    let kept = || std::fs::read_dir(folder.path().join("cache")).unwrap().count();
    // Refused for what it imports, for what it does when it is asked, and for what the pool has no room for.
    for refused in ["sockets.component", "start-loop", "table"] {
        assert!(host.prepare(component(refused)).await.is_err());
        assert_eq!(kept(), 0, "{refused}");
    }
    let digest = host.prepare(component("accept")).await.unwrap().digest;
    assert_eq!(kept(), 1);
    host.forget(digest).await;
    assert!(kept() == 0 && !host.is_ready(digest).await);
    host.forget(digest).await;
    assert!(host.prepare(component("accept")).await.is_ok(), "and it may come back");
}

#[tokio::test]
async fn a_table_within_the_limit_has_room_with_a_pool_and_without() {
    let component = component_of("accept", |text| text.replacen("(memory (export", "(table 90000 funcref)\n(memory (export", 1));
    for allocation in [Allocation::Pooling, Allocation::OnDemand] {
        let folder = tempfile::tempdir().unwrap();
        let host = PluginHost::open(HostOptionsWith { allocation }.of(folder.path())).unwrap();
        let digest = host.prepare(component.clone()).await.unwrap().digest;
        assert_eq!(Scenario::parse(PUSH).unwrap().run(&host, digest, "{}").await.unwrap().verdict, "accepted");
    }
}

#[tokio::test]
async fn a_huge_table_is_refused_with_a_pool_and_without() {
    for allocation in [Allocation::Pooling, Allocation::OnDemand] {
        let folder = tempfile::tempdir().unwrap();
        let host = PluginHost::open(HostOptionsWith { allocation }.of(folder.path())).unwrap();
        assert!(host.prepare(component("table")).await.is_err());
    }
}

struct HostOptionsWith {
    allocation: Allocation,
}

impl HostOptionsWith {
    fn of(self, folder: &std::path::Path) -> hardie_plugin_host::HostOptions {
        hardie_plugin_host::HostOptions { allocation: self.allocation, ..options(folder, Limits::default()) }
    }
}

#[tokio::test]
async fn without_a_pool_everything_still_works() {
    let folder = tempfile::tempdir().unwrap();
    let host = PluginHost::open(HostOptionsWith { allocation: Allocation::OnDemand }.of(folder.path())).unwrap();
    let digest = host.prepare(component("accept")).await.unwrap().digest;
    let outcome = Scenario::parse(PUSH).unwrap().run(&host, digest, "{}").await.unwrap();
    assert_eq!(outcome.verdict, "accepted");
}

#[tokio::test]
async fn a_compiler_without_memory_fails_the_install_and_nothing_else() {
    let bench = Bench::new(Limits { compile_memory: 64 << 20, ..Limits::default() });
    let refusal = bench.host.prepare(component("accept")).await.unwrap_err();
    assert!(!refusal.is_empty());
}

#[tokio::test]
async fn a_compiler_that_hangs_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path(), Limits { compile_wall: Duration::from_millis(200), ..Limits::default() });
    options.compiler = CompileCommand { program: "/bin/sh".into(), args: vec!["-c".into(), "exec sleep 60".into()], env: Vec::new() };
    let host = PluginHost::open(options).unwrap();
    let started = Instant::now();
    assert!(host.prepare(component("accept")).await.unwrap_err().contains("took longer"));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_restart_finds_the_compiled_component_and_never_compiles_on_a_push() {
    let folder = tempfile::tempdir().unwrap();
    let first = PluginHost::open(options(folder.path(), Limits::default())).unwrap();
    let digest = first.prepare(component("accept")).await.unwrap().digest;
    drop(first);
    let mut options = options(folder.path(), Limits::default());
    options.compiler.program = "/nowhere".into();
    let second = PluginHost::open(options).unwrap();
    assert!(second.is_ready(digest).await);
    let outcome = Scenario::parse(PUSH).unwrap().run(&second, digest, "{}").await.unwrap();
    assert_eq!(outcome.verdict, "accepted");
}

#[tokio::test]
async fn a_compiled_component_altered_on_disk_is_never_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let digest = PluginHost::open(options(folder.path(), Limits::default())).unwrap().prepare(component("accept")).await.unwrap().digest;
    let cache = folder.path().join("cache");
    assert_eq!(std::fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    let file = std::fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let host = PluginHost::open(options(folder.path(), Limits::default())).unwrap();
    let outcome = Scenario::parse(PUSH).unwrap().run(&host, digest, "{}").await.unwrap();
    assert_eq!(outcome.verdict, "unavailable");
    assert!(!file.exists(), "the altered file is gone");
    host.load(digest, component("accept")).await.unwrap();
    assert!(host.is_ready(digest).await, "loading compiled it anew");
}

#[tokio::test]
async fn other_bytes_than_the_pinned_ones_are_not_loaded() {
    let bench = Bench::new(Limits::default());
    let digest = bench.install("accept").await;
    assert!(bench.host.load(digest, component("trap")).await.unwrap_err().contains("pinned"));
}

#[tokio::test]
async fn configuration_must_be_json_of_a_reasonable_size() {
    let bench = Bench::new(Limits::default());
    let digest = bench.install("accept").await;
    let check = async |config: &str| bench.host.validate_config(digest, component("accept"), config).await;
    assert_eq!(check("{}").await, Ok(()));
    assert!(check("{").await.unwrap_err()[0].contains("not JSON"));
    assert!(check(&format!("\"{}\"", "x".repeat(70 << 10))).await.is_err());
}
