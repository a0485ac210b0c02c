//! Objects of one repository, found by id over its packs (and, during a push, the quarantined pack on top).
//!
//! Finding an object here says that it is *stored*. Whether an asker may have it is for [`crate::reach`], whether a push may
//! build on it for [`crate::connectivity`].

mod lost;
mod prefix;
mod stored;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use gix::odb::pack::data;
use gix::odb::pack::data::decode::{entry, header};
use gix::odb::pack::data::entry::Header;
use hardie_domain::oid::Oid;
use sha1::{Digest as _, Sha1};

use crate::error::{Error, Result};
use crate::graph::{Graph, kept::Source};
use crate::object::{Kind, Object, to_gix};
use crate::packs::Pack;
use crate::packs::cache::{Bases, KEPT_BLOB, Place};
pub use lost::Lost;
pub use prefix::Prefix;
pub(crate) use stored::Stored;

/// Deltas between two trees of a chain that are kept, and how many of these.
const STEP: u32 = 8;
const MOST_STEPS: usize = 8;
/// Larger blobs are not kept in the shared cache of small objects.
const SMALL_BLOB: usize = 64 << 10;
/// A larger blob made by a delta is not inflated for the sake of a part of it.
const LARGEST_DELTA: u64 = 256 << 20;
/// No byte of deflated data stands for more (zlib's technical details).
const MOST_DEFLATED: u64 = 1032;

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
    /// Whole ones, then fenced ones.
    members: Vec<Member>,
    whole: usize,
    lost: Vec<Lost>,
    /// The pack that answered last is asked first: neighbours in history are neighbours in packs.
    last_hit: AtomicUsize,
    graph: Option<Arc<Source>>,
}

struct Found<'a> {
    pack: &'a Pack,
    entry: data::Entry,
}

impl<'a> Found<'a> {
    fn at(id: &Oid, pack: &'a Pack, at: u32) -> Result<Found<'a>> {
        let offset = pack.index.pack_offset_at_index(at);
        // An index that leads past the end would end in a panic.
        let inside = offset < pack.data.pack_end() as u64;
        let entry = inside.then(|| pack.data.entry(offset).map_err(|e| e.to_string()));
        let entry = entry.unwrap_or_else(|| Err("the index leads past the end of the pack".to_owned()));
        let entry = entry.map_err(|why| pack.damaged(*id, why))?;
        if !can_hold(pack, &entry) {
            return Err(pack.damaged(*id, "its entry says a size that the rest of the pack cannot hold"));
        }
        Ok(Found { pack, entry })
    }

    /// Looks at what the entry is a delta against, down to a whole object or to what is cached: all that decoding will give memory for.
    ///
    /// Of a tree, every eighth of these, the lowest first: who walks through history soon asks for another tree above them. Only of
    /// the lowest: each costs the way to it.
    fn check_bases(&self, id: &Oid) -> Result<Vec<data::Entry>> {
        let (pack, mut steps) = (self.pack, Vec::new());
        let (mut below, mut lowest) = (self.below(&self.entry), self.entry.header);
        for depth in 1..=pack.objects() {
            let entry = match below {
                Ok(Some(entry)) => entry,
                Ok(None) => return Ok(if lowest == Header::Tree { lowest_first(steps) } else { Vec::new() }),
                Err(why) => return Err(pack.damaged(*id, why)),
            };
            if let Some(kind) = pack.cache.kind((pack.data.id, entry.data_offset)) {
                return Ok(if kind == Kind::Tree { lowest_first(steps) } else { Vec::new() });
            }
            lowest = entry.header;
            if depth % STEP == 0 {
                steps.push(entry.clone());
            }
            if !can_hold(pack, &entry) {
                return Err(pack.damaged(*id, "an entry below its delta says a size that the rest of the pack cannot hold"));
            }
            below = self.below(&entry);
        }
        Err(pack.damaged(*id, "it is a delta against itself"))
    }

    /// The entry that a delta is made against; `None` of a whole object.
    fn below(&self, entry: &data::Entry) -> Result<Option<data::Entry>, String> {
        let offset = match entry.header {
            Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance),
            Header::RefDelta { base_id } => self.pack.index.lookup(base_id).map(|at| self.pack.index.pack_offset_at_index(at)),
            _ => return Ok(None),
        };
        let offset = offset.filter(|offset| *offset < self.pack.data.pack_end() as u64);
        let offset = offset.ok_or("the base of a delta is not in the pack")?;
        self.pack.data.entry(offset).map(Some).map_err(|e| e.to_string())
    }

    fn place(&self) -> Place {
        (self.pack.data.id, self.entry.data_offset)
    }
}

fn lowest_first(mut steps: Vec<data::Entry>) -> Vec<data::Entry> {
    steps.reverse();
    steps.truncate(MOST_STEPS);
    steps
}

/// Whether the rest of the pack can stand for so many bytes. Memory is given before anything is inflated, and a damaged index may point
/// to where any size stands.
fn can_hold(pack: &Pack, entry: &data::Entry) -> bool {
    let behind = (pack.data.pack_end() as u64).saturating_sub(entry.data_offset);
    entry.decompressed_size <= behind.saturating_mul(MOST_DEFLATED)
}

/// An object of one pack, proven to be the one that was asked for. What the cache has was proven before.
fn decode(id: &Oid, found: &Found<'_>) -> Result<Object> {
    let (pack, place) = (found.pack, found.place());
    if let Some(object) = pack.cache.get(place, id) {
        return Ok(object);
    }
    for entry in found.check_bases(id)? {
        let (offset, place) = (entry.pack_offset(), (pack.data.id, entry.data_offset));
        let object = inflate(id, pack, entry)?;
        let (step, proven) = (sha1(object.kind, &object.data), pack.entry_at(offset).map(|(id, _)| id));
        if proven != Some(step) {
            return Err(pack.damaged(proven.unwrap_or(*id), "the index leads to bytes of another id"));
        }
        // What is too large to be kept costs the whole way each time.
        if !pack.cache.put(place, step, &object) {
            break;
        }
    }
    let object = inflate(id, pack, found.entry.clone())?;
    if sha1(object.kind, &object.data) != *id {
        return Err(pack.damaged(*id, "the index leads to bytes of another id"));
    }
    if object.kind != Kind::Blob || object.data.len() <= SMALL_BLOB {
        pack.cache.put(place, *id, &object);
    }
    Ok(object)
}

/// What an entry stands for, on the way to the object of this id.
fn inflate(id: &Oid, pack: &Pack, entry: data::Entry) -> Result<Object> {
    let resolve = |base: &gix::oid, _: &mut Vec<u8>| {
        let at = pack.index.lookup(base).map(|at| pack.data.entry(pack.index.pack_offset_at_index(at)));
        Ok(at.transpose()?.map(entry::ResolvedBase::InPack))
    };
    let mut out = Vec::new();
    let mut inflater = pack.cache.take_inflater();
    let decoded = pack.data.decode_entry(entry, &mut out, &mut inflater, &resolve, &mut Bases(&pack.cache));
    pack.cache.put_inflater(inflater);
    let kind = Kind::from_gix(decoded.map_err(|e| undecoded(id, pack, &e))?.kind);
    // Work buffers of a delta chain are larger than the result; they must not live on in the cache.
    out.shrink_to_fit();
    Ok(Object { kind, data: Bytes::from(out) })
}

/// Why an object is not decoded. What needs more memory than is allowed, or than there is, is no damage.
fn undecoded(id: &Oid, pack: &Pack, error: &gix::Error) -> Error {
    match error.is_resource_exhausted() {
        true => Error::TooLarge(format!("object {id} is too large to be decoded: {error}")),
        false => pack.damaged(*id, error.to_string()),
    }
}

/// Collisions were refused when the object was taken in: here is asked for damage alone, with the faster hasher.
fn sha1(kind: Kind, data: &[u8]) -> Oid {
    let mut hasher = Sha1::new();
    hasher.update(format!("{kind} {}\0", data.len()));
    hasher.update(data);
    Oid(hasher.finalize().into())
}

impl Odb {
    /// Over these packs.
    pub fn new(members: Vec<Member>) -> Odb {
        Odb::with_damage(members, Vec::new(), Vec::new())
    }

    /// The same of a repository of which some packs are damaged: `fenced` are asked last, for what they alone have; `lost` cannot be
    /// opened.
    pub fn with_damage(mut whole: Vec<Member>, fenced: Vec<Member>, lost: Vec<Lost>) -> Odb {
        let count = whole.len();
        whole.extend(fenced);
        Odb { members: whole, whole: count, lost, last_hit: AtomicUsize::new(0), graph: None }
    }

    /// The same packs, with the commit-graph of some of them for walks.
    pub fn with_graph(self, source: Option<Source>) -> Odb {
        Odb { graph: source.map(Arc::new), ..self }
    }

    /// The commit-graph, if there is one. Opened when it is first asked for.
    pub(crate) fn graph(&self) -> Option<Arc<Graph>> {
        self.graph.as_ref()?.graph()
    }

    /// Whether some of its packs are known to be damaged.
    pub fn is_damaged(&self) -> bool {
        self.members.len() > self.whole || !self.lost.is_empty()
    }

    /// The packs that cannot be opened.
    pub fn lost(&self) -> &[Lost] {
        &self.lost
    }

    /// The packs that it looks in.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The same packs and, on top, a pack in quarantine, if there is one.
    pub fn with_pack(&self, pack: Option<&Arc<Pack>>) -> Odb {
        let top = pack.map(|pack| Member { pack: Arc::clone(pack), closed: false });
        let (whole, fenced) = self.members.split_at_checked(self.whole).unwrap_or((&self.members, &[]));
        let odb = Odb::with_damage(top.into_iter().chain(whole.iter().cloned()).collect(), fenced.to_vec(), self.lost.clone());
        Odb { graph: self.graph.clone(), ..odb }
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
        if let Some(object) = found.pack.cache.get(found.place(), id) {
            return Ok((object.kind, object.data.len() as u64));
        }
        let pack = found.pack;
        let mut inflater = pack.cache.take_inflater();
        let header = pack.data.decode_header(found.entry, &mut inflater, &|base| {
            let at = pack.index.lookup(base).map(|at| pack.data.entry(pack.index.pack_offset_at_index(at)));
            Ok(at.transpose()?.map(header::ResolvedBase::InPack))
        });
        pack.cache.put_inflater(inflater);
        let header = header.map_err(|e| undecoded(id, pack, &e))?;
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

    /// The object, inflated. Its bytes have its id: what is damaged is an error, unless another pack has it whole.
    pub fn find(&self, id: &Oid) -> Result<Object> {
        let found = self.entry(id)?;
        let damaged = match decode(id, &found) {
            Err(error @ Error::Damaged { .. }) => error,
            done => return done,
        };
        let others = self.members.iter().map(|member| member.pack.as_ref()).filter(|pack| !std::ptr::eq(*pack, found.pack));
        let whole = others.filter_map(|pack| Some((pack, pack.index.lookup(to_gix(id))?)));
        whole.map(|(pack, at)| decode(id, &Found::at(id, pack, at)?)).find_map(Result::ok).ok_or(damaged)
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
        let data = match pack.cache.last_blob(place, id) {
            Some(data) => data,
            None => {
                let data = self.find_kind(id, Kind::Blob)?;
                pack.cache.keep_blob(place, *id, &data);
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
            Ok(_) => Err(pack.damaged(*id, "the deflated data ends early")),
            Err(error) => Err(pack.damaged(*id, error.to_string())),
        }
    }

    /// Objects whose id begins with these hexadecimal digits (4 to 40).
    pub fn find_prefix(&self, hex: &str) -> Prefix {
        prefix::find(&self.members, hex)
    }

    fn entry(&self, id: &Oid) -> Result<Found<'_>> {
        let (pack, at) = self.locate(id).ok_or_else(|| self.absent(id))?;
        Found::at(id, pack, at)
    }

    /// The error of what no pack has that can be opened.
    fn absent(&self, id: &Oid) -> Error {
        self.lost.iter().find_map(|lost| lost.error_of(id)).unwrap_or(Error::NotFound(*id))
    }

    /// The pack that holds the object, and its place in that pack's index.
    fn locate(&self, id: &Oid) -> Option<(&Pack, u32)> {
        let wanted = to_gix(id);
        let find = |pack: &Pack| pack.index.lookup(wanted);
        let first = self.last_hit.load(Ordering::Relaxed);
        let whole = self.members.get(..self.whole).unwrap_or(&self.members);
        if let Some(member) = whole.get(first)
            && let Some(place) = find(&member.pack)
        {
            return Some((&member.pack, place));
        }
        self.members.iter().enumerate().filter(|(at, _)| *at != first || *at >= self.whole).find_map(|(at, member)| {
            let place = find(&member.pack)?;
            // One that is damaged is never the first to be asked.
            if at < self.whole {
                self.last_hit.store(at, Ordering::Relaxed);
            }
            Some((member.pack.as_ref(), place))
        })
    }
}
