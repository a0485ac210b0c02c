//! The lines of an answer of version 2 (gitprotocol-v2, "fetch"): plain, or, with `sideband-all`, in the data band.

use bytes::BytesMut;

use crate::wire::pktline;
use crate::wire::sideband::Band;

/// Appends packets to an answer.
pub struct Sections<'a> {
    out: &'a mut BytesMut,
    banded: bool,
}

impl Sections<'_> {
    /// Plain lines.
    pub fn plain(out: &mut BytesMut) -> Sections<'_> {
        Sections { out, banded: false }
    }

    /// Lines as the client asked for them.
    pub fn new(out: &mut BytesMut, banded: bool) -> Sections<'_> {
        Sections { out, banded }
    }

    /// One packet with this text as it is.
    pub fn line(&mut self, text: &str) {
        match self.banded {
            true => pktline::write(self.out, &[&[Band::Data as u8], text.as_bytes()]),
            false => pktline::write_str(self.out, text),
        }
    }

    /// One packet of an object id, a space and bytes, such as a ref's name.
    pub fn named(&mut self, id: &str, name: &[u8]) {
        let band: &[u8] = if self.banded { &[Band::Data as u8] } else { &[] };
        pktline::write(self.out, &[band, id.as_bytes(), b" ", name, b"\n"]);
    }

    /// Ends a section; another follows. Delimiters and flushes are never in a band.
    pub fn delimit(&mut self) {
        self.out.extend_from_slice(pktline::DELIM);
    }

    /// Ends the answer.
    pub fn flush(&mut self) {
        self.out.extend_from_slice(pktline::FLUSH);
    }
}
