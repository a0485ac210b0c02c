//! The keys by which clients recognise this server: made once, kept in the data folder, never shown.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PrivateKey};

/// The host keys: Ed25519, and ECDSA for clients that do not know it.
#[derive(Clone)]
pub struct HostKeys(Arc<[PrivateKey]>);

/// Why there are no host keys.
#[derive(Debug, thiserror::Error)]
pub enum HostKeyError {
    /// The folder or a file cannot be read or written.
    #[error("host key {}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is there but is no private key. It is not replaced: clients would take a new key for an attack.
    #[error("host key {} is not an OpenSSH private key ({reason}); restore it, or remove it to have a new one made", path.display())]
    Malformed {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Others than the owner may read the file.
    #[error("host key {} can be read by others (mode {mode:o}); run chmod 600 on it", path.display())]
    Exposed {
        /// Which one.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key could not be made.
    #[error("cannot make a host key: {0}")]
    Generate(String),
}

impl HostKeys {
    /// Reads the keys in this folder, making those that are missing (folder 0700, files 0600).
    pub fn load_or_create(dir: &Path) -> Result<HostKeys, HostKeyError> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|source| HostKeyError::Io { path: dir.to_owned(), source })?;
        let wanted = [("host_ed25519_key", Algorithm::Ed25519), ("host_ecdsa_key", Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 })];
        let keys: Result<Arc<[PrivateKey]>, HostKeyError> =
            wanted.into_iter().map(|(name, algorithm)| load_or_make(&dir.join(name), algorithm)).collect();
        Ok(HostKeys(keys?))
    }

    /// Algorithm and `SHA256:…` fingerprint of each key, as `ssh-keygen -l` shows it.
    pub fn fingerprints(&self) -> Vec<(String, String)> {
        let show = |key: &PrivateKey| (key.algorithm().to_string(), key.fingerprint(HashAlg::Sha256).to_string());
        self.0.iter().map(show).collect()
    }

    /// The public halves in the form of a `known_hosts` or `.pub` file, without a host name.
    pub fn public_lines(&self) -> Vec<String> {
        self.0.iter().filter_map(|key| key.public_key().to_openssh().ok()).map(|line| line.trim_end().to_owned()).collect()
    }

    pub(crate) fn private(&self) -> Vec<PrivateKey> {
        self.0.to_vec()
    }
}

impl std::fmt::Debug for HostKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.fingerprints()).finish()
    }
}

fn load_or_make(path: &Path, algorithm: Algorithm) -> Result<PrivateKey, HostKeyError> {
    let fault = |source| HostKeyError::Io { path: path.to_owned(), source };
    match fs::read(path) {
        Ok(pem) => {
            let mode = fs::metadata(path).map_err(fault)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(HostKeyError::Exposed { path: path.to_owned(), mode });
            }
            let malformed = |reason: String| HostKeyError::Malformed { path: path.to_owned(), reason };
            let key = PrivateKey::from_openssh(&pem).map_err(|error| malformed(error.to_string()))?;
            match key.is_encrypted() || key.algorithm() != algorithm {
                true => Err(malformed(format!("expected an unencrypted {algorithm} key"))),
                false => Ok(key),
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = PrivateKey::random(&mut safe_rng(), algorithm).map_err(|error| HostKeyError::Generate(error.to_string()))?;
            write(path, &key).map_err(fault)?;
            Ok(key)
        }
        Err(error) => Err(fault(error)),
    }
}

/// Writes under another name first: a crash in the middle must not leave half a key behind.
fn write(path: &Path, key: &PrivateKey) -> io::Result<()> {
    let pem = key.to_openssh(LineEnding::LF).map_err(io::Error::other)?;
    let unfinished = path.with_extension("new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(pem.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    match path.parent() {
        Some(dir) => File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("ssh");
        let made = HostKeys::load_or_create(&folder).unwrap();
        let again = HostKeys::load_or_create(&folder).unwrap();
        assert_eq!(made.fingerprints(), again.fingerprints());
        assert_eq!(made.fingerprints().len(), 2);
        assert!(made.fingerprints().iter().all(|(_, print)| print.starts_with("SHA256:")));
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for entry in fs::read_dir(&folder).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(!format!("{made:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_damaged_or_exposed_key_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        HostKeys::load_or_create(dir.path()).unwrap();
        let path = dir.path().join("host_ed25519_key");
        let good = fs::read(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(HostKeys::load_or_create(dir.path()), Err(HostKeyError::Exposed { mode: 0o644, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, &good[..good.len() / 2]).unwrap();
        let error = HostKeys::load_or_create(dir.path()).unwrap_err();
        assert!(error.to_string().contains("host_ed25519_key"), "{error}");
        assert_eq!(fs::read(&path).unwrap().len(), good.len() / 2);
        // A key of another kind under this name is a mix-up as well.
        fs::copy(dir.path().join("host_ecdsa_key"), &path).unwrap();
        assert!(matches!(HostKeys::load_or_create(dir.path()), Err(HostKeyError::Malformed { .. })));
    }
}
