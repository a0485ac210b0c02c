//! `hardie admin token`.

use clap::Subcommand;
use hardie_app::identity::{self, NewNarrowing, NewToken};
use hardie_app::{App, Ctx};
use hardie_domain::scope::Level;

use crate::cli::print_line;

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create an access token and print it, alone, on stdout
    #[command(after_help = "Example:\n  hardie admin token create alice --name ci --scopes read:repository,write:issue\n  \
        hardie admin token create alice --name deploy --scopes write:repository --repositories alice/tool --refs 'refs/heads/ci/**'")]
    Create {
        /// The user whose token it is
        user: String,
        /// What the token is for; shown in lists
        #[arg(long)]
        name: String,
        /// Scopes, separated by commas: all, read:repository, write:user, …
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// Only these repositories, OWNER/NAME, separated by commas; all unless given
        #[arg(long, value_delimiter = ',')]
        repositories: Option<Vec<String>>,
        /// Only these refs are moved, as patterns such as refs/heads/ci/**, separated by commas; all unless given
        #[arg(long, value_delimiter = ',')]
        refs: Vec<String>,
        /// read: nothing is changed, whatever the scopes say; write: what a push may change
        #[arg(long)]
        access: Option<Access>,
    },
}

/// How much a narrowed token may do with the content of repositories.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Access {
    Read,
    Write,
}

pub async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    let Command::Create { user, name, scopes, repositories, refs, access } = command;
    let access = access.map(|access| match access {
        Access::Read => Level::Read,
        Access::Write => Level::Write,
    });
    let narrowing = NewNarrowing { repositories, refs, access };
    let new = NewToken { user: user.clone(), name, scopes, expires_at: None, narrowing };
    let created = super::named(identity::create_token(app, &Ctx::system(), new).await, &user)?;
    print_line(created.token.expose())
}
