//! The small parts of a pack's entry (gitformat-pack(5)): headers, distances, deflated data.

use flate2::{Compress, Compression, FlushCompress, Status};

use crate::error::{Error, Result};
use crate::object::Kind;

/// Types of entries that are deltas.
pub(super) const OFS_DELTA: u8 = 6;
pub(super) const REF_DELTA: u8 = 7;

/// Type and inflated size.
pub(crate) fn header(kind: u8, mut size: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(10);
    let mut byte = kind << 4 | (size & 15) as u8;
    size >>= 4;
    while size > 0 {
        bytes.push(byte | 0x80);
        byte = (size & 0x7f) as u8;
        size >>= 7;
    }
    bytes.push(byte);
    bytes
}

/// The encoding of an offset in a pack: seven bits a byte, most significant first, each continuation one less.
pub(super) fn distance(mut distance: u64) -> Vec<u8> {
    let mut bytes = vec![(distance & 0x7f) as u8];
    while distance > 0x7f {
        distance = (distance >> 7) - 1;
        bytes.push(0x80 | (distance & 0x7f) as u8);
    }
    bytes.reverse();
    bytes
}

/// The type of a whole object.
pub(crate) fn number(kind: Kind) -> u8 {
    match kind {
        Kind::Commit => 1,
        Kind::Tree => 2,
        Kind::Blob => 3,
        Kind::Tag => 4,
    }
}

/// One deflater for all entries; made when the first needs it.
#[derive(Default)]
pub(crate) struct Deflater {
    state: Option<Compress>,
    out: Vec<u8>,
}

impl Deflater {
    /// The zlib form of `data`, valid until the next call.
    pub(crate) fn deflate(&mut self, data: &[u8]) -> Result<&[u8]> {
        let failed = || Error::Git("deflating failed".to_owned());
        let state = self.state.get_or_insert_with(|| Compress::new(Compression::new(6), true));
        state.reset();
        self.out.clear();
        loop {
            self.out.reserve(data.len() / 2 + 64);
            let read = usize::try_from(state.total_in()).unwrap_or(usize::MAX);
            let rest = data.get(read..).unwrap_or_default();
            if state.compress_vec(rest, &mut self.out, FlushCompress::Finish).map_err(|_| failed())? == Status::StreamEnd {
                return Ok(&self.out);
            }
        }
    }
}
