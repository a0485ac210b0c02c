//! `bundle-uri` of version 2: where bundles are that a client may fetch first (gitprotocol-v2, "bundle-uri").

use bytes::BytesMut;

use super::sections::Sections;

/// A bundle that is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleUri {
    /// What the client calls it: letters, digits and `-`.
    pub id: String,
    /// Absolute, or below the repository's own address.
    pub uri: String,
}

/// Answers. A list of none is a list: the client goes on without.
pub fn answer(bundles: &[BundleUri], out: &mut BytesMut) {
    let mut lines = Sections::plain(out);
    if !bundles.is_empty() {
        lines.line("bundle.version=1");
        // The client is to take all that are listed.
        lines.line("bundle.mode=all");
    }
    for BundleUri { id, uri } in bundles {
        lines.line(&format!("bundle.{id}.uri={uri}"));
    }
    lines.flush();
}
