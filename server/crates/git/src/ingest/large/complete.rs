//! The pack under its name, with what a thin one lacked, and its index beside it.

use std::fs::{self, File};
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use flate2::Crc;
use hardie_domain::oid::Oid;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::super::idx::{self, Line};
use super::resolve::{Resolved, Stored};
use super::sorted::Sorted;
use super::{Around, IngestError, writing};
use crate::build::encode::{Deflater, header, number};
use crate::packs::PackHash;

const HEADER: usize = 12;
const TRAILER: u64 = 20;

/// Completes the file. `None` if its checksum is wrong or an object is in it twice: the file is as it was.
pub(super) fn complete(
    path: &Path,
    pack: &Stored<'_>,
    resolved: &Resolved,
    sorted: &Sorted,
    around: &Around<'_>,
) -> Result<Option<(PathBuf, PackHash)>, IngestError> {
    let sent = pack.data.entry_slice(0..HEADER as u64).unwrap_or_default();
    let trailer = pack.data.entry_slice(pack.end..pack.end + TRAILER).unwrap_or_default();
    let count = u32::try_from(resolved.ids.len() + resolved.bases.len()).unwrap_or(u32::MAX);
    let head = [sent.get(..8).unwrap_or_default(), &count.to_be_bytes()].concat();
    let mut sums = Sums::new(sent, &head);
    let mut checks = Vec::with_capacity(pack.entries.len());
    for at in 0..pack.entries.len() {
        if at % 1024 == 0 {
            around.go_on()?;
        }
        let bytes = pack.bytes(at).unwrap_or_default();
        sums.sent(bytes);
        checks.push(crc(bytes));
    }
    let is_twice = || sorted.has_twins() || resolved.bases.iter().any(|id| sorted.place(id).is_some());
    if sums.trailer().as_slice() != trailer || is_twice() {
        return Ok(None);
    }
    let line = |(id, at): (Oid, u32)| {
        let (entry, crc) = (pack.entries.get(at as usize)?, checks.get(at as usize)?);
        Some(Line { id, crc: *crc, offset: entry.start })
    };
    let mut lines: Vec<Line> = sorted.iter().filter_map(line).collect();
    let mut file = File::options().write(true).open(path).map_err(writing)?;
    file.write_all(&head).map_err(writing)?;
    file.seek(SeekFrom::Start(pack.end)).map_err(writing)?;
    let mut file = BufWriter::new(file);
    let (mut offset, mut deflater) = (pack.end, Deflater::default());
    for id in &resolved.bases {
        around.go_on()?;
        let base = around.base.odb.find(id)?;
        let mut bytes = header(number(base.kind), base.data.len() as u64);
        bytes.extend_from_slice(deflater.deflate(&base.data)?);
        file.write_all(&bytes).map_err(writing)?;
        lines.push(Line { id: *id, crc: crc(&bytes), offset });
        sums.kept(&bytes);
        offset += bytes.len() as u64;
    }
    let trailer = sums.kept.clone().finalize();
    sums.name.update(trailer);
    file.write_all(&trailer).and_then(|()| file.flush()).map_err(writing)?;
    // Two sorted runs are merged.
    lines.sort_by_key(|line| line.id);
    let path_to = path.with_file_name(format!("pack-{}.pack", hex::encode(trailer)));
    let index = File::create_new(path_to.with_extension("idx")).map_err(writing)?;
    idx::write(&lines, &trailer, &mut BufWriter::new(index))?;
    fs::rename(path, &path_to).map_err(writing)?;
    Ok(Some((path_to, PackHash(sums.name.finalize().into()))))
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Checksums of what was sent and of what is kept, and the name of the latter.
struct Sums {
    /// If it is not the same as what is kept.
    sent: Option<Sha1>,
    kept: Sha1,
    name: Sha256,
}

impl Sums {
    fn new(sent: &[u8], kept: &[u8]) -> Sums {
        let other = (sent != kept).then(|| Sha1::new_with_prefix(sent));
        Sums { sent: other, kept: Sha1::new_with_prefix(kept), name: Sha256::new_with_prefix(kept) }
    }

    fn sent(&mut self, bytes: &[u8]) {
        if let Some(sent) = &mut self.sent {
            sent.update(bytes);
        }
        self.kept(bytes);
    }

    /// Of what was sent.
    fn trailer(&self) -> Vec<u8> {
        self.sent.as_ref().unwrap_or(&self.kept).clone().finalize().to_vec()
    }

    fn kept(&mut self, bytes: &[u8]) {
        self.kept.update(bytes);
        self.name.update(bytes);
    }
}
