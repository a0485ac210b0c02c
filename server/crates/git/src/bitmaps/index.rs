//! Bitmaps as they are read: git's multi-pack index and the bitmap beside it (gitformat-pack(5), gitformat-bitmap(5)).
//!
//! Bits stand for objects in the order of the packs, and in each of the places there ("pseudo-pack order"). Both files are compared
//! with their checksums: what they say decides which objects a client gets.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use gix::odb::pack::multi_index::File;
use hardie_domain::oid::Oid;

use super::bits::{Bits, Ewah};
use super::{Cover, forget, place};
use crate::chunked::{self, Form, Table, load};
use crate::error::{Error, Result};
use crate::object::{Kind, from_gix, to_gix};
use crate::packs::{Pack, PackStore};

/// Bytes of each file: they are held while a pack is planned. An index has 32 for an object.
const MOST: u64 = 32 << 20;
/// Bytes of one allocation that the index may ask for.
const ALLOCATION: usize = 32 << 20;
/// Of a multi-pack index: signature, version 1 of the format, SHA-1; behind the counts of chunks and files, that of packs.
const FORM: Form = Form { head: b"MIDX\x01\x01", before: 12 };
/// Of a bitmap file: signature, version, flags, number of rows, checksum of the index.
const HEADER: usize = 32;
/// A flag: what is reached from what has a bit has one as well.
const FULL: u16 = 1;
/// Others, of what stands behind the rows: names of paths, a table of the rows, rows of many refs together.
const BEHIND: u16 = 0x4 | 0x10 | 0x20;

/// One pack's part.
pub struct Part {
    /// The pack.
    pub pack: Arc<Pack>,
    /// Its bits.
    pub bits: Range<u32>,
}

/// A row, and how many rows before it the one is that it is to be flipped with.
struct Row {
    place: Range<usize>,
    back: u8,
}

/// Why files are not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The system does not give them.
    #[error("{0}")]
    Lacking(Error),
    /// They are not as they were written.
    #[error("a checksum is wrong")]
    Damaged,
    /// They are not what is known here.
    #[error("{0}")]
    Unknown(String),
}

/// The bitmaps of some packs.
pub struct Index {
    /// The name of what they cover.
    key: String,
    midx: File<Vec<u8>>,
    /// By bit, places in the index; and the reverse.
    places: Vec<u32>,
    bits: Vec<u32>,
    rows: Vec<Row>,
    /// By the place of its commit, a row.
    row_of: HashMap<u32, usize>,
    bitmap: Vec<u8>,
    /// Where it says which objects are commits, trees, blobs and tags.
    kinds: [Range<usize>; 4],
    parts: Vec<Part>,
}

impl Index {
    /// The bitmaps that cover packs of a repository, newest first; `None` if there are none, or none that can be read here. Whoever
    /// needs the same at the same time gets the same.
    pub fn load(store: &PackStore, packs: &[Arc<Pack>]) -> Option<Arc<Index>> {
        let cover = Cover::of(packs)?;
        let mut last = store.bitmaps().lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = last.upgrade().filter(|index| index.key == cover.key()) {
            return Some(index);
        }
        let paths = ["midx", "bitmap"].map(|extension| place(store, cover.key(), extension));
        // Both or none: they are tens of megabytes.
        if paths.iter().any(|path| fs::metadata(path).is_ok_and(|found| found.len() > MOST)) {
            return None;
        }
        let [midx, bitmap] = &paths;
        let files = read(midx).and_then(|midx| match midx {
            Some(midx) => Ok(read(bitmap)?.map(|bitmap| (midx, bitmap))),
            None => Ok(None),
        });
        match files.map_err(Unread::Lacking).and_then(|files| files.map(|(midx, bitmap)| Index::parse(midx, bitmap, packs)).transpose()) {
            Ok(index) => {
                let index = Arc::new(Index { key: cover.key().to_owned(), ..index? });
                *last = Arc::downgrade(&index);
                Some(index)
            }
            Err(why) => {
                tracing::warn!(%why, "bitmaps cannot be read");
                if matches!(why, Unread::Damaged) {
                    forget(store, cover.key());
                }
                None
            }
        }
    }

    /// Reads both files, over the packs that the index names; or says what is wrong with them.
    pub fn parse(midx: Vec<u8>, bitmap: Vec<u8>, packs: &[Arc<Pack>]) -> Result<Index, Unread> {
        let body = sound(&midx)?;
        let table = Table::read(body, &FORM).map_err(|why| Unread::Unknown(format!("the index: {why}")))?;
        // For each bit the place of its object in the index. gix passes over this chunk.
        let reverse = table.get(b"RIDX").and_then(|range| body.get(range));
        let reverse = reverse.ok_or(Unread::Unknown("the index has no reverse index".to_owned()))?;
        let places: Vec<u32> = reverse.as_chunks().0.iter().map(|place| u32::from_be_bytes(*place)).collect();
        let midx = File::from_data(midx, "multi-pack-index".into(), Some(ALLOCATION)).map_err(|e| Unread::Unknown(e.to_string()))?;
        let (bits, parts) = parts(&midx, &places, packs).map_err(Unread::Unknown)?;
        let Rows { kinds, rows, row_of } = rows(sound(&bitmap)?, midx.checksum().as_bytes())
            .ok_or(Unread::Unknown("the bitmap is not one of this index, or of an unknown kind".to_owned()))?;
        Ok(Index { key: String::new(), midx, places, bits, rows, row_of, bitmap, kinds, parts })
    }

    /// Packs by their bits.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// How many objects have bits.
    #[expect(clippy::len_without_is_empty, reason = "git makes none for nothing")]
    pub fn len(&self) -> u32 {
        self.midx.num_objects()
    }

    /// An object's bit.
    pub fn bit(&self, id: &Oid) -> Option<u32> {
        self.bits.get(self.midx.lookup(to_gix(id))? as usize).copied()
    }

    /// The object of a bit.
    pub fn id(&self, bit: u32) -> Option<Oid> {
        self.places.get(bit as usize).map(|place| from_gix(self.midx.oid_at_index(*place)))
    }

    /// All objects of a kind.
    pub fn of_kind(&self, kind: Kind) -> Result<Bits> {
        let [commits, trees, blobs, tags] = &self.kinds;
        let place = match kind {
            Kind::Commit => commits,
            Kind::Tree => trees,
            Kind::Blob => blobs,
            Kind::Tag => tags,
        };
        let mut bits = Bits::new(self.len());
        let mut data = self.bitmap.get(place.clone()).unwrap_or_default();
        Ewah::take(&mut data).and_then(|row| bits.flip(&row)).ok_or_else(damaged)?;
        Ok(bits)
    }

    /// Adds all that the commit of a bit reaches; false if that is not kept.
    pub fn add_reached(&self, commit: u32, to: &mut Bits) -> Result<bool> {
        let row = self.places.get(commit as usize).and_then(|place| self.row_of.get(place));
        let Some(mut at) = row.copied() else { return Ok(false) };
        let mut reached = Bits::new(self.len());
        loop {
            let row = self.rows.get(at).ok_or_else(damaged)?;
            let mut data = self.bitmap.get(row.place.clone()).unwrap_or_default();
            Ewah::take(&mut data).and_then(|row| reached.flip(&row)).ok_or_else(damaged)?;
            if row.back == 0 {
                to.add_all(&reached);
                return Ok(true);
            }
            at = at.checked_sub(usize::from(row.back)).ok_or_else(damaged)?;
        }
    }
}

fn damaged() -> Error {
    Error::Git("a row of a bitmap is damaged".to_owned())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match load(path, MOST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map_err(|e| Error::io("reading bitmaps", e)),
    }
}

fn sound(file: &[u8]) -> Result<&[u8], Unread> {
    chunked::sound(file).ok_or(Unread::Damaged)
}

/// The bit of every place, and the bits of every pack.
fn parts(midx: &File<Vec<u8>>, places: &[u32], packs: &[Arc<Pack>]) -> Result<(Vec<u32>, Vec<Part>), String> {
    if places.len() != midx.num_objects() as usize {
        return Err("its reverse index has another length".to_owned());
    }
    let mut bits = vec![u32::MAX; places.len()];
    let mut parts: Vec<Part> = Vec::new();
    let mut last = None;
    for (bit, place) in (0u32..).zip(places) {
        match bits.get_mut(*place as usize) {
            Some(slot) if *slot == u32::MAX => *slot = bit,
            _ => return Err("its reverse index names an object twice or none".to_owned()),
        }
        let (pack, offset) = midx.pack_id_and_pack_offset_at_index(*place).map_err(|e| e.to_string())?;
        match parts.last_mut() {
            Some(part) if last.is_some_and(|(before, at)| before == pack && at < offset) => part.bits.end = bit + 1,
            _ => {
                let name = midx.index_names().get(pack as usize).and_then(|name| name.file_stem()).and_then(|name| name.to_str());
                let named = |pack: &&Arc<Pack>| name.and_then(|name| name.strip_prefix("pack-")) == Some(pack.hash().to_string().as_str());
                let pack = packs.iter().find(named).ok_or("it names a pack that is not here")?;
                if parts.iter().any(|part| part.pack.hash() == pack.hash()) {
                    return Err("its packs are not one behind the other".to_owned());
                }
                parts.push(Part { pack: Arc::clone(pack), bits: bit..bit + 1 });
            }
        }
        last = Some((pack, offset));
    }
    Ok((bits, parts))
}

/// What is in a bitmap file: a row for each kind of objects, and those of commits.
struct Rows {
    kinds: [Range<usize>; 4],
    rows: Vec<Row>,
    row_of: HashMap<u32, usize>,
}

/// The rows of a bitmap file, without its checksum, that belongs to the index of this checksum.
fn rows(file: &[u8], index: &[u8]) -> Option<Rows> {
    let (header, mut rest) = file.split_first_chunk::<HEADER>()?;
    let number = |at: usize| header.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map(u16::from_be_bytes);
    if !header.starts_with(b"BITM") || number(4) != Some(1) || number(6)? & !BEHIND != FULL || !header.ends_with(index) {
        return None;
    }
    let count = header.get(8..12).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)?;
    let mut kinds = [const { 0..0 }; 4];
    for kind in &mut kinds {
        let start = file.len() - rest.len();
        Ewah::take(&mut rest)?;
        *kind = start..file.len() - rest.len();
    }
    let (mut rows, mut row_of) = (Vec::new(), HashMap::new());
    for _ in 0..count {
        let (place, after) = rest.split_first_chunk::<4>()?;
        let ([back, _flags], after) = after.split_first_chunk::<2>()?;
        let start = file.len() - after.len();
        rest = after;
        Ewah::take(&mut rest)?;
        row_of.insert(u32::from_be_bytes(*place), rows.len());
        rows.push(Row { place: start..file.len() - rest.len(), back: *back });
    }
    Some(Rows { kinds, rows, row_of })
}
