//! The command line. Exit status 0 for done, 1 for failed, 2 for a call that cannot be understood. (`plugin run` says 2 where nothing
//! was judged, and 1 where it was refused.)

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

pub mod admin;
mod client;
mod git;
mod hidden;
mod man;
pub mod plugin;
pub mod serve;
mod shown;
mod ticker;
pub mod web;

/// A self-hosted git forge whose hooks are sandboxed WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "hardie", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: git over HTTP and SSH, the REST API, hooks
    Serve(serve::Args),
    /// Serve the web UI and pass API and git requests on to the server
    Web(web::Args),
    /// Administer a server from its own machine, whether it runs or not
    Admin(admin::Args),
    /// Write, build, test and install plugins
    Plugin(plugin::Args),
    /// Sign in to a server, and keep a token of it
    Login(client::login::Args),
    /// Forget a server's token, and revoke it there
    Logout(client::logout::Args),
    /// Show who you are at a server
    Whoami(client::whoami::Args),
    /// Make, list, clone, change and delete repositories
    #[command(subcommand)]
    Repo(client::repo::Command),
    /// Make, list and revoke access tokens
    #[command(subcommand)]
    Token(client::token::Command),
    /// Add, list and remove SSH keys
    #[command(subcommand)]
    Key(client::key::Command),
    /// Make, list, try and remove webhooks, and show what was sent to them
    #[command(subcommand)]
    Webhook(client::webhook::Command),
    /// Answer git when it asks for a password; called by git itself
    Credential(client::credential::Args),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  hardie completions bash > /etc/bash_completion.d/hardie")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages of all commands into a folder
    Man(man::Args),
    /// Compile a component inside limits; called by the server itself
    #[command(hide = true)]
    PluginCompile {
        /// Passed on to the compiler
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

/// Parses the arguments of the process and runs the command.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let failed = error.use_stderr();
            // Nothing can be done if the terminal is gone.
            let _ = error.print();
            return if failed { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let done = |()| ExitCode::SUCCESS;
    let result = match cli.command {
        Command::Serve(args) => serve::run(args).map(done),
        Command::Web(args) => web::run(args).map(done),
        Command::Admin(args) => admin::run(args).map(done),
        Command::Plugin(args) => plugin::run(args),
        Command::Login(args) => client::login::run(args).map(done),
        Command::Logout(args) => client::logout::run(&args).map(done),
        Command::Whoami(args) => client::whoami::run(&args).map(done),
        Command::Repo(command) => client::repo::run(command).map(done),
        Command::Token(command) => client::token::run(command).map(done),
        Command::Key(command) => client::key::run(command).map(done),
        Command::Webhook(command) => client::webhook::run(command).map(done),
        Command::Credential(args) => client::credential::run(&args).map(done),
        Command::Man(args) => man::run(&args, Cli::command()).map(done),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "hardie", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::PluginCompile { args } => plugin::compile_child(&args).map(done),
    };
    result.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::from(1)
    })
}

/// Says on stderr why a command failed.
pub(crate) fn complain(error: &anyhow::Error) {
    // Nothing can be done if the terminal is gone.
    let _ = writeln!(std::io::stderr(), "hardie: {}", shown::shown(&format!("{error:#}")));
}

/// A multi-threaded runtime for one command.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(4 << 20).build()?)
}

/// Writes one line to stdout, and nothing that a terminal would obey; a closed pipe is an error like any other.
pub(crate) fn print_line(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(shown::shown(line).as_bytes())?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests;
