//! `ls-refs` of version 2 (gitprotocol-v2, "ls-refs").

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::wire::error::WireError;
use crate::wire::listing::Style;
use crate::wire::pktline;
use crate::wire::refs::Refs;

/// From this many prefixes on git ignores them all and lists everything, which clients must expect anyway.
const TOO_MANY_PREFIXES: usize = 65_536;
/// Parts shorter than this are sent together.
const PORTION: usize = 32 << 10;

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

/// A list under way: parts that are still to be sent, the closing flush the last of them.
pub struct LsRefs {
    parts: VecDeque<Bytes>,
}

impl LsRefs {
    /// Resolves prefixes to parts of the snapshot's listing.
    pub fn new(mut args: LsRefsArgs, refs: &Refs) -> LsRefs {
        if args.prefixes.len() >= TOO_MANY_PREFIXES {
            args.prefixes.clear();
        }
        let mut parts = VecDeque::new();
        if args.prefixes.is_empty() || args.prefixes.iter().any(|p| b"HEAD".starts_with(p)) {
            parts.extend(head(&args, refs));
        }
        if args.prefixes.is_empty() {
            args.prefixes.push(Vec::new());
        }
        args.prefixes.sort_unstable();
        let listing = refs.listing(if args.peel { Style::Peeled } else { Style::Plain });
        let mut listed = 0;
        for range in args.prefixes.iter().map(|p| refs.below(p)) {
            // Ranges of prefixes are nested or disjoint, and the outer one sorts first.
            if range.start >= listed && !range.is_empty() {
                listed = range.end;
                parts.push_back(listing.slice(range));
            }
        }
        parts.push_back(Bytes::from_static(pktline::FLUSH));
        LsRefs { parts }
    }

    /// The next bytes of the answer: a long part as it is, short ones together. `None` at the end.
    pub fn next_portion(&mut self) -> Option<Bytes> {
        if self.parts.front()?.len() >= PORTION {
            return self.parts.pop_front();
        }
        let mut portion = BytesMut::new();
        while let Some(part) = self.parts.pop_front_if(|part| portion.len() + part.len() <= PORTION) {
            portion.extend_from_slice(&part);
        }
        Some(portion.freeze())
    }
}

fn head(args: &LsRefsArgs, refs: &Refs) -> Option<Bytes> {
    let mut out = BytesMut::new();
    let head = refs.head();
    let value = match head.oid {
        Some(oid) => oid.to_hex(),
        None if args.unborn && args.symrefs => "unborn".to_owned(),
        None => return None,
    };
    let target: &[&[u8]] = if args.symrefs { &[b" symref-target:", head.target.as_bytes()] } else { &[] };
    pktline::write(&mut out, &[&[value.as_bytes(), b" HEAD"], target, &[b"\n"]].concat());
    Some(out.freeze())
}
