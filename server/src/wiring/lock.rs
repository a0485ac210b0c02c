//! One server per data folder: a lock that the kernel lets go of when the process ends, however it ends. The locked file holds a name, so
//! that whoever has the lock knows which leases in the database are of processes that ended. A copy of the folder is another server: the
//! name holds for the very file that it was written for.

use std::fs::File;
use std::io::{Read, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use hardie_app::ports::Entropy;
use rustix::fs::{FlockOperation, flock};

/// Hexadecimal digits of a name.
const DIGITS: usize = 32;
/// Bytes of it with the numbers of device and file, at most.
const LONGEST: u64 = 128;

/// Held while the server runs.
pub struct DataDirLock {
    file: File,
}

/// Takes the lock or says that another server has it.
pub fn take(data_dir: &Path) -> anyhow::Result<DataDirLock> {
    let path = data_dir.join("lock");
    let mut options = File::options();
    let opened = options.create(true).truncate(false).read(true).write(true).open(&path);
    let file = opened.with_context(|| format!("cannot open {}", path.display()))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(DataDirLock { file }),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            bail!(
                "another hardie serve is running on {}, or a restore into it: wait for it or stop it, or give this one its own --data-dir",
                data_dir.display()
            )
        }
        Err(error) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

impl DataDirLock {
    /// The name of the folder's server, the same at each start. Were it lost, leases of processes that ended would run out by themselves.
    pub fn node(&mut self, entropy: &dyn Entropy) -> anyhow::Result<String> {
        self.named(entropy).context("cannot read or write the file lock in the data folder")
    }

    fn named(&mut self, entropy: &dyn Entropy) -> std::io::Result<String> {
        let about = self.file.metadata()?;
        let place = format!(" {}:{}", about.dev(), about.ino());
        let mut held = String::new();
        self.file.rewind()?;
        // Whatever cannot be read as text is no name.
        let read = Read::by_ref(&mut self.file).take(LONGEST).read_to_string(&mut held);
        match held.strip_suffix(&place).filter(|_| read.is_ok()) {
            Some(name) if name.len() == DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(name.to_owned()),
            _ => {
                let name = entropy.name();
                self.file.set_len(0)?;
                self.file.rewind()?;
                self.file.write_all(format!("{name}{place}").as_bytes())?;
                Ok(name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wiring::system::SystemEntropy;

    #[test]
    fn a_folder_keeps_its_name_and_is_locked_once() {
        let dir = tempfile::tempdir().unwrap();
        let named = || take(dir.path()).unwrap().node(&SystemEntropy).unwrap();
        let name = named();
        assert_eq!(named(), name);
        let held = take(dir.path()).unwrap();
        assert!(take(dir.path()).is_err());
        drop(held);
        let copy = dir.path().join("copy");
        std::fs::create_dir(&copy).unwrap();
        std::fs::copy(dir.path().join("lock"), copy.join("lock")).unwrap();
        assert_ne!(take(&copy).unwrap().node(&SystemEntropy).unwrap(), name, "a copy has leases of its own");
        for damaged in ["", "short", &format!("{name}0"), &"z".repeat(DIGITS)] {
            std::fs::write(dir.path().join("lock"), damaged).unwrap();
            let made = named();
            assert_eq!((made.len(), made == name), (DIGITS, false), "{damaged}");
            assert_eq!(named(), made);
        }
    }
}
