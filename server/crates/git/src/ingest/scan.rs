//! Reads the structure of a pack (gitformat-pack(5)) as its bytes pass by: enforces limits and knows where the pack ends.
//!
//! No IO. Checksums of entries and of the whole pack are for whoever indexes it; only an empty pack, which nobody indexes, is
//! checked here.

use flate2::{Decompress, FlushDecompress, Status};
use hardie_domain::limits::GitLimits;
use hardie_domain::oid::Oid;

use super::error::{IngestError, Limit};
use crate::object::Kind;

const HEADER: usize = 12;
const TRAILER: usize = 20;
/// Bytes of an entry's size, or of the distance to its base.
const MOST_DIGITS: usize = 9;
/// Two variable-length sizes of up to 64 bits, at the head of every delta.
const DELTA_HEAD: usize = 20;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// An object.
    Whole(Kind),
    /// A delta against the entry that begins there.
    Near(u64),
    /// A delta against the object of this id.
    Far(Oid),
}

/// Is told what passes by.
pub(super) trait Watch {
    /// An entry begins at `start`; its object, or its delta, will have `size` bytes.
    fn begin(&mut self, start: u64, form: Form, size: u64);
    /// Some more of them, inflated.
    fn data(&mut self, bytes: &[u8]);
    /// That was all of them.
    fn end(&mut self);
}

/// Nobody looks.
struct Unwatched;

impl Watch for Unwatched {
    fn begin(&mut self, _: u64, _: Form, _: u64) {}
    fn data(&mut self, _: &[u8]) {}
    fn end(&mut self) {}
}

/// The scan of one pack. Feed it until [`Scan::is_done`].
pub struct Scan {
    limits: GitLimits,
    state: State,
    offset: u64,
    objects: Option<u32>,
    left: u32,
    inflated: u64,
    sent_end: u64,
    small: Vec<u8>,
    inflate: Decompress,
    out: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    EntryHeader { start: u64 },
    BaseOffset { start: u64, size: u64 },
    BaseId { start: u64, size: u64 },
    Data { size: u64, made: u64, delta: bool },
    Trailer,
    Done,
}

impl Scan {
    /// Nothing read yet.
    pub fn new(limits: &GitLimits) -> Scan {
        Scan {
            limits: *limits,
            state: State::Header,
            offset: 0,
            objects: None,
            left: 0,
            inflated: 0,
            sent_end: 0,
            small: Vec::with_capacity(32),
            inflate: Decompress::new(true),
            out: vec![0; 16 << 10],
        }
    }

    /// Bytes of the pack seen so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The number of objects, once the header is read.
    pub fn objects(&self) -> Option<u32> {
        self.objects
    }

    /// Bytes of all objects so far, inflated; of a delta both itself and its result.
    pub fn inflated(&self) -> u64 {
        self.inflated
    }

    /// Where the last entry ended, once all are read.
    pub fn sent_end(&self) -> u64 {
        self.sent_end
    }

    /// Whether the pack's last byte was seen.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes bytes and says how many belong to the pack: fewer than given only at its end.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<usize, IngestError> {
        self.feed_watched(bytes, &mut Unwatched)
    }

    /// The same, and tells what passes by.
    pub(super) fn feed_watched(&mut self, bytes: &[u8], watch: &mut impl Watch) -> Result<usize, IngestError> {
        let mut rest = bytes;
        while !rest.is_empty() && !self.is_done() {
            let used = match self.state {
                State::Data { size, made, delta } => self.data(rest, size, made, delta, watch)?,
                _ => self.fixed(rest, watch)?,
            };
            self.offset += used as u64;
            if self.offset > self.limits.pack_bytes {
                return Err(IngestError::Limit(Limit::PackBytes, self.limits.pack_bytes));
            }
            rest = rest.get(used..).unwrap_or_default();
        }
        Ok(bytes.len() - rest.len())
    }

    /// Everything outside of deflated data is a few bytes long and may be cut anywhere: it is collected byte by byte.
    fn fixed(&mut self, bytes: &[u8], watch: &mut impl Watch) -> Result<usize, IngestError> {
        let end = self.offset;
        for (used, byte) in bytes.iter().enumerate() {
            self.small.push(*byte);
            let at = end + used as u64 + 1;
            let Some(next) = self.complete(at, watch)? else { continue };
            self.small.clear();
            self.state = next;
            return Ok(used + 1);
        }
        Ok(bytes.len())
    }

    /// The next state if the collected bytes are a whole item; `at` is the offset behind them.
    fn complete(&mut self, at: u64, watch: &mut impl Watch) -> Result<Option<State>, IngestError> {
        let small = self.small.as_slice();
        match self.state {
            State::Header if small.len() == HEADER => self.header(at).map(Some),
            State::EntryHeader { start } => {
                if small.last().is_some_and(|b| b & 0x80 != 0) {
                    // git reads nine, though its index-pack takes ten.
                    return if small.len() >= MOST_DIGITS { Err(malformed("an entry's size has too many digits")) } else { Ok(None) };
                }
                let (kind, size) = entry_header(small).ok_or_else(|| malformed("an entry's size is too large"))?;
                self.entry(kind, size, start, watch).map(Some)
            }
            State::BaseOffset { start, size } => {
                if small.last().is_some_and(|b| b & 0x80 != 0) {
                    return if small.len() >= MOST_DIGITS { Err(malformed("a base offset has too many digits")) } else { Ok(None) };
                }
                match base_distance(small) {
                    Some(distance) if distance > 0 && distance + HEADER as u64 <= start => {
                        watch.begin(start, Form::Near(start - distance), size);
                        Ok(Some(self.begin(size, true)))
                    }
                    _ => Err(malformed("a delta's base lies outside of the pack")),
                }
            }
            State::BaseId { start, size } => match small.first_chunk() {
                Some(id) => {
                    watch.begin(start, Form::Far(Oid(*id)), size);
                    Ok(Some(self.begin(size, true)))
                }
                None => Ok(None),
            },
            State::Trailer if small.len() == TRAILER => {
                if self.objects == Some(0) && small != empty_checksum(&self.out) {
                    return Err(malformed("the checksum is wrong"));
                }
                Ok(Some(State::Done))
            }
            _ => Ok(None),
        }
    }

    fn header(&mut self, at: u64) -> Result<State, IngestError> {
        let word = |from: usize| self.small.get(from..from + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes);
        if !self.small.starts_with(b"PACK") {
            return Err(malformed("it does not begin with PACK"));
        }
        match word(4) {
            Some(2 | 3) => {}
            version => return Err(malformed(&format!("version {} is unknown", version.unwrap_or_default()))),
        }
        let objects = word(8).unwrap_or_default();
        if objects > self.limits.pack_objects {
            return Err(IngestError::Limit(Limit::PackObjects, self.limits.pack_objects.into()));
        }
        self.objects = Some(objects);
        self.left = objects;
        // Kept for the checksum of an empty pack.
        for (to, from) in self.out.iter_mut().zip(&self.small) {
            *to = *from;
        }
        Ok(self.next_entry(at))
    }

    fn next_entry(&mut self, at: u64) -> State {
        if self.left == 0 {
            self.sent_end = at;
            return State::Trailer;
        }
        self.left -= 1;
        State::EntryHeader { start: at }
    }

    fn entry(&mut self, kind: u8, size: u64, start: u64, watch: &mut impl Watch) -> Result<State, IngestError> {
        self.check_object(size)?;
        match kind {
            6 => Ok(State::BaseOffset { start, size }),
            7 => Ok(State::BaseId { start, size }),
            other => {
                let kind = whole(kind).ok_or_else(|| malformed(&format!("entry type {other} is unknown")))?;
                watch.begin(start, Form::Whole(kind), size);
                Ok(self.begin(size, false))
            }
        }
    }

    fn begin(&mut self, size: u64, delta: bool) -> State {
        self.inflate.reset(true);
        State::Data { size, made: 0, delta }
    }

    fn data(&mut self, bytes: &[u8], size: u64, made: u64, delta: bool, watch: &mut impl Watch) -> Result<usize, IngestError> {
        let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(bytes, &mut self.out, FlushDecompress::None);
        let status = status.map_err(|_| malformed("deflated data is damaged"))?;
        let used = usize::try_from(self.inflate.total_in() - before_in).unwrap_or(usize::MAX);
        let new = self.inflate.total_out() - before_out;
        if delta && made < DELTA_HEAD as u64 {
            let fresh = self.out.iter().take(usize::try_from(new).unwrap_or(usize::MAX));
            let room = DELTA_HEAD - self.small.len().min(DELTA_HEAD);
            self.small.extend(fresh.take(room));
        }
        watch.data(self.out.get(..usize::try_from(new).unwrap_or(usize::MAX)).unwrap_or_default());
        let made = made + new;
        if made > size {
            return Err(malformed("an object is larger than its entry says"));
        }
        self.inflated += new;
        self.check_total()?;
        if status == Status::StreamEnd {
            if made != size {
                return Err(malformed("an object is smaller than its entry says"));
            }
            if delta {
                self.delta_result()?;
            }
            watch.end();
            self.small.clear();
            self.state = self.next_entry(self.offset + used as u64);
            return Ok(used);
        }
        if used == 0 && new == 0 {
            return Err(malformed("deflated data does not end"));
        }
        self.state = State::Data { size, made, delta };
        Ok(used)
    }

    /// The size that a delta's result will have counts like any object's.
    fn delta_result(&mut self) -> Result<(), IngestError> {
        let bad = || malformed("a delta's head is damaged");
        let (base, used) = delta_size(&self.small).ok_or_else(bad)?;
        let (result, _) = delta_size(self.small.get(used..).unwrap_or_default()).ok_or_else(bad)?;
        self.check_object(base)?;
        self.check_object(result)?;
        self.inflated = self.inflated.saturating_add(result);
        self.check_total()
    }

    fn check_object(&self, size: u64) -> Result<(), IngestError> {
        if size > self.limits.object_bytes { Err(IngestError::Limit(Limit::ObjectBytes, self.limits.object_bytes)) } else { Ok(()) }
    }

    fn check_total(&self) -> Result<(), IngestError> {
        if self.inflated > self.limits.inflated_bytes {
            return Err(IngestError::Limit(Limit::InflatedBytes, self.limits.inflated_bytes));
        }
        Ok(())
    }
}

fn malformed(why: &str) -> IngestError {
    IngestError::Malformed(why.to_owned())
}

/// The kind of an entry that is no delta.
fn whole(number: u8) -> Option<Kind> {
    match number {
        1 => Some(Kind::Commit),
        2 => Some(Kind::Tree),
        3 => Some(Kind::Blob),
        4 => Some(Kind::Tag),
        _ => None,
    }
}

/// Reads the head of the entry that begins at `start` of `pack` and moves `at` behind it: what it holds, and its size inflated.
pub(super) fn head(pack: &[u8], start: usize, at: &mut usize) -> Option<(Form, u64)> {
    let (kind, size) = entry_header(digits(pack, at)?)?;
    let form = match kind {
        6 => Form::Near((start as u64).checked_sub(base_distance(digits(pack, at)?)?)?),
        7 => {
            let id = pack.get(*at..)?.first_chunk::<20>()?;
            *at += id.len();
            Form::Far(Oid(*id))
        }
        other => Form::Whole(whole(other)?),
    };
    Some((form, size))
}

/// The bytes of a number of which all but the last have their highest bit set.
fn digits<'a>(pack: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let rest = pack.get(*at..)?;
    let length = rest.iter().take(MOST_DIGITS).position(|byte| byte & 0x80 == 0)? + 1;
    *at += length;
    rest.get(..length)
}

/// Type in bits 4 to 6 of the first byte; size little end first, 4 bits and then 7 a byte.
fn entry_header(bytes: &[u8]) -> Option<(u8, u64)> {
    let (first, rest) = bytes.split_first()?;
    let mut size = u64::from(first & 0x0f);
    let mut shift = 4;
    for byte in rest {
        let part = u64::from(byte & 0x7f);
        size |= part.checked_shl(shift).filter(|s| s >> shift == part)?;
        shift += 7;
    }
    Some((first >> 4 & 7, size))
}

/// Big end first, 7 bits a byte, one added at each continuation.
fn base_distance(bytes: &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    let mut value = u64::from(first & 0x7f);
    for byte in rest {
        value = (value + 1).checked_mul(128)? | u64::from(byte & 0x7f);
    }
    Some(value)
}

/// Little end first, 7 bits a byte; also says how many bytes it took.
pub(super) fn delta_size(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut size = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        let (part, shift) = (u64::from(byte & 0x7f), 7 * u32::try_from(at).ok()?);
        size |= part.checked_shl(shift).filter(|s| s >> shift == part)?;
        if byte & 0x80 == 0 {
            return Some((size, at + 1));
        }
    }
    None
}

/// What must follow the header of a pack without entries.
fn empty_checksum(header: &[u8]) -> Vec<u8> {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(header.get(..HEADER).unwrap_or_default());
    hasher.try_finalize().map(|id| id.as_bytes().to_vec()).unwrap_or_default()
}
