//! `hardie admin backup`.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use hardie_app::App;
use hardie_app::backup::{self, FORMAT, Options, Taken};
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};

use super::progress;
use crate::cli::print_line;
use crate::wiring::keys;

/// For how long a backup that was killed keeps unused packs from being removed. One that lives renews it all the time.
const HOLD_SECONDS: u32 = 600;
const BUFFER: usize = 256 << 10;

/// Arguments of `hardie admin backup`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hardie admin backup /backup/hardie.tar --with-key --data-dir /var/lib/hardie\n  \
    hardie admin backup - --data-dir /var/lib/hardie | zstd > hardie.tar.zst")]
pub struct Args {
    /// The file to write, or - for stdout
    file: PathBuf,
    /// Carry the SSH host keys and secret.key too: whoever reads the backup can then pose as this server
    #[arg(long)]
    with_key: bool,
    /// Replace FILE if it is there
    #[arg(long)]
    force: bool,
    /// Leave damaged packs and LFS objects out and tell their names, instead of ending at the first; reads everything twice
    #[arg(long)]
    skip_damaged: bool,
    /// Tell nothing on the way
    #[arg(long)]
    quiet: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub async fn run(app: &App, data_dir: &Path, args: Args) -> anyhow::Result<()> {
    let keys = if args.with_key { keys::read(data_dir)? } else { Vec::new() };
    if !args.with_key {
        progress::note(
            "This backup holds no keys: without ssh/ and secret.key of the data folder a restored server has new SSH host keys, \
             and cannot open what is sealed. Keep them apart, or give --with-key.",
        );
    }
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let options = Options { keys, hold_seconds: HOLD_SECONDS, skip_damaged: args.skip_damaged, version };
    if args.file.as_os_str() == "-" {
        if io::stdout().is_terminal() {
            bail!("stdout is a terminal, and a backup is no text: redirect it, or name a file");
        }
        // Past the buffer of the standard library, which looks for ends of lines.
        let out = File::from(io::stdout().as_fd().try_clone_to_owned().context("cannot write to stdout")?);
        let taken = take(app, BufWriter::with_capacity(BUFFER, out), options, &args).await?.0;
        // stdout is the backup.
        progress::note(&report(&taken, &args));
        return Ok(());
    }
    let part = Part::create(&args.file, args.force)?;
    let file = part.file.try_clone().context("cannot write the backup")?;
    let (taken, out) = take(app, BufWriter::with_capacity(BUFFER, file), options, &args).await?;
    drop(out);
    part.keep(args.force)?;
    print_line(&report(&taken, &args))
}

async fn take<W: Write + Send + 'static>(app: &App, out: W, options: Options, args: &Args) -> anyhow::Result<(Taken, W)> {
    let taken = backup::take(app, out, options, progress::on_stderr(args.quiet)).await;
    progress::end(args.quiet);
    let (taken, out) = taken?;
    for name in &taken.missing {
        progress::note(&format!("{name} is damaged and not in the backup; hardie admin verify names the repositories that hold it"));
    }
    Ok((taken, out))
}

fn report(taken: &Taken, args: &Args) -> String {
    if args.json {
        let report = serde_json::json!({
            "file": args.file.to_string_lossy(), "format": FORMAT, "schema": taken.schema, "rows": taken.rows,
            "repositories": taken.repositories, "files": taken.files, "file_bytes": taken.bytes, "keys": taken.keys,
            "missing": taken.missing,
        });
        return report.to_string();
    }
    let Taken { rows, repositories, files, bytes, keys, .. } = taken;
    let keys = if *keys > 0 { format!(", {keys} keys: keep it secret") } else { String::new() };
    format!("{} holds {repositories} repositories, {rows} rows, {files} packs and LFS objects of {bytes} bytes{keys}", args.file.display())
}

/// The backup under another name until it is whole: `FILE.part`.
struct Part {
    path: PathBuf,
    target: PathBuf,
    file: File,
    kept: bool,
}

impl Part {
    /// One that a killed backup left is written over; one that is being written is not.
    fn create(target: &Path, force: bool) -> anyhow::Result<Part> {
        if !force && target.symlink_metadata().is_ok() {
            bail!("{} is there already: give another name, or --force to replace it", target.display());
        }
        let mut path = target.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let failed = || format!("cannot write {}", path.display());
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(false).mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        let file = options.open(&path).with_context(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => bail!("another backup is writing {}", path.display()),
            Err(error) => return Err(error).with_context(failed),
        }
        // The one that had the lock may have renamed or removed it since it was opened.
        let is_same = path.symlink_metadata().is_ok_and(|found| file.metadata().is_ok_and(|ours| found.ino() == ours.ino()));
        if !is_same {
            bail!("another backup has just written {}: try again", target.display());
        }
        file.set_len(0).and_then(|()| file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))).with_context(failed)?;
        Ok(Part { path: path.clone(), target: target.to_owned(), file, kept: false })
    }

    /// Syncs it and gives it its name.
    fn keep(mut self, force: bool) -> anyhow::Result<()> {
        let failed = || format!("cannot write {}", self.target.display());
        self.file.sync_all().with_context(failed)?;
        let renamed = match force {
            true => std::fs::rename(&self.path, &self.target),
            false => rename_new(&self.path, &self.target),
        };
        match renamed {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                bail!("{} came into being meanwhile: give another name, or --force to replace it", self.target.display());
            }
            renamed => renamed.with_context(failed)?,
        }
        let folder = self.target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).with_context(failed)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed is written over by the next backup of this name.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Renames to a name that nobody has. Some file systems cannot promise that; there the look before has to do.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) if to.symlink_metadata().is_err() => std::fs::rename(from, to),
        renamed => Ok(renamed?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_once_and_nothing_half_written_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("b.tar");
        let names = || std::fs::read_dir(dir.path()).unwrap().count();
        drop(Part::create(&target, false).unwrap());
        assert_eq!(names(), 0, "what was not kept is gone");
        std::fs::write(dir.path().join("b.tar.part"), "left by a kill").unwrap();
        let part = Part::create(&target, false).unwrap();
        assert!(Part::create(&target, false).map(drop).unwrap_err().to_string().contains("another backup is writing"));
        (&part.file).write_all(b"whole").unwrap();
        assert!(!target.exists());
        part.keep(false).unwrap();
        assert_eq!((std::fs::read(&target).unwrap().as_slice(), names()), (b"whole".as_slice(), 1));
        assert_eq!(std::fs::metadata(&target).unwrap().mode() & 0o777, 0o600);
        assert!(Part::create(&target, false).map(drop).unwrap_err().to_string().contains("--force"));
        let part = Part::create(&target, true).unwrap();
        (&part.file).write_all(b"new").unwrap();
        part.keep(true).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
    }

    #[test]
    fn a_file_that_came_meanwhile_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("b.tar");
        let part = Part::create(&target, false).unwrap();
        std::fs::write(&target, "somebody's").unwrap();
        assert!(part.keep(false).unwrap_err().to_string().contains("meanwhile"));
        assert_eq!(std::fs::read(&target).unwrap(), b"somebody's");
    }
}
