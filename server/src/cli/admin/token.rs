//! `hardie admin token`.

use clap::Subcommand;
use hardie_app::identity::{self, NewNarrowing, NewToken};
use hardie_app::{App, Ctx};

use crate::cli::print_line;

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create an access token and print it, alone, on stdout
    #[command(after_help = "Example:\n  hardie admin token create alice --name ci --scopes read:repository,write:issue")]
    Create {
        /// The user whose token it is
        user: String,
        /// What the token is for; shown in lists
        #[arg(long)]
        name: String,
        /// Scopes, separated by commas: all, read:repository, write:user, …
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
    },
}

pub async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    let Command::Create { user, name, scopes } = command;
    let new = NewToken { user: user.clone(), name, scopes, expires_at: None, narrowing: NewNarrowing::default() };
    let created = super::named(identity::create_token(app, &Ctx::system(), new).await, &user)?;
    print_line(created.token.expose())
}
