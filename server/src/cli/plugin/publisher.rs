//! `hardie plugin publisher`: whose signatures under plugins a server trusts.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use hardie_api_types::publisher::{CreatePublisherOption, Publisher};

use super::remote::{Remote, accepted};
use crate::cli::shown::columns;
use crate::cli::{print_line, runtime};

const PATH: &str = "/api/v1/admin/publishers";

/// Arguments of `hardie plugin publisher`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin publisher add smiths --key id_ed25519.pub\n  hardie plugin publisher list\n  ssh-keygen -Y sign -n hardie-plugin -f id_ed25519 no-wip.wasm\n  hardie plugin install no-wip.wasm --repo alice/demo"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trust a key
    Add {
        /// What to call the publisher
        name: String,
        /// An Ed25519 public key, as `ssh-keygen -t ed25519` writes it
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Show who is trusted
    List {
        /// Print one JSON array instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Trust a key no longer
    Remove {
        /// The publisher's name
        name: String,
    },
}

/// Shows or changes.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let client = args.remote.client()?;
    let fetch = async || {
        let answer = client.get(PATH).await?;
        anyhow::Ok(accepted(answer, "the server does not list them")?.json::<Vec<Publisher>>()?)
    };
    match &args.command {
        Command::Add { name, key } => {
            let key = std::fs::read_to_string(key).with_context(|| format!("cannot read {}", key.display()))?;
            let wish = CreatePublisherOption { name: name.clone(), key };
            let added: Publisher = runtime()?.block_on(async {
                let answer = client.post_json(PATH, &wish).await?;
                anyhow::Ok(accepted(answer, "nothing was changed")?.json()?)
            })?;
            print_line(&format!("{} is trusted: {}", added.name, added.fingerprint))
        }
        Command::List { json } => {
            let all = runtime()?.block_on(fetch())?;
            if *json {
                return print_line(&serde_json::to_string(&all)?);
            }
            if all.is_empty() {
                return print_line("no publisher is trusted");
            }
            let rows = all.into_iter().map(|one| vec![one.name, one.fingerprint]);
            columns(std::iter::once(vec!["NAME".to_owned(), "KEY".to_owned()]).chain(rows).collect())
        }
        Command::Remove { name } => {
            runtime()?.block_on(async {
                let all = fetch().await?;
                let found = all.iter().find(|one| one.name == *name).with_context(|| format!("no publisher is called {name:?}"))?;
                accepted(client.delete(&format!("{PATH}/{}", found.id)).await?, "the publisher is still trusted").map(drop)
            })?;
            print_line(&format!("{name} is trusted no longer"))
        }
    }
}
