//! The other end of the protocol: what is said to a server elsewhere whose history is fetched, and what it answers. Version 2 alone
//! (gitprotocol-v2), without IO.
//!
//! Start reading at [`advertised`], then [`refs_request`] and [`RefList`], then [`pack_request`] and [`PackAnswer`].

use bytes::{Bytes, BytesMut};
use hardie_domain::oid::Oid;
use hardie_domain::refname::RefName;

use crate::wire::error::{one_line, printable};
use crate::wire::pktline::{DELIM, Decoder, FLUSH, Packet, chomp, write_str};
use crate::wire::{AGENT, WireError};

/// Refs that one answer may name.
pub const MOST_REFS: usize = 20_000;
/// Bytes of what the other side says that are kept.
const MOST_SAID: usize = 300;

/// Reads what a server can do (`GET …/info/refs?service=git-upload-pack`), or says why nothing can be fetched from it.
pub fn advertised(body: &[u8]) -> Result<(), WireError> {
    let mut decoder = Decoder::default();
    decoder.push(body);
    let (mut version, mut can_list, mut can_fetch) = (false, false, false);
    while let Some(packet) = decoder.next_packet()? {
        let Packet::Data(line) = packet else { continue };
        let line = chomp(&line);
        match line.split(|byte| *byte == b'=').next().unwrap_or_default() {
            b"version 2" => version = true,
            b"ls-refs" => can_list = true,
            b"fetch" => can_fetch = true,
            b"object-format" if line != b"object-format=sha1" => {
                return Err(WireError::Protocol("it keeps objects by another hash than SHA-1".to_owned()));
            }
            _ if line.starts_with(b"ERR ") => return Err(refused(line)),
            _ => {}
        }
    }
    match version && can_list && can_fetch {
        true => Ok(()),
        false => Err(WireError::Protocol("it does not speak version 2 of git's protocol (git 2.18 or newer does)".to_owned())),
    }
}

fn refused(line: &[u8]) -> WireError {
    let said = line.strip_prefix(b"ERR ").unwrap_or(line);
    WireError::Protocol(format!("it refused: {}", said_by(said)))
}

/// What the other side says, in a line that does no harm.
fn said_by(said: &[u8]) -> String {
    one_line(&String::from_utf8_lossy(said), MOST_SAID)
}

fn command(name: &str) -> BytesMut {
    let mut out = BytesMut::new();
    write_str(&mut out, &format!("command={name}\n"));
    write_str(&mut out, &format!("agent={AGENT}\n"));
    out.extend_from_slice(DELIM);
    out
}

/// Asks for branches, tags and what HEAD names.
pub fn refs_request() -> Bytes {
    let mut out = command("ls-refs");
    for line in ["symrefs\n", "ref-prefix HEAD\n", "ref-prefix refs/heads/\n", "ref-prefix refs/tags/\n"] {
        write_str(&mut out, line);
    }
    out.extend_from_slice(FLUSH);
    out.freeze()
}

/// What a server elsewhere has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefList {
    /// Branches and tags.
    pub refs: Vec<(RefName, Oid)>,
    /// The branch that HEAD names.
    pub head: Option<RefName>,
}

impl RefList {
    /// Reads the answer to [`refs_request`].
    pub fn read(body: &[u8]) -> Result<RefList, WireError> {
        let mut decoder = Decoder::default();
        decoder.push(body);
        let mut list = RefList::default();
        loop {
            match decoder.next_packet()? {
                Some(Packet::Data(line)) => list.line(chomp(&line))?,
                Some(_) => return Ok(list),
                None => return Err(WireError::Truncated("the list of refs has no end")),
            }
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), WireError> {
        if line.starts_with(b"ERR ") {
            return Err(refused(line));
        }
        let mut words = line.split(|byte| *byte == b' ');
        let (id, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if name == b"HEAD" {
            let target = words.find_map(|word| word.strip_prefix(b"symref-target:"));
            self.head = target.and_then(|target| RefName::parse(target).ok()).filter(RefName::is_branch);
            return Ok(());
        }
        if !(name.starts_with(b"refs/heads/") || name.starts_with(b"refs/tags/")) {
            return Ok(());
        }
        let id = Oid::from_hex(id).filter(|id| !id.is_zero()).ok_or_else(|| WireError::bad_id("the id of a ref", id))?;
        let name = RefName::parse(name).map_err(|_| WireError::unexpected("the name of a ref", name))?;
        self.refs.push((name, id));
        match self.refs.len() > MOST_REFS {
            true => Err(WireError::Limit(format!("it has more than {MOST_REFS} branches and tags"))),
            false => Ok(()),
        }
    }
}

/// Asks for one pack with all that these reach.
pub fn pack_request(wants: &[Oid]) -> Bytes {
    let mut out = command("fetch");
    write_str(&mut out, "ofs-delta\n");
    for want in wants {
        write_str(&mut out, &format!("want {want}\n"));
    }
    write_str(&mut out, "done\n");
    out.extend_from_slice(FLUSH);
    out.freeze()
}

/// Takes the answer to [`pack_request`] in any portions, and gives the pack.
#[derive(Debug, Default)]
pub struct PackAnswer {
    decoder: Decoder,
    in_pack: bool,
    ended: bool,
    said: String,
}

impl PackAnswer {
    /// Adds input; pieces of the pack in their order.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Bytes>, WireError> {
        self.decoder.push(bytes);
        let mut pieces = Vec::new();
        while let Some(packet) = self.decoder.next_packet()? {
            match packet {
                Packet::Data(line) if !self.in_pack => self.before(chomp(&line))?,
                Packet::Data(line) => self.band(line, &mut pieces)?,
                Packet::Flush if self.in_pack => self.ended = true,
                // Sections are apart from each other by it; `done` leaves the pack alone.
                Packet::Delim if !self.in_pack => {}
                _ => return Err(WireError::Protocol("it ended before a pack came".to_owned())),
            }
        }
        Ok(pieces)
    }

    /// Whether all came.
    pub fn is_whole(&self) -> bool {
        self.ended && self.decoder.is_empty()
    }

    /// What it last said of its progress.
    pub fn said(&self) -> &str {
        &self.said
    }

    fn before(&mut self, line: &[u8]) -> Result<(), WireError> {
        match line {
            b"packfile" => {
                self.in_pack = true;
                Ok(())
            }
            _ if line.starts_with(b"ERR ") => Err(refused(line)),
            _ => Err(WireError::Protocol(format!("it sent '{}' where a pack was asked for", printable(line)))),
        }
    }

    fn band(&mut self, line: Bytes, pieces: &mut Vec<Bytes>) -> Result<(), WireError> {
        match line.first() {
            _ if self.ended => Err(WireError::Protocol("it went on behind the end of the pack".to_owned())),
            Some(1) => {
                pieces.push(line.slice(1..));
                Ok(())
            }
            Some(2) => {
                let text = line.get(1..).unwrap_or_default();
                let last = text.split(|byte| matches!(byte, b'\r' | b'\n')).rfind(|part| !part.is_empty());
                self.said = said_by(last.unwrap_or_default());
                Ok(())
            }
            Some(3) => Err(WireError::Protocol(format!("it failed: {}", said_by(line.get(1..).unwrap_or_default())))),
            _ => Err(WireError::unexpected("a band of the pack", &line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&[u8]]) -> Vec<u8> {
        let mut out = BytesMut::new();
        for part in parts {
            match *part {
                b"0000" => out.extend_from_slice(FLUSH),
                b"0001" => out.extend_from_slice(DELIM),
                line => crate::wire::pktline::write(&mut out, &[line]),
            }
        }
        out.to_vec()
    }

    const ID: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    #[test]
    fn a_server_says_what_it_can() {
        let good = [
            &b"# service=git-upload-pack\n"[..],
            b"0000",
            b"version 2\n",
            b"agent=git/2.47\n",
            b"ls-refs=unborn\n",
            b"fetch=shallow\n",
            b"object-format=sha1\n",
            b"0000",
        ];
        assert_eq!(advertised(&lines(&good)), Ok(()));
        assert_eq!(advertised(&lines(&good[2..])), Ok(()));
        let old = format!("{ID} HEAD\0multi_ack symref=HEAD:refs/heads/main\n");
        for bad in [
            lines(&[b"# service=git-upload-pack\n", b"0000", old.as_bytes(), b"0000"]),
            lines(&[b"version 2\n", b"ls-refs\n", b"0000"]),
            lines(&[b"version 2\n", b"ls-refs\n", b"fetch\n", b"object-format=sha256\n", b"0000"]),
            lines(&[b"ERR no such\x1b[31m repository\n"]),
            b"<html>".to_vec(),
            Vec::new(),
        ] {
            let refused = advertised(&bad).unwrap_err().to_string();
            assert!(!refused.contains('\x1b'), "{refused}");
        }
    }

    #[test]
    fn refs_are_read_and_what_is_none_is_refused() {
        let head = format!("{ID} HEAD symref-target:refs/heads/main\n");
        let (main, pull) = (format!("{ID} refs/heads/main\n"), format!("{ID} refs/pull/1/head\n"));
        let list = RefList::read(&lines(&[head.as_bytes(), main.as_bytes(), pull.as_bytes(), b"0000"])).unwrap();
        assert_eq!(list.head.as_ref().map(RefName::to_string).as_deref(), Some("refs/heads/main"));
        assert_eq!(list.refs.len(), 1, "branches and tags alone");
        let unborn = RefList::read(&lines(&[b"unborn HEAD symref-target:refs/heads/trunk\n", b"0000"])).unwrap();
        assert_eq!((unborn.refs.len(), unborn.head.unwrap().short()), (0, "trunk".to_owned()));
        let zero = "0".repeat(40);
        for bad in [
            format!("{ID} refs/heads/a..b\n"),
            format!("{zero} refs/heads/x\n"),
            "xyz refs/heads/x\n".to_owned(),
            format!("{ID}0 refs/tags/x"),
        ] {
            assert!(RefList::read(&lines(&[bad.as_bytes(), b"0000"])).is_err(), "{bad}");
        }
        assert!(RefList::read(&lines(&[main.as_bytes()])).is_err(), "cut off");
    }

    #[test]
    fn a_pack_comes_in_any_portions_and_nothing_else_does() {
        let whole = lines(&[b"packfile\n", b"\x02Counting: 10%\rCounting: 90%\r", b"\x01PA", b"\x01CK", b"0000"]);
        for portion in 1..whole.len() {
            let mut answer = PackAnswer::default();
            let mut pack = Vec::new();
            for part in whole.chunks(portion) {
                answer.push(part).unwrap().iter().for_each(|piece| pack.extend_from_slice(piece));
            }
            assert_eq!((pack.as_slice(), answer.is_whole(), answer.said()), (&b"PACK"[..], true, "Counting: 90%"));
        }
        let mut cut = PackAnswer::default();
        cut.push(&whole[..whole.len() - 4]).unwrap();
        assert!(!cut.is_whole());
        for bad in [
            lines(&[b"packfile\n", b"\x03out of memory\x07"]),
            lines(&[b"acknowledgments\n"]),
            lines(&[b"packfile\n", b"\x04"]),
            lines(&[b"packfile\n", b""]),
            lines(&[b"0000"]),
            lines(&[b"packfile\n", b"0000", b"\x01more"]),
            b"zzzz".to_vec(),
        ] {
            assert!(PackAnswer::default().push(&bad).is_err(), "{bad:?}");
        }
    }
}
