//! What a client is told first: capabilities, and in versions 0 and 1 every ref (gitprotocol-pack, "Reference Discovery";
//! gitprotocol-v2, "Capability Advertisement").

use bytes::{Bytes, BytesMut};
use hardie_domain::oid::Oid;

use crate::wire::AGENT;
use crate::wire::listing::Style;
use crate::wire::pktline;
use crate::wire::refs::Refs;
use crate::wire::version::Version;

/// Versions 0 and 1. The two `in-want` words say that anything reachable from a shown ref may be asked for by id.
const CAPABILITIES: &str = "multi_ack thin-pack side-band side-band-64k ofs-delta shallow deepen-since deepen-not deepen-relative \
    no-progress include-tag multi_ack_detailed allow-tip-sha1-in-want allow-reachable-sha1-in-want";

/// The advertisement that opens a connection (SSH). `bundles` says whether there may be some.
pub fn advertise(version: Version, refs: &Refs, bundles: bool) -> Bytes {
    let mut out = BytesMut::new();
    write(version, false, refs, bundles, &mut out);
    out.freeze()
}

/// The body of `GET info/refs?service=git-upload-pack`.
pub fn advertise_http(version: Version, refs: &Refs, bundles: bool) -> Bytes {
    let mut out = BytesMut::new();
    if version != Version::V2 {
        pktline::write_str(&mut out, "# service=git-upload-pack\n");
        out.extend_from_slice(pktline::FLUSH);
    }
    write(version, true, refs, bundles, &mut out);
    out.freeze()
}

fn write(version: Version, stateless: bool, refs: &Refs, bundles: bool, out: &mut BytesMut) {
    match version {
        Version::V2 => return write_v2(bundles, out),
        Version::V1 => pktline::write_str(out, "version 1\n"),
        Version::V0 => {}
    }
    write_refs(stateless, refs, out);
}

fn write_v2(bundles: bool, out: &mut BytesMut) {
    pktline::write_str(out, "version 2\n");
    pktline::write_str(out, &format!("agent={AGENT}\n"));
    for line in [
        "ls-refs=unborn\n",
        "fetch=shallow wait-for-done filter ref-in-want sideband-all\n",
        "server-option\n",
        "object-format=sha1\n",
        "object-info\n",
    ] {
        pktline::write_str(out, line);
    }
    if bundles {
        pktline::write_str(out, "bundle-uri\n");
    }
    out.extend_from_slice(pktline::FLUSH);
}

fn write_refs(stateless: bool, refs: &Refs, out: &mut BytesMut) {
    let head = refs.head();
    let mut capabilities = [b"\0", CAPABILITIES.as_bytes()].concat();
    if stateless {
        capabilities.extend_from_slice(b" no-done");
    }
    if head.oid.is_some() {
        capabilities.extend_from_slice(&[b" symref=HEAD:", head.target.as_bytes()].concat());
    }
    capabilities.extend_from_slice(format!(" filter object-format=sha1 agent={AGENT}").as_bytes());

    // The first line carries the capabilities, whatever it is about; the others are as they are for everybody.
    let capabilities = capabilities.as_slice();
    let all = refs.listing(Style::Legacy);
    let mut rest = 0;
    match (head.oid, refs.all().first()) {
        (Some(oid), _) => pktline::write(out, &[&oid.hex(), b" HEAD", capabilities, b"\n"]),
        (None, Some(first)) => {
            pktline::write(out, &[&first.oid.hex(), b" ", first.name.as_bytes(), capabilities, b"\n"]);
            if let Some(peeled) = first.peeled {
                pktline::write(out, &[&peeled.hex(), b" ", first.name.as_bytes(), b"^{}\n"]);
            }
            rest = 1;
        }
        (None, None) => pktline::write(out, &[&Oid::ZERO.hex(), b" capabilities^{}", capabilities, b"\n"]),
    }
    out.extend_from_slice(&all.slice(rest..refs.all().len()));
    out.extend_from_slice(pktline::FLUSH);
}
