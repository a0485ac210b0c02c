//! An empty data folder that a restore fills. While it does, the folder `restore` is in it, so that nobody takes for a server's data
//! what was cut off half way: `serve` refuses it by name, and the next restore begins anew.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use hardie_app::ports::Entropy;

use super::lock::{self, DataDirLock};

/// The folder that marks it.
const MARK: &str = "restore";
/// What it is called once everything is restored, until it is removed.
const DONE: &str = "restored";
/// In it: the name of the restore, which the database knows too once its rows are committed.
const NAME: &str = "name";
const ROWS: &str = "rows";
/// What a restore puts into the folder, its mark apart.
const PUT: &[&str] = &[
    "packs",
    "quarantine",
    "views",
    "answers",
    "bitmaps",
    "lfs",
    "lfs-uploads",
    "ssh",
    "secret.key",
    "hardie.db",
    "hardie.db-wal",
    "hardie.db-shm",
    "hardie.db-journal",
];

/// The folder, locked.
pub struct Fresh {
    dir: PathBuf,
    /// The name of a restore that was cut off here.
    earlier: Option<String>,
    _lock: DataDirLock,
}

/// Refuses a folder in which a restore was cut off.
pub fn refuse_half_restored(dir: &Path) -> anyhow::Result<()> {
    match dir.join(MARK).symlink_metadata() {
        Ok(_) => bail!(
            "a restore into {} was cut off: run hardie admin restore again, with the same --data-dir and --database, to finish or repeat it",
            dir.display()
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot look at the data folder {}", dir.display())),
    }
}

impl Fresh {
    /// Takes a folder that is not there, empty, or what a restore that was cut off left.
    pub fn claim(dir: &Path) -> anyhow::Result<Fresh> {
        // A running server first: that its folder is not empty would be half of the truth.
        let running = dir.join("lock").exists().then(|| lock::take(dir)).transpose()?;
        let earlier = look(dir)?;
        DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        fs::set_permissions(dir, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .with_context(|| format!("cannot close {} to other users", dir.display()))?;
        let lock = match running {
            Some(lock) => lock,
            None => lock::take(dir)?,
        };
        Ok(Fresh { dir: dir.to_owned(), earlier, _lock: lock })
    }

    /// The name of a restore that was cut off here; empty if it had none yet.
    pub fn earlier(&self) -> Option<&str> {
        self.earlier.as_deref()
    }

    /// Removes what an earlier one left and begins; its name.
    pub fn begin(&self, entropy: &dyn Entropy) -> anyhow::Result<String> {
        self.clear()?;
        let name = entropy.name();
        let mark = self.dir.join(MARK);
        let begun = || {
            DirBuilder::new().mode(0o700).create(&mark)?;
            File::open(&self.dir)?.sync_all()?;
            let mut file = File::create_new(mark.join(NAME))?;
            file.write_all(name.as_bytes())?;
            file.sync_all()?;
            DirBuilder::new().mode(0o700).create(self.spool())?;
            File::open(&mark)?.sync_all()
        };
        begun().with_context(|| format!("cannot write to {}", mark.display()))?;
        Ok(name)
    }

    /// Where rows wait.
    pub fn spool(&self) -> PathBuf {
        self.dir.join(MARK).join(ROWS)
    }

    /// Takes the mark away: from now on it is a server's folder.
    pub fn finish(&self) -> anyhow::Result<()> {
        // In one step: half a mark would be taken for a restore that was cut off, and there is nothing left to repeat.
        let (mark, done) = (self.dir.join(MARK), self.dir.join(DONE));
        let taken = fs::rename(&mark, &done).and_then(|()| File::open(&self.dir)?.sync_all()).and_then(|()| fs::remove_dir_all(&done));
        taken.with_context(|| format!("everything is restored, but {} cannot be removed: remove it", mark.display()))
    }

    /// Leaves the folder as empty as it was.
    pub fn clear(&self) -> anyhow::Result<()> {
        // The mark last: until then it is true.
        for name in PUT.iter().chain([&MARK]) {
            let path = self.dir.join(name);
            let removed = match path.symlink_metadata() {
                Ok(found) if found.is_dir() => fs::remove_dir_all(&path),
                Ok(_) => fs::remove_file(&path),
                Err(error) => Err(error),
            };
            match removed {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The name of a restore that was cut off, or `None` for a folder in which nothing is.
fn look(dir: &Path) -> anyhow::Result<Option<String>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", dir.display())),
    };
    let names: Vec<String> = entries
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, _>>()
        .with_context(|| format!("cannot read {}", dir.display()))?;
    let cut_off = names.iter().any(|name| name == MARK);
    let may_be_there =
        |name: &String| matches!(name.as_str(), "lock" | "lost+found") || (cut_off && (name == MARK || PUT.contains(&name.as_str())));
    if let Some(other) = names.iter().find(|name| !may_be_there(name)) {
        bail!("{} is not empty, it holds {other:?}: a restore needs a new folder or an empty one", dir.display());
    }
    Ok(cut_off.then(|| fs::read_to_string(dir.join(MARK).join(NAME)).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wiring::system::SystemEntropy;

    #[test]
    fn a_folder_with_anything_in_it_is_refused_and_left_alone() {
        for name in ["hardie.db", "packs", "thesis.txt", "ssh"] {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join(name), "mine").unwrap();
            let text = Fresh::claim(dir.path()).map(drop).unwrap_err().to_string();
            assert!(text.contains(name) && text.contains("not empty"), "{text}");
            assert_eq!(fs::read_to_string(dir.path().join(name)).unwrap(), "mine");
            assert!(!dir.path().join("lock").exists());
        }
    }

    #[test]
    fn what_was_cut_off_is_refused_by_a_server_and_cleared_by_the_next_restore() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let first = Fresh::claim(&data).unwrap();
        assert_eq!(first.earlier(), None);
        assert!(Fresh::claim(&data).map(drop).unwrap_err().to_string().contains("another hardie"), "it is locked");
        let name = first.begin(&SystemEntropy).unwrap();
        fs::create_dir(data.join("packs")).unwrap();
        drop(first);
        assert!(refuse_half_restored(&data).unwrap_err().to_string().contains("cut off"));
        let second = Fresh::claim(&data).unwrap();
        assert_eq!(second.earlier(), Some(name.as_str()));
        second.begin(&SystemEntropy).unwrap();
        assert!(!data.join("packs").exists() && second.spool().is_dir());
        second.finish().unwrap();
        refuse_half_restored(&data).unwrap();
    }
}
