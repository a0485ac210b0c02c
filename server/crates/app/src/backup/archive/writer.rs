//! Writing parts one after the other, with the hash of each kept for the manifest.

use std::io::{Read, Write};

use sha2::{Digest as _, Sha256};

use super::{BLOCK, header};
use crate::backup::manifest::Part;
use crate::backup::{Error, Result};

/// Bytes copied in one go.
const CHUNK: usize = 256 << 10;

/// A tar file that is being written.
pub struct Writer<W> {
    out: W,
    mtime: u64,
    parts: Vec<Part>,
}

impl<W: Write> Writer<W> {
    /// `mtime` in seconds since 1970, for every part.
    pub fn new(out: W, mtime: u64) -> Writer<W> {
        Writer { out, mtime, parts: Vec::new() }
    }

    /// One part from memory; its sha256.
    pub fn part(&mut self, name: &str, mut bytes: &[u8]) -> Result<[u8; 32]> {
        let size = bytes.len() as u64;
        self.copy(name, size, &mut bytes, &mut |_| {})
    }

    /// One part of exactly `size` bytes; its sha256. `copied` hears of each piece.
    pub fn copy(&mut self, name: &str, size: u64, from: &mut dyn Read, copied: &mut dyn FnMut(u64)) -> Result<[u8; 32]> {
        self.write(&header::encode(name, size, self.mtime))?;
        let (mut hasher, mut left, mut buffer) = (Sha256::new(), size, vec![0; CHUNK]);
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let room = buffer.get_mut(..wanted).unwrap_or_default();
            let read = from.read(room).map_err(Error::io(format!("reading what becomes {name}")))?;
            let piece = room.get(..read).unwrap_or_default();
            if piece.is_empty() {
                return Err(Error::Damaged(format!("what becomes {name} ends {left} bytes early")));
            }
            hasher.update(piece);
            self.write(piece)?;
            left -= read as u64;
            copied(read as u64);
        }
        let padding = padding(size);
        self.write([0; BLOCK].get(..padding).unwrap_or_default())?;
        let sha256 = hasher.finalize().into();
        self.parts.push(Part { name: name.to_owned(), size, sha256: hex::encode(sha256) });
        Ok(sha256)
    }

    /// The parts so far.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The two empty blocks at the end; gives back what was written to.
    pub fn finish(mut self) -> Result<W> {
        self.write(&[0; BLOCK * 2])?;
        self.out.flush().map_err(Error::io("writing the backup"))?;
        Ok(self.out)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(Error::io("writing the backup"))
    }
}

/// Zeros after a content of this size.
pub(super) fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    if over == 0 { 0 } else { BLOCK - over }
}
