//! Compiled components on disk. Loading one runs it as machine code, so each is sealed with a key that only this server has.
//!
//! `<folder>/<digest>-<engine>.blake3` is 32 bytes of keyed BLAKE3 over digest, engine and code, then the code. The folder is
//! 0700; files are written under another name and renamed, never changed. What fails its seal is removed and compiled again.
//! What runs is a copy in memory ([`Image`]) that nobody can write to any more.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{Hash as _, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hardie_domain::plugin::Digest;
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::image::Image;

const SEAL_BYTES: usize = blake3::OUT_LEN;

/// So many are noted to be compiled anew at once.
const MOST_MISSED: usize = 1024;

/// The key that seals compiled code. Never shown, never sent.
#[derive(Clone)]
pub struct CacheKey([u8; 32]);

impl std::fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CacheKey(…)")
    }
}

impl CacheKey {
    /// A key from elsewhere.
    pub fn new(bytes: [u8; 32]) -> CacheKey {
        CacheKey(bytes)
    }

    /// Reads the key file, or makes one of mode 0600 from `fill`'s unguessable bytes.
    ///
    /// # Errors
    /// If it cannot be read or written, has another length, or others may read it.
    pub fn load_or_create(path: &Path, fill: impl FnOnce(&mut [u8])) -> io::Result<CacheKey> {
        match fs::read(path) {
            Ok(bytes) => {
                if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
                    return Err(io::Error::other(format!("{} may be read by others; it must have mode 0600", path.display())));
                }
                let bytes = bytes.try_into().map_err(|_| io::Error::other(format!("{} does not hold a key", path.display())))?;
                Ok(CacheKey(bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = [0; 32];
                fill(&mut key);
                let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                file.write_all(&key)?;
                file.sync_all()?;
                Ok(CacheKey(key))
            }
            Err(error) => Err(error),
        }
    }
}

/// The folder and the key.
pub(crate) struct Cache {
    folder: PathBuf,
    key: CacheKey,
    engine: String,
    /// What was found altered and not told yet.
    altered: Mutex<BTreeSet<Digest>>,
    /// What was asked for and is not there.
    missed: Mutex<BTreeSet<Digest>>,
}

impl Cache {
    /// Opens the folder, making it if need be, and removes what another engine left.
    pub(crate) fn open(folder: &Path, key: CacheKey, engine: &Engine) -> io::Result<Cache> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        let cache =
            Cache { folder: folder.to_owned(), key, engine: engine_name(engine), altered: Mutex::default(), missed: Mutex::default() };
        let suffix = format!("-{}.blake3", cache.engine);
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (name, is_dir) = (entry.file_name(), entry.file_type()?.is_dir());
            match name.to_str() {
                Some(name) if !is_dir && name.ends_with(&suffix) => {}
                // A compile folder or a half-written file of a server that was killed.
                _ if is_dir => fs::remove_dir_all(entry.path())?,
                _ => fs::remove_file(entry.path())?,
            }
        }
        Ok(cache)
    }

    /// Where children may work.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Seals and keeps code that our own compiler made of this component.
    pub(crate) fn store(&self, digest: &Digest, code: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix("new-").tempfile_in(&self.folder)?;
        file.write_all(self.hasher(digest).update(code).finalize().as_bytes())?;
        file.write_all(code)?;
        file.as_file().sync_all()?;
        file.persist(self.path(digest)).map_err(|error| error.error)?;
        Ok(())
    }

    /// Loads the code of this component, if it is there and bears our seal.
    pub(crate) fn load(&self, digest: &Digest, engine: &Engine) -> io::Result<Option<Component>> {
        let path = self.path(digest);
        let mut file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut seal = [0; SEAL_BYTES];
        match file.read_exact(&mut seal) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return self.discard(&path, digest, "it is too short"),
            read => read?,
        }
        let image = Image::of(file)?;
        let mut hasher = self.hasher(digest);
        image.show(|piece| {
            hasher.update(piece);
        })?;
        // Compared in constant time, as `blake3::Hash` does.
        if hasher.finalize() != seal {
            return self.discard(&path, digest, "its seal is wrong");
        }
        match image.component(engine) {
            Ok(component) => Ok(Some(component)),
            // Descriptors or memory are short, which says nothing of the file.
            Err(error) if error.chain().any(|cause| cause.is::<io::Error>() || cause.is::<rustix::io::Errno>()) => {
                Err(io::Error::other(format!("{error:#}")))
            }
            Err(error) => {
                // Another pool than the one it was made for, say. Compiling it again tells whoever waits for it.
                tracing::warn!(plugin.digest = %digest, %error, "a compiled plugin does not fit this server any more; it will be compiled again");
                fs::remove_file(path)?;
                Ok(None)
            }
        }
    }

    /// Removes the code of a component, if it is there.
    pub(crate) fn remove(&self, digest: &Digest) -> io::Result<()> {
        match fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn discard(&self, path: &Path, digest: &Digest, why: &str) -> io::Result<Option<Component>> {
        tracing::error!(plugin.digest = %digest, why, "a compiled plugin was altered on disk; removed, it will be compiled again");
        self.altered.lock().unwrap_or_else(PoisonError::into_inner).insert(*digest);
        self.miss(*digest);
        fs::remove_file(path)?;
        Ok(None)
    }

    /// Components whose compiled code was found altered, and not said to be told.
    pub(crate) fn altered(&self) -> Vec<Digest> {
        self.altered.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// Notes that somebody asked for what is not there.
    pub(crate) fn miss(&self, digest: Digest) {
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if missed.len() < MOST_MISSED {
            missed.insert(digest);
        }
    }

    /// What was asked for since this was last called, and was not there.
    pub(crate) fn take_missed(&self) -> Vec<Digest> {
        std::mem::take(&mut *self.missed.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }

    /// Forgets that one was altered.
    pub(crate) fn told(&self, digest: &Digest) {
        self.altered.lock().unwrap_or_else(PoisonError::into_inner).remove(digest);
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("{}-{}.blake3", hex::encode(digest.0), self.engine))
    }

    /// A hash with a key, so that only who has the key can make one (the BLAKE3 paper, section 2.3); the code follows.
    fn hasher(&self, digest: &Digest) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new_keyed(&self.key.0);
        hasher.update(b"hardie compiled plugin 2\0").update(&digest.0).update(self.engine.as_bytes()).update(b"\0");
        hasher
    }
}

/// A short name for everything that decides whether compiled code fits: version, settings, target.
fn engine_name(engine: &Engine) -> String {
    let mut hasher = StableHasher(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hex::encode(hasher.0.finalize().get(..16).unwrap_or_default())
}

/// `Hasher` over SHA-256, since std's own may change from one build to the next.
struct StableHasher(Sha256);

impl Hasher for StableHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}
