//! Each way to take too much ends in time and in the right class.

use std::time::{Duration, Instant};

use hardie_plugin_host::Limits;

use crate::support::Bench;

#[tokio::test]
async fn a_loop_runs_out_of_fuel_at_the_same_instruction_every_time() {
    let bench = Bench::new(Limits { fuel: 1_000_000, ..Limits::default() });
    let digest = bench.install("loop").await;
    for _ in 0..10 {
        let outcome = bench.judge(digest).await;
        assert_eq!(outcome.verdict, "out-of-fuel");
        assert_eq!(outcome.usage.fuel, 1_000_000);
        assert!(outcome.lines[0].contains("1000000 instructions"), "{:?}", outcome.lines);
    }
}

#[tokio::test]
async fn the_fuel_of_a_run_is_used_up_long_before_its_time() {
    let limits = Limits::default();
    let outcome = Bench::new(limits.clone()).push("loop").await;
    assert_eq!((outcome.verdict.as_str(), outcome.usage.fuel), ("out-of-fuel", limits.fuel));
    println!("{} instructions of a loop took {} ms of {} ms", limits.fuel, outcome.usage.wall_micros / 1000, limits.wall.as_millis());
}

#[tokio::test]
async fn a_loop_with_fuel_to_spare_is_stopped_by_the_clock() {
    let wall = Duration::from_millis(100);
    let bench = Bench::new(Limits { fuel: u64::MAX / 2, wall, ..Limits::default() });
    let digest = bench.install("loop").await;
    let started = Instant::now();
    let outcome = bench.judge(digest).await;
    assert_eq!(outcome.verdict, "deadline");
    assert!(outcome.lines[0].contains("try again"), "{:?}", outcome.lines);
    assert!(started.elapsed() < wall + Duration::from_secs(2), "took {:?}", started.elapsed());
}

#[tokio::test]
async fn bulk_copies_pay_for_every_byte() {
    let bench = Bench::new(Limits { wall: Duration::from_secs(20), ..Limits::default() });
    assert_eq!(bench.push("bulk").await.verdict, "out-of-fuel");
}

#[tokio::test]
async fn an_eater_of_memory_is_stopped_at_the_bound() {
    let bench = Bench::new(Limits { memory: 8 << 20, ..Limits::default() });
    let outcome = bench.push("memory").await;
    assert_eq!(outcome.verdict, "out-of-memory");
    assert!(outcome.usage.memory <= 8 << 20, "{:?}", outcome.usage);
    assert!(outcome.lines[0].contains("8 MiB"), "{:?}", outcome.lines);
}

#[tokio::test]
async fn growing_tables_count_as_memory() {
    let bench = Bench::new(Limits::default());
    assert_eq!(bench.push("table-grow").await.verdict, "out-of-memory");
}

#[tokio::test]
async fn recursion_ends_in_a_trap_and_not_in_the_server() {
    let bench = Bench::new(Limits { host_calls: u64::MAX, host_bytes: u64::MAX, ..Limits::default() });
    for fixture in ["recursion", "recursion-host"] {
        let outcome = bench.push(fixture).await;
        assert_eq!(outcome.verdict, "trap", "{fixture}");
        assert!(outcome.lines[0].contains("stack"), "{:?}", outcome.lines);
    }
}

#[tokio::test]
async fn a_flood_of_log_lines_is_cut_and_cleaned_and_does_no_harm() {
    let bench = Bench::new(Limits::default());
    let outcome = bench.push("log-flood").await;
    assert_eq!(outcome.verdict, "accepted");
    assert_eq!(outcome.log.len(), 201);
    assert!(outcome.log[200].contains("4800 more lines"), "{:?}", outcome.log[200]);
    assert!(outcome.log.iter().all(|line| !line.contains(['\u{1b}', '\r', '\u{202e}'])));
}

#[tokio::test]
async fn a_storm_of_host_calls_ends_at_the_budget() {
    let bench = Bench::new(Limits::default());
    let outcome = bench.push("host-storm").await;
    assert_eq!(outcome.verdict, "host-budget");
    assert_eq!(outcome.usage.host_calls, 10_001);
}

#[tokio::test]
async fn handles_that_are_never_dropped_end_at_the_budget() {
    let bench = Bench::new(Limits { handles: 64, ..Limits::default() });
    let outcome = bench.push("handles").await;
    assert_eq!(outcome.verdict, "host-budget");
    assert!(outcome.lines[0].contains("64 handles"), "{:?}", outcome.lines);
}

#[tokio::test]
async fn too_much_data_for_one_call_is_not_copied() {
    let bench = Bench::new(Limits::default());
    for fixture in ["giant-string", "wild-answer"] {
        let outcome = bench.push(fixture).await;
        assert!(["host-budget", "trap"].contains(&outcome.verdict.as_str()), "{fixture}: {}", outcome.verdict);
    }
    assert_eq!(bench.push("giant-string").await.verdict, "host-budget");
}

#[tokio::test]
async fn nonsense_at_the_boundary_is_a_trap() {
    let bench = Bench::new(Limits::default());
    for fixture in ["trap", "wild-pointer", "bad-utf8", "stale-handle", "guessed-handle"] {
        let outcome = bench.push(fixture).await;
        assert_eq!(outcome.verdict, "trap", "{fixture}");
        assert!(outcome.lines[0].contains("bug in the plugin"), "{:?}", outcome.lines);
        assert!(!outcome.lines[0].contains("wasm backtrace"), "the pusher is not shown the plugin's insides");
        assert!(outcome.log.iter().any(|line| line.starts_with("error: trap")), "its administrators are: {:?}", outcome.log);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_the_push_is_void() {
    let bench = Bench::new(Limits::default());
    for (fixture, text) in [("unknown-update", "update 7 of a push of 1"), ("no-verdict", "no verdict for update 0")] {
        let outcome = bench.push(fixture).await;
        assert_eq!(outcome.verdict, "bad-output");
        assert!(outcome.lines[0].contains(text), "{:?}", outcome.lines);
    }
}
