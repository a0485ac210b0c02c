//! `cargo xtask soak fuzz`: each target of the fuzz crate under libFuzzer, guided by coverage, in a build of its own.
//!
//! What it learns stays in `target/fuzz/NAME/corpus`, so that the next run begins there; what breaks a target is in `found` beside it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use crate::args;
use crate::house::House;
use crate::progress::Progress;
use crate::setup::apt::Packages;
use crate::{say, shell};

/// Counters at every edge and the operands of comparisons, as libFuzzer reads them. The pass is LLVM's and needs no other toolchain.
const FLAGS: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];
/// No input may take longer, in seconds, or the whole process more memory, in MiB.
const BOUNDS: [&str; 3] = ["-timeout=20", "-rss_limit_mb=1024", "-max_len=32768"];
/// Minutes of each target where nobody says how many.
const MINUTES: u32 = 1;

/// The target that `soak NAME` asks for: `fuzz` for all, `fuzz-pack` for one. `None` if the name is of no fuzzing.
pub fn asked(name: &str) -> Option<Option<&str>> {
    match name.strip_prefix("fuzz")? {
        "" => Some(None),
        rest => rest.strip_prefix('-').map(Some),
    }
}

/// Builds, then runs every target or the one that is asked for. What one finds does not keep the others from running.
pub fn fuzz(house: &House, only: Option<&str>, options: &args::Soak) -> anyhow::Result<()> {
    ensure!(options.repo.is_none(), "--repo means nothing to soak fuzz");
    let mut progress = Progress::new(3);
    let packages = Packages::of(house, "g++", "c++");
    progress.quiet(&packages.title(), || packages.install(house))?;
    let binary = progress.loud("fuzz targets", || build(house))?;
    let names = shell::answer("hardie-fuzz", &mut shell::command(house, &binary)?)?;
    let names: Vec<&str> = names.lines().filter(|name| only.is_none_or(|only| only == *name)).collect();
    ensure!(!names.is_empty(), "no target has this name");
    let seconds = options.minutes.max(MINUTES) * 60;
    progress.loud(&format!("{} targets, {seconds} s each", names.len()), || {
        let mut broken = Vec::new();
        for name in names {
            match Fuzzer::new(house, &binary, name)?.run(house, seconds) {
                Ok(learned) => say(&format!("  {name:10} {learned}")),
                Err(error) => {
                    say(&format!("  {name:10} BROKEN\n{error:#}"));
                    broken.push(name);
                }
            }
        }
        if broken.is_empty() { Ok(()) } else { bail!("broken: {}", broken.join(", ")) }
    })
}

/// In a folder of its own and for a named target, or the flags would rebuild everything else, and build scripts would get them too.
fn build(house: &House) -> anyhow::Result<PathBuf> {
    let version = shell::answer("rustc", shell::command(house, "rustc")?.arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let folder = house.target.join("fuzz/build");
    let mut cargo = shell::cargo(house)?;
    cargo.args(["build", "--profile", "fuzz", "-p", "hardie-fuzz", "--features", "libfuzzer", "--target", host]);
    cargo.env("CARGO_TARGET_DIR", &folder).env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"));
    shell::openly("cargo build", &mut cargo)?;
    Ok(folder.join(host).join("fuzz/hardie-fuzz"))
}

/// One target and where its files are.
struct Fuzzer<'a> {
    binary: &'a Path,
    name: &'a str,
    corpus: PathBuf,
    found: PathBuf,
    scratch: PathBuf,
}

impl<'a> Fuzzer<'a> {
    fn new(house: &House, binary: &'a Path, name: &'a str) -> anyhow::Result<Self> {
        let folder = house.target.join("fuzz").join(name);
        // The targets make and remove many small files.
        let memory = Path::new("/dev/shm");
        let scratch = if memory.is_dir() { memory.join(format!("hardie-fuzz-{}", std::process::id())) } else { folder.join("scratch") };
        let fuzzer = Self { binary, name, corpus: folder.join("corpus"), found: folder.join("found"), scratch };
        for folder in [&fuzzer.corpus, &fuzzer.found, &fuzzer.scratch] {
            std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        Ok(fuzzer)
    }

    fn run(&self, house: &House, seconds: u32) -> anyhow::Result<Learned> {
        shell::answer("the writing of seeds", self.command(house)?.env("HARDIE_FUZZ_SEEDS", &self.corpus))?;
        let step = format!("fuzz {}", self.name);
        let mut command = self.command(house)?;
        command.args(BOUNDS).args([&format!("-max_total_time={seconds}"), "-print_final_stats=1", "-reload=0", "-verbosity=1"]);
        command.arg(format!("-artifact_prefix={}/", self.found.display())).arg(&self.corpus);
        let ended = shell::quietly(house, &step, &mut command);
        let log = String::from_utf8_lossy(&std::fs::read(shell::log_file(house, &step)?)?).into_owned();
        match (ended, artifact(&log)) {
            (Ok(()), _) => Learned::read(&log).context("libFuzzer counted nothing"),
            (Err(error), Some(path)) => {
                bail!("{error:#}\n  input: {path}\n  again: HARDIE_FUZZ={} {} {path}", self.name, self.binary.display())
            }
            (Err(error), None) => Err(error),
        }
    }

    fn command(&self, house: &House) -> anyhow::Result<std::process::Command> {
        let mut command = shell::command(house, self.binary)?;
        command.env("HARDIE_FUZZ", self.name).env("TMPDIR", &self.scratch);
        Ok(command)
    }
}

impl Drop for Fuzzer<'_> {
    fn drop(&mut self) {
        // A fuzzer that ends in the middle of an input leaves its files.
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

/// The file in which libFuzzer kept the input that broke the target.
fn artifact(log: &str) -> Option<&str> {
    log.lines().rev().find_map(|line| line.split_once("Test unit written to ").map(|(_, path)| path.trim()))
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
struct Learned {
    runs: u64,
    seconds: u64,
    edges: u64,
    inputs: u64,
    memory: u64,
}

impl Learned {
    /// From libFuzzer's own words.
    fn read(log: &str) -> Option<Self> {
        let after = |line: &str, mark: &str| -> Option<u64> {
            let rest = line.split_once(mark)?.1.trim_start();
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        let last = |mark: &str| log.lines().rev().find_map(|line| after(line, mark));
        let done = log.lines().rev().find(|line| line.starts_with("Done "))?;
        Some(Self {
            runs: after(done, "Done ")?,
            seconds: after(done, " in ")?,
            edges: last(" cov: ")?,
            inputs: last(" corp: ")?,
            memory: last("peak_rss_mb:")?,
        })
    }
}

impl std::fmt::Display for Learned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { runs, seconds, edges, inputs, memory } = self;
        let rate = runs / (*seconds).max(1);
        write!(f, "{runs:>9} runs {rate:>7}/s {edges:>6} edges {inputs:>5} inputs kept {seconds:>4} s {memory:>4} MiB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzzing_is_asked_for_by_its_name_alone() {
        assert_eq!(asked("fuzz"), Some(None));
        assert_eq!(asked("fuzz-upload-v2"), Some(Some("upload-v2")));
        assert_eq!(asked("fuzzy"), None);
        assert_eq!(asked("random_fetches"), None);
    }

    #[test]
    fn what_libfuzzer_says_at_its_end_is_read() {
        let log = "#8\tINITED cov: 12 ft: 13 corp: 2/60b exec/s: 0 rss: 40Mb\n\
            #5000\tDONE   cov: 345 ft: 900 corp: 67/12Kb lim: 4096 exec/s: 81 rss: 71Mb\nDone 5000 runs in 61 second(s)\n\
            stat::number_of_executed_units: 5000\nstat::peak_rss_mb:              72\n";
        let expected = Learned { runs: 5000, seconds: 61, edges: 345, inputs: 67, memory: 72 };
        assert_eq!(Learned::read(log), Some(expected));
        assert_eq!(Learned::read("Done 5000 runs in 61 second(s)\n"), None);
    }

    #[test]
    fn the_input_that_broke_a_target_is_named() {
        let log = "==1== ERROR: libFuzzer: deadly signal\nartifact_prefix='/x/'; Test unit written to /x/crash-01ab\nBase64: AA==\n";
        assert_eq!(artifact(log), Some("/x/crash-01ab"));
        assert_eq!(artifact("Done 5 runs"), None);
    }
}
