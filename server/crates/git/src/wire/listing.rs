//! All refs of a snapshot as lines of an answer, written once: a list of any prefix is then a slice of it.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use super::pktline;
use super::refs::AdvertisedRef;

/// How a ref is written.
#[derive(Clone, Copy, Debug)]
pub enum Style {
    /// Version 2: `oid name`.
    Plain,
    /// Version 2 with `peel`: `oid name peeled:oid`.
    Peeled,
    /// Versions 0 and 1: `oid name`, and for an annotated tag a second line `oid name^{}`.
    Legacy,
}

/// The packets of all refs, in the order of the snapshot.
#[derive(Debug)]
pub struct Listing {
    text: Bytes,
    /// Where each ref begins in `text`.
    starts: Vec<usize>,
}

impl Listing {
    /// Writes every ref.
    pub fn new(refs: &[AdvertisedRef], style: Style) -> Listing {
        // A packet of a usual name; longer ones make it grow.
        let mut text = BytesMut::with_capacity(refs.len() * 80);
        let mut starts = Vec::with_capacity(refs.len());
        for shown in refs {
            starts.push(text.len());
            write(&mut text, shown, style);
        }
        Listing { text: text.freeze(), starts }
    }

    /// The packets of the refs at these positions; nothing is copied.
    pub fn slice(&self, positions: Range<usize>) -> Bytes {
        let at = |position: usize| self.starts.get(position).copied().unwrap_or(self.text.len());
        self.text.slice(at(positions.start)..at(positions.end.max(positions.start)))
    }
}

fn write(text: &mut BytesMut, shown: &AdvertisedRef, style: Style) {
    let name = shown.name.as_bytes();
    match (style, shown.peeled) {
        (Style::Peeled, Some(peeled)) => {
            pktline::write(text, &[&shown.oid.hex(), b" ", name, b" peeled:", &peeled.hex(), b"\n"]);
        }
        (Style::Legacy, Some(peeled)) => {
            pktline::write(text, &[&shown.oid.hex(), b" ", name, b"\n"]);
            pktline::write(text, &[&peeled.hex(), b" ", name, b"^{}\n"]);
        }
        _ => pktline::write(text, &[&shown.oid.hex(), b" ", name, b"\n"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hardie_domain::oid::Oid;
    use hardie_domain::refname::RefName;

    #[test]
    fn any_range_is_the_lines_of_its_refs() {
        let refs: Vec<_> = (1..=9u8)
            .map(|n| AdvertisedRef {
                name: RefName::parse(format!("refs/tags/v{n}").as_bytes()).unwrap(),
                oid: Oid([n; 20]),
                peeled: (n % 3 == 0).then_some(Oid([n + 100; 20])),
            })
            .collect();
        for style in [Style::Plain, Style::Peeled, Style::Legacy] {
            let listing = Listing::new(&refs, style);
            for start in 0..=refs.len() {
                for end in start..=refs.len() {
                    let mut alone = BytesMut::new();
                    refs[start..end].iter().for_each(|r| write(&mut alone, r, style));
                    assert_eq!(listing.slice(start..end), alone, "{style:?} {start}..{end}");
                }
            }
            assert!(listing.slice(9..12).is_empty());
        }
    }
}
