//! `hardie logout`: forget a server's token, and revoke it if `hardie login` made it.

use anyhow::{Context as _, bail};
use hardie_outbound::ApiClient;

use super::address::Address;
use super::kept::{self, Entry};
use super::login::note;
use super::remote::accepted;
use super::{git_setup, remote::segment};
use crate::cli::{print_line, runtime};

/// Arguments of `hardie logout`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie logout\n  hardie logout https://forge.example --keep-token")]
pub struct Args {
    /// The server's address [default: the default of `hardie login`]
    #[arg(value_name = "URL")]
    server: Option<String>,
    /// Forget the token and leave it good
    #[arg(long)]
    keep_token: bool,
}

/// Signs out.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let book = kept::read()?;
    let named = match args.server.as_deref() {
        Some(server) => server,
        None if book.default.is_empty() => bail!("say which server: `hardie whoami --all` lists those that you are signed in to"),
        None => &book.default,
    };
    let address = Address::parse(named, true)?;
    // Gone from here first: whatever the server says, nothing uses it any more.
    let entry = kept::change(|book| book.forget(&address))?.with_context(|| format!("you are not signed in to {address}"))?;
    match entry.token_id {
        _ if args.keep_token => {}
        None => note("the token was not made by hardie and stays good: revoke it in the browser under Settings if it is not needed"),
        Some(_) => {
            if let Err(error) = runtime()?.block_on(revoke(&address, &entry)) {
                note(&format!("its token is still good, revoke it in the browser under Settings: {error:#}"));
            }
        }
    }
    git_setup::end(&address)?;
    print_line(&format!("signed out of {address}"))
}

/// Revokes a token by itself, if it was made for us.
pub async fn revoke(address: &Address, entry: &Entry) -> anyhow::Result<()> {
    let Some(id) = entry.token_id else { return Ok(()) };
    let client = ApiClient::new(address.as_str(), Some(&entry.token))?;
    let answer = client.delete(&format!("/api/v1/users/{}/tokens/{id}", segment(&entry.user)?)).await?;
    // It was revoked already.
    if answer.status == 401 || answer.status == 404 {
        return Ok(());
    }
    accepted(answer, "the server does not revoke it").map(|_| ())
}
