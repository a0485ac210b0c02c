//! `ls-refs` of version 2 (gitprotocol-v2, "ls-refs").

use std::ops::Range;

use bytes::BytesMut;

use crate::wire::error::WireError;
use crate::wire::pktline;
use crate::wire::refs::Refs;

/// From this many prefixes on git ignores them all and lists everything, which clients must expect anyway.
const TOO_MANY_PREFIXES: usize = 65_536;
/// Bytes per portion of a long list.
const PORTION: usize = 256 << 10;

/// What the client asked for.
#[derive(Debug, Default)]
pub struct LsRefsArgs {
    peel: bool,
    symrefs: bool,
    unborn: bool,
    prefixes: Vec<Vec<u8>>,
}

impl LsRefsArgs {
    /// Takes one argument line.
    pub fn take(&mut self, line: &[u8]) -> Result<(), WireError> {
        match line {
            b"peel" => self.peel = true,
            b"symrefs" => self.symrefs = true,
            b"unborn" => self.unborn = true,
            _ => {
                let Some(prefix) = line.strip_prefix(b"ref-prefix ") else {
                    return Err(WireError::unexpected("an argument of ls-refs", line));
                };
                if self.prefixes.len() < TOO_MANY_PREFIXES {
                    self.prefixes.push(prefix.to_vec());
                }
            }
        }
        Ok(())
    }
}

/// A list under way: which refs are still to be written.
pub struct LsRefs {
    peel: bool,
    symrefs: bool,
    head: bool,
    unborn: bool,
    /// Positions in the snapshot, disjoint and rising.
    ranges: std::vec::IntoIter<Range<usize>>,
    current: Range<usize>,
    ended: bool,
}

impl LsRefs {
    /// Resolves prefixes to positions in the snapshot.
    pub fn new(mut args: LsRefsArgs, refs: &Refs) -> LsRefs {
        if args.prefixes.len() >= TOO_MANY_PREFIXES {
            args.prefixes.clear();
        }
        let head = args.prefixes.is_empty() || args.prefixes.iter().any(|p| b"HEAD".starts_with(p));
        if args.prefixes.is_empty() {
            args.prefixes.push(Vec::new());
        }
        args.prefixes.sort_unstable();
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for range in args.prefixes.iter().map(|p| refs.below(p)) {
            // Ranges of prefixes are nested or disjoint, and the outer one sorts first.
            if range.start >= ranges.last().map_or(0, |last| last.end) && !range.is_empty() {
                ranges.push(range);
            }
        }
        let unborn = args.unborn && args.symrefs;
        LsRefs { peel: args.peel, symrefs: args.symrefs, head, unborn, ranges: ranges.into_iter(), current: 0..0, ended: false }
    }

    /// Appends the next portion; false when everything, the closing flush included, has been written before.
    pub fn write_portion(&mut self, refs: &Refs, out: &mut BytesMut) -> bool {
        if self.ended {
            return false;
        }
        if std::mem::take(&mut self.head) {
            self.write_head(refs, out);
        }
        while out.len() < PORTION {
            let Some(shown) = self.current.next().and_then(|at| refs.all().get(at)) else {
                match self.ranges.next() {
                    Some(range) => self.current = range,
                    None => {
                        out.extend_from_slice(pktline::FLUSH);
                        self.ended = true;
                        break;
                    }
                }
                continue;
            };
            let mut attributes = String::new();
            if self.peel
                && let Some(peeled) = shown.peeled
            {
                attributes = format!(" peeled:{peeled}");
            }
            pktline::write(out, &[&shown.oid.hex(), b" ", shown.name.as_bytes(), attributes.as_bytes(), b"\n"]);
        }
        true
    }

    fn write_head(&self, refs: &Refs, out: &mut BytesMut) {
        let head = refs.head();
        let value = match head.oid {
            Some(oid) => oid.to_hex(),
            None if self.unborn => "unborn".to_owned(),
            None => return,
        };
        let target: &[&[u8]] = if self.symrefs { &[b" symref-target:", head.target.as_bytes()] } else { &[] };
        let parts = [&[value.as_bytes(), b" HEAD"], target, &[b"\n"]].concat();
        pktline::write(out, &parts);
    }
}
