//! One upload: bytes into a file of their own, hashed and counted on the way.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hardie_domain::lfs::{LfsObject, LfsOid};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::packs::files::Files;
use crate::packs::store::free_space;

/// Bytes of one read.
const CHUNK: usize = 256 << 10;
/// Bytes between two looks at the free space; the first is at the first byte.
const LOOK_EVERY: u64 = 16 << 20;

/// What is to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// These bytes and no others: their sender named them.
    Object(LfsObject),
    /// Any, so many at most: their name is what they turn out to be.
    AtMost(u64),
}

impl From<LfsObject> for Expected {
    fn from(object: LfsObject) -> Expected {
        Expected::Object(object)
    }
}

impl Expected {
    fn most(self) -> u64 {
        match self {
            Expected::Object(object) => object.size,
            Expected::AtMost(most) => most,
        }
    }
}

/// Why bytes were not taken in.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// More came than was declared.
    #[error("the upload has more than the {declared} bytes that were declared")]
    TooLong {
        /// Bytes declared.
        declared: u64,
    },
    /// More came than may.
    #[error("the upload has more than {most} bytes")]
    TooLarge {
        /// Bytes that it may have.
        most: u64,
    },
    /// Less came than was declared.
    #[error("the upload has {received} bytes, {declared} were declared")]
    TooShort {
        /// Bytes declared.
        declared: u64,
        /// Bytes received.
        received: u64,
    },
    /// They are other bytes.
    #[error("the uploaded bytes have the sha256 {found}, not {declared}")]
    WrongHash {
        /// What was to be uploaded.
        declared: LfsOid,
        /// What was.
        found: LfsOid,
    },
    /// The client stopped in the middle.
    #[error("the upload ended early: {0}")]
    Input(io::Error),
    /// The disk.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Proven bytes that are not published yet. Dropped means removed; what is published stays.
#[derive(Debug)]
pub struct Received {
    object: LfsObject,
    file: UploadFile,
}

impl Received {
    /// What it was proven to be.
    pub fn object(&self) -> LfsObject {
        self.object
    }

    pub(super) fn path(&self) -> &Path {
        &self.file.path
    }
}

/// The upload's own file; it goes with this.
#[derive(Debug)]
struct UploadFile {
    path: PathBuf,
    files: Arc<dyn Files>,
}

impl Drop for UploadFile {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start.
        if let Err(error) = self.files.remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "upload not removed");
        }
    }
}

pub(super) fn receive(
    input: &mut dyn Read,
    expected: Expected,
    path: PathBuf,
    files: Arc<dyn Files>,
    spared: u64,
) -> Result<Received, UploadError> {
    let failed = |e| Error::io("writing an LFS upload", e);
    let mut file = File::create_new(&path).map_err(failed)?;
    // From here on Drop cleans up.
    let upload = UploadFile { path, files };
    let mut hasher = Sha256::new();
    let (mut size, mut since) = (0_u64, LOOK_EVERY);
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(UploadError::Input(error)),
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        since = since.saturating_add(count as u64);
        if since > LOOK_EVERY {
            since = 0;
            if free_space(&upload.path)? < spared {
                return Err(Error::DiskFull.into());
            }
        }
        size = size.saturating_add(count as u64);
        if size > expected.most() {
            return Err(match expected {
                Expected::Object(object) => UploadError::TooLong { declared: object.size },
                Expected::AtMost(most) => UploadError::TooLarge { most },
            });
        }
        hasher.update(bytes);
        file.write_all(bytes).map_err(failed)?;
    }
    let found = LfsObject { oid: LfsOid(hasher.finalize().into()), size };
    match expected {
        Expected::Object(declared) if size < declared.size => Err(UploadError::TooShort { declared: declared.size, received: size }),
        Expected::Object(declared) if found.oid != declared.oid => Err(UploadError::WrongHash { declared: declared.oid, found: found.oid }),
        Expected::Object(_) | Expected::AtMost(_) => Ok(Received { object: found, file: upload }),
    }
}
