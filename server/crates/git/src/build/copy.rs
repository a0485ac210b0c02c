//! Writes a planned pack (gitformat-pack(5)): stored bytes as they are wherever that is possible.

use std::time::Duration;

use gix::odb::pack::data::Version;
use hardie_domain::oid::Oid;

use super::copied::{Copied, Moved};
use super::delta;
use super::encode::{Deflater, OFS_DELTA, REF_DELTA, distance, header, number};
use super::forms::{Base, Entry, Form, LARGEST_DELTA};
use super::plan::Plan;
use super::stream::Stream;
use crate::budget::Cancel;
use crate::error::{Error, Result};
use crate::object::Object;
use crate::odb::Odb;
use crate::sink::ByteSink;
use crate::upload::PackRequest;

/// Writes the pack. An error leaves it without a trailer, so that no client takes it for whole.
pub(super) fn write(
    odb: &Odb,
    plan: &Plan<'_>,
    request: &PackRequest,
    sink: &mut dyn ByteSink,
    cancel: &Cancel,
    time: Duration,
) -> Result<()> {
    let entries = plan.entries.as_slice();
    let packed: usize = plan.copied.iter().map(Copied::len).sum();
    let count = u32::try_from(entries.len() + packed).map_err(|_| Error::TooLarge("too many objects for one pack".to_owned()))?;
    let mut stream = Stream::new(sink, cancel, time);
    // One whole pack and nothing else is that pack, bit by bit; each entry is compared with the index.
    let known = match (plan.copied.as_slice(), entries) {
        ([copied], []) if copied.is_whole() && copied.pack.data.version() == Version::V2 => {
            Some(copied.pack.data.checksum().as_slice().to_vec())
        }
        _ => None,
    };
    if known.is_some() {
        stream.trust();
    }
    if request.progress {
        stream.say(&format!("Enumerating objects: {count}, done.\n"))?;
    }
    stream.put(b"PACK\0\0\0\x02")?;
    stream.put(&count.to_be_bytes())?;
    let offsets = vec![None; entries.len()];
    let mut moved = Vec::with_capacity(plan.copied.len());
    for copied in &plan.copied {
        moved.push(copied.write(&mut stream)?);
    }
    let (deflater, told) = (Deflater::default(), Told::default());
    let mut writer = Writer { odb, plan, stream, offsets, by_offset: request.ofs_delta, moved, deflater, told };
    (0..entries.len()).try_for_each(|at| writer.with_bases(at))?;
    if request.progress {
        let Told { deltas, reused, reused_deltas } = writer.told;
        let text = format!(
            "Total {count} (delta {deltas}), reused {reused} (delta {reused_deltas}), pack-reused {packed} (from {})\n",
            plan.copied.len()
        );
        writer.stream.say(&text)?;
    }
    writer.stream.finish(known.as_deref().unwrap_or_default())
}

/// What the client is told at the end.
#[derive(Default)]
struct Told {
    deltas: usize,
    reused: usize,
    reused_deltas: usize,
}

struct Writer<'a, 'b> {
    odb: &'a Odb,
    plan: &'b Plan<'a>,
    stream: Stream<'b>,
    /// Where each entry begins that is written.
    offsets: Vec<Option<u64>>,
    by_offset: bool,
    /// Where copied entries are, by pack.
    moved: Vec<Moved>,
    deflater: Deflater,
    told: Told,
}

impl<'a> Writer<'a, '_> {
    /// Writes an entry after the ones that it is a delta on.
    fn with_bases(&mut self, at: usize) -> Result<()> {
        let mut todo = Vec::new();
        let mut next = Some(at);
        while let Some(at) = next.filter(|at| self.offsets.get(*at).is_some_and(Option::is_none)) {
            todo.push(at);
            next = self.plan.entries.get(at).and_then(|entry| entry.form.first());
        }
        while let Some(at) = todo.pop() {
            if let (Some(slot), Some(entry)) = (self.offsets.get_mut(at), self.plan.entries.get(at)) {
                *slot = Some(self.stream.offset());
                self.entry(entry)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry<'a>) -> Result<()> {
        match entry.form {
            Form::Whole => self.whole(entry),
            Form::Delta(base) => {
                self.told.reused += 1;
                self.told.reused_deltas += 1;
                self.delta_header(base, entry.stored.inflated_size())?;
                self.stream.put(entry.stored.checked(&entry.id)?)
            }
            Form::Smaller(base) => self.smaller(entry, base),
            Form::Anew => {
                let object = self.odb.find(&entry.id)?;
                self.anew(&object)
            }
        }
    }

    fn whole(&mut self, entry: &Entry<'a>) -> Result<()> {
        self.told.reused += 1;
        self.stream.put(&header(entry.stored.kind(), entry.stored.inflated_size()))?;
        self.stream.put(entry.stored.checked(&entry.id)?)
    }

    fn anew(&mut self, object: &Object) -> Result<()> {
        self.stream.put(&header(number(object.kind), object.data.len() as u64))?;
        let deflated = self.deflater.deflate(&object.data)?;
        self.stream.put(deflated)
    }

    /// A new delta, if it is clearly smaller than what would be sent otherwise.
    fn smaller(&mut self, entry: &Entry<'a>, base: Base) -> Result<()> {
        let object = self.odb.find(&entry.id)?;
        let base_id = match base {
            Base::Held(id) => id,
            Base::Sent(at) => self.plan.entries.get(at).map_or(Oid::ZERO, |entry| entry.id),
        };
        // Text deflates to a third or so.
        let rival = if entry.stored.is_whole() { entry.stored.packed_size() } else { object.data.len() as u64 / 3 };
        if let Some(delta) = self.delta(&object, &base_id, rival)? {
            let deflated = self.deflater.deflate(&delta)?;
            if deflated.len() as u64 + 24 < rival * 3 / 4 {
                let deflated = deflated.to_vec();
                self.delta_header(base, delta.len() as u64)?;
                return self.stream.put(&deflated);
            }
        }
        if entry.stored.is_whole() { self.whole(entry) } else { self.anew(&object) }
    }

    /// A delta that is worth deflating.
    fn delta(&self, object: &Object, base: &Oid, rival: u64) -> Result<Option<Vec<u8>>> {
        if object.data.len() as u64 > LARGEST_DELTA || self.odb.header(base)?.1 > LARGEST_DELTA {
            return Ok(None);
        }
        let base = self.odb.find(base)?;
        if base.kind != object.kind {
            return Ok(None);
        }
        // Deflating does little for a delta of ids and much for one of text.
        let most = usize::try_from(rival).unwrap_or(usize::MAX).saturating_mul(2);
        Ok(delta::encode(&base.data, &object.data, most))
    }

    fn delta_header(&mut self, base: Base, size: u64) -> Result<()> {
        self.told.deltas += 1;
        let here = self.stream.offset();
        match base {
            Base::Held(id) => {
                if let Some(offset) = self.copied(&id) {
                    self.stream.put(&header(OFS_DELTA, size))?;
                    return self.stream.put(&distance(here - offset));
                }
                self.stream.put(&header(REF_DELTA, size))?;
                self.stream.put(&id.0)
            }
            Base::Sent(at) => {
                let missing = || Error::Git("a delta came before its base".to_owned());
                let offset = self.offsets.get(at).copied().flatten().filter(|offset| *offset < here).ok_or_else(missing)?;
                if self.by_offset {
                    self.stream.put(&header(OFS_DELTA, size))?;
                    return self.stream.put(&distance(here - offset));
                }
                let id = self.plan.entries.get(at).ok_or_else(missing)?.id;
                self.stream.put(&header(REF_DELTA, size))?;
                self.stream.put(&id.0)
            }
        }
    }

    /// Where a copied object was written.
    fn copied(&self, id: &Oid) -> Option<u64> {
        let (pack, offset) = self.plan.bases.get(id)?;
        self.moved.get(*pack)?.to(*offset)
    }
}
