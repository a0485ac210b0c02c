//! Bounds on what a client may ask of git. Every one has a message that names it.

use std::time::Duration;

/// Bounds for one repository's git traffic. Sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GitLimits {
    /// One pushed pack, as sent.
    pub pack_bytes: u64,
    /// One object, inflated.
    pub object_bytes: u64,
    /// All objects of a push, inflated.
    pub inflated_bytes: u64,
    /// Objects in one pushed pack.
    pub pack_objects: u32,
    /// Commands in one push.
    pub commands: usize,
    /// `want` lines in one request.
    pub wants: usize,
    /// `have` lines in one request.
    pub haves: usize,
    /// Bytes of one request's command part (everything but pack data).
    pub request_bytes: usize,
    /// Push options in one push.
    pub push_options: usize,
    /// Bytes of one push certificate, its signature included.
    pub certificate_bytes: usize,
    /// From the first byte of a request to the last of its answer.
    pub wall: Duration,
    /// Git requests that one actor (or one address, if anonymous) may have under way.
    pub per_actor: usize,
    /// One Git LFS object.
    pub lfs_object_bytes: u64,
    /// Git LFS objects named in one batch request.
    pub lfs_batch_objects: usize,
    /// One asset of a release.
    pub release_asset_bytes: u64,
    /// Assets of one release.
    pub release_assets: u64,
}

impl Default for GitLimits {
    fn default() -> Self {
        GitLimits {
            pack_bytes: 4 << 30,
            object_bytes: 1 << 30,
            inflated_bytes: 64 << 30,
            pack_objects: 50_000_000,
            commands: 10_000,
            wants: 100_000,
            haves: 65_536,
            request_bytes: 16 << 20,
            push_options: 64,
            certificate_bytes: 1 << 20,
            wall: Duration::from_secs(3600),
            per_actor: 16,
            lfs_object_bytes: 5 << 30,
            lfs_batch_objects: 1000,
            release_asset_bytes: 2 << 30,
            release_assets: 500,
        }
    }
}

/// For how long what no ref reaches is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// What a ref was lately counts as reached.
    pub reflog: Duration,
    /// What nothing reaches is set apart, and removed after this.
    pub cruft: Duration,
    /// A repository is looked at this long after a push left something unreached.
    pub look: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        const DAY: u64 = 24 * 3600;
        Retention { reflog: Duration::from_secs(30 * DAY), cruft: Duration::from_secs(14 * DAY), look: Duration::from_secs(DAY) }
    }
}
