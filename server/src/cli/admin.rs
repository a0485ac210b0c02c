//! `hardie admin`: works on the data folder itself, whether a server runs or not.

use anyhow::{Context as _, anyhow};
use clap::{Args as ClapArgs, Subcommand};
use hardie_app::Error;

use crate::config::{self, Location};
use crate::wiring;

mod audit;
mod backup;
mod export;
mod gc;
mod password;
mod progress;
mod quota;
mod restore;
mod secrets;
mod token;
mod user;
mod verify;

/// Arguments of `hardie admin`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  echo 'correct horse' | hardie admin user create alice --email alice@example.org --admin --password-stdin"
)]
pub struct Args {
    #[command(flatten)]
    pub(super) location: Location,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create, list, disable and enable users; set passwords
    #[command(subcommand)]
    User(user::Command),
    /// Create access tokens
    #[command(subcommand)]
    Token(token::Command),
    /// Prove that every ref's objects are there and every pack is whole
    Verify(verify::Args),
    /// Write a repository as a plain bare one that git alone can read
    Export(export::Args),
    /// Write everything to one file, whether the server runs or not
    ///
    /// One moment of the whole server: every push that was acknowledged before the command began is in it. Browser sessions are
    /// not; keys are with --with-key alone. Restore it with `hardie admin restore`, into SQLite or PostgreSQL.
    Backup(backup::Args),
    /// Read a backup into an empty data folder and an empty database
    ///
    /// Everything is restored, or nothing. Where the backup came from SQLite the database may be PostgreSQL, and the other way
    /// round. After it `hardie serve` can be started.
    Restore(restore::Args),
    /// Set apart what nothing reaches, and remove what was set apart for long enough
    ///
    /// The server does this by itself; here is the way to have it now, whether a server runs or not. What a deleted branch reached
    /// counts as reached for 30 days and waits for another 14 ([gc] reflog-seconds and cruft-seconds in the configuration).
    Gc(gc::Args),
    /// Prove that no line of the audit log was changed, or write it out as JSON lines
    #[command(subcommand)]
    Audit(audit::Command),
    /// Say and set how much users, organisations and repositories may hold
    #[command(subcommand)]
    Quota(quota::Command),
    /// Open every secret of plugins and of second factors with the keys at hand and say which do not open, or seal them under a new key
    Secrets(secrets::Args),
}

/// A use case's failure for somebody who typed a name: the API says only what kind of thing is not there.
fn named<T>(result: hardie_app::Result<T>, name: &str) -> anyhow::Result<T> {
    result.map_err(|error| match error {
        Error::NotFound(what) => anyhow!("there is no {what} {name}"),
        other => other.into(),
    })
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<()> {
    let place = config::locate(&args.location)?;
    let (data_dir, database) = (&place.data_dir, &place.database);
    if let Command::Restore(args) = args.command {
        return super::runtime()?.block_on(restore::run(data_dir, database, args));
    }
    // Only the first user may come before the first start; anything else on a mistyped folder would answer for an empty server.
    match &args.command {
        Command::User(user::Command::Create { .. }) => config::prepare_data_dir(data_dir)?,
        _ => config::require_data(data_dir, database)?,
    }
    super::runtime()?.block_on(async {
        wiring::fresh::refuse_half_restored(data_dir)?;
        let app = match &args.command {
            Command::Backup(_) => wiring::offline_as_it_is(&place).await,
            Command::Secrets(_) => wiring::offline_with_keys(&place).await,
            _ => wiring::offline(&place).await,
        };
        let app = app.context("cannot open this server's data")?;
        match args.command {
            Command::User(command) => user::run(&app, command).await,
            Command::Token(command) => token::run(&app, command).await,
            Command::Verify(args) => verify::run(&app, args).await,
            Command::Export(args) => export::run(&app, args).await,
            Command::Backup(args) => backup::run(&app, data_dir, args).await,
            Command::Gc(args) => gc::run(&app, args).await,
            Command::Audit(command) => audit::run(&app, command).await,
            Command::Quota(command) => quota::run(&app, command).await,
            Command::Secrets(args) => secrets::run(&app, args).await,
            Command::Restore(_) => Ok(()),
        }
    })
}
