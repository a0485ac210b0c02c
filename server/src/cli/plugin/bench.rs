//! `hardie plugin bench`: what calls of a policy cost in the sandbox that the server uses.

mod live;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use hardie_domain::plugin::{PolicyOutcome, Usage};
use hardie_domain::world::POLICY;
use hardie_plugin_host::scenario::{self, Scenario};
use hardie_plugin_host::{ComponentInfo, Limits};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use super::build::{self, Built};
use super::cost::cost;
use crate::cli::{print_line, runtime};
use crate::wiring::{plugins, system::SystemEntropy};

/// What is pushed if no scenario is given.
const PUSH: &str = "expect.accept = true\n[[commit]]\nmessage = \"demo: say hello\"\nfiles = { \"hello.txt\" = \"hello\\n\" }\n";
/// Calls before anything is measured.
const WARM_UP: usize = 50;
/// Times that the compiled component is loaded anew.
const LOADS: usize = 20;

/// Arguments of `hardie plugin bench`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin bench\n  hardie plugin bench --scenario tests/large.toml --seconds 10\n  hardie plugin bench --component other.wasm --json"
)]
pub struct Args {
    /// The plugin's folder; it is built first
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Measure this component instead of building one
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// The push that every call judges [default: one commit with one file]
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// How long to call
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// What was measured.
struct Measured {
    info: ComponentInfo,
    calls: usize,
    /// One call after the other: for how long each, sorted.
    times: Vec<Duration>,
    /// Time of all cores together that the calls took.
    cpu: Duration,
    usage: Usage,
    outcome: String,
    /// Loading the compiled component after a restart, sorted.
    loads: Vec<Duration>,
    /// Bytes that each of many calls at once keeps, with its thread; nothing if it reads nothing of the push.
    live: Option<u64>,
    limits: Limits,
}

/// Measures and prints.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let Built { component, workshop } = build::given(args.component.as_deref(), &args.folder)?;
    let scenario = match &args.scenario {
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
        None => PUSH.to_owned(),
    };
    let scenario = Scenario::parse(&scenario).map_err(|why| anyhow::anyhow!("not a scenario: {why}"))?;
    let measured = runtime()?.block_on(measure(component, workshop.path(), &scenario, Duration::from_secs(args.seconds)))?;
    if args.json { print_line(&measured.as_json().to_string()) } else { measured.print() }
}

async fn measure(component: Bytes, workshop: &Path, scenario: &Scenario, time: Duration) -> anyhow::Result<Measured> {
    let open = |limits: Limits| plugins::open(workshop, &SystemEntropy, limits);
    let host = open(Limits::default())?;
    let info = host.prepare(component.clone()).await.map_err(|why| anyhow::anyhow!("a server would refuse the component: {why}"))?;
    anyhow::ensure!(
        info.worlds.iter().any(|world| world == POLICY),
        "{} is of the world {}, and only policies that ask nobody are measured",
        info.name,
        info.worlds.join(" and ")
    );
    let call = scenario::call(info.digest, &info.default_config, scenario).map_err(anyhow::Error::msg)?;
    for _ in 0..WARM_UP {
        host.check(call.clone()).await;
    }
    let (mut times, mut usage, mut outcome) = (Vec::new(), Usage::default(), String::new());
    let (started, before) = (Instant::now(), cpu());
    while started.elapsed() < time {
        let one = Instant::now();
        let report = host.check(call.clone()).await;
        times.push(one.elapsed());
        (usage, outcome) = (report.usage, described(&report.outcome));
    }
    let cpu = cpu().saturating_sub(before);
    let calls = times.len();
    times.sort();
    let mut loads = Vec::new();
    for _ in 0..LOADS {
        let restarted = open(Limits::default())?;
        let started = Instant::now();
        anyhow::ensure!(restarted.is_ready(info.digest).await, "the compiled component was not kept");
        loads.push(started.elapsed());
    }
    loads.sort();
    let live = live::memory(&open(live::limits())?, &call).await;
    Ok(Measured { info, calls, times, cpu, usage, outcome, loads, live, limits: host.limits().clone() })
}

/// Processor time of this process so far.
fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}

fn described(outcome: &PolicyOutcome) -> String {
    match outcome {
        PolicyOutcome::Fault(class, text) => format!("{}: {text}", class.as_str()),
        PolicyOutcome::Verdicts(verdicts) => {
            let rejection = verdicts.iter().find_map(|verdict| verdict.rejection.as_ref());
            rejection.map_or("accepted".to_owned(), |rejection| format!("rejected: {}", rejection.code))
        }
    }
}

/// Of a sorted list.
fn quantile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}

impl Measured {
    fn per_second(&self) -> f64 {
        self.calls as f64 / self.cpu.as_secs_f64().max(1e-9)
    }

    fn print(&self) -> anyhow::Result<()> {
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        let times = |sorted: &[Duration]| format!("p50 {:.0} µs, p99 {:.0} µs", micros(quantile(sorted, 50)), micros(quantile(sorted, 99)));
        print_line(&format!("{} {} ({}): {}", self.info.name, self.info.version, self.info.digest, self.outcome))?;
        print_line(&format!("  {} calls, {}; {:.0} calls a second of one core", self.calls, times(&self.times), self.per_second()))?;
        print_line(&format!("  each: {}", cost(&self.usage, &self.limits)))?;
        print_line(&format!("  loaded after a restart: {}", times(&self.loads)))?;
        match self.live {
            Some(bytes) => print_line(&format!("  {} KiB for each of {} calls at once", bytes / 1024, live::CALLS)),
            None => print_line("  it reads nothing of the push, so many calls at once cannot be held to be measured"),
        }
    }

    fn as_json(&self) -> serde_json::Value {
        let micros = |sorted: &[Duration], percent| quantile(sorted, percent).as_nanos() as f64 / 1e3;
        json!({
            "name": self.info.name, "version": self.info.version, "digest": self.info.digest.to_string(), "outcome": self.outcome,
            "calls": self.calls, "calls_per_core_second": self.per_second(),
            "call_micros": { "p50": micros(&self.times, 50), "p99": micros(&self.times, 99) },
            "load_micros": { "p50": micros(&self.loads, 50), "p99": micros(&self.loads, 99) },
            "fuel": self.usage.fuel, "memory": self.usage.memory, "host_calls": self.usage.host_calls, "host_bytes": self.usage.host_bytes,
            "bytes_per_live_call": self.live,
        })
    }
}
