//! Deltas of one version of an object against another (gitformat-pack(5), "Deltified representation").
//!
//! The caller knows the older version by its path, so there is no search for a base and one pass is enough: what both begin and
//! end with is taken off first, the rest is looked up in a table of the base's blocks.

/// Bytes of a block. A copy instruction takes some five.
const BLOCK: usize = 16;
/// Blocks of a base that are put into the table at most; those of a larger base lie farther apart.
const BLOCKS: usize = 1 << 14;
/// The longest run of one copy instruction: two bytes of length.
const LONGEST_COPY: usize = 0xffff;
/// The longest run of one insert instruction.
const LONGEST_INSERT: usize = 0x7f;

/// Encodes `target` against `base`; `None` if that takes more than `most` bytes. Both are shorter than 4 GiB.
pub(super) fn encode(base: &[u8], target: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(64);
    write_size(&mut out, base.len());
    write_size(&mut out, target.len());
    let head = common(base.iter(), target.iter());
    let (base_rest, target_rest) = (base.get(head..)?, target.get(head..)?);
    let tail = common(base_rest.iter().rev(), target_rest.iter().rev());
    write_copy(&mut out, 0, head);
    let middle = target_rest.get(..target_rest.len() - tail)?;
    if middle.len() < 2 * BLOCK {
        write_insert(&mut out, middle);
    } else {
        write_middle(&mut out, base, middle, most)?;
    }
    write_copy(&mut out, base.len() - tail, tail);
    (out.len() <= most).then_some(out)
}

/// Encodes what is in `middle` by blocks of `base`.
fn write_middle(out: &mut Vec<u8>, base: &[u8], middle: &[u8], most: usize) -> Option<()> {
    let table = Table::new(base);
    let (mut at, mut written) = (0, 0);
    while let Some(block) = middle.get(at..).and_then(|rest| rest.first_chunk()) {
        let Some(found) = table.find(base, block) else {
            at += 1;
            // Looked at now and then is often enough.
            if at % 1024 == 0 && out.len() + at - written > most {
                return None;
            }
            continue;
        };
        let back = common(base.get(..found)?.iter().rev(), middle.get(written..at)?.iter().rev());
        let ahead = BLOCK + common(base.get(found + BLOCK..)?.iter(), middle.get(at + BLOCK..)?.iter());
        write_insert(out, middle.get(written..at - back)?);
        write_copy(out, found - back, back + ahead);
        at += ahead;
        written = at;
        if out.len() > most {
            return None;
        }
    }
    write_insert(out, middle.get(written..)?);
    Some(())
}

/// How many of the first bytes are the same.
fn common<'a>(a: impl Iterator<Item = &'a u8>, b: impl Iterator<Item = &'a u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

/// Where a base has a block of given content. Of several places one is kept.
struct Table {
    places: Vec<u32>,
    shift: u32,
}

impl Table {
    fn new(base: &[u8]) -> Table {
        let stride = (base.len() / BLOCKS).clamp(1, BLOCK);
        let bits = (base.len() / stride).max(2).next_power_of_two().ilog2() + 1;
        let mut table = Table { places: vec![0; 1 << bits], shift: 64 - bits };
        for at in (0..base.len()).step_by(stride) {
            let Some(block) = base.get(at..).and_then(|rest| rest.first_chunk()) else { break };
            let slot = table.slot(block);
            // The first place wins: in a run of equal blocks the longest copy begins there. Zero is an empty slot.
            if let Some(place @ 0) = table.places.get_mut(slot) {
                *place = u32::try_from(at + 1).unwrap_or(0);
            }
        }
        table
    }

    fn slot(&self, block: &[u8; BLOCK]) -> usize {
        let (low, high) = block.split_at(8);
        let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let mixed = word(low).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) ^ word(high);
        (mixed.wrapping_mul(0xff51_afd7_ed55_8ccd) >> self.shift) as usize
    }

    fn find(&self, base: &[u8], block: &[u8; BLOCK]) -> Option<usize> {
        let at = (self.places.get(self.slot(block)).copied()? as usize).checked_sub(1)?;
        (base.get(at..at + BLOCK)? == block).then_some(at)
    }
}

fn write_size(out: &mut Vec<u8>, mut size: usize) {
    while size > 0x7f {
        out.push(0x80 | (size & 0x7f) as u8);
        size >>= 7;
    }
    out.push(size as u8);
}

fn write_insert(out: &mut Vec<u8>, data: &[u8]) {
    for part in data.chunks(LONGEST_INSERT) {
        out.push(part.len() as u8);
        out.extend_from_slice(part);
    }
}

/// Offset and length in as few bytes as they need; the first byte says which of them follow.
fn write_copy(out: &mut Vec<u8>, mut from: usize, mut length: usize) {
    while length > 0 {
        let part = length.min(LONGEST_COPY);
        let first = out.len();
        out.push(0x80);
        let bytes = (from as u32).to_le_bytes().into_iter().chain((part as u16).to_le_bytes());
        let mut which = 0x80;
        for (bit, byte) in bytes.enumerate() {
            if byte != 0 {
                which |= 1 << bit;
                out.push(byte);
            }
        }
        if let Some(slot) = out.get_mut(first) {
            *slot = which;
        }
        from += part;
        length -= part;
    }
}

#[cfg(test)]
mod tests {
    use super::encode;

    /// Applies a delta as gitformat-pack(5) says.
    fn apply(base: &[u8], delta: &[u8]) -> Vec<u8> {
        let mut rest = delta.iter().copied();
        let mut next = || rest.next();
        let mut size = || {
            let (mut size, mut shift) = (0, 0);
            loop {
                let byte = next().unwrap();
                size |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    return size;
                }
            }
        };
        assert_eq!(size(), base.len());
        let length = size();
        let mut out = Vec::new();
        while let Some(op) = next() {
            if op & 0x80 == 0 {
                assert_ne!(op, 0);
                out.extend((0..op).map(|_| next().unwrap()));
                continue;
            }
            let mut field = |bits: std::ops::Range<usize>, start: usize| {
                bits.filter(|bit| op & 1 << bit != 0).map(|bit| usize::from(next().unwrap()) << ((bit - start) * 8)).sum::<usize>()
            };
            let (from, length) = (field(0..4, 0), field(4..7, 4));
            out.extend_from_slice(&base[from..from + if length == 0 { 0x10000 } else { length }]);
        }
        assert_eq!(out.len(), length);
        out
    }

    #[test]
    fn every_edit_can_be_undone() {
        let mut seed = 7u64;
        let mut below = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % n
        };
        for round in 0..400 {
            let letters = [2, 26, 256][round % 3];
            let base: Vec<u8> = (0..below([40, 3000, 200_000][round % 3])).map(|_| below(letters) as u8).collect();
            let mut target = base.clone();
            for _ in 0..below(6) {
                let (from, length) = (below(target.len() + 1), below(300));
                let to = (from + length).min(target.len());
                let piece: Vec<u8> = match below(3) {
                    0 => Vec::new(),
                    1 => (0..below(400)).map(|_| below(letters) as u8).collect(),
                    _ => target.get(to..).unwrap().iter().take(70_000).copied().collect(),
                };
                target.splice(from..to, piece);
            }
            let delta = encode(&base, &target, usize::MAX).unwrap();
            assert!(apply(&base, &delta) == target, "round {round}");
            assert!(delta.len() <= target.len() + target.len() / 64 + 40, "round {round}: {} for {}", delta.len(), target.len());
        }
    }

    #[test]
    fn a_small_change_makes_a_small_delta() {
        let base: Vec<u8> = (0..100_000u32).flat_map(|n| (n.wrapping_mul(2_654_435_761)).to_le_bytes()).collect();
        let mut target = base.clone();
        target[1000] ^= 1;
        target.splice(200_000..200_010, *b"something else that is longer");
        target.extend(b"the end");
        let delta = encode(&base, &target, 200).unwrap();
        assert!(delta.len() < 140, "{}", delta.len());
        assert_eq!(apply(&base, &delta), target);
        assert!(encode(&base, b"nothing of the kind, and too long for it", 20).is_none());
        assert_eq!(apply(b"", &encode(b"", b"", 9).unwrap()), b"");
    }

    #[test]
    fn moved_text_is_found() {
        let lines: Vec<String> = (0..300).map(|n| format!("this is line number {n} of some text\n")).collect();
        let turned: Vec<String> = [&lines[150..], &lines[..150]].concat();
        let (base, target) = (lines.concat(), turned.concat());
        let delta = encode(base.as_bytes(), target.as_bytes(), target.len()).unwrap();
        assert!(delta.len() < 60, "{}", delta.len());
    }
}
