//! One server per data folder: a lock that the kernel lets go of when the process ends, however it ends.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, bail};
use rustix::fs::{FlockOperation, flock};

/// Held while the server runs.
pub struct DataDirLock {
    _file: File,
}

/// Takes the lock or says that another server has it.
pub fn take(data_dir: &Path) -> anyhow::Result<DataDirLock> {
    let path = data_dir.join("lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).with_context(|| format!("cannot open {}", path.display()))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(DataDirLock { _file: file }),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            bail!(
                "another hardie serve is running on {}, or a restore into it: wait for it or stop it, or give this one its own --data-dir",
                data_dir.display()
            )
        }
        Err(error) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}
