//! `hardie whoami`: who a server takes you for.

use hardie_api_types::account::User;
use serde_json::json;

use super::kept;
use super::remote::{Remote, accepted};
use crate::cli::shown::columns;
use crate::cli::{print_line, runtime};

/// Arguments of `hardie whoami`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie whoami\n  hardie whoami --all --json")]
pub struct Args {
    #[command(flatten)]
    remote: Remote,
    /// List the servers that you are signed in to, without asking them
    #[arg(long)]
    all: bool,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// Asks, or lists.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if args.all {
        return all(args.json);
    }
    let target = args.remote.target()?;
    let client = target.client()?;
    let user: User =
        runtime()?.block_on(async { anyhow::Ok(accepted(client.get("/api/v1/user").await?, "the server does not say")?.json()?) })?;
    if args.json {
        return print_line(&json!({ "server": target.address.as_str(), "user": user }).to_string());
    }
    let role = if user.is_admin { ", an administrator" } else { "" };
    let by = if target.given { "the token of this call" } else { "the token of `hardie login`" };
    print_line(&format!("{} at {}{role}, by {by}", user.login, target.address))
}

fn all(json: bool) -> anyhow::Result<()> {
    let book = kept::read()?;
    let is_default = |server: &str| book.default == server;
    if json {
        let rows: Vec<_> = book
            .servers
            .iter()
            .map(|(server, entry)| json!({ "server": server, "user": entry.user, "default": is_default(server) }))
            .collect();
        return print_line(&serde_json::to_string(&rows)?);
    }
    if book.servers.is_empty() {
        return print_line("you are signed in nowhere: `hardie login URL`");
    }
    let heading = ["SERVER", "USER", ""].map(ToOwned::to_owned).to_vec();
    let rows = book.servers.iter().map(|(server, entry)| {
        let mark = if is_default(server) { "default" } else { "" };
        vec![server.clone(), entry.user.clone(), mark.to_owned()]
    });
    columns(std::iter::once(heading).chain(rows).collect())
}
