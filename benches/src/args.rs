//! What can be asked.

use anyhow::{Context as _, bail};

/// Bounds of a run. Everything here ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// One work, or all.
    pub work: Option<String>,
    /// How long each load lasts.
    pub seconds: u64,
    /// How many connections send at once.
    pub connections: usize,
    /// How many pushes are sent.
    pub pushes: usize,
}

const WORKS: [&str; 10] = ["git", "refs", "bulk", "api", "reading", "ssh", "push", "policy", "plugins", "idle"];

/// Reads the arguments after the program's name.
pub fn parse(arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let mut options = Options { work: None, seconds: 5, connections: 4, pushes: 200 };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut number = |most: u64| -> anyhow::Result<u64> {
            let text = arguments.next().with_context(|| format!("{argument} takes a number"))?;
            text.parse().ok().filter(|n| (1..=most).contains(n)).with_context(|| format!("{argument} takes a number from 1 to {most}"))
        };
        match argument.as_str() {
            "--seconds" => options.seconds = number(120)?,
            "--connections" => options.connections = usize::try_from(number(64)?)?,
            "--pushes" => options.pushes = usize::try_from(number(2000)?)?,
            work if WORKS.contains(&work) && options.work.is_none() => options.work = Some(argument),
            _ => bail!(
                "{argument:?} is not understood: [git|refs|bulk|api|reading|ssh|push|policy|plugins|idle] [--seconds N] [--connections N] [--pushes N]"
            ),
        }
    }
    Ok(options)
}

impl Options {
    /// Whether this work is asked for.
    pub fn wants(&self, work: &str) -> bool {
        self.work.as_deref().is_none_or(|only| only == work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> anyhow::Result<Options> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn one_work_or_all() {
        assert!(of("").unwrap().wants("idle"));
        let git = of("git --seconds 2").unwrap();
        assert!(git.wants("git") && !git.wants("idle") && git.seconds == 2);
    }

    #[test]
    fn a_run_is_bounded() {
        of("--seconds 0").unwrap_err();
        of("--seconds 1000").unwrap_err();
        of("--connections 65").unwrap_err();
        of("fly").unwrap_err();
    }
}
