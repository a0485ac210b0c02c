//! `hardie key`: SSH keys of your own.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use hardie_api_types::identity::{CreateKeyOption, PublicKey};

use super::pages;
use super::remote::{Remote, accepted};
use crate::cli::shown::columns;
use crate::cli::{print_line, runtime};

/// Bytes of a public key's file.
const MOST: u64 = 64 << 10;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add the public half of a key
    #[command(after_help = "Example:\n  hardie key add ~/.ssh/id_ed25519.pub\n  hardie key add laptop.pub --title laptop --json")]
    Add(AddArgs),
    /// List your keys
    #[command(after_help = "Example:\n  hardie key list --json")]
    List(ListArgs),
    /// Remove a key
    #[command(after_help = "Example:\n  hardie key delete 3")]
    Delete(DeleteArgs),
}

/// Arguments of `hardie key add`.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// The .pub file
    file: PathBuf,
    /// What it is called in lists [default: the comment at its end]
    #[arg(long)]
    title: Option<String>,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie key list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie key delete`.
#[derive(Debug, clap::Args)]
pub struct DeleteArgs {
    /// Its id
    id: i64,
    #[command(flatten)]
    remote: Remote,
}

/// Runs the command.
pub fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(args) => add(args),
        Command::List(args) => list(&args),
        Command::Delete(args) => delete(&args),
    }
}

fn add(args: AddArgs) -> anyhow::Result<()> {
    let wish = CreateKeyOption { title: args.title.unwrap_or_default(), key: public_half(&args.file)?, read_only: false };
    let client = args.remote.client()?;
    let added: PublicKey = runtime()?.block_on(async {
        let answer = client.post_json("/api/v1/user/keys", &wish).await?;
        anyhow::Ok(accepted(answer, "the server does not take it")?.json()?)
    })?;
    match args.json {
        true => print_line(&serde_json::to_string(&added)?),
        false => print_line(&format!("added {} (id {}), {}", added.title, added.id, added.fingerprint)),
    }
}

/// What may be shown to a server.
fn public_half(file: &Path) -> anyhow::Result<String> {
    let cannot = || format!("cannot read {}", file.display());
    let mut text = String::new();
    std::fs::File::open(file).with_context(cannot)?.take(MOST).read_to_string(&mut text).with_context(cannot)?;
    // The other half opens doors: it leaves this machine by no mistake of ours.
    ensure!(!text.contains("PRIVATE"), "{} is the private half of a key, which nobody else needs: give {0}.pub", file.display());
    Ok(text.trim().to_owned())
}

fn list(args: &ListArgs) -> anyhow::Result<()> {
    let client = args.remote.client()?;
    let all: Vec<PublicKey> = runtime()?.block_on(pages::all(&client, "/api/v1/user/keys"))?;
    if args.json {
        return print_line(&serde_json::to_string(&all)?);
    }
    let rows = all.into_iter().map(|one| {
        let used = one.last_used_at.map_or_else(|| "never".to_owned(), |time| time.0);
        vec![one.id.to_string(), one.title, one.fingerprint, one.created_at.0, used]
    });
    let heading = ["ID", "TITLE", "FINGERPRINT", "ADDED", "LAST USED"].map(ToOwned::to_owned).to_vec();
    columns(std::iter::once(heading).chain(rows).collect())
}

fn delete(args: &DeleteArgs) -> anyhow::Result<()> {
    let client = args.remote.client()?;
    let answer = runtime()?.block_on(client.delete(&format!("/api/v1/user/keys/{}", args.id)))?;
    accepted(answer, "the server does not remove it")?;
    print_line(&format!("removed key {}", args.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_private_half_of_a_key_stays_here() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("id");
        std::fs::write(&file, format!("-----BEGIN OPENSSH {} KEY-----\n", "PRIVATE")).unwrap();
        assert!(public_half(&file).unwrap_err().to_string().contains("id.pub"));
        std::fs::write(&file, "ssh-ed25519 AAAA me\n").unwrap();
        assert_eq!(public_half(&file).unwrap(), "ssh-ed25519 AAAA me");
    }
}
