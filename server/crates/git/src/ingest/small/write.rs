//! The pack with its bases, and its index (gitformat-pack(5), "Version 2 pack-*.idx files").

use std::path::PathBuf;

use flate2::Crc;
use hardie_domain::oid::Oid;
use sha2::{Digest as _, Sha256};

use super::Objects;
use super::entries::{Entry, sha1};
use crate::build::encode::{Deflater, header, number};
use crate::error::{Error, Result};
use crate::packs::{Files, PackHash, Quarantine};

/// One line of the index.
struct Line {
    id: Oid,
    crc: u32,
    offset: usize,
}

/// Writes both files. Publishing syncs them.
pub(super) fn write(
    pack: &[u8],
    end: usize,
    entries: &[Entry],
    objects: &Objects,
    quarantine: &Quarantine,
    files: &dyn Files,
) -> Result<(PathBuf, PackHash)> {
    let mut lines: Vec<Line> = entries.iter().zip(&objects.ids).map(|(e, id)| Line { id: *id, crc: e.crc, offset: e.start }).collect();
    let mut bytes = pack.get(..end).unwrap_or_default().to_vec();
    let mut deflater = Deflater::default();
    for (id, base) in &objects.bases {
        let offset = bytes.len();
        bytes.extend_from_slice(&header(number(base.kind), base.data.len() as u64));
        bytes.extend_from_slice(deflater.deflate(&base.data)?);
        let mut crc = Crc::new();
        crc.update(bytes.get(offset..).unwrap_or_default());
        lines.push(Line { id: *id, crc: crc.sum(), offset });
    }
    let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    if let Some(field) = bytes.get_mut(8..12) {
        field.copy_from_slice(&count.to_be_bytes());
    }
    let trailer = checksum(&bytes)?;
    bytes.extend_from_slice(&trailer);
    lines.sort_unstable_by_key(|line| line.id);
    let index = index(&lines, &trailer)?;
    let name = format!("pack-{}", hex::encode(&trailer));
    let path = quarantine.pack_dir().join(format!("{name}.pack"));
    let failed = |e| Error::io("writing a pack to quarantine", e);
    files.write_new(&path, &bytes).map_err(failed)?;
    files.write_new(&path.with_extension("idx"), &index).map_err(failed)?;
    Ok((path, PackHash(Sha256::digest(&bytes).into())))
}

fn index(lines: &[Line], trailer: &[u8]) -> Result<Vec<u8>> {
    let mut out = b"\xfftOc\0\0\0\x02".to_vec();
    let mut below = 0;
    for first in 0..=u8::MAX {
        below += lines.get(below..).unwrap_or_default().iter().take_while(|line| line.id.0.first() == Some(&first)).count();
        out.extend_from_slice(&u32::try_from(below).unwrap_or(u32::MAX).to_be_bytes());
    }
    lines.iter().for_each(|line| out.extend_from_slice(&line.id.0));
    lines.iter().for_each(|line| out.extend_from_slice(&line.crc.to_be_bytes()));
    // Far below 2 GiB, where offsets get a table of their own.
    lines.iter().for_each(|line| out.extend_from_slice(&u32::try_from(line.offset).unwrap_or(u32::MAX).to_be_bytes()));
    out.extend_from_slice(trailer);
    let own = checksum(&out)?;
    out.extend_from_slice(&own);
    Ok(out)
}

fn checksum(bytes: &[u8]) -> Result<Vec<u8>> {
    sha1(bytes).ok_or_else(|| Error::Git("a pack that was made to collide".to_owned()))
}
