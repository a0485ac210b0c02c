//! A folder of its own for one push, where bytes lie that nobody else may see. Dropped means removed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::packs::files::Files;

/// The folder. Nothing in it is reachable by any other request.
#[derive(Debug)]
pub struct Quarantine {
    path: PathBuf,
    files: Arc<dyn Files>,
}

impl Quarantine {
    pub(crate) fn create(path: PathBuf, files: Arc<dyn Files>) -> Result<Quarantine> {
        files.create_dir(&path).map_err(|e| Error::io("creating a quarantine folder", e))?;
        let made = Quarantine { path, files };
        // git insists on `pack` inside an object directory; from here on Drop cleans up.
        made.files.create_dir(&made.pack_dir()).map_err(|e| Error::io("creating a quarantine folder", e))?;
        Ok(made)
    }

    /// What `git` gets as its object directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where `git index-pack` leaves its result.
    pub fn pack_dir(&self) -> PathBuf {
        self.path.join("pack")
    }
}

impl Drop for Quarantine {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start.
        if let Err(error) = self.files.remove_tree(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "quarantine not removed");
        }
    }
}
