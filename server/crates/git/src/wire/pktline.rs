//! Packet lines: four hexadecimal digits of length (which count themselves), then the payload.
//!
//! Source: gitprotocol-common, "pkt-line Format"; gitprotocol-v2, "Packet-Line Framing".

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::error::{WireError, printable};

/// The longest packet, its four digits included.
pub const MAX_PACKET: usize = 65520;
/// The most payload that one packet carries.
pub const MAX_PAYLOAD: usize = MAX_PACKET - 4;
/// End of a message.
pub const FLUSH: &[u8; 4] = b"0000";
/// Between sections of a version 2 message.
pub const DELIM: &[u8; 4] = b"0001";

/// One packet as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// A payload; may be empty (`0004`).
    Data(Bytes),
    /// `0000`
    Flush,
    /// `0001`
    Delim,
    /// `0002`
    ResponseEnd,
}

/// Takes bytes in any portions and gives whole packets. Holds at most what was fed and not yet taken.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    /// Adds input.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole packet, or `None` until more bytes come.
    pub fn next_packet(&mut self) -> Result<Option<Packet>, WireError> {
        let Some(digits) = self.buffer.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = parse_length(digits)?;
        let special = match length {
            0 => Packet::Flush,
            1 => Packet::Delim,
            2 => Packet::ResponseEnd,
            4.. => {
                if self.buffer.len() < length {
                    return Ok(None);
                }
                let mut packet = self.buffer.split_to(length);
                packet.advance(4);
                return Ok(Some(Packet::Data(packet.freeze())));
            }
            _ => return Err(WireError::Packet("length 3 does not exist".to_owned())),
        };
        self.buffer.advance(4);
        Ok(Some(special))
    }

    /// Bytes that were fed and not yet taken.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether nothing is left over.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Takes everything that was fed and not read as packets: the bytes that follow the last one.
    pub fn take_rest(&mut self) -> Bytes {
        std::mem::take(&mut self.buffer).freeze()
    }
}

fn parse_length(digits: &[u8; 4]) -> Result<usize, WireError> {
    let mut length = 0usize;
    for digit in digits {
        let value = char::from(*digit).to_digit(16);
        let Some(value) = value.and_then(|v| usize::try_from(v).ok()) else {
            return Err(WireError::Packet(format!("'{}' is not a length of four hexadecimal digits", printable(digits))));
        };
        length = length << 4 | value;
    }
    match length > MAX_PACKET {
        true => Err(WireError::Packet(format!("length {length} is above the longest allowed, {MAX_PACKET}"))),
        false => Ok(length),
    }
}

/// A payload without its one trailing newline, which senders may add and receivers ignore.
pub fn chomp(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

/// Appends one packet made of `parts`; a payload too long for a packet is cut (callers bound their texts well below).
pub fn write(out: &mut BytesMut, parts: &[&[u8]]) {
    let total: usize = parts.iter().map(|p| p.len()).sum();
    let mut left = total.min(MAX_PAYLOAD);
    write_length(out, left + 4);
    for part in parts {
        let taken = part.get(..left).unwrap_or(part);
        out.put_slice(taken);
        left -= taken.len();
    }
}

/// Appends one packet of text.
pub fn write_str(out: &mut BytesMut, text: &str) {
    write(out, &[text.as_bytes()]);
}

/// Appends the four digits for a packet of `length` bytes in all.
pub fn write_length(out: &mut BytesMut, length: usize) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for shift in [12, 8, 4, 0] {
        out.put_u8(DIGITS[length >> shift & 15]);
    }
}

/// The packet with which a server refuses a whole request; clients show its text.
pub fn error_packet(text: &str) -> Bytes {
    let mut out = BytesMut::new();
    write(&mut out, &[b"ERR ", super::error::one_line(text, 1000).as_bytes()]);
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_in_steps(input: &[u8], step: usize) -> (Vec<Packet>, Option<WireError>, usize) {
        let mut decoder = Decoder::default();
        let mut packets = Vec::new();
        for part in input.chunks(step) {
            decoder.push(part);
            loop {
                match decoder.next_packet() {
                    Ok(Some(packet)) => packets.push(packet),
                    Ok(None) => break,
                    Err(error) => return (packets, Some(error), decoder.take_rest().len()),
                }
            }
        }
        (packets, None, decoder.take_rest().len())
    }

    #[test]
    fn packets_are_read_whatever_the_portions() {
        let input = b"0009hello0000000100020004000aHELLO\n00";
        let expected = vec![
            Packet::Data(Bytes::from_static(b"hello")),
            Packet::Flush,
            Packet::Delim,
            Packet::ResponseEnd,
            Packet::Data(Bytes::new()),
            Packet::Data(Bytes::from_static(b"HELLO\n")),
        ];
        for step in 1..=input.len() {
            assert_eq!(decode_in_steps(input, step), (expected.clone(), None, 2), "in portions of {step}");
        }
    }

    #[test]
    fn impossible_lengths_are_refused() {
        for bad in ["0003", "fff1", "ffff", "zzzz", "-001", "+123", " 123", "00 4", "\0\0\0\0", "PACK", "0x12"] {
            for step in [1, 4] {
                let (packets, error, _) = decode_in_steps(bad.as_bytes(), step);
                assert!(packets.is_empty() && matches!(error, Some(WireError::Packet(_))), "{bad:?}");
            }
        }
    }

    #[test]
    fn the_longest_packet_passes_and_the_digits_are_right() {
        let payload = vec![b'x'; MAX_PAYLOAD];
        let mut out = BytesMut::new();
        write(&mut out, &[&payload]);
        assert!(out.starts_with(b"fff0") && out.len() == MAX_PACKET);
        assert_eq!(decode_in_steps(&out, 1000).0, vec![Packet::Data(Bytes::from(payload))]);
    }

    #[test]
    fn a_text_too_long_is_cut_rather_than_misframed() {
        let mut out = BytesMut::new();
        write(&mut out, &[&[b'a'; 65000], &[b'b'; 65000]]);
        assert_eq!(out.len(), MAX_PACKET);
    }
}
