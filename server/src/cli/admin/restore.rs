//! `hardie admin restore`.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use hardie_app::backup::{self, Restored, Stores};
use hardie_app::ports::Clock as _;
use hardie_git::lfs::LfsStore;
use hardie_git::packs::{DiskFiles, PackStore};
use hardie_store::StoreOptions;
use hardie_store::backup::{Content, load};
use tokio::task::spawn_blocking;

use super::progress;
use crate::cli::print_line;
use crate::wiring::fresh::Fresh;
use crate::wiring::keys;
use crate::wiring::system::{SystemClock, SystemEntropy};

const BUFFER: usize = 256 << 10;

/// Arguments of `hardie admin restore`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hardie admin restore /backup/hardie.tar --data-dir /var/lib/hardie\n  \
    hardie admin restore hardie.tar --data-dir /srv/hardie --database postgres://hardie@localhost/hardie")]
pub struct Args {
    /// A backup, or - for stdin
    file: PathBuf,
    /// Tell nothing on the way
    #[arg(long)]
    quiet: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Restores into an empty data folder and an empty database: everything or nothing.
pub async fn run(data_dir: &Path, database: &str, args: Args) -> anyhow::Result<()> {
    let input: Box<dyn Read + Send> = match args.file.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(&args.file).with_context(|| format!("cannot open {}", args.file.display()))?),
    };
    let fresh = Fresh::claim(data_dir)?;
    let options = StoreOptions::new(database);
    match load::look(&options).await.context("cannot open the database")? {
        Content::Nothing => {}
        Content::Restored(name) if fresh.earlier() == Some(name.as_str()) => {
            fresh.finish()?;
            return print_line(
                "an earlier restore had come to its end but for its last step, which is done now; nothing was read from FILE",
            );
        }
        Content::Restored(_) => bail!("the database is not empty: a restore filled it, and a server may have used it since"),
        Content::Table(name) => bail!("the database is not empty, it holds {name}: give one in which nothing is"),
    }
    let name = fresh.begin(&SystemEntropy)?;
    let restored = restore(&fresh, &name, data_dir, &options, input, args.quiet).await;
    progress::end(args.quiet);
    let (restored, written, missing) = match restored {
        Ok(done) => done,
        Err(error) => {
            // Whether the rows are there is not known, so the mark stays.
            if !matches!(error.downcast_ref(), Some(backup::Error::Store(hardie_store::Error::CommitUnknown(_)))) {
                fresh.clear()?;
            }
            return Err(error.context("nothing was restored"));
        }
    };
    fresh.finish()?;
    if written == 0 {
        progress::note(
            "The backup held no keys: put ssh/ and secret.key of the old data folder back before the first start, if you have them.",
        );
    }
    if missing > 0 {
        progress::note(&format!("{missing} files were damaged when the backup was taken: hardie admin verify names their repositories."));
    }
    print_line(&report(&restored, written, &args))
}

async fn restore(
    fresh: &Fresh,
    name: &str,
    data_dir: &Path,
    options: &StoreOptions,
    input: Box<dyn Read + Send>,
    quiet: bool,
) -> anyhow::Result<(Restored, usize, usize)> {
    let stores = Stores {
        packs: PackStore::open(data_dir, Arc::new(DiskFiles)).context("cannot open the pack storage")?,
        lfs: LfsStore::open(data_dir, Arc::new(DiskFiles)).context("cannot open the storage of LFS objects")?,
    };
    let (spool, tell) = (fresh.spool(), progress::on_stderr(quiet));
    let told = tell.clone();
    let reading = move || backup::read(BufReader::with_capacity(BUFFER, input), &stores, &spool, keys::KEY_FILES, &told);
    let contents = spawn_blocking(reading).await??;
    keys::write(data_dir, &contents.keys)?;
    let restored = backup::load(&contents, options, name, SystemClock.now(), &tell).await?;
    Ok((restored, contents.keys.len(), contents.missing.len()))
}

fn report(restored: &Restored, keys: usize, args: &Args) -> String {
    let Restored { schema, rows, repositories, files, bytes } = restored;
    if args.json {
        let report = serde_json::json!({
            "file": args.file.to_string_lossy(), "schema": schema, "rows": rows, "repositories": repositories, "files": files,
            "file_bytes": bytes, "keys": keys,
        });
        return report.to_string();
    }
    format!(
        "restored {repositories} repositories, {rows} rows, {files} packs and LFS objects of {bytes} bytes, {keys} keys; hardie serve can be started"
    )
}
