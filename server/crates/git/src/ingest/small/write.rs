//! The pack with its bases, and its index.

use std::path::PathBuf;

use flate2::Crc;
use sha2::{Digest as _, Sha256};

use super::super::idx::{self, Line};
use super::Objects;
use super::entries::{Entry, sha1};
use crate::build::encode::{Deflater, header, number};
use crate::error::{Error, Result};
use crate::packs::{Files, PackHash, Quarantine};

/// Writes both files. Publishing syncs them.
pub(super) fn write(
    pack: &[u8],
    end: usize,
    entries: &[Entry],
    objects: &Objects,
    quarantine: &Quarantine,
    files: &dyn Files,
) -> Result<(PathBuf, PackHash)> {
    let mut lines: Vec<Line> =
        entries.iter().zip(&objects.ids).map(|(e, id)| Line { id: *id, crc: e.crc, offset: e.start as u64 }).collect();
    let mut bytes = pack.get(..end).unwrap_or_default().to_vec();
    let mut deflater = Deflater::default();
    for (id, base) in &objects.bases {
        let offset = bytes.len();
        bytes.extend_from_slice(&header(number(base.kind), base.data.len() as u64));
        bytes.extend_from_slice(deflater.deflate(&base.data)?);
        let mut crc = Crc::new();
        crc.update(bytes.get(offset..).unwrap_or_default());
        lines.push(Line { id: *id, crc: crc.sum(), offset: offset as u64 });
    }
    let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    if let Some(field) = bytes.get_mut(8..12) {
        field.copy_from_slice(&count.to_be_bytes());
    }
    let trailer = checksum(&bytes)?;
    bytes.extend_from_slice(&trailer);
    lines.sort_unstable_by_key(|line| line.id);
    let mut index = Vec::new();
    idx::write(&lines, &trailer, &mut index)?;
    let name = format!("pack-{}", hex::encode(&trailer));
    let path = quarantine.pack_dir().join(format!("{name}.pack"));
    let failed = |e| Error::io("writing a pack to quarantine", e);
    files.write_new(&path, &bytes).map_err(failed)?;
    files.write_new(&path.with_extension("idx"), &index).map_err(failed)?;
    Ok((path, PackHash(Sha256::digest(&bytes).into())))
}

fn checksum(bytes: &[u8]) -> Result<Vec<u8>> {
    sha1(bytes).ok_or_else(|| Error::Git("a pack that was made to collide".to_owned()))
}
