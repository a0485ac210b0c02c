//! Keys of 32 bytes in files for the server's account alone. `secret.key` is made once: it signs, and seals secrets of plugins unless
//! `[secrets] key-file` names another.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use hardie_app::ports::Entropy;
use hardie_app::sealing::SealingKeys;
use hardie_app::signing::SigningKey;
use zeroize::Zeroizing;

use crate::config::SealingFiles;

type Key = Zeroizing<[u8; 32]>;

const NAME: &str = "secret.key";

/// Reads the keys of a server; `secret.key` is made if there is none.
pub fn open(data_dir: &Path, files: &SealingFiles, entropy: &dyn Entropy) -> anyhow::Result<(SigningKey, SealingKeys)> {
    let path = data_dir.join(NAME);
    let own = match read(&path)? {
        Some(key) => key,
        None => make(data_dir, &path, entropy)?,
    };
    let sealing = with(files, || Ok(own.clone()))?;
    Ok((SigningKey::new(*own), sealing))
}

/// Reads what opens secrets, and makes nothing.
pub fn sealing(data_dir: &Path, files: &SealingFiles) -> anyhow::Result<SealingKeys> {
    with(files, || named(&data_dir.join(NAME), "the key of this data folder"))
}

fn with(files: &SealingFiles, own: impl FnOnce() -> anyhow::Result<Key>) -> anyhow::Result<SealingKeys> {
    let current = match &files.current {
        Some(path) => named(path, "[secrets] key-file")?,
        None => own()?,
    };
    let earlier: Vec<Key> = files.earlier.iter().map(|path| named(path, "[secrets] earlier-key-files")).collect::<anyhow::Result<_>>()?;
    Ok(SealingKeys::new(&current, &earlier))
}

/// A key that must be there.
fn named(path: &Path, what: &str) -> anyhow::Result<Key> {
    read(path)?.with_context(|| format!("{what}: there is no file {}", path.display()))
}

fn read(path: &Path) -> anyhow::Result<Option<Key>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let mode = fs::metadata(path)?.permissions().mode();
    ensure!(mode & 0o077 == 0, "{} may be read by others; it must have mode 0600", path.display());
    let key: Result<[u8; 32], _> = bytes.as_slice().try_into();
    Ok(Some(Zeroizing::new(key.with_context(|| format!("{} does not hold a key of 32 bytes", path.display()))?)))
}

/// Written whole under another name first: a crash leaves no half of a key.
fn make(data_dir: &Path, path: &Path, entropy: &dyn Entropy) -> anyhow::Result<Key> {
    let failed = || format!("cannot make {}", path.display());
    let mut key = Zeroizing::new([0; 32]);
    entropy.fill(key.as_mut_slice());
    let new = path.with_extension("key.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new).with_context(failed)?;
    file.write_all(key.as_slice()).and_then(|()| file.sync_all()).with_context(failed)?;
    fs::rename(&new, path).with_context(failed)?;
    fs::File::open(data_dir).and_then(|folder| folder.sync_all()).with_context(failed)?;
    Ok(key)
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

    fn refused(dir: &Path, files: &SealingFiles) -> String {
        format!("{:#}", open(dir, files, &Count).unwrap_err())
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_a_damaged_or_open_one_is_refused() {
        let (dir, files) = (tempfile::tempdir().unwrap(), SealingFiles::default());
        let path = dir.path().join("secret.key");
        assert!(sealing(dir.path(), &files).is_err() && !path.exists(), "to look makes none");
        open(dir.path(), &files, &Count).unwrap();
        let made = fs::read(&path).unwrap();
        assert_eq!((made.len(), fs::metadata(&path).unwrap().permissions().mode() & 0o777), (32, 0o600));
        open(dir.path(), &files, &Count).unwrap();
        assert_eq!(fs::read(&path).unwrap(), made);
        fs::write(&path, b"short").unwrap();
        assert!(refused(dir.path(), &files).contains("32 bytes"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(refused(dir.path(), &files).contains("0600"));
    }

    #[test]
    fn another_file_seals_if_it_is_named_and_must_be_there() {
        let dir = tempfile::tempdir().unwrap();
        let (_, own) = open(dir.path(), &SealingFiles::default(), &Count).unwrap();
        let path = dir.path().join("sealing.key");
        let files = SealingFiles { current: Some(path.clone()), earlier: vec![dir.path().join("secret.key")] };
        let text = refused(dir.path(), &files);
        assert!(text.contains("[secrets] key-file") && text.contains("sealing.key") && !path.exists(), "{text}");
        fs::write(&path, [9; 32]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let (_, named) = open(dir.path(), &files, &Count).unwrap();
        assert!(named.current() != own.current() && named.has(own.current()) && !own.has(named.current()));
        assert_eq!(sealing(dir.path(), &files).unwrap().current(), named.current());
        let gone = SealingFiles { current: None, earlier: vec![dir.path().join("old.key")] };
        assert!(refused(dir.path(), &gone).contains("earlier-key-files"));
    }
}
