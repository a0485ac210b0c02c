//! `secret.key`: what this server signs with. Made once, 32 bytes, for the server's account alone.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use hardie_app::ports::Entropy;
use hardie_app::signing::SigningKey;

/// Reads the key of a data folder, or makes one.
pub fn open(data_dir: &Path, entropy: &dyn Entropy) -> anyhow::Result<SigningKey> {
    let path = data_dir.join("secret.key");
    match fs::read(&path) {
        Ok(bytes) => {
            let mode = fs::metadata(&path)?.permissions().mode();
            ensure!(mode & 0o077 == 0, "{} may be read by others; it must have mode 0600", path.display());
            let bytes: Result<[u8; 32], _> = bytes.try_into();
            Ok(SigningKey::new(bytes.map_err(|_| anyhow::anyhow!("{} does not hold a key of 32 bytes", path.display()))?))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => make(data_dir, &path, entropy),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Written whole under another name first: a crash leaves no half of a key.
fn make(data_dir: &Path, path: &Path, entropy: &dyn Entropy) -> anyhow::Result<SigningKey> {
    let failed = || format!("cannot make {}", path.display());
    let mut key = [0; 32];
    entropy.fill(&mut key);
    let new = path.with_extension("key.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new).with_context(failed)?;
    file.write_all(&key).and_then(|()| file.sync_all()).with_context(failed)?;
    fs::rename(&new, path).with_context(failed)?;
    fs::File::open(data_dir).and_then(|folder| folder.sync_all()).with_context(failed)?;
    Ok(SigningKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count;

    impl Entropy for Count {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.iter_mut().zip(1..).for_each(|(byte, n)| *byte = n);
        }
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_a_damaged_or_open_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        open(dir.path(), &Count).unwrap();
        let made = fs::read(&path).unwrap();
        assert_eq!((made.len(), fs::metadata(&path).unwrap().permissions().mode() & 0o777), (32, 0o600));
        open(dir.path(), &Count).unwrap();
        assert_eq!(fs::read(&path).unwrap(), made);
        fs::write(&path, b"short").unwrap();
        assert!(open(dir.path(), &Count).unwrap_err().to_string().contains("32 bytes"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(open(dir.path(), &Count).unwrap_err().to_string().contains("0600"));
    }
}
