//! `hardie admin export`.

use std::path::PathBuf;

use hardie_app::{App, export};

use crate::cli::print_line;

/// Arguments of `hardie admin export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie admin export alice/tool /tmp/tool.git && git -C /tmp/tool.git log")]
pub struct Args {
    /// OWNER/REPO
    repo: String,
    /// A folder that does not exist yet
    dir: PathBuf,
}

pub async fn run(app: &App, args: Args) -> anyhow::Result<()> {
    let exported = super::named(export::export(app, &args.repo, &args.dir).await, &args.repo)?;
    let export::Exported { refs, packs, lfs_objects } = exported;
    print_line(&format!("{} is now also at {}: {refs} refs in {packs} packs, {lfs_objects} LFS objects", args.repo, args.dir.display()))
}
