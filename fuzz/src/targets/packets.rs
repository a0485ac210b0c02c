//! Packet lines: the same packets whole and in portions, and never more than was sent.

use hardie_git::wire::error::WireError;
use hardie_git::wire::pktline::{Decoder, Packet};

use super::portions;

/// Reads the packets.
pub fn run(data: &[u8]) {
    let read = |decoder: &mut Decoder, all: &mut Vec<Packet>| -> Result<(), WireError> {
        while let Some(packet) = decoder.next_packet()? {
            all.push(packet);
        }
        Ok(())
    };
    let (mut whole, mut first) = (Decoder::default(), Vec::new());
    whole.push(data);
    let ended = read(&mut whole, &mut first);
    let (mut parted, mut second) = (Decoder::default(), Vec::new());
    let parts_ended = portions(data).try_for_each(|portion| {
        parted.push(portion);
        read(&mut parted, &mut second)
    });
    assert_eq!((first.len(), ended.is_ok()), (second.len(), parts_ended.is_ok()), "portions matter");
    assert!(first == second, "portions matter");
    let payload: usize = first.iter().map(|packet| if let Packet::Data(bytes) = packet { bytes.len() + 4 } else { 4 }).sum();
    assert!(payload + whole.len() <= data.len(), "bytes from nowhere");
}
