//! The index of a pack (gitformat-pack(5), "Version 2 pack-*.idx files").

use std::io::Write;

use hardie_domain::oid::Oid;

use crate::error::{Error, Result};

/// Offsets from here on are in a table of their own.
const LARGE: u64 = 1 << 31;

/// One object of a pack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) id: Oid,
    /// Of its entry's bytes.
    pub(super) crc: u32,
    /// Where its entry begins.
    pub(super) offset: u64,
}

/// Writes the index of a pack that ends in `trailer`. The lines are sorted by id.
pub(super) fn write(lines: &[Line], trailer: &[u8], to: &mut impl Write) -> Result<()> {
    let failed = |e| Error::io("writing an index", e);
    let mut out = Summed { to, hasher: sha1::Sha1::default() };
    out.put(b"\xfftOc\0\0\0\x02").map_err(failed)?;
    let mut below = 0;
    for first in 0..=u8::MAX {
        below += lines.get(below..).unwrap_or_default().iter().take_while(|line| line.id.0.first() == Some(&first)).count();
        out.word(below as u64).map_err(failed)?;
    }
    lines.iter().try_for_each(|line| out.put(&line.id.0)).map_err(failed)?;
    lines.iter().try_for_each(|line| out.word(line.crc.into())).map_err(failed)?;
    let mut large: Vec<u64> = Vec::new();
    for line in lines {
        if line.offset < LARGE {
            out.word(line.offset).map_err(failed)?;
        } else {
            out.word(LARGE | large.len() as u64).map_err(failed)?;
            large.push(line.offset);
        }
    }
    large.iter().try_for_each(|offset| out.put(&offset.to_be_bytes())).map_err(failed)?;
    out.put(trailer).map_err(failed)?;
    let sum = sha1::Digest::finalize(out.hasher);
    to.write_all(&sum).and_then(|()| to.flush()).map_err(failed)
}

struct Summed<'a, W> {
    to: &'a mut W,
    hasher: sha1::Sha1,
}

impl<W: Write> Summed<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        sha1::Digest::update(&mut self.hasher, bytes);
        self.to.write_all(bytes)
    }

    fn word(&mut self, value: u64) -> std::io::Result<()> {
        self.put(&u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use gix::odb::pack::index::File;
    use hardie_domain::oid::Oid;

    use super::{LARGE, Line, write};
    use crate::object::to_gix;

    #[test]
    fn offsets_of_any_size_are_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pack-x.idx");
        let offsets = [12, LARGE - 1, LARGE, LARGE + 1, 5 << 40];
        let lines: Vec<Line> =
            offsets.iter().zip(1..).map(|(offset, n)| Line { id: Oid([n; 20]), crc: n.into(), offset: *offset }).collect();
        write(&lines, &[9; 20], &mut std::fs::File::create(&path).unwrap()).unwrap();
        let index = File::at(path, gix::hash::Kind::Sha1).unwrap();
        index.verify_checksum(&mut gix::progress::Discard, &Default::default()).unwrap();
        for line in lines {
            let at = index.lookup(to_gix(&line.id)).unwrap();
            assert_eq!((index.pack_offset_at_index(at), index.crc32_at_index(at)), (line.offset, Some(line.crc)));
        }
    }
}
