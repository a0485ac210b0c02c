//! Reading blobs within what one push may read.

use hardie_plugin::size::Size;
use hardie_plugin::{Error, Oid, Repository};

/// Bytes of one push that are read: about a quarter of the instructions and of the time that a run has.
const BYTES: u64 = 24 << 20;
/// Reads of one push, of the 10,000 calls that it may take.
const READS: u32 = 5500;
/// Git's own measure of what is no text: a null byte this early (`git diff`).
const LOOK: usize = 8 << 10;
/// The server's bound for one read.
const PIECE: u64 = 1 << 20;

/// What is left.
pub struct Reader {
    bytes: u64,
    reads: u32,
    max_file: u64,
}

/// What was read of a blob.
pub enum Text {
    /// Its text, and whether that is all.
    Some(Vec<u8>, bool),
    /// It is no text.
    Binary,
    /// The push is larger than what may be read.
    Spent,
}

impl Reader {
    /// For one push.
    pub fn new(max_file: Size) -> Reader {
        Reader { bytes: BYTES, reads: READS, max_file: max_file.0 }
    }

    /// Reads a blob of this size, or its beginning.
    pub fn read(&mut self, repository: &Repository<'_>, id: &Oid, size: u64) -> Result<Text, Error> {
        let wanted = size.min(self.max_file);
        let mut text: Vec<u8> = Vec::new();
        while (text.len() as u64) < wanted {
            let had = text.len() as u64;
            // Of a large file a look tells whether the rest is worth its price.
            let piece = if had == 0 && wanted > 8 * LOOK as u64 { LOOK as u64 } else { (wanted - had).min(PIECE) };
            let (Some(bytes), Some(reads)) = (self.bytes.checked_sub(piece), self.reads.checked_sub(1)) else { return Ok(Text::Spent) };
            (self.bytes, self.reads) = (bytes, reads);
            let read = match repository.blob_range(id, had, u32::try_from(piece).unwrap_or(u32::MAX)) {
                Err(error) if error.code() == "too-large" => break,
                read => read?,
            };
            if read.is_empty() {
                break;
            }
            if text.is_empty() {
                text = read
            } else {
                text.extend_from_slice(&read)
            }
            if had == 0 && utf16(&text).is_none() && has_null(text.get(..LOOK).unwrap_or(&text)) {
                return Ok(Text::Binary);
            }
        }
        let whole = text.len() as u64 >= size;
        Ok(match utf16(&text) {
            Some(read) => Text::Some(decoded(text.get(2..).unwrap_or_default(), read), whole),
            None => Text::Some(text, whole),
        })
    }
}

/// How two bytes are one unit, if a text begins with the mark of UTF-16.
fn utf16(text: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match text {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    }
}

fn decoded(text: &[u8], read: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = text.as_chunks::<2>().0.iter().map(|pair| read(*pair));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into_bytes()
}

/// Eight bytes at a time: every file of a push goes through this.
fn has_null(text: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let (words, rest) = text.as_chunks::<8>();
    // A byte borrows from its upper neighbours only if it is null.
    let null = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7) != 0;
    words.iter().any(|word| null(u64::from_le_bytes(*word))) || rest.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::has_null;

    #[test]
    fn a_null_byte_is_seen_wherever_it_is() {
        for length in 0..20 {
            let mut text: Vec<u8> = (1..=length).map(|n| n * 13).collect();
            assert!(!has_null(&text));
            for at in 0..text.len() {
                let kept = std::mem::replace(&mut text[at], 0);
                assert!(has_null(&text));
                text[at] = kept;
            }
        }
    }
}
