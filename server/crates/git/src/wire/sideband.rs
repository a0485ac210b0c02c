//! Side-bands: pack data, progress and errors share one stream, told apart by the first byte of each packet.

use bytes::buf::Chain;
use bytes::{Buf as _, BufMut, Bytes, BytesMut};

use super::pktline;

/// How a stream is framed, as negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Sideband {
    /// Not at all: pack bytes alone, no progress, no error text.
    #[default]
    None,
    /// `side-band`: packets of up to 1000 bytes.
    Small,
    /// `side-band-64k`: packets of up to 65520 bytes.
    Large,
}

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// Pack data or a report.
    Data = 1,
    /// Shown to the user behind `remote: `.
    Progress = 2,
    /// Shown to the user; then the stream is over.
    Error = 3,
}

impl Sideband {
    /// The most bytes of content that one packet carries.
    fn room(self) -> usize {
        match self {
            Sideband::None => usize::MAX,
            Sideband::Small => 1000 - 5,
            Sideband::Large => pktline::MAX_PACKET - 5,
        }
    }

    /// Appends `data` to `out`, in as many packets as it needs. Without side-bands everything but data is dropped.
    pub fn write(self, out: &mut BytesMut, band: Band, data: &[u8]) {
        match (self, band) {
            (Sideband::None, Band::Data) => out.put_slice(data),
            (Sideband::None, _) => {}
            _ => {
                out.reserve(data.len() + 5 * (data.len() / self.room() + 1));
                for part in data.chunks(self.room()) {
                    pktline::write_length(out, part.len() + 5);
                    out.put_u8(band as u8);
                    out.put_slice(part);
                }
            }
        }
    }

    /// The framed form of `data`.
    pub fn frame(self, band: Band, data: &[u8]) -> Bytes {
        let mut out = BytesMut::new();
        self.write(&mut out, band, data);
        out.freeze()
    }

    /// The same, packet by packet, the content of each a part of `data` itself.
    pub fn packets(self, band: Band, data: Bytes) -> impl Iterator<Item = Chain<Bytes, Bytes>> {
        let room = self.room();
        let parts = (0..data.len()).step_by(room).map(move |at| data.slice(at..data.len().min(at.saturating_add(room))));
        parts.map(move |part| {
            let mut head = BytesMut::new();
            if self != Sideband::None {
                pktline::write_length(&mut head, part.len() + 5);
                head.put_u8(band as u8);
            }
            head.freeze().chain(part)
        })
    }

    /// How long the framed form of so many bytes of data is.
    pub fn framed(self, bytes: usize) -> usize {
        if self == Sideband::None { bytes } else { bytes + 5 * bytes.div_ceil(self.room()) }
    }

    /// What ends the stream: a flush, or nothing where there are no packets.
    pub fn end(self) -> &'static [u8] {
        match self {
            Sideband::None => b"",
            _ => pktline::FLUSH,
        }
    }

    /// An empty data packet, so that neither the client nor a proxy takes a long computation for a dead connection.
    pub fn keepalive(self) -> &'static [u8] {
        match self {
            Sideband::None => b"",
            _ => b"0005\x01",
        }
    }

    /// The last words of a stream that fails: in the error band, or as an `ERR` packet where there are no bands.
    pub fn fatal(self, text: &str) -> Bytes {
        let line = super::error::one_line(text, 900);
        match self {
            Sideband::None => pktline::error_packet(&line),
            _ => self.frame(Band::Error, format!("{line}\n").as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::pktline::{Decoder, Packet};

    #[test]
    fn data_survives_framing_in_every_form() {
        let data: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
        assert_eq!(Sideband::None.frame(Band::Data, &data), data);
        for (form, most) in [(Sideband::Small, 1000), (Sideband::Large, 65520)] {
            let packets = form.packets(Band::Data, Bytes::from(data.clone())).flat_map(IntoIterator::into_iter).collect::<Vec<u8>>();
            assert_eq!((&packets, packets.len()), (&form.frame(Band::Data, &data).to_vec(), form.framed(data.len())));
            let mut decoder = Decoder::default();
            decoder.push(&form.frame(Band::Data, &data));
            let mut back = Vec::new();
            while let Some(packet) = decoder.next_packet().unwrap() {
                let Packet::Data(packet) = packet else { panic!("{packet:?}") };
                assert!(packet.len() + 4 <= most && packet[0] == 1);
                back.extend_from_slice(&packet[1..]);
            }
            assert!(decoder.is_empty() && back == data);
        }
    }

    #[test]
    fn without_bands_progress_is_dropped_and_an_error_is_a_packet() {
        assert!(Sideband::None.frame(Band::Progress, b"hi").is_empty());
        assert_eq!(Sideband::None.fatal("no\nway"), &b"000eERR no way"[..]);
        assert_eq!(Sideband::Large.fatal("no"), &b"0008\x03no\n"[..]);
    }
}
