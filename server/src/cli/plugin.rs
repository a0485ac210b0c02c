//! `hardie plugin`: write, build and test plugins here; install and switch them on a server.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};

mod asked;
mod bench;
mod build;
mod clone;
mod cost;
mod deliveries;
mod dev;
mod grant;
mod install;
mod logs;
mod manage;
mod new;
mod oci;
mod project;
mod publisher;
mod pull;
mod push;
mod remote;
mod replay;
mod run;
mod secret;
mod source;
mod test;
mod vendor;
mod versions;

/// Arguments of `hardie plugin`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  hardie plugin new no-wip && cd no-wip\n  hardie plugin build && hardie plugin test\n  hardie plugin install no-wip.wasm --repo alice/demo"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a new plugin project that builds on its own
    New(new::Args),
    /// Build a plugin into one .wasm component
    Build(build::Args),
    /// Run a plugin's scenarios in the server's own sandbox and show what they cost
    Test(test::Args),
    /// Build, test and install a plugin again whenever its project changes
    Dev(dev::Args),
    /// Measure what a plugin's calls cost: time, memory, and how fast it is there after a restart
    Bench(bench::Args),
    /// Bring a component, and its signature, to an OCI registry
    Push(push::Args),
    /// Take a component, and its signature, out of an OCI registry
    Pull(pull::Args),
    /// Upload a component and set it to work
    Install(install::Args),
    /// Show what guards a repository, an organisation or the whole server
    List(manage::ListArgs),
    /// Switch an installed plugin on
    Enable(manage::EnableArgs),
    /// Switch an installed plugin off, keeping its settings
    Disable(manage::DisableArgs),
    /// Judge commits of a local clone as if they were pushed
    Run(run::Args),
    /// Replace an installed plugin's component by a newer one
    Upgrade(versions::UpgradeArgs),
    /// Go back to the component before, and to its configuration
    Rollback(versions::RollbackArgs),
    /// Take a plugin away
    Remove(versions::RemoveArgs),
    /// Show what a plugin logged in its newest runs
    Logs(logs::Args),
    /// Show the hosts that a plugin may send to, grant some or take them back
    Grant(grant::Args),
    /// Give a plugin secrets that it names and never sees
    #[command(subcommand)]
    Secret(secret::Command),
    /// Show or set of which events a plugin is told
    Events(deliveries::EventsArgs),
    /// Show events on their way to a plugin
    Deliveries(deliveries::DeliveriesArgs),
    /// Deliver events again to a plugin
    Redeliver(deliveries::RedeliverArgs),
    /// Let a plugin that rests after faults go on, or skip what waits for it
    Resume(deliveries::ResumeArgs),
    /// Show or change whose signatures under plugins a server trusts (administrators only)
    Publisher(publisher::Args),
    /// Try a policy on pushes that a server has recorded; nothing is changed
    Replay(replay::Args),
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let done = |()| ExitCode::SUCCESS;
    let result = match args.command {
        Command::Run(args) => return Ok(run::run(&args)),
        Command::New(args) => new::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Dev(args) => dev::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Push(args) => push::run(&args),
        Command::Pull(args) => pull::run(&args),
        Command::Install(args) => install::run(&args),
        Command::List(args) => manage::list(&args),
        Command::Enable(args) => manage::enable(&args),
        Command::Disable(args) => manage::disable(&args),
        Command::Upgrade(args) => versions::upgrade(&args),
        Command::Rollback(args) => versions::rollback(&args),
        Command::Remove(args) => versions::remove(&args),
        Command::Logs(args) => logs::run(&args),
        Command::Grant(args) => grant::run(&args),
        Command::Secret(command) => secret::run(&command),
        Command::Events(args) => deliveries::events(&args),
        Command::Deliveries(args) => deliveries::deliveries(&args),
        Command::Redeliver(args) => deliveries::redeliver(&args),
        Command::Resume(args) => deliveries::resume(&args),
        Command::Publisher(args) => publisher::run(&args),
        Command::Replay(args) => replay::run(&args),
    };
    result.map(done)
}

/// The hidden subcommand in which the server compiles components.
pub fn compile_child(args: &[OsString]) -> anyhow::Result<()> {
    hardie_plugin_host::run_child(args)
}
