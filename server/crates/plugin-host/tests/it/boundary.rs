//! What a guest hands over, or has handed to it, malformed: the run ends in its class, and nothing outside of it notices.

use std::sync::Arc;

use bytes::Bytes;
use hardie_plugin_host::Limits;
use hardie_plugin_host::scenario::Scenario;

use crate::isolation::{Empty, call};
use crate::support::{Bench, PUSH, component_of};

/// The well-behaved fixture with another body of `check`; `$accept` has been called before.
fn checking(body: &str) -> Bytes {
    component_of("accept", |text| {
        let at = text.rfind("(func (export \"hardie:plugin/push-policy").unwrap();
        let begin = "(func (export \"hardie:plugin/push-policy@0.1.0#check\") (param i32 i32) (result i32) (local $i i32)";
        format!("{}{begin}\n{body}))", &text[..at])
    })
}

async fn verdict(bench: &Bench, component: Bytes) -> String {
    let digest = bench.host.prepare(component).await.unwrap().digest;
    Scenario::parse(PUSH).unwrap().run(&bench.host, digest, "{}").await.unwrap().verdict
}

const ACCEPT: &str = "(drop (call $accept (local.get 0) (local.get 1)))";

#[tokio::test]
async fn tags_and_pointers_that_mean_nothing_are_a_trap() {
    let bench = Bench::new(Limits::default());
    assert_eq!(verdict(&bench, checking(&format!("{ACCEPT} (i32.const 2048)"))).await, "accepted");
    for (what, answer) in [
        ("an option that is neither none nor some", "(i32.store8 (i32.const 2068) (i32.const 9)) (i32.const 2048)"),
        ("a result that is neither ok nor err", "(i32.store8 (i32.const 2048) (i32.const 9)) (i32.const 2048)"),
        ("an answer at an odd address", "(i32.const 2049)"),
        ("an answer outside the memory", "(i32.const 0x7ffffff0)"),
    ] {
        assert_eq!(verdict(&bench, checking(&format!("{ACCEPT} {answer}"))).await, "trap", "{what}");
    }
    assert_eq!(
        verdict(&bench, checking("(call $door (local.get 1) (i32.const 3072)) (unreachable)")).await,
        "trap",
        "a handle of another kind"
    );
}

#[tokio::test]
async fn the_same_bytes_many_times_over_count_each_time() {
    // One rejection of 4,000 lines, all of them the same 64 KiB.
    let lines = "(drop (memory.grow (i32.const 100)))
        (i32.store8 (i32.const 2068) (i32.const 1)) (i32.store (i32.const 2072) (i32.const 28)) (i32.store (i32.const 2076) (i32.const 1))
        (i32.store (i32.const 2080) (i32.const 300000)) (i32.store (i32.const 2084) (i32.const 4000))
        (loop $next
          (i32.store (i32.add (i32.const 300000) (i32.shl (local.get $i) (i32.const 3))) (i32.const 65536))
          (i32.store (i32.add (i32.const 300004) (i32.shl (local.get $i) (i32.const 3))) (i32.const 65536))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (i32.const 4000))))
        (memory.fill (i32.const 65536) (i32.const 97) (i32.const 65536))
        (i32.const 2048)";
    assert_eq!(verdict(&Bench::new(Limits::default()), checking(&format!("{ACCEPT} {lines}"))).await, "host-budget");
}

/// The fixture, which asks for its commits, with an allocator that answers so.
fn allocating(answer: &str) -> Bytes {
    component_of("accept", |text| {
        let text = text.replacen("    (local.get $at))", &format!("    {answer})"), 1);
        let at = text.rfind("(func (export \"hardie:plugin/push-policy").unwrap();
        let check = "(func (export \"hardie:plugin/push-policy@0.1.0#check\") (param i32 i32) (result i32)
            (call $new-commits (local.get 1) (i32.const 0) (i32.const 0) (i32.const 256) (i32.const 3072))
            (call $accept (local.get 0) (local.get 1))))";
        format!("{}{check}", &text[..at])
    })
}

#[tokio::test]
async fn an_allocator_that_lies_harms_the_plugin_alone() {
    let bench = Bench::new(Limits { fuel: 10_000_000, ..Limits::default() });
    for (answer, expected) in [
        ("(local.get $at)", "accepted"),
        ("(i32.const 0x7fffff00)", "trap"),
        ("(i32.const 65537)", "trap"),
        // Into its own memory, where it may write whatever it likes.
        ("(i32.const 256)", "accepted"),
        ("(loop $for-ever (br $for-ever)) (unreachable)", "out-of-fuel"),
    ] {
        assert_eq!(verdict(&bench, allocating(answer)).await, expected, "{answer}");
    }
    let looping = allocating("(loop $for-ever (br $for-ever)) (unreachable)");
    let digest = bench.host.prepare(looping.clone()).await.unwrap().digest;
    let refused = bench.host.validate_config(digest, looping, "{}").await.unwrap_err();
    assert!(refused[0].contains("10000000 instructions"), "{refused:?}");
}

#[tokio::test]
async fn nothing_holds_the_repository_after_a_run_however_it_ends() {
    let bench = Bench::new(Limits { fuel: 1_000_000, ..Limits::default() });
    for fixture in ["accept", "trap", "loop", "handles"] {
        let repository = Arc::new(Empty);
        bench.host.check(call(bench.install(fixture).await, 1, repository.clone())).await;
        assert_eq!(Arc::strong_count(&repository), 1, "{fixture}");
    }
}
