//! Where the files of each sort are, on the way out and on the way in. A new sort has an arm in each function here.

use std::fs::File;

use hardie_domain::lfs::{LfsObject, LfsOid};
use hardie_git::lfs::LfsStore;
use hardie_git::packs::{Intake, PackHash, PackStore};
use hardie_store::backup::{FileSort, HeldFile};

use super::{Error, Result, parts};

/// Where the files of a server are.
#[derive(Clone, Debug)]
pub struct Stores {
    /// Packs.
    pub packs: PackStore,
    /// LFS objects.
    pub lfs: LfsStore,
}

/// The quarantine of packs that are restored.
const QUARANTINE: &str = "restore";

/// Opens one file to copy it, after a look whether it is what its row says.
pub fn open(stores: &Stores, sort: &FileSort, held: &HeldFile, extension: &str) -> Result<(File, u64)> {
    let hash = PackHash(held.hash);
    match sort.name {
        "packs" => {
            let (file, size) = stores.packs.open_file(&hash, extension).map_err(|error| damaged(error.to_string()))?;
            if extension == "pack" && size != held.bytes {
                return Err(damaged(format!("pack {hash} has {size} bytes instead of {}", held.bytes)));
            }
            if extension == "idx" {
                stores.packs.check_index(&hash).map_err(|error| damaged(error.to_string()))?;
            }
            Ok((file, size))
        }
        "lfs" => {
            let object = lfs_object(held);
            let (file, size) = stores.lfs.open_file(&object.oid).map_err(|error| damaged(error.to_string()))?;
            match size == object.size {
                true => Ok((file, size)),
                false => Err(damaged(format!("LFS object {} has {size} bytes instead of {}", object.oid, object.size))),
            }
        }
        other => Err(unknown(other)),
    }
}

/// Reads a file as a whole, and tells whether it is not what its row says.
pub fn is_damaged(stores: &Stores, sort: &FileSort, held: &HeldFile) -> bool {
    match sort.name {
        // One that cannot be looked at is not known to be whole.
        "packs" => !matches!(stores.packs.examine(&PackHash(held.hash)), Ok(damages) if damages.is_empty()),
        "lfs" => stores.lfs.verify(&lfs_object(held)).is_err(),
        _ => false,
    }
}

fn lfs_object(held: &HeldFile) -> LfsObject {
    LfsObject { oid: LfsOid(held.hash), size: held.bytes }
}

/// Something of the server itself is damaged.
pub fn damaged(text: String) -> Error {
    Error::Damaged(format!("{text}: hardie admin verify names the repositories that hold it"))
}

/// Whether the bytes of the file with this extension are those that the hash names.
pub fn is_named_by_content(sort: &FileSort, extension: &str) -> bool {
    matches!((sort.name, extension), ("packs", "pack") | ("lfs", _))
}

/// Where files of a backup are put.
pub struct Places {
    stores: Stores,
    packs: Intake,
}

impl Places {
    /// In this storage.
    pub fn new(stores: &Stores) -> Result<Places> {
        Ok(Places { stores: stores.clone(), packs: stores.packs.intake(QUARANTINE)? })
    }

    /// A new file, which nobody sees yet. Refused if the disk has no room for it.
    pub fn create(&self, sort: &FileSort, hash: &[u8; 32], extension: &str, size: u64) -> Result<File> {
        let free = self.stores.packs.free_space()?;
        if size > free {
            let name = parts::file(sort, hash, extension);
            return Err(Error::refused(format!("{name} says it has {size} bytes; the disk has {free} free")));
        }
        match sort.name {
            "packs" => Ok(self.packs.create(&PackHash(*hash), extension)?),
            "lfs" => Ok(self.stores.lfs.create(&LfsOid(*hash))?),
            other => Err(unknown(other)),
        }
    }

    /// Puts the files of one hash under their final names and syncs them. Gives back the size that a row should name.
    pub fn publish(&self, sort: &FileSort, hash: &[u8; 32]) -> Result<HeldFile> {
        match sort.name {
            "packs" => {
                let published = self.packs.publish(&PackHash(*hash)).map_err(|error| Error::refused(error.to_string()))?;
                Ok(HeldFile { hash: *hash, bytes: published.bytes() })
            }
            "lfs" => Ok(HeldFile { hash: *hash, bytes: self.stores.lfs.publish_created(&LfsOid(*hash))? }),
            other => Err(unknown(other)),
        }
    }
}

fn unknown(sort: &str) -> Error {
    Error::refused(format!("{sort}/ is no folder of files that this program knows"))
}
