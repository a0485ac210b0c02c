//! A pack that is made well around hostile objects: its sums and its compression are right, which no change of a pack's own bytes
//! would leave so, and what they enclose is looked at. Trees, commits and the instructions of deltas are whatever the bytes say.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use hardie_git::Kind;
use sha1::{Digest as _, Sha1};

use super::pack;
use crate::repository::repository;

/// What an entry of a pack is (gitformat-pack(5)).
const OFFSET_DELTA: u8 = 6;
const NAMED_DELTA: u8 = 7;
/// The entry says that it is one byte longer than it is.
const LIES: u8 = 0x08;
/// Entries that one input can make.
const MOST: u32 = 64;

/// Makes the pack and takes it in.
pub fn run(data: &[u8]) {
    pack::run(&make(data));
}

/// An input is entries: a byte that says what, one that chooses a base, two for the length, the content.
fn make(data: &[u8]) -> Vec<u8> {
    let (mut body, mut offsets, mut rest) = (Vec::new(), Vec::new(), data);
    while let ([what, base, low, high, more @ ..], true) = (rest, offsets.len() < MOST as usize) {
        let length = (usize::from(*high) << 8 | usize::from(*low)).min(more.len());
        let (content, later) = more.split_at(length);
        rest = later;
        let offset = 12 + body.len();
        entry(&mut body, *what, *base, &offsets, offset, content);
        offsets.push(offset);
    }
    let count = u32::try_from(offsets.len()).unwrap_or(MOST);
    let mut made = [&b"PACK\0\0\0\x02"[..], &count.to_be_bytes(), &body].concat();
    let sum = Sha1::digest(&made);
    made.extend_from_slice(&sum);
    made
}

fn entry(body: &mut Vec<u8>, what: u8, base: u8, offsets: &[usize], offset: usize, content: &[u8]) {
    let chosen = match what & 7 {
        // Neither kind is one of git's: a blob instead.
        0 | 5 => 3,
        OFFSET_DELTA if offsets.is_empty() => 3,
        other => other,
    };
    let size = content.len() + usize::from(what & LIES != 0);
    let mut high = size >> 4;
    body.push(chosen << 4 | (size & 15) as u8 | u8::from(high > 0) << 7);
    while high > 0 {
        body.push((high & 0x7f) as u8 | u8::from(high > 0x7f) << 7);
        high >>= 7;
    }
    match chosen {
        OFFSET_DELTA => {
            let to = offsets.get(usize::from(base) % offsets.len()).copied().unwrap_or(12);
            body.extend(distance(offset - to));
        }
        NAMED_DELTA => {
            let known: Vec<_> = repository().odb.members().iter().flat_map(|member| member.pack.entries()).collect();
            body.extend(known.get(usize::from(base) % known.len().max(1)).map(|(id, _)| id.0).unwrap_or_default());
        }
        _ => {}
    }
    let mut zlib = ZlibEncoder::new(&mut *body, Compression::none());
    zlib.write_all(content).expect("memory takes it");
    zlib.finish().expect("memory takes it");
}

/// How far back a base is, in the pack's way to write that.
fn distance(mut back: usize) -> Vec<u8> {
    let mut bytes = vec![(back & 0x7f) as u8];
    while back > 0x7f {
        back = (back >> 7) - 1;
        bytes.push(0x80 | (back & 0x7f) as u8);
    }
    bytes.reverse();
    bytes
}

/// The repository's own objects, one delta of each kind, and all of them together.
pub fn seeds() -> Vec<Vec<u8>> {
    let here = repository();
    let input = |what: u8, base: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).expect("small objects").to_le_bytes();
        [&[what, base], &length[..], content].concat()
    };
    let ids = here.odb.members().iter().flat_map(|member| member.pack.entries().map(|(id, _)| id));
    let found: Vec<_> = ids.map(|id| here.odb.find(&id).expect("an object of the fixture")).collect();
    let objects: Vec<Vec<u8>> = found
        .iter()
        .map(|object| {
            let what = match object.kind {
                Kind::Commit => 1,
                Kind::Tree => 2,
                Kind::Blob => 3,
                Kind::Tag => 4,
            };
            input(what, 0, &object.data)
        })
        .collect();
    // From two bytes to four: all of the base, then two more.
    let delta = [2, 4, 0x91, 0, 2, 2, b'x', b'\n'];
    let after_base = [input(3, 0, b"9\n"), input(OFFSET_DELTA, 0, &delta)].concat();
    let small = found.iter().position(|object| object.kind == Kind::Blob && object.data.len() == 2).expect("a small file of the fixture");
    let on_small = input(NAMED_DELTA, u8::try_from(small).expect("a small fixture"), &delta);
    let mut seeds = objects.clone();
    seeds.extend([after_base, on_small, objects.concat()]);
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_sound_objects_is_taken_in() {
        let seeds = seeds();
        assert!(seeds.len() > 10);
        for seed in seeds {
            assert!(pack::takes(&make(&seed)), "{seed:?}");
        }
        assert!(!pack::takes(&make(&[3 | LIES, 0, 1, 0, b'x'])));
    }

    #[test]
    fn distances_are_written_as_the_format_says() {
        assert_eq!(distance(5), [5]);
        assert_eq!(distance(128), [0x80, 0]);
        assert_eq!(distance(16_511), [0xff, 0x7f]);
        assert_eq!(distance(16_512), [0x80, 0x80, 0]);
    }
}
