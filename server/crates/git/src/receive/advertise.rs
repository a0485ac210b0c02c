//! What a pusher is told first: capabilities and the refs it may build on.

use bytes::{Bytes, BytesMut};
use hardie_domain::oid::Oid;

use crate::wire::AGENT;
use crate::wire::pktline;
use crate::wire::refs::Refs;
use crate::wire::version::Version;

const CAPABILITIES: &str =
    "report-status report-status-v2 delete-refs side-band-64k quiet atomic ofs-delta push-options object-format=sha1";

/// The advertisement that opens a connection (SSH). With a nonce, certificates are taken that hold it: letters, digits, `-./+=_`,
/// fewer than 256.
pub fn advertise(version: Version, refs: &Refs, nonce: Option<&str>) -> Bytes {
    let mut out = BytesMut::new();
    write(version, refs, nonce, &mut out);
    out.freeze()
}

/// The body of `GET info/refs?service=git-receive-pack`.
pub fn advertise_http(version: Version, refs: &Refs, nonce: Option<&str>) -> Bytes {
    let mut out = BytesMut::new();
    pktline::write_str(&mut out, "# service=git-receive-pack\n");
    out.extend_from_slice(pktline::FLUSH);
    write(version, refs, nonce, &mut out);
    out.freeze()
}

fn write(version: Version, refs: &Refs, nonce: Option<&str>, out: &mut BytesMut) {
    // There is no version 2 of pushing: a client that asks for it is answered in version 0.
    if version == Version::V1 {
        pktline::write_str(out, "version 1\n");
    }
    let certificates = nonce.map(|nonce| format!(" push-cert={nonce}")).unwrap_or_default();
    let mut capabilities = format!("\0{CAPABILITIES}{certificates} agent={AGENT}");
    let mut line = |oid: Oid, name: &[u8]| {
        let capabilities = std::mem::take(&mut capabilities);
        pktline::write(out, &[oid.to_hex().as_bytes(), b" ", name, capabilities.as_bytes(), b"\n"]);
    };
    for shown in refs.all() {
        line(shown.oid, shown.name.as_bytes());
    }
    if refs.all().is_empty() {
        line(Oid::ZERO, b"capabilities^{}");
    }
    out.extend_from_slice(pktline::FLUSH);
}
