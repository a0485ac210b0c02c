//! What a run used of what a server gives, for people.

use hardie_domain::plugin::Usage;
use hardie_plugin_host::Limits;

fn percent(part: u64, whole: u64) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

/// One line.
pub fn cost(usage: &Usage, limits: &Limits) -> String {
    format!(
        "fuel {:.3} %, memory {:.1} MiB of {}, host calls {} of {}, {:.1} KiB read, {:.2} ms",
        percent(usage.fuel, limits.fuel),
        usage.memory as f64 / f64::from(1 << 20),
        limits.memory >> 20,
        usage.host_calls,
        limits.host_calls,
        usage.host_bytes as f64 / 1024.0,
        usage.wall_micros as f64 / 1000.0,
    )
}

/// The bounds of one run.
pub fn limits(limits: &Limits) -> serde_json::Value {
    serde_json::json!({
        "fuel": limits.fuel, "memory": limits.memory, "host_calls": limits.host_calls, "host_bytes": limits.host_bytes,
    })
}

/// What is near a limit, and what a server would have cut.
pub fn warnings(usage: &Usage, lines: &[String], log: &[String], limits: &Limits) -> Vec<String> {
    let near = |what: &str, part: u64, whole: u64| {
        let share = percent(part, whole);
        (share >= 50.0).then(|| format!("{share:.0} % of the {what} of one run; a larger push would not get through"))
    };
    let cut = |what: &str, lines: &[String]| {
        let line = lines.iter().find(|line| line.contains("more lines"));
        line.map(|line| format!("{what} would be cut: {line}"))
    };
    [
        near("fuel", usage.fuel, limits.fuel),
        near("memory", usage.memory, limits.memory as u64),
        near("host calls", usage.host_calls, limits.host_calls),
        near("bytes", usage.host_bytes, limits.host_bytes),
        cut("what the pusher sees", lines),
        cut("the log", log),
    ]
    .into_iter()
    .flatten()
    .collect()
}
