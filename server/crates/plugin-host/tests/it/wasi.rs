//! Components that bring WASI along: it is there, and nothing can be had through it.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hardie_plugin_host::{Limits, componentize};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap};

use crate::support::{Bench, prelude};

/// As much of WASI 0.2 as the tests call, in WASI's own words.
const WASI: &[(&str, &str)] = &[
    (
        "io",
        "package wasi:io@0.2.0;
        interface error { resource error { to-debug-string: func() -> string; } }
        interface poll { resource pollable { ready: func() -> bool; block: func(); } }
        interface streams {
            use error.{error};
            variant stream-error { last-operation-failed(error), closed }
            resource output-stream {
                check-write: func() -> result<u64, stream-error>;
                blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
            }
        }",
    ),
    (
        "clocks",
        "package wasi:clocks@0.2.0;
        interface monotonic-clock {
            use wasi:io/poll@0.2.0.{pollable};
            now: func() -> u64;
            subscribe-duration: func(when: u64) -> pollable;
        }",
    ),
    ("random", "package wasi:random@0.2.0; interface random { get-random-u64: func() -> u64; }"),
    (
        "cli",
        "package wasi:cli@0.2.0;
        interface stdout { use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream; }
        interface environment { get-environment: func() -> list<tuple<string, string>>; }",
    ),
    (
        "filesystem",
        "package wasi:filesystem@0.2.0;
        interface types { resource descriptor { sync: func(); } }
        interface preopens { use types.{descriptor}; get-directories: func() -> list<tuple<descriptor, string>>; }",
    ),
    ("sockets", "package wasi:sockets@0.2.0; interface instance-network { look: func() -> u32; }"),
];

/// A fixture's body in a world that is `policy` and these imports.
fn component(imports: &[&str], wasm_imports: &str, body: &str) -> Bytes {
    let mut resolve = Resolve::default();
    let mut push = |name: &str, text: &str| {
        let mut map = SourceMap::default();
        map.push(Path::new(name), text);
        let group = map.parse().map_err(|(_, error)| error.to_string()).unwrap();
        resolve.push_group(group).unwrap()
    };
    let mut contract = SourceMap::default();
    for (name, text) in componentize::WIT {
        contract.push(Path::new(name), *text);
    }
    for (name, text) in WASI {
        push(name, text);
    }
    resolve.push_group(contract.parse().map_err(|(_, error)| error.to_string()).unwrap()).unwrap();
    let imports: String = imports.iter().map(|import| format!("import {import}@0.2.0;")).collect();
    let world = format!("package test:wasi; world plugin {{ include hardie:plugin/policy@0.1.0; {imports} }}");
    let package = resolve.push_source("world", &world).unwrap();
    let world = resolve.select_world(&[package], Some("plugin")).unwrap();
    let text = format!("(module\n{wasm_imports}\n{}\n{body})", prelude());
    let mut module = wat::parse_str(text).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    componentize::componentize(&module).unwrap().into()
}

const CHECK: &str = r#"(func (export "hardie:plugin/push-policy@0.1.0#check") (param i32 i32) (result i32)"#;

#[tokio::test]
async fn a_sleep_of_an_hour_is_over_at_once_and_the_clock_stands_still() {
    let imports = r#"
        (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
        (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $sleep (param i64) (result i32)))
        (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
        (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop-pollable (param i32)))"#;
    let body = format!(
        "{CHECK} (local $p i32)
            (local.set $p (call $sleep (i64.const 3600000000000)))
            (call $block (local.get $p))
            (call $drop-pollable (local.get $p))
            (if (i64.ne (call $now) (i64.const 0)) (then (unreachable)))
            (call $accept (local.get 0) (local.get 1)))"
    );
    let bench = Bench::new(Limits { wall: Duration::from_secs(20), ..Limits::default() });
    let component = component(&["wasi:io/poll", "wasi:clocks/monotonic-clock"], imports, &body);
    let info = bench.host.prepare(component).await.unwrap();
    assert!(info.imports.iter().any(|import| import.starts_with("wasi:clocks/monotonic-clock@")), "{:?}", info.imports);
    let started = Instant::now();
    let outcome = bench.judge(info.digest).await;
    assert_eq!(outcome.verdict, "accepted", "{:?}", outcome.log);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn chance_is_the_same_in_every_call() {
    let imports = r#"(import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))"#;
    // The verdict's position is drawn: a fault that names it shows what was drawn.
    let body = format!(
        "{CHECK}
            (call $drop-push (local.get 0)) (call $drop-repository (local.get 1))
            (call $verdict (i32.wrap_i64 (call $random))))"
    );
    let bench = Bench::new(Limits::default());
    let info = bench.host.prepare(component(&["wasi:random/random"], imports, &body)).await.unwrap();
    let first = bench.judge(info.digest).await;
    assert_eq!(first.verdict, "bad-output");
    for _ in 0..5 {
        assert_eq!(bench.judge(info.digest).await.lines, first.lines);
    }
}

#[tokio::test]
async fn there_is_no_file_and_no_environment() {
    let imports = r#"
        (import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $folders (param i32)))
        (import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))"#;
    let body = format!(
        "{CHECK}
            (call $folders (i32.const 3072))
            (if (i32.load (i32.const 3076)) (then (unreachable)))
            (call $environment (i32.const 3072))
            (if (i32.load (i32.const 3076)) (then (unreachable)))
            (call $accept (local.get 0) (local.get 1)))"
    );
    let bench = Bench::new(Limits::default());
    let component = component(&["wasi:filesystem/preopens", "wasi:cli/environment"], imports, &body);
    let info = bench.host.prepare(component).await.unwrap();
    assert_eq!(bench.judge(info.digest).await.verdict, "accepted");
}

#[tokio::test]
async fn a_storm_of_calls_ends_at_the_budget_and_so_does_one_too_many() {
    let imports = r#"(import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))"#;
    let calling = |times: u64| {
        let body = format!(
            "{CHECK} (local $left i64)
                (local.set $left (i64.const {times}))
                (loop $again
                    (drop (call $random))
                    (local.set $left (i64.sub (local.get $left) (i64.const 1)))
                    (br_if $again (i64.ne (local.get $left) (i64.const 0))))
                (call $accept (local.get 0) (local.get 1)))"
        );
        component(&["wasi:random/random"], imports, &body)
    };
    let bench = Bench::new(Limits { fuel: u64::MAX / 2, wall: Duration::from_secs(60), wasi_calls: 1_000, ..Limits::default() });
    for (times, verdict) in [(1_000, "accepted"), (1_001, "host-budget"), (u64::MAX, "host-budget")] {
        let info = bench.host.prepare(calling(times)).await.unwrap();
        let outcome = bench.judge(info.digest).await;
        assert_eq!(outcome.verdict, verdict, "{times}: {:?}", outcome.lines);
    }
}

#[tokio::test]
async fn what_is_printed_ends_in_the_log() {
    let imports = r#"
        (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
        (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush" (func $print (param i32 i32 i32 i32)))
        (import "wasi:io/streams@0.2.0" "[resource-drop]output-stream" (func $drop-stream (param i32)))"#;
    let body = format!(
        r#"(data (i32.const 4096) "hello\1b[2J\n")
        {CHECK} (local $s i32)
            (local.set $s (call $stdout))
            (call $print (local.get $s) (i32.const 4096) (i32.const 10) (i32.const 3072))
            (call $drop-stream (local.get $s))
            (call $accept (local.get 0) (local.get 1)))"#
    );
    let bench = Bench::new(Limits::default());
    let component = component(&["wasi:io/streams", "wasi:cli/stdout"], imports, &body);
    let info = bench.host.prepare(component).await.unwrap();
    let outcome = bench.judge(info.digest).await;
    assert_eq!((outcome.verdict.as_str(), outcome.log), ("accepted", vec!["info: hello\u{fffd}[2J".to_owned()]));
}

#[tokio::test]
async fn sockets_are_not_even_there() {
    let imports = r#"(import "wasi:sockets/instance-network@0.2.0" "look" (func $look (result i32)))"#;
    let body = format!("{CHECK} (drop (call $look)) (call $accept (local.get 0) (local.get 1)))");
    let bench = Bench::new(Limits::default());
    let refusal = bench.host.prepare(component(&["wasi:sockets/instance-network"], imports, &body)).await.unwrap_err();
    assert!(refusal.contains("wasi:sockets/instance-network@0.2.0"), "{refusal}");
}
