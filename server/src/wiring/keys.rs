//! The secrets among the files of the data folder, for backups.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use hardie_app::backup::KeyFile;

/// What cannot be made again without harm. The plugin cache and its key can.
pub const KEY_FILES: &[&str] = &["secret.key", "ssh/host_ed25519_key", "ssh/host_ecdsa_key"];

/// Those that there are.
pub fn read(data_dir: &Path) -> anyhow::Result<Vec<KeyFile>> {
    let mut keys = Vec::new();
    for name in KEY_FILES {
        let path = data_dir.join(name);
        match fs::read(&path) {
            Ok(bytes) => keys.push(KeyFile { name: (*name).to_owned(), bytes }),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
    Ok(keys)
}

/// Puts them back, readable for the owner alone, and syncs them.
pub fn write(data_dir: &Path, keys: &[KeyFile]) -> anyhow::Result<()> {
    for key in keys {
        let path = data_dir.join(&key.name);
        let folder = path.parent().unwrap_or(data_dir);
        let put = || {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(&key.bytes)?;
            file.sync_all()?;
            File::open(folder)?.sync_all()
        };
        put().with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
