//! Inflates gzip request bodies piece by piece, with a bound on what comes out.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::write::GzDecoder;

/// Bytes fed at once: deflate makes at most 1032 from one, so a step never makes more than about 4 MiB.
const STEP: usize = 4096;

/// A gzip stream under way.
pub struct Inflater {
    decoder: Option<GzDecoder<Vec<u8>>>,
    left: u64,
    most: u64,
}

impl Inflater {
    /// Refuses to make more than `most` bytes.
    pub fn new(most: u64) -> Inflater {
        Inflater { decoder: Some(GzDecoder::new(Vec::new())), left: most, most }
    }

    /// Feeds at most [`STEP`] bytes from the front of `input` and returns what they make, which may be nothing.
    pub fn step(&mut self, input: &mut Bytes) -> io::Result<Bytes> {
        let decoder = self.decoder.as_mut().ok_or_else(ended)?;
        let piece = input.split_to(input.len().min(STEP));
        decoder.write_all(&piece).map_err(damaged)?;
        let made = std::mem::take(decoder.get_mut());
        self.count(made)
    }

    /// Ends the stream: checks its trailer and returns what was still held back.
    pub fn finish(&mut self) -> io::Result<Bytes> {
        let decoder = self.decoder.take().ok_or_else(ended)?;
        let made = decoder.finish().map_err(damaged)?;
        self.count(made)
    }

    fn count(&mut self, made: Vec<u8>) -> io::Result<Bytes> {
        let bytes = u64::try_from(made.len()).unwrap_or(u64::MAX);
        let too_large =
            || io::Error::new(io::ErrorKind::FileTooLarge, format!("the request is larger than {} bytes when inflated", self.most));
        self.left = self.left.checked_sub(bytes).ok_or_else(too_large)?;
        Ok(Bytes::from(made))
    }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "bytes after the end of the gzip stream")
}

fn damaged(error: io::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the gzip body is damaged: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    fn inflate(mut input: Bytes, most: u64) -> io::Result<(Vec<u8>, usize)> {
        let mut inflater = Inflater::new(most);
        let (mut out, mut largest) = (Vec::new(), 0);
        while !input.is_empty() {
            let made = inflater.step(&mut input)?;
            largest = largest.max(made.len());
            out.extend_from_slice(&made);
        }
        out.extend_from_slice(&inflater.finish()?);
        Ok((out, largest))
    }

    #[test]
    fn what_was_deflated_comes_back() {
        let text: Vec<u8> = (0..100_000u32).flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(inflate(gzip(&text), 1 << 20).unwrap().0, text);
    }

    #[test]
    fn a_bomb_is_stopped_at_its_bound_and_never_held_whole() {
        let bomb = gzip(&vec![0u8; 64 << 20]);
        assert!(bomb.len() < 100_000, "{}", bomb.len());
        let error = inflate(bomb.clone(), 1 << 20).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        let (out, largest) = inflate(bomb, 65 << 20).unwrap();
        assert_eq!(out.len(), 64 << 20);
        assert!(largest < 6 << 20, "{largest}");
    }

    #[test]
    fn damaged_and_cut_streams_are_refused() {
        let whole = gzip(b"hello hello hello");
        let mut flipped = whole.to_vec();
        let last = flipped.len() - 6;
        flipped[last] ^= 1;
        assert!(inflate(flipped.into(), 1 << 20).is_err());
        assert!(inflate(whole.slice(..whole.len() - 3), 1 << 20).is_err());
        assert!(inflate(Bytes::from_static(b"0000"), 1 << 20).is_err());
    }
}
