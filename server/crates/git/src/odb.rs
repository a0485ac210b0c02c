//! Objects of one repository, found by id over its packs (and, during a push, the quarantined pack on top).
//!
//! Finding an object here says that it is *stored*. Whether an asker may have it is for [`crate::reach`], whether a push may
//! build on it for [`crate::connectivity`].

mod prefix;
mod stored;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use gix::odb::pack::data;
use gix::odb::pack::data::decode;
use hardie_domain::oid::Oid;

use crate::error::{Error, Result};
use crate::object::{Kind, Object, to_gix};
use crate::packs::Pack;
use crate::packs::cache::{Bases, KEPT_BLOB, Place};
pub use prefix::Prefix;
pub(crate) use stored::Stored;

/// Larger blobs are not kept in the shared cache of small objects.
const SMALL_BLOB: usize = 64 << 10;
/// A larger blob made by a delta is not inflated for the sake of a part of it.
const LARGEST_DELTA: u64 = 256 << 20;

/// A pack as one repository has it.
#[derive(Clone, Debug)]
pub struct Member {
    /// The pack.
    pub pack: Arc<Pack>,
    /// Whether, when this repository took it in, visible refs reached every object in it.
    pub closed: bool,
}

/// The objects of a set of packs. Shared freely between threads.
#[derive(Debug)]
pub struct Odb {
    members: Vec<Member>,
    /// The pack that answered last is asked first: neighbours in history are neighbours in packs.
    last_hit: AtomicUsize,
}

struct Found<'a> {
    pack: &'a Pack,
    entry: data::Entry,
}

impl Found<'_> {
    fn place(&self) -> Place {
        (self.pack.data.id, self.entry.data_offset)
    }
}

impl Odb {
    /// Over these packs.
    pub fn new(members: Vec<Member>) -> Odb {
        Odb { members, last_hit: AtomicUsize::new(0) }
    }

    /// The packs that it looks in.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The same packs and, on top, a pack in quarantine, if there is one.
    pub fn with_pack(&self, pack: Option<&Arc<Pack>>) -> Odb {
        let top = pack.map(|pack| Member { pack: Arc::clone(pack), closed: false });
        Odb::new(top.into_iter().chain(self.members.iter().cloned()).collect())
    }

    /// Whether the object is stored.
    pub fn contains(&self, id: &Oid) -> bool {
        self.locate(id).is_some()
    }

    /// Whether the object lies in a closed pack.
    pub fn in_closed_pack(&self, id: &Oid) -> bool {
        self.members.iter().any(|m| m.closed && m.pack.contains(id))
    }

    /// Kind and inflated size, without inflating more than a delta's head.
    pub fn header(&self, id: &Oid) -> Result<(Kind, u64)> {
        let found = self.entry(id)?;
        if let Some(object) = found.pack.cache.get(found.place()) {
            return Ok((object.kind, object.data.len() as u64));
        }
        let pack = found.pack;
        let mut inflater = pack.cache.take_inflater();
        let header = pack.data.decode_header(found.entry, &mut inflater, &|base| {
            let at = pack.index.lookup(base).map(|at| pack.data.entry(pack.index.pack_offset_at_index(at)));
            Ok(at.transpose()?.map(decode::header::ResolvedBase::InPack))
        });
        pack.cache.put_inflater(inflater);
        let header = header.map_err(|e| Error::corrupt(*id, e.to_string()))?;
        Ok((Kind::from_gix(header.kind), header.object_size))
    }

    /// Its kind, if it is stored.
    pub(crate) fn kind(&self, id: &Oid) -> Result<Option<Kind>> {
        match self.header(id) {
            Ok((kind, _)) => Ok(Some(kind)),
            Err(Error::NotFound(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// The object, inflated.
    pub fn find(&self, id: &Oid) -> Result<Object> {
        let found = self.entry(id)?;
        let (pack, place) = (found.pack, found.place());
        if let Some(object) = pack.cache.get(place) {
            return Ok(object);
        }
        let resolve = |base: &gix::oid, _: &mut Vec<u8>| {
            let at = pack.index.lookup(base).map(|at| pack.data.entry(pack.index.pack_offset_at_index(at)));
            Ok(at.transpose()?.map(decode::entry::ResolvedBase::InPack))
        };
        let mut out = Vec::new();
        let mut inflater = pack.cache.take_inflater();
        let decoded = pack.data.decode_entry(found.entry, &mut out, &mut inflater, &resolve, &mut Bases(&pack.cache));
        pack.cache.put_inflater(inflater);
        let kind = Kind::from_gix(decoded.map_err(|e| Error::corrupt(*id, e.to_string()))?.kind);
        // Work buffers of a delta chain are larger than the result; they must not live on in the cache.
        out.shrink_to_fit();
        let object = Object { kind, data: Bytes::from(out) };
        if kind != Kind::Blob || object.data.len() <= SMALL_BLOB {
            pack.cache.put(place, &object);
        }
        Ok(object)
    }

    /// The object's content if it is of this kind.
    pub fn find_kind(&self, id: &Oid, expected: Kind) -> Result<Bytes> {
        let object = self.find(id)?;
        if object.kind == expected { Ok(object.data) } else { Err(Error::WrongKind { id: *id, found: object.kind, expected }) }
    }

    /// A blob of at most `max` bytes; a larger one is refused before it is inflated.
    pub fn blob(&self, id: &Oid, max: u64) -> Result<Bytes> {
        let size = self.blob_size(id)?;
        if size > max {
            return Err(Error::TooLarge(format!("blob {id} has {size} bytes, more than the {max} allowed here")));
        }
        self.find_kind(id, Kind::Blob)
    }

    /// The size of a blob in bytes.
    pub fn blob_size(&self, id: &Oid) -> Result<u64> {
        match self.header(id)? {
            (Kind::Blob, size) => Ok(size),
            (found, _) => Err(Error::WrongKind { id: *id, found, expected: Kind::Blob }),
        }
    }

    /// Up to `length` bytes of a blob from `offset`; empty past its end. The last blob asked for is kept, so that reading one
    /// piece after the other inflates it once. Of a blob too large to be kept only the first 64 MiB can be read.
    pub fn blob_range(&self, id: &Oid, offset: u64, length: u64) -> Result<Bytes> {
        let size = self.blob_size(id)?;
        let (start, end) = (offset.min(size), offset.saturating_add(length).min(size));
        if size > KEPT_BLOB as u64 {
            return self.large_blob_range(id, size, start, end);
        }
        let found = self.entry(id)?;
        let (pack, place) = (found.pack, found.place());
        let data = match pack.cache.last_blob(place) {
            Some(data) => data,
            None => {
                let data = self.find_kind(id, Kind::Blob)?;
                pack.cache.keep_blob(place, &data);
                data
            }
        };
        let clamp = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(data.len());
        Ok(data.slice(clamp(start)..clamp(end)))
    }

    fn large_blob_range(&self, id: &Oid, size: u64, start: u64, end: u64) -> Result<Bytes> {
        let too_large = || Error::TooLarge(format!("blob {id} has {size} bytes: only the first {KEPT_BLOB} can be read in pieces"));
        let end = usize::try_from(end).ok().filter(|end| *end <= KEPT_BLOB).ok_or_else(too_large)?;
        let start = usize::try_from(start).unwrap_or(end).min(end);
        let found = self.entry(id)?;
        if found.entry.header.is_delta() {
            // A delta has no prefix; git makes none of files as large as this, so few clients send one.
            let whole = if size <= LARGEST_DELTA { self.find_kind(id, Kind::Blob)? } else { return Err(too_large()) };
            return Ok(whole.slice(start..end));
        }
        let pack = found.pack;
        let input = pack.data.entry_slice(found.entry.data_offset..pack.data.pack_end() as u64).unwrap_or_default();
        let mut out = vec![0; end];
        let mut inflater = pack.cache.take_inflater();
        inflater.reset();
        let inflated = inflater.prefix(input, &mut out);
        pack.cache.put_inflater(inflater);
        match inflated {
            Ok((_, _, made)) if made == end => Ok(Bytes::from(out).slice(start..)),
            Ok(_) => Err(Error::corrupt(*id, "the deflated data ends early")),
            Err(error) => Err(Error::corrupt(*id, error.to_string())),
        }
    }

    /// Objects whose id begins with these hexadecimal digits (4 to 40).
    pub fn find_prefix(&self, hex: &str) -> Prefix {
        prefix::find(&self.members, hex)
    }

    fn entry(&self, id: &Oid) -> Result<Found<'_>> {
        let (pack, at) = self.locate(id).ok_or(Error::NotFound(*id))?;
        let entry = pack.data.entry(pack.index.pack_offset_at_index(at)).map_err(|e| Error::corrupt(*id, e.to_string()))?;
        Ok(Found { pack, entry })
    }

    /// The pack that holds the object, and its place in that pack's index.
    fn locate(&self, id: &Oid) -> Option<(&Pack, u32)> {
        let wanted = to_gix(id);
        let find = |pack: &Pack| pack.index.lookup(wanted);
        let first = self.last_hit.load(Ordering::Relaxed);
        if let Some(member) = self.members.get(first)
            && let Some(place) = find(&member.pack)
        {
            return Some((&member.pack, place));
        }
        self.members.iter().enumerate().filter(|(at, _)| *at != first).find_map(|(at, member)| {
            let place = find(&member.pack)?;
            self.last_hit.store(at, Ordering::Relaxed);
            Some((member.pack.as_ref(), place))
        })
    }
}
