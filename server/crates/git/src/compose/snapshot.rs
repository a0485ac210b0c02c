//! A tree with all below it as a pack that is read piece by piece: one object is in memory at a time.

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::Arc;
use std::vec::IntoIter;

use hardie_domain::oid::Oid;
use sha1::{Digest as _, Sha1};

use super::ComposeError;
use crate::budget::Budget;
use crate::build::encode::{Deflater, header, number};
use crate::error::{Error, Result};
use crate::object::{Kind, id_of};
use crate::odb::Odb;
use crate::read::tree::{Down, decode};

/// The most objects, and bytes of all of them: what is more is cloned and pushed.
const MOST_OBJECTS: usize = 200_000;
const MOST_BYTES: u64 = 1 << 30;
/// The most bytes of one: it is held twice.
const MOST_OF_ONE: u64 = 16 << 20;

/// Files as they are at one moment: a tree with all that it names.
pub struct Snapshot {
    odb: Arc<Odb>,
    tree: Oid,
    objects: Vec<Oid>,
}

impl Snapshot {
    /// Finds all that a tree names. Submodules are named alone.
    ///
    /// Fails with `Stopped` when the budget is used up, and with `TooLarge` where there is too much.
    pub fn of(odb: &Arc<Odb>, tree: &Oid, budget: &mut Budget) -> Result<Snapshot> {
        let mut found = Found { odb, seen: HashSet::new(), objects: Vec::new(), bytes: 0 };
        found.folder(tree, 0, (&mut Down::default(), budget))?;
        let objects = found.objects;
        Ok(Snapshot { odb: Arc::clone(odb), tree: *tree, objects })
    }

    /// The tree.
    pub fn tree(&self) -> Oid {
        self.tree
    }

    /// The pack of all this and a commit of it. The commit's id, too.
    pub fn pack(self, commit: Vec<u8>) -> std::result::Result<(Oid, SnapshotPack), ComposeError> {
        let id = id_of(Kind::Commit, &commit).ok_or(ComposeError::Collision)?;
        let count = u32::try_from(self.objects.len() + 1).unwrap_or(u32::MAX);
        let mut pack = SnapshotPack {
            odb: self.odb,
            left: self.objects.into_iter(),
            deflater: Deflater::default(),
            hasher: Some(Sha1::new()),
            piece: Vec::new(),
            read: 0,
        };
        pack.put(&[&b"PACK\0\0\0\x02"[..], &count.to_be_bytes()].concat());
        pack.object(Kind::Commit, &commit)?;
        Ok((id, pack))
    }
}

struct Found<'a> {
    odb: &'a Odb,
    seen: HashSet<Oid>,
    objects: Vec<Oid>,
    bytes: u64,
}

impl Found<'_> {
    /// Counts an object that was not met before.
    fn add(&mut self, id: &Oid, size: u64) -> Result<()> {
        self.bytes = self.bytes.saturating_add(size);
        self.objects.push(*id);
        if self.objects.len() > MOST_OBJECTS || self.bytes > MOST_BYTES {
            return Err(Error::TooLarge(format!("there are more than {MOST_OBJECTS} files and folders, or {MOST_BYTES} bytes of them")));
        }
        match size > MOST_OF_ONE {
            true => Err(Error::TooLarge(format!("one of the files has more than {MOST_OF_ONE} bytes"))),
            false => Ok(()),
        }
    }

    fn folder(&mut self, id: &Oid, depth: usize, (down, budget): (&mut Down, &mut Budget)) -> Result<()> {
        if !self.seen.insert(*id) {
            return Ok(());
        }
        let data = self.odb.find_kind(id, Kind::Tree)?;
        budget.bytes(data.len())?;
        down.open(data.len(), b"", depth)?;
        self.add(id, data.len() as u64)?;
        for entry in decode(id, &data)? {
            budget.step()?;
            match (entry.is_tree(), entry.mode & 0o170_000) {
                (true, _) => self.folder(&entry.id, depth + 1, (&mut *down, &mut *budget))?,
                (false, 0o160_000) => {}
                (false, _) if self.seen.insert(entry.id) => self.add(&entry.id, self.odb.blob_size(&entry.id)?)?,
                (false, _) => {}
            }
        }
        down.close(data.len());
        Ok(())
    }
}

/// The bytes of the pack.
pub struct SnapshotPack {
    odb: Arc<Odb>,
    left: IntoIter<Oid>,
    deflater: Deflater,
    /// Gone once the trailer is made.
    hasher: Option<Sha1>,
    piece: Vec<u8>,
    read: usize,
}

impl SnapshotPack {
    fn put(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.piece.extend_from_slice(bytes);
    }

    fn object(&mut self, kind: Kind, data: &[u8]) -> Result<()> {
        self.put(&header(number(kind), data.len() as u64));
        let mut deflater = std::mem::take(&mut self.deflater);
        self.put(deflater.deflate(data)?);
        self.deflater = deflater;
        Ok(())
    }

    /// Makes the next piece; none is left if it stays empty.
    fn go_on(&mut self) -> Result<()> {
        self.piece.clear();
        self.read = 0;
        if let Some(id) = self.left.next() {
            let object = self.odb.find(&id)?;
            return self.object(object.kind, &object.data);
        }
        if let Some(hasher) = self.hasher.take() {
            self.piece.extend_from_slice(&hasher.finalize());
        }
        Ok(())
    }
}

impl Read for SnapshotPack {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.read == self.piece.len() {
            self.go_on().map_err(io::Error::other)?;
        }
        let rest = self.piece.get(self.read..).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.read += count;
        Ok(count)
    }
}
