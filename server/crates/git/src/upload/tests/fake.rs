//! A repository of four commits on a line, and a driver that records what is sent.

use std::sync::Arc;

use hardie_domain::limits::GitLimits;
use hardie_domain::oid::Oid;
use hardie_domain::refname::RefName;

use crate::upload::{
    BundleUri, Deepen, ObjectsError, PackRequest, ShallowUpdate, Upload, UploadAction, UploadConfig, UploadError, UploadObjects,
};
use crate::wire::pktline::{self, Decoder, Packet};
use crate::wire::refs::{AdvertisedRef, Refs};
use crate::wire::version::Version;

/// `id(1)` to `id(4)` are a line of commits, `id(9)` an annotated tag of `id(2)`, `id(8)` a hidden commit.
pub fn id(n: u8) -> Oid {
    Oid([n; 20])
}

pub fn refs() -> Arc<Refs> {
    let make = |name: &str, n: u8, peeled: Option<u8>| AdvertisedRef {
        name: RefName::parse(name.as_bytes()).unwrap(),
        oid: id(n),
        peeled: peeled.map(id),
    };
    let list = vec![make("refs/heads/main", 4, None), make("refs/heads/old", 2, None), make("refs/tags/v1", 9, Some(2))];
    Arc::new(Refs::new(list, RefName::branch("main").unwrap()))
}

pub fn empty() -> Arc<Refs> {
    Arc::new(Refs::new(Vec::new(), RefName::branch("main").unwrap()))
}

pub struct Line;

impl UploadObjects for Line {
    fn is_common(&self, oid: &Oid) -> Result<bool, ObjectsError> {
        self.may_want(oid)
    }
    fn may_want(&self, oid: &Oid) -> Result<bool, ObjectsError> {
        match oid.0[0] {
            7 => Err(ObjectsError::Storage("disk on fire at /secret/path".into())),
            n => Ok(matches!(n, 1..=4 | 9)),
        }
    }
    fn sizes(&self, oids: &[Oid]) -> Result<Vec<Option<u64>>, ObjectsError> {
        oids.iter().map(|oid| Ok(self.may_want(oid)?.then(|| u64::from(oid.0[0]) * 100))).collect()
    }
    fn is_ready(&self, wants: &[Oid], common: &[Oid]) -> Result<bool, ObjectsError> {
        Ok(wants.iter().all(|want| common.iter().any(|have| have.0[0] >= 2 && have.0[0] <= want.0[0])))
    }
    fn deepen(&self, deepen: &Deepen) -> Result<ShallowUpdate, ObjectsError> {
        assert!(!deepen.wants.is_empty());
        // Deliberately too much: what the client declared, and something that it never did.
        let unshallow = deepen.client_shallow.iter().copied().chain([id(1)]).collect();
        Ok(ShallowUpdate { shallow: vec![id(3)], unshallow })
    }
}

pub fn config(version: Version, stateless: bool) -> UploadConfig {
    UploadConfig { version, stateless, advertise: false, bundles: false, limits: GitLimits::default() }
}

/// What one conversation came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Everything sent, one string per packet: `flush`, `delim`, or the payload without its newline.
    pub sent: Vec<String>,
    pub packs: Vec<PackRequest>,
    pub error: Option<String>,
}

/// Encodes lines: `flush` and `delim` are what they say, anything else is a payload with a newline.
pub fn encode(lines: &[&str]) -> Vec<u8> {
    let mut out = bytes::BytesMut::new();
    for line in lines {
        match *line {
            "flush" => out.extend_from_slice(pktline::FLUSH),
            "delim" => out.extend_from_slice(pktline::DELIM),
            text => pktline::write(&mut out, &[text.as_bytes(), b"\n"]),
        }
    }
    out.to_vec()
}

pub fn decode(bytes: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::default();
    decoder.push(bytes);
    let mut lines = Vec::new();
    while let Some(packet) = decoder.next_packet().unwrap() {
        lines.push(match packet {
            Packet::Flush => "flush".to_owned(),
            Packet::Delim => "delim".to_owned(),
            Packet::ResponseEnd => "response-end".to_owned(),
            Packet::Data(line) => String::from_utf8_lossy(pktline::chomp(&line)).into_owned(),
        });
    }
    assert!(decoder.is_empty(), "what is sent is whole packets");
    lines
}

/// The bundles of this server.
pub fn bundles() -> Vec<BundleUri> {
    vec![BundleUri { id: "all-1".to_owned(), uri: "info/bundles/1".to_owned() }]
}

/// Plays a whole input in portions of `step` bytes; a pack is the one word `PACK`.
pub fn play(config: UploadConfig, refs: Arc<Refs>, input: &[u8], step: usize) -> Outcome {
    let mut upload = Upload::new(config, refs);
    let mut outcome = Outcome::default();
    let mut sent = Vec::new();
    let mut input = input.chunks(step);
    let mut note = |result: Result<(), UploadError>| {
        if let Err(error) = result {
            assert!(outcome.error.replace(error.to_string()).is_none(), "an error ends the conversation");
        }
    };
    loop {
        match upload.poll() {
            UploadAction::NeedInput => match input.next() {
                Some(portion) => note(upload.feed(portion)),
                None => note(upload.feed_eof()),
            },
            UploadAction::Send(bytes) => sent.extend_from_slice(&bytes),
            UploadAction::Compute => note(upload.compute(&Line)),
            UploadAction::Bundles => upload.list_bundles(&bundles()),
            UploadAction::Pack(request) => {
                outcome.packs.push(*request);
                sent.extend_from_slice(&upload.frame_pack(b"PACK"));
                sent.extend_from_slice(&upload.finish_pack());
            }
            UploadAction::Done => break,
        }
    }
    // Without side-bands the pack follows as it is.
    let packets = sent.strip_suffix(b"PACK").unwrap_or(&sent);
    outcome.sent = decode(packets);
    outcome
}
