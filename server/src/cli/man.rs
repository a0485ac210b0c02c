//! `hardie man`: a manual page for each command, made from what the command line itself says.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Command;
use clap_mangen::Man;

use super::print_line;

/// Arguments of `hardie man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie man /usr/local/share/man/man1 && man hardie-repo-create")]
pub struct Args {
    /// The folder; it is made if it is not there, and what is in it is written over
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes them.
pub fn run(args: &Args, command: Command) -> anyhow::Result<()> {
    std::fs::create_dir_all(&args.folder).with_context(|| format!("cannot make {}", args.folder.display()))?;
    let mut command = command.disable_help_subcommand(true);
    // What a command has of those above it, such as its whole name, is known once all is built.
    command.build();
    let count = write(&args.folder, command)?;
    print_line(&format!("{count} pages are in {}", args.folder.display()))
}

/// A page of this command and of all below it, named as `man` wants it: `hardie-repo-create.1`. How many there are.
fn write(folder: &Path, command: Command) -> anyhow::Result<usize> {
    let below: Vec<Command> = command.get_subcommands().filter(|one| !one.is_hide_set()).cloned().collect();
    // No date: the same program writes the same pages. The quotes keep its place.
    let page = Man::new(command).date("\"\"").source(concat!("hardie ", env!("CARGO_PKG_VERSION"))).manual("Hardie");
    let file = folder.join(page.get_filename());
    page.generate_to(folder).with_context(|| format!("cannot write {}", file.display()))?;
    below.into_iter().try_fold(1, |count, one| Ok(count + write(folder, one)?))
}
