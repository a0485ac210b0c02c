//! Reading parts one after the other, believing nothing.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::writer::padding;
use super::{BLOCK, header};
use crate::backup::manifest::Part;
use crate::backup::{Error, Result};

/// A tar file that is being read.
pub struct Reader<R> {
    input: R,
    /// Where the next byte is, for words.
    at: u64,
    parts: Vec<Part>,
}

/// One part. It has to be read to its end by [`Entry::finish`].
pub struct Entry<'a, R> {
    reader: &'a mut Reader<R>,
    /// Its name, not yet looked at by anybody.
    pub name: String,
    /// The size that its header gives.
    pub size: u64,
    left: u64,
    hasher: Sha256,
}

impl<R: Read> Reader<R> {
    /// From the first byte.
    pub fn new(input: R) -> Reader<R> {
        Reader { input, at: 0, parts: Vec::new() }
    }

    /// The next part. `None` at the two empty blocks that end the file.
    pub fn next(&mut self) -> Result<Option<Entry<'_, R>>> {
        let start = self.at;
        let block = self.block("where a part should begin")?;
        if block == [0; BLOCK] {
            return self.end().map(|()| None);
        }
        let Some((name, size, _)) = header::decode(&block) else {
            return Err(Error::refused(match start {
                0 => "this is not a backup: it does not begin as one".to_owned(),
                _ => format!("the backup is damaged at byte {start}: no part begins there as it should"),
            }));
        };
        Ok(Some(Entry { reader: self, name, size, left: size, hasher: Sha256::new() }))
    }

    /// The parts so far, as they really are.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn end(&mut self) -> Result<()> {
        if self.block("at its end")? != [0; BLOCK] {
            return Err(Error::refused(format!("the backup is damaged at byte {}: it goes on after its end", self.at - BLOCK as u64)));
        }
        match self.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(Error::refused("the backup goes on after its end: it is damaged, or something was appended to it")),
            Err(error) => Err(error),
        }
    }

    fn block(&mut self, place: &str) -> Result<header::Block> {
        let mut block = [0; BLOCK];
        let mut have = 0;
        while have < BLOCK {
            match self.read(block.get_mut(have..).unwrap_or_default())? {
                0 => return Err(cut_off(self.at, place)),
                read => have += read,
            }
        }
        Ok(block)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match self.input.read(buffer) {
                Ok(read) => {
                    self.at += read as u64;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(format!("reading the backup at byte {}", self.at))(error)),
            }
        }
    }
}

impl<R: Read> Entry<'_, R> {
    /// The next piece of the content; empty at its end.
    pub fn piece<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b [u8]> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let room = buffer.get_mut(..wanted).unwrap_or_default();
        if room.is_empty() {
            return Ok(room);
        }
        let read = self.reader.read(room)?;
        if read == 0 {
            return Err(cut_off(self.reader.at, &format!("in {}", printable(&self.name))));
        }
        let piece = room.get(..read).unwrap_or_default();
        self.hasher.update(piece);
        self.left -= read as u64;
        Ok(piece)
    }

    /// The whole content, at most so many bytes.
    pub fn bytes(&mut self, most: u64) -> Result<Vec<u8>> {
        if self.size > most {
            return Err(Error::refused(format!("{} says it has {} bytes; {most} are allowed", printable(&self.name), self.size)));
        }
        let (mut bytes, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
        loop {
            match self.piece(&mut buffer)? {
                [] => return Ok(bytes),
                piece => bytes.extend_from_slice(piece),
            }
        }
    }

    /// Ends it: its sha256. What was not read is an error, since nobody looked at it.
    pub fn finish(self) -> Result<[u8; 32]> {
        let name = printable(&self.name);
        if self.left > 0 {
            return Err(Error::refused(format!("{name} has more than was expected")));
        }
        let mut zeros = [0; BLOCK];
        let mut open = padding(self.size);
        while open > 0 {
            let room = zeros.get_mut(..open).unwrap_or_default();
            let read = self.reader.read(room)?;
            if read == 0 {
                return Err(cut_off(self.reader.at, &format!("after {name}")));
            }
            if room.iter().take(read).any(|byte| *byte != 0) {
                return Err(Error::refused(format!("the backup is damaged after {name}")));
            }
            open -= read;
        }
        let sha256 = self.hasher.finalize().into();
        self.reader.parts.push(Part { name: self.name, size: self.size, sha256: hex::encode(sha256) });
        Ok(sha256)
    }
}

fn cut_off(at: u64, place: &str) -> Error {
    Error::refused(format!("the backup is cut off after {at} bytes, {place}: it was not written to its end, or not copied whole"))
}

/// A name from the file, for a message.
pub fn printable(name: &str) -> String {
    format!("{:?}", name.chars().take(120).collect::<String>())
}
