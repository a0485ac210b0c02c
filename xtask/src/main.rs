//! The tasks of this repository: `cargo xtask NAME`. Compiled at the first call on every machine, so its dependencies stay few.
//!
//! It must not know how the server works: it installs tools, calls cargo, and starts what cargo built.
//! Start at [`args`] for what can be asked and at [`tasks`] for what then happens.

mod args;
mod house;
mod progress;
mod setup;
mod shell;
mod tasks;
mod tidy;

use std::io::Write as _;
use std::process::ExitCode;

use args::Task;
use house::House;

fn main() -> ExitCode {
    let task = match args::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(problem) => {
            say_error(&format!("{problem}\n\n{}", args::HELP));
            return ExitCode::from(2);
        }
    };
    match perform(&task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&format!("error: {error:#}"));
            ExitCode::from(1)
        }
    }
}

fn perform(task: &Task) -> anyhow::Result<()> {
    let house = House::find()?;
    match task {
        Task::Help => say(args::HELP),
        Task::Setup => tasks::setup(&house)?,
        Task::Build { release } => tasks::build(&house, *release)?,
        Task::Bundle => tasks::bundle(&house)?,
        Task::Run(options) => tasks::run(&house, options)?,
        Task::Test(options) => tasks::test(&house, options)?,
        Task::Tidy => tidy::run(&house)?,
        Task::Soak(options) => tasks::soak(&house, options)?,
        Task::Bench { arguments } => tasks::bench(&house, arguments)?,
    }
    Ok(())
}

/// One line for the person who waits. A closed pipe is no reason to stop a build.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn say_error(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
