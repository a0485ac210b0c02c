//! Versions 0 and 1: wants, then rounds of haves until both sides know enough (gitprotocol-pack, "Packfile Negotiation").

use std::collections::HashSet;

use bytes::BytesMut;
use hardie_domain::oid::Oid;

use super::error::UploadError;
use super::fetch::{Boundary, FetchArgs, check_haves, object_id};
use super::objects::{ObjectsError, UploadObjects};
use super::sections::Sections;
use super::{Next, UploadConfig};
use crate::wire::caps::Capabilities;
use crate::wire::error::WireError;
use crate::wire::pktline::{self, Packet, chomp};
use crate::wire::refs::Refs;
use crate::wire::sideband::Sideband;

/// One negotiation.
#[derive(Debug, Default)]
pub struct Legacy {
    phase: Phase,
    args: FetchArgs,
    seen_capabilities: bool,
    capabilities: Negotiated,
    boundary: Boundary,
    /// Haves since the last flush, to be looked up at the next.
    batch: Vec<Oid>,
    common: Vec<Oid>,
    is_common: HashSet<Oid>,
    sent_ready: bool,
    /// Without `multi_ack` only the first common object is ever acknowledged.
    sent_single: bool,
}

#[derive(Debug, Default)]
struct Negotiated {
    acks: Acks,
    sideband: Sideband,
    no_done: bool,
    filter: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Reading wants and the boundary.
    #[default]
    Needs,
    /// All wants are there.
    NeedsComplete,
    /// Reading haves.
    Haves,
    /// A round of haves ended with a flush.
    RoundComplete,
    /// The client said `done`.
    Over,
}

/// How common objects are acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Acks {
    /// The first one only.
    #[default]
    Single,
    /// `multi_ack`
    Multi,
    /// `multi_ack_detailed`
    Detailed,
}

/// What a packet leads to.
pub enum Step {
    /// Read on.
    Read,
    /// Objects have to be looked up.
    Compute,
    /// The client wants nothing.
    Quit,
}

impl Legacy {
    /// How the pack is framed.
    pub fn sideband(&self) -> Sideband {
        self.capabilities.sideband
    }

    /// Whether the client may leave here: before saying anything, and, without a connection to lose, between two rounds.
    pub fn may_end(&self, stateless: bool) -> bool {
        match self.phase {
            Phase::Needs => !self.seen_capabilities && self.args.wants.is_empty(),
            _ => stateless && self.batch.is_empty(),
        }
    }

    /// Takes one packet.
    pub fn take(&mut self, packet: Packet, refs: &Refs, config: &UploadConfig) -> Result<Step, WireError> {
        match (packet, self.phase) {
            (Packet::Data(line), Phase::Needs) => self.take_need(chomp(&line), refs, config),
            (Packet::Data(line), _) => self.take_have(chomp(&line), config),
            (Packet::Flush, Phase::Needs) if self.args.wants.is_empty() => Ok(Step::Quit),
            (Packet::Flush, Phase::Needs) => {
                self.args.check()?;
                self.phase = Phase::NeedsComplete;
                Ok(Step::Compute)
            }
            (Packet::Flush, _) => {
                self.phase = Phase::RoundComplete;
                Ok(Step::Compute)
            }
            (Packet::Delim | Packet::ResponseEnd, _) => Err(WireError::Protocol("delimiters belong to protocol version 2".to_owned())),
        }
    }

    fn take_need(&mut self, line: &[u8], refs: &Refs, config: &UploadConfig) -> Result<Step, WireError> {
        let limits = &config.limits;
        if let Some(rest) = line.strip_prefix(b"want ") {
            let (hex, capabilities) = rest.split_at_checked(40).unwrap_or((rest, b""));
            if !matches!(capabilities.first(), None | Some(b' ' | b'\0')) {
                return Err(WireError::bad_id("'want' and an object id of 40 hexadecimal digits", rest));
            }
            let oid = object_id("want", hex)?;
            if !std::mem::replace(&mut self.seen_capabilities, true) {
                self.negotiate(Capabilities::new(capabilities.get(1..).unwrap_or_default()))?;
            }
            self.args.add_want(oid, limits)?;
        } else if let Some(spec) = line.strip_prefix(b"filter ") {
            if !self.capabilities.filter {
                return Err(WireError::Protocol("a filter without the capability 'filter'".to_owned()));
            }
            self.args.set_filter(spec)?;
        } else if !self.args.take_shallow(line, refs, limits)? {
            return Err(WireError::unexpected("'want' and an object id", line));
        }
        Ok(Step::Read)
    }

    fn negotiate(&mut self, words: Capabilities<'_>) -> Result<(), WireError> {
        if let Some(other) = words.value("object-format").filter(|format| *format != b"sha1") {
            return Err(WireError::object_format(other));
        }
        self.capabilities = Negotiated {
            acks: match words {
                _ if words.has("multi_ack_detailed") => Acks::Detailed,
                _ if words.has("multi_ack") => Acks::Multi,
                _ => Acks::Single,
            },
            sideband: match words {
                _ if words.has("side-band-64k") => Sideband::Large,
                _ if words.has("side-band") => Sideband::Small,
                _ => Sideband::None,
            },
            no_done: words.has("no-done"),
            filter: words.has("filter"),
        };
        self.args.relative = words.has("deepen-relative");
        self.args.thin = words.has("thin-pack");
        self.args.ofs_delta = words.has("ofs-delta");
        self.args.include_tag = words.has("include-tag");
        self.args.no_progress = words.has("no-progress") || self.capabilities.sideband == Sideband::None;
        Ok(())
    }

    fn take_have(&mut self, line: &[u8], config: &UploadConfig) -> Result<Step, WireError> {
        if line == b"done" {
            self.phase = Phase::Over;
            return Ok(Step::Compute);
        }
        let Some(hex) = line.strip_prefix(b"have ") else {
            return Err(WireError::unexpected("'have' and an object id, or 'done'", line));
        };
        check_haves(self.batch.len(), &config.limits)?;
        self.batch.push(object_id("have", hex)?);
        Ok(Step::Read)
    }

    /// Answers what the last packet ended.
    pub fn answer(mut self: Box<Self>, objects: &dyn UploadObjects, out: &mut BytesMut) -> Result<Next, UploadError> {
        match self.phase {
            Phase::Needs | Phase::Haves => Ok(Next::Negotiate(self)),
            Phase::NeedsComplete => {
                self.args.check_wants(objects)?;
                self.boundary = self.args.boundary(objects)?;
                if self.boundary.update.is_some() {
                    self.boundary.write(&mut Sections::plain(out));
                    out.extend_from_slice(pktline::FLUSH);
                }
                self.phase = Phase::Haves;
                Ok(Next::Negotiate(self))
            }
            Phase::RoundComplete => self.answer_round(objects, out),
            Phase::Over => {
                self.acknowledge_batch(objects, out)?;
                match self.common.last() {
                    None => pktline::write_str(out, "NAK\n"),
                    Some(last) if self.capabilities.acks != Acks::Single => pktline::write_str(out, &format!("ACK {last}\n")),
                    Some(_) => {}
                }
                Ok(self.into_pack())
            }
        }
    }

    fn answer_round(mut self: Box<Self>, objects: &dyn UploadObjects, out: &mut BytesMut) -> Result<Next, UploadError> {
        self.acknowledge_batch(objects, out)?;
        if self.common.is_empty() || self.capabilities.acks != Acks::Single {
            pktline::write_str(out, "NAK\n");
        }
        self.phase = Phase::Haves;
        match self.common.last() {
            Some(last) if self.capabilities.no_done && self.sent_ready => {
                pktline::write_str(out, &format!("ACK {last}\n"));
                Ok(self.into_pack())
            }
            // A stateless client's request ends here, and its next one repeats what this one said.
            _ => Ok(Next::Negotiate(self)),
        }
    }

    /// Looks up the haves of this round and acknowledges them in the client's manner.
    fn acknowledge_batch(&mut self, objects: &dyn UploadObjects, out: &mut BytesMut) -> Result<(), ObjectsError> {
        let mut answers = Vec::with_capacity(self.batch.len());
        for oid in std::mem::take(&mut self.batch) {
            let common = self.is_common.contains(&oid) || objects.is_common(&oid)?;
            if common && self.is_common.insert(oid) {
                self.common.push(oid);
            }
            answers.push((oid, common));
        }
        if answers.is_empty() {
            return Ok(());
        }
        let acks = self.capabilities.acks;
        // Once for the whole round: each asking may walk history.
        let in_round = self.phase == Phase::RoundComplete;
        let ready = in_round && acks != Acks::Single && !self.common.is_empty() && objects.is_ready(&self.args.wants, &self.common)?;
        let all_common = answers.iter().all(|(_, common)| *common);
        for (oid, common) in &answers {
            match (acks, common) {
                (Acks::Detailed, true) => pktline::write_str(out, &format!("ACK {oid} common\n")),
                (Acks::Detailed, false) if ready => pktline::write_str(out, &format!("ACK {oid} ready\n")),
                (Acks::Multi, true) => pktline::write_str(out, &format!("ACK {oid} continue\n")),
                (Acks::Multi, false) if ready => pktline::write_str(out, &format!("ACK {oid} continue\n")),
                (Acks::Single, true) if !std::mem::replace(&mut self.sent_single, true) => {
                    pktline::write_str(out, &format!("ACK {oid}\n"));
                }
                _ => {}
            }
        }
        if acks == Acks::Detailed && ready {
            self.sent_ready = true;
            if all_common && let Some(last) = self.common.last() {
                pktline::write_str(out, &format!("ACK {last} ready\n"));
            }
        }
        Ok(())
    }

    fn into_pack(self: Box<Self>) -> Next {
        let legacy = *self;
        Next::Pack(Box::new(legacy.args.pack_request(legacy.common, legacy.boundary)))
    }
}
