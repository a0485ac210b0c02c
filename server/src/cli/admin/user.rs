//! `hardie admin user`.

use anyhow::bail;
use clap::Subcommand;
use hardie_app::accounts::{self, AdminChange, NewUser};
use hardie_app::identity;
use hardie_app::{App, Ctx, Error};
use hardie_domain::page::Page;

use super::{named, password};
use crate::cli::print_line;

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a user; --admin makes one that administers the server
    ///
    /// Works before the first start of the server too, which is how a server gets its first administrator. Without
    /// --password-stdin the password is asked for at the terminal.
    #[command(
        after_help = "Example:\n  echo 'correct horse' | hardie admin user create alice --email alice@example.org --admin --password-stdin"
    )]
    Create {
        /// The user's name
        name: String,
        /// The user's e-mail address
        #[arg(long)]
        email: String,
        /// May do everything on this server; there may be several
        #[arg(long)]
        admin: bool,
        /// Read the password from the first line of stdin
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all users
    #[command(after_help = "Example:\n  hardie admin user list --json")]
    List {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Set a user's password; every session of the user ends
    #[command(after_help = "Example:\n  echo 'battery staple' | hardie admin user password alice --password-stdin")]
    Password {
        /// The user's name
        name: String,
        /// Read the password from the first line of stdin
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Close every door to a user, at once
    #[command(after_help = "Example:\n  hardie admin user disable mallory")]
    Disable { name: String },
    /// Open them again
    #[command(after_help = "Example:\n  hardie admin user enable mallory")]
    Enable { name: String },
    /// Take the second factor from a user who lost it, and its recovery codes
    #[command(name = "reset-2fa", after_help = "Example:\n  hardie admin user reset-2fa alice")]
    ResetTwoFactor { name: String },
}

pub async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    let ctx = Ctx::system();
    match command {
        Command::Create { name, email, admin, password_stdin } => {
            let password = if password_stdin { Some(password::from_stdin()?) } else { password::ask(&name)? };
            let has_password = password.is_some();
            let new = NewUser { name, email, full_name: String::new(), password, is_admin: admin };
            let made = accounts::create_user(app, &ctx, new).await?;
            print_line(&format!("created {}{}", made.name, if admin { ", an administrator" } else { "" }))?;
            if !has_password {
                password::note(&made.name.to_string());
            }
            Ok(())
        }
        Command::List { json } => list(app, &ctx, json).await,
        Command::Password { name, password_stdin: _ } => {
            let change = AdminChange { password: Some(password::from_stdin()?), ..AdminChange::default() };
            named(accounts::admin_edit_user(app, &ctx, &name, change).await, &name)?;
            print_line(&format!("the password of {name} is set and its sessions are ended"))
        }
        Command::Disable { name } => switch(app, &ctx, &name, true).await,
        Command::Enable { name } => switch(app, &ctx, &name, false).await,
        Command::ResetTwoFactor { name } => {
            match identity::reset_factor(app, &ctx, &name).await {
                Err(Error::NotFound("second factor")) => bail!("{name} has no second factor"),
                done => named(done, &name)?,
            }
            print_line(&format!("{name} signs in by the password alone now"))
        }
    }
}

async fn switch(app: &App, ctx: &Ctx, name: &str, disabled: bool) -> anyhow::Result<()> {
    let change = AdminChange { disabled: Some(disabled), ..AdminChange::default() };
    named(accounts::admin_edit_user(app, ctx, name, change).await, name)?;
    print_line(&format!("{name} is {}", if disabled { "disabled" } else { "enabled" }))
}

async fn list(app: &App, ctx: &Ctx, json: bool) -> anyhow::Result<()> {
    for number in 1.. {
        let page = accounts::list_users(app, ctx, Page::new(Some(number), Some(Page::MAX_LIMIT))).await?;
        if page.items.is_empty() {
            break;
        }
        for user in page.items {
            let second_factor = app.store.has_factor(user.id).await?;
            let line = match json {
                true => {
                    let row = serde_json::json!({
                        "id": user.id.0, "name": user.name.to_string(), "email": user.email, "admin": user.is_admin, "disabled": user.disabled,
                        "second_factor": second_factor,
                    });
                    row.to_string()
                }
                false => format!(
                    "{}\t{}{}{}{}",
                    user.name,
                    user.email,
                    if user.is_admin { "\tadmin" } else { "" },
                    if user.disabled { "\tdisabled" } else { "" },
                    if second_factor { "\tsecond factor" } else { "" }
                ),
            };
            print_line(&line)?;
        }
    }
    Ok(())
}
